"""Announced outages: staff say in the group what will be off and when; a resident's question is pointed to the notice.

What is announced is no issue until its end and a grace are past. Only the outage itself is covered: another matter
opens as always, and danger is never silenced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from domain import wording_outages as wording
from domain.hearing import Matter
from domain.lifecycle import UNSETTLED
from domain.privacy import excerpt
from domain.wording_outages import OutageWords
from domain.words import Act, Category, MessageKind, Purpose, SendState, Urgency, Verdict
from handlers import outcomes
from handlers.case import Case
from handlers.classify.announced import OFF_RULES, Announced, announced_outage, changed_outage
from store import issues, outages, outbox
from store.outages import Planned
from store.outbox import Letter
from store.tables import Outage
from store.tx import Cause, Tx

EARLY = timedelta(minutes=30)
"""Water is often off before the hour of the notice."""
_KEPT_WORDS = 200  # code points of a notice that are kept

_MAY_ANNOUNCE = re.compile(r"停|断|暂|检修|年检|维保|保养|割接|升级|恢复|来[水电气暖]|[通供送][水电气暖热]|延|推迟|改")
_MAY_ASK = re.compile(r"水|电|气|暖|热|网|梯|停|恢复|通知|[?？]|几点|多久")
_ASKS_OF_IT = re.compile(
    r"(?:停|断)到(?:几点|什么时候|啥时候|何时)|(?:几点|什么时候|啥时候|何时|多久)(?:能|才|可以|会)?(?:停|恢复|来)|要?停多久|停几个?(?:小时|天)"
)
"""Questions that name no subject and can only mean what is off."""
_ASKING = frozenset({Act.QUESTION, Act.CHASE, Act.REQUEST})
_NO_NOTICE = frozenset({Act.QUESTION, Act.CHASE, Act.REOPEN, Act.JOIN, Act.STORY, Act.THANKS, Act.ASK_BACK})


@dataclass(frozen=True, slots=True)
class Match:
    """What is to be done."""

    does: Callable[[Case], None]


def match(case: Case) -> Match | None:
    """A notice of staff in the group, or somebody's question about what was announced."""
    if case.group is None or not case.text or case.message.kind not in (MessageKind.TEXT, MessageKind.VOICE):
        return None
    if case.duties and _MAY_ANNOUNCE.search(case.text):
        found = _notice(case)
        if found is not None:
            return found
    return _question(case) if _MAY_ASK.search(case.text) else None


def handle(case: Case, found: Match) -> None:
    """Do it."""
    found.does(case)


def covering(case: Case, matter: Matter) -> Outage | None:
    """The announced outage that explains a matter and nothing more, ``None`` when the matter is another one."""
    rules = OFF_RULES.get(matter.category)
    if rules is None or matter.urgency is Urgency.EMERGENCY or case.group is None:
        return None
    named = {f"{matter.category}.{rule}" for rule in rules}
    if not matter.evidence or any(word.rule not in named for word in matter.evidence):
        return None
    return next((one for one in _here(case, {matter.category}) if one.starts_at - EARLY <= case.now), None)


def point(case: Case, outage: Outage) -> None:
    """The group is pointed to the notice once, under its posting policy; who asks again finds it above."""
    assert case.group is not None
    answered = False
    if outage.answered_at is None:
        body = wording.pointed(words(case.tx, outage))
        letter = Letter(Purpose.ANNOUNCEMENT, body, mentions=(case.identity,), reply=True)
        answered = outbox.to_group(case.tx, case.group.id, letter) is not None
    outages.asked(case.tx, outage, answered=answered)


def words(tx: Tx, outage: Outage) -> OutageWords:
    """An outage as the sentences need it."""
    local, by = tx.street.local, outage.announced_by
    return OutageWords(
        outage.category,
        local(outage.starts_at),
        local(outage.ends_at),
        outage.surely,
        local(outage.ends_at + _grace(tx)),
        local(outage.announced_at),
        tx.directory.name(by) if by in tx.directory.people else "",
        outage.body,
    )


def missed_end(case: Case, matter: Matter) -> str:
    """What is added to the words of an issue whose announced end passed lately; empty for none."""
    if matter.category not in OFF_RULES or case.group is None:
        return ""
    over = outages.expected(case.tx, case.group.id, {matter.category}, timedelta(days=1))
    late = [one for one in over if one.ends_at + _grace(case.tx) <= case.now and one.surely]
    return f"（通知说{case.tx.street.local(late[-1].ends_at):%m月%d日%H:%M}恢复）" if late else ""


def _grace(tx: Tx) -> timedelta:
    return tx.street.policy.wait.outage.delta


def _here(case: Case, categories: Collection[Category]) -> list[Outage]:
    """What is announced for the writer's building, what just ended included."""
    assert case.group is not None
    known = outages.expected(case.tx, case.group.id, categories, _grace(case.tx))
    return [one for one in known if one.building_id in (None, case.building_id)]


# ---- residents


def _question(case: Case) -> Match | None:
    """Every matter in it is covered, or it asks about what is announced; a live issue of it comes first."""
    if case.hearing.matters:
        covered = [covering(case, matter) for matter in case.hearing.matters]
        first = covered[0]
        if first is None or None in covered or _rings_already(case, first.category):
            return None
        return Match(lambda case: point(case, first))
    if case.duties or case.hearing.act not in _ASKING or case.classifier.may_alarm(case.message.text):
        return None
    asked = _asked_of(case)
    if asked is None or _rings_already(case, asked.category):
        return None
    return Match(lambda case: point(case, asked))


def _asked_of(case: Case) -> Outage | None:
    """The quoted one, the one of the same subject, or the only one when the words can mean nothing else."""
    assert case.group is not None
    if case.message.quote:
        post = outbox.row_of_post(case.tx.db, case.message.quote)
        quoted = outages.of_message(case.tx, case.group.id, case.message.quote, post)
        live = [one for one in quoted if one.ends_at + _grace(case.tx) > case.now]
        return live[0] if live else None
    subjects = case.subjects & set(OFF_RULES)
    if not subjects and not _ASKS_OF_IT.search(case.text):
        return None
    known = _here(case, subjects)
    return known[0] if known and (subjects or len(known) == 1) else None


def _rings_already(case: Case, category: Category) -> bool:
    return any(
        issue.category is category and issue.building_id == case.building_id and issue.state in UNSETTLED
        for issue in case.live
    )


# ---- staff


def _notice(case: Case) -> Match | None:
    """An announcement, a change of one, or its early end; words that report a matter are a report, whoever wrote."""
    assert case.group is not None
    local = case.tx.street.local(case.now)
    if case.act in _NO_NOTICE or (case.hearing.verdict is not Verdict.NONE and case.hearing.act is not Act.NOTICE):
        return None
    found = announced_outage(case.text, local)
    if found is not None and (found.surely or case.hearing.act is Act.NOTICE):
        return Match(lambda case: _announce(case, found))
    changed = changed_outage(case.text, local)
    if changed is not None:
        known = _known(case, changed.categories)
        if known and changed.ends_at is None:
            return Match(lambda case: _call_off(case, known))
        if len(known) == 1 and changed.ends_at is not None:
            ends = changed.ends_at
            return Match(lambda case: outages.ends(case.tx, known[0], ends.astimezone(UTC), case.cause))
    if case.act is Act.RESOLVED:
        return _back_early(case)
    return None


def _known(case: Case, categories: Collection[Category]) -> list[Outage]:
    """Those of a category, of every building: who announced it for one may change it for one."""
    assert case.group is not None
    known = outages.expected(case.tx, case.group.id, categories)
    return [one for one in known if one.building_id in (None, _building(case) or one.building_id)]


def _back_early(case: Case) -> Match | None:
    """«来水了» of staff: the outage is over, though its time is not; the message goes on to the issues, if any."""
    begun = [one for one in _known(case, case.subjects & set(OFF_RULES)) if one.starts_at <= case.now]
    if not case.subjects or not begun or any(_rings_already(case, one.category) for one in begun):
        return None
    return Match(lambda case: _call_off(case, begun))


def _call_off(case: Case, known: list[Outage]) -> None:
    for one in known:
        outages.call_off(case.tx, one, case.cause)


def _announce(case: Case, found: Announced) -> None:
    """Keep it, and answer what already rings for the same reason with the end that was announced."""
    assert case.group is not None
    building = _building(case)
    for category in found.categories:
        if found.instead:
            _call_off(case, _known(case, (category,))[:1])
        planned = Planned(
            case.group.id,
            category,
            found.starts_at.astimezone(UTC),
            found.ends_at.astimezone(UTC),
            found.surely,
            excerpt(case.text, _KEPT_WORDS),
            building,
        )
        outages.announce(case.tx, planned, case.cause)
        if found.surely and planned.starts_at <= case.now:
            _answer(case, category, planned)


def _answer(case: Case, category: Category, planned: Planned) -> None:
    """Who rang because of it has an answer with a promised end."""
    for issue in case.ringing:
        mine = issue.category is category and planned.building_id in (None, issue.building_id)
        if mine and issue.urgency is not Urgency.EMERGENCY and case.duties_at(issue.building_id):
            outcomes.answered(case.tx, issues.load(case.tx, issue.id), case.cause, planned.ends_at)


def _building(case: Case) -> int | None:
    """The one building of the group that the notice names; ``None``: it names none or several."""
    assert case.group is not None
    if len(case.group.buildings) == 1:
        return None
    return case.building_id if case.said_place.building and not _SEVERAL.search(case.text) else None


_SEVERAL = re.compile(r"\d\s*(?:号|栋|幢|座)?(?:楼)?\s*[、,，和与至到—–\-~]\s*\d{1,3}\s*(?:号楼|号|栋|幢|座)")


def post_notice(tx: Tx, planned: Planned, reason: str, cause: Cause) -> bool:
    """The bot announces in one group: posted under its policy, kept in any case. Whether it was posted."""
    local = tx.street.local
    told = OutageWords(
        planned.category, local(planned.starts_at), local(planned.ends_at), planned.surely, tx.now, tx.now
    )
    where = tx.directory.buildings[planned.building_id].name if planned.building_id else ""
    body = wording.notice(told, where, reason)
    post = outbox.to_group(tx, planned.group_id, Letter(Purpose.ANNOUNCEMENT, body))
    outages.announce(tx, replace(planned, words=body, post_id=post), cause)
    return post is not None


def take_back(tx: Tx, outage: Outage, cause: Cause) -> None:
    """Called off or over early; where the bot posted the notice, the group is told."""
    outages.call_off(tx, outage, cause)
    row = outbox.row(tx, outage.post_id) if outage.post_id is not None else None
    if row is not None and row.state is SendState.QUEUED:
        outbox.drop(tx, row, "the notice is taken back")
    elif row is not None:
        outbox.to_group(tx, outage.group_id, Letter(Purpose.ANNOUNCEMENT, wording.called_off(words(tx, outage))))
