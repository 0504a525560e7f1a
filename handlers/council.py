"""The residents' council by direct message: 议程, 定会 11.28 19:00 议事厅, 决议 #12 内容 由王强 12.10前."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain import wording
from domain import wording_council as said_of
from domain.gatherings import read_day, read_moment
from domain.lifecycle import UNSETTLED
from domain.words import CouncilState, Duty, Purpose
from handlers.case import Case
from store import bell, council, issues, outbox
from store.council import Resolution
from store.outbox import Letter
from store.tables import Issue
from store.tx import Cause, Tx

DECIDING = frozenset({Duty.SECTION_CHIEF, Duty.COMMUNITY_SECRETARY, Duty.GRID_HEAD})
"""Duties that call meetings and write down resolutions; delegates see the agenda."""
_SEEING = DECIDING | {Duty.DELEGATE, Duty.GRID_MEMBER, Duty.BUILDING_LEAD}

Action = Callable[[Case, re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Match:
    """The command and what was recognised of it."""

    action: Action
    found: re.Match[str]


def match(case: Case) -> Match | None:
    """A council command of somebody on the roster, in a direct message."""
    if case.person is None or not case.is_direct:
        return None
    said = unicodedata.normalize("NFKC", case.text).strip(" 。.!")
    return next((Match(action, found) for form, action in _COMMANDS if (found := form.match(said))), None)


def handle(case: Case, found: Match) -> None:
    """Answer the one who asked."""
    assert case.person is not None
    body = found.action(case, found.found)
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))


def decide(tx: Tx, issue: Issue, made: Resolution, cause: Cause) -> str:
    """Write a resolution down, tell its carrier, publish it where the matter was told; the answer in words."""
    issue = council.decide(tx, issue, made, cause)
    item = council.of_issue(tx, int(issue.id))
    assert item is not None
    told = council.words(tx, item, issue)
    carrying = tx.directory.on_duty(made.carrier) or made.carrier  # who is away with nobody there reads it afterwards
    if carrying != cause.by:
        bell.tell_with_prompt(tx, issue, carrying, Purpose.REMINDER, said_of.carried(told))
    groups = council.groups_of_reporters(tx, issue)
    letter = Letter(Purpose.ANNOUNCEMENT, said_of.decided_in_group(told), issue.id)
    posted = sum(outbox.to_group(tx, group, letter) is not None for group in groups)
    return said_of.decided(told, posted, len(groups) - posted)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A day for the open items of some communities, or for those of these numbers alone. ``at`` is aware UTC."""

    communities: frozenset[int]
    at: datetime
    place: str
    numbers: frozenset[int] = frozenset()


def call(tx: Tx, meeting: Meeting, cause: Cause) -> str:
    """Call it; those who sit in it are told. Returns what they are told, or why there is none."""
    at, place, numbers = meeting.at, meeting.place, meeting.numbers
    chosen = [
        (item, issue)
        for item, issue in council.agenda(tx, meeting.communities)
        if item.state is not CouncilState.DECIDED and (not numbers or issue.number in numbers)
    ]
    if not chosen:
        return said_of.nothing_to_call()
    council.call_meeting(tx, [item for item, _issue in chosen], at, place, cause)
    told = [council.words(tx, item, issue) for item, issue in chosen]
    body = said_of.called(told, tx.street.local(at), place)
    sitting = (Duty.COMMUNITY_SECRETARY, Duty.GRID_HEAD, Duty.DELEGATE)
    people = dict.fromkeys(one for _item, issue in chosen for one in bell.responsible_people(tx, issue, sitting))
    for one in people:
        if one != cause.by:
            outbox.to_staff(tx, one, Letter(Purpose.REMINDER, body))
    return body


def _agenda(case: Case, _found: re.Match[str]) -> str:
    assert case.person is not None
    mine = council.agenda(case.tx, _communities(case.tx, case.person, _SEEING))
    return said_of.agenda([council.words(case.tx, item, issue) for item, issue in mine])


def _call(case: Case, found: re.Match[str]) -> str:
    assert case.person is not None
    numbers = frozenset(int(number) for number in re.findall(r"#\s*(\d{1,4})", found[1]))
    try:
        read = read_moment(re.sub(r"#\s*\d{1,4}", " ", found[1]), case.tx.street.local(case.now))
    except ValueError:
        read = None
    if read is None or read[0] <= case.now:
        return said_of.how_to_call()
    mine, place = frozenset(_communities(case.tx, case.person, DECIDING)), " ".join(read[1].split())[:60]
    return call(case.tx, Meeting(mine, read[0].astimezone(UTC), place, numbers), case.cause)


def _decide(case: Case, found: re.Match[str]) -> str:
    number, rest = int(found[1]), found[2].strip()
    issue = named(case, number, DECIDING)
    if issue is None:
        return said_of.not_yours(number)
    try:
        read = read_day(rest, case.tx.street.local(case.now))
    except ValueError:
        return said_of.how_to_decide()
    due, rest = (read[0].astimezone(UTC), read[1]) if read else (council.usual_due(case.tx, issue), rest)
    who = re.search(r"由\s*([^\s,，。]{2,12}?)(?:负责|落实|牵头|办理)?(?=[\s,，。]|$)", rest)
    carrier = issue.assignee_id
    if who:
        known = [person for person, name in case.tx.directory.people.items() if who[1] in (name, person)]
        if len(known) != 1:
            return wording.unknown_person(who[1])
        carrier, rest = known[0], f"{rest[: who.start()]} {rest[who.end() :]}"
    text = " ".join(rest.split()).strip(" ,，。;；")
    if not text or carrier is None or due <= case.now:
        return said_of.how_to_decide()
    return decide(case.tx, issue, Resolution(text, carrier, due), case.cause)


def named(case: Case, number: int, duties: frozenset[Duty]) -> Issue | None:
    """The unsettled issue of this number in a place where the sender has one of these duties; the newest of several."""
    assert case.person is not None
    mine = issues.of_buildings(case.tx, case.tx.directory.buildings_of(case.person), UNSETTLED)
    may = (i for i in mine if i.number == number and case.duties_at(i.building_id) & duties)
    found = next(may, None)
    return issues.load(case.tx, int(found.id)) if found else None


def _communities(tx: Tx, person: str, duties: frozenset[Duty]) -> set[int]:
    """The communities in which a person has one of these duties."""
    directory = tx.directory
    return {b.community_id for b in directory.buildings.values() if directory.duties_of(person, (b.id,)) & duties}


_COMMANDS: tuple[tuple[re.Pattern[str], Action], ...] = (
    (re.compile(r"^(?:议程|议事会|看议程|议事会议程)$"), _agenda),
    (re.compile(r"^定会[\s:,]*(.*)$", re.DOTALL), _call),
    (re.compile(r"^决议[\s:,]*#?\s*(\d{1,4})(?!\d|[.月/-])[\s:,]*(.*)$", re.DOTALL), _decide),
    (re.compile(r"^决议"), lambda _case, _found: said_of.how_to_decide()),
)
"""What staff write to the bot alone, and what answers it."""
