"""Commands that are about the sender: what is to do, who stands in, what may be written."""

from __future__ import annotations

import re

from domain import wording as sentences
from domain import wording_commands as wording
from domain.errors import LoulingError
from domain.lifecycle import UNSETTLED
from domain.words import Duty, IssueState, Purpose
from handlers.case import Case
from handlers.commands import saying
from handlers.commands.people import NotOne, person_named
from store import away, bell, issues, outbox
from store.outbox import Letter

_USAGE = "代班 李敏 11.25-11.30"
_ABOVE = frozenset({Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF})


def todo(case: Case, tail: str) -> str:
    """列表, 列表 2: a page of the sender's unsettled issues, the longest waiting first."""
    assert case.person is not None
    states = [*UNSETTLED, IssueState.SUSPECTED]
    mine = issues.of_buildings(case.tx, case.tx.directory.buildings_of(case.person), states)
    return sentences.todo([bell.words(case.tx, issue) for issue in reversed(mine)], int(tail or 1))


def stand_in(case: Case, tail: str) -> str:
    """代班 李敏 11.25-11.30: the sender is away and 李敏 stands in; a secretary may name both."""
    return _away(case, tail, with_stand_in=True)


def leave(case: Case, tail: str) -> str:
    """请假 11.25-11.30: the sender is away and nobody stands in."""
    return _away(case, tail, with_stand_in=False)


def _away(case: Case, tail: str, *, with_stand_in: bool) -> str:
    assert case.person is not None
    tx = case.tx
    days, names = saying.days(tail, tx.street.local(case.now).date())
    if days is None:
        return wording.days_wanted(_USAGE if with_stand_in else "请假 11.25-11.30")
    try:
        named = [person_named(case, name) for name in _names(names)]
    except NotOne as refusal:
        return str(refusal)
    if len(named) > (2 if with_stand_in else 1) or (with_stand_in and not named):
        return wording.how(_USAGE)
    deputy = named.pop() if with_stand_in else None
    person = named.pop() if named else case.person
    if person != case.person and not _may_arrange(case, person):
        return wording.not_for_them(tx.directory.name(person))
    try:
        away.put_away(tx, person, deputy, *days, case.cause)
    except LoulingError:
        return wording.days_wrong()
    if deputy is not None:
        told = wording.you_stand_in(tx.directory.name(person), *days)
        outbox.to_staff(tx, deputy, Letter(Purpose.NOTICE, told))
    return wording.stand_in_set(tx.directory.name(person), tx.directory.name(deputy) if deputy else None, *days)


_AND = re.compile(r"[\s,;:、。]+|替(?!我)")
_AROUND = re.compile(r"^(?:[由请让叫给从起]|替我)+|(?:代班|替班|替我|顶班|一天|全天|起|吧)+$")
_NO_NAMES = frozenset(
    {"出差", "休假", "开会", "学习", "培训", "生病", "有事", "年假", "调休", "请假", "家里有事", "外出"}
)


def _names(text: str) -> list[str]:
    """The words that must be names: what is around them and why somebody is away left out."""
    words = (_AROUND.sub("", word) for word in _AND.split(text))
    return [word for word in words if word and word not in _NO_NAMES]


def _may_arrange(case: Case, person: str) -> bool:
    """Whether the sender leads a community where the person has a duty."""
    assert case.person is not None
    places = case.tx.directory.buildings_of(person)
    return any(case.tx.directory.duties_of(case.person, (place,)) & _ABOVE for place in places)


def come_back(case: Case, tail: str) -> str:
    """取消代班: the sender is back, or 取消代班 王强 by a secretary."""
    assert case.person is not None
    person = case.person
    if tail:
        try:
            person = person_named(case, tail)
        except NotOne as refusal:
            return str(refusal)
        if person != case.person and not _may_arrange(case, person):
            return wording.not_for_them(case.tx.directory.name(person))
    return wording.back() if away.come_back(case.tx, person, case.cause) else wording.not_away()


def stand_ins(case: Case, _tail: str) -> str:
    """代班列表: whose days away concern the sender's places."""
    assert case.person is not None
    directory = case.tx.directory
    mine = directory.buildings_of(case.person)
    near = [
        each for each in away.known(case.tx) if each.person == case.person or directory.buildings_of(each.person) & mine
    ]
    local = case.tx.street.local
    return wording.stand_ins(
        [
            (
                directory.name(each.person),
                directory.name(each.stand_in) if each.stand_in else None,
                local(each.since).date(),
                away.last_day(case.tx, each),
            )
            for each in near
        ]
    )
