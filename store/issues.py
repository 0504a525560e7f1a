"""The only way to change an issue. Every change checks the lifecycle table, plans the next step and
appends an event, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import configure_mappers

from domain.decide import IssueFacts, plan
from domain.hearing import Matter
from domain.lifecycle import LIVE, UNSETTLED, check_move
from domain.words import (
    URGENCY_RANK,
    DismissReason,
    Duty,
    IssueState,
    Tier,
    Urgency,
)
from store.tables import Event, GridRow, IdentityRow, Issue, IssueReport, MessageRow, table
from store.tx import Cause, Tx, freeze_policy, frozen_policy, record

ISSUE = table(Issue)
_FIELDS = Issue.model_fields
configure_mappers()  # before the first row is read: ``_made`` does not go through the constructor, which would
_REPORT = table(IssueReport)
_GRID = table(GridRow)
_EVENT = table(Event)
_MESSAGE = table(MessageRow)
_IDENTITY = table(IdentityRow)

# Built once: building a statement and its cache key costs several times what running it does.
_LOCKED = select(ISSUE).where(ISSUE.c.id == bindparam("issue")).with_for_update()
_NEW_ISSUE = ISSUE.insert().returning(ISSUE.c.id)
_OF_ISSUE = update(ISSUE).where(ISSUE.c.id == bindparam("issue"))
_DUE = (
    select(ISSUE.c.id)
    .where(ISSUE.c.next_at <= bindparam("now"))
    .order_by(ISSUE.c.next_at, ISSUE.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_REPORTER = select(_IDENTITY.c.external_id).where(_IDENTITY.c.id == bindparam("identity"))
_MESSAGE_IDS = (
    select(_MESSAGE.c.external_id)
    .join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
    .where(_REPORT.c.issue_id == bindparam("issue"))
    .order_by(_MESSAGE.c.id)
)
_REPORTERS = (
    select(_REPORT.c.identity_id, func.min(_REPORT.c.message_id).label("first"))
    .where(_REPORT.c.issue_id == bindparam("issue"))
    .group_by(_REPORT.c.identity_id)
    .order_by("first")
)
_OF_MESSAGE = select(_REPORT.c.issue_id).where(_REPORT.c.message_id == bindparam("message"))
_REPORTED = select(_REPORT.c.issue_id).where(
    _REPORT.c.issue_id == bindparam("issue"), _REPORT.c.message_id == bindparam("message")
)
_NEW_REPORT = _REPORT.insert()
_OF_ROW = update(_MESSAGE).where(_MESSAGE.c.id == bindparam("row"))
_LAST_NUMBER = select(_GRID.c.last_number).where(_GRID.c.id == bindparam("grid")).with_for_update()
_OF_GRID = update(_GRID).where(_GRID.c.id == bindparam("grid"))

_NUMBERS = 999  # numbers said to people stay short; they come round long after the old one closed


@dataclass(frozen=True, slots=True)
class Report:
    """A message that tells of a matter: the stored row, its network id, and who wrote it."""

    message_id: int
    external_id: str
    identity_id: int
    by: str


def load(tx: Tx, issue_id: int) -> Issue:
    """One issue, its row locked until the transaction ends. Raises ``NoResultFound``."""
    return of_row(tx.db.execute(_LOCKED, {"issue": issue_id}).one())


def in_states(states: Collection[IssueState]) -> ColumnElement[bool]:
    """Whether an issue is in one of these states. Plain comparisons: an expanding IN is compiled at every run."""
    return or_(*(ISSUE.c.state == state for state in sorted(states)))


@lru_cache(maxsize=32)
def _group_query(states: frozenset[IssueState]) -> Select[Any]:
    return select(ISSUE).where(ISSUE.c.group_id == bindparam("group"), in_states(states)).order_by(ISSUE.c.id.desc())


_ENDED_SINCE = _group_query(frozenset({IssueState.RESOLVED, IssueState.CLOSED})).where(
    ISSUE.c.resolved_at >= bindparam("since")
)
_TAKEN_NUMBERS = select(ISSUE.c.number).where(ISSUE.c.grid_id == bindparam("grid"), in_states(LIVE))
_FIRST_OF_BURST = (
    select(ISSUE.c.id, ISSUE.c.linked_to)
    .where(
        ISSUE.c.grid_id == bindparam("grid"),
        ISSUE.c.category == bindparam("category"),
        ISSUE.c.building_id != bindparam("building"),
        ISSUE.c.opened_at >= bindparam("since"),
        in_states(UNSETTLED),
    )
    .order_by(ISSUE.c.id)
    .limit(1)
)


def of_group(tx: Tx, group_id: int, states: Collection[IssueState] = LIVE) -> list[Issue]:
    """The group's issues in these states, newest first."""
    return [of_row(row) for row in tx.db.execute(_group_query(frozenset(states)), {"group": group_id})]


def ended_in_group(tx: Tx, group_id: int, since: datetime) -> list[Issue]:
    """The group's resolved and closed issues that were resolved at or after ``since``, newest first."""
    return [of_row(row) for row in tx.db.execute(_ENDED_SINCE, {"group": group_id, "since": since})]


def of_buildings(tx: Tx, buildings: Collection[int], states: Collection[IssueState] = LIVE) -> list[Issue]:
    """The issues of some buildings in these states, newest first."""
    if not buildings:
        return []
    chosen = select(ISSUE).where(ISSUE.c.building_id.in_(list(buildings)), ISSUE.c.state.in_(list(states)))
    return [of_row(row) for row in tx.db.execute(chosen.order_by(ISSUE.c.id.desc()))]


def due(tx: Tx, limit: int) -> list[int]:
    """Ids of issues whose next step is due, oldest first; rows another tick holds are skipped."""
    return list(tx.db.execute(_DUE, {"now": tx.now, "most": limit}).scalars())


def facts(issue: Issue) -> IssueFacts:
    """What ``domain.decide`` needs of an issue."""
    return IssueFacts(
        state=issue.state,
        urgency=issue.urgency,
        tier=issue.tier,
        opened_at=issue.opened_at,
        ladder_at=issue.ladder_at,
        ladder_from=issue.ladder_from,
        rung=issue.rung,
        promise_at=issue.promise_at,
        check_at=issue.check_at,
        asked_at=issue.asked_at,
        listed=issue.listed,
        resolved_at=issue.resolved_at,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue is opened: the group it was told in and the building it is about."""

    group_id: int
    building_id: int


def open_issue(
    tx: Tx, matter: Matter, place: Place, report: Report, *, text: str, state: IssueState, assignee: str | None
) -> Issue:
    """A new issue, ``open`` or ``suspected``, with its number, limits and first report. Rings nobody yet."""
    building_id, group_id = place.building_id, place.group_id
    building = tx.directory.buildings[building_id]
    calendar, policy = tx.street.calendar, tx.street.policy
    limit = calendar.add(tx.now, *policy.resolution(matter.urgency, matter.tier))
    values: dict[str, Any] = {
        "number": _next_number(tx, building.grid_id),
        "grid_id": building.grid_id,
        "community_id": building.community_id,
        "building_id": building_id,
        "group_id": group_id,
        "state": state,
        "category": matter.category,
        "tier": matter.tier,
        "urgency": matter.urgency,
        "summary": text,
        "place": place_words(matter),
        "reporter_id": report.identity_id,
        "assignee_id": assignee,
        "policy_id": freeze_policy(tx),
        "evidence": [[e.rule, e.keyword, e.start, e.end, e.role] for e in matter.evidence],
        "opened_at": tx.now,
        "ladder_at": tx.now,
        "response_at": calendar.add(tx.now, *policy.response(matter.urgency)),
        "resolution_at": limit,
        "check_at": limit,
    }
    issue = _made({**_UNSET, **values})
    issue.__dict__["next_at"] = values["next_at"] = _next_at(tx, issue)
    issue.__dict__["id"] = int(tx.db.execute(_NEW_ISSUE, values).scalar_one())
    _add_report(tx, issue.id, report)
    what = "issue_opened" if state is IssueState.OPEN else "issue_suspected"
    record(tx, what, Cause(report.by, report.external_id), issue.id, opening_data(tx, issue))
    return issue


def place_words(matter: Matter) -> str:
    """Where a matter is, in a few words: unit, floor and shared spot; never the room number."""
    place = matter.place
    parts = [f"{place.unit}单元" if place.unit else "", f"{place.floor}楼" if place.floor else "", place.spot]
    return "".join(parts)


def opening_data(tx: Tx, issue: Issue) -> dict[str, Any]:
    """What the opening of an issue says of it (the contract of replay's JSON lines)."""
    return {
        "number": issue.number,
        "category": issue.category.value,
        "tier": issue.tier.value,
        "urgency": issue.urgency.value,
        "group": tx.directory.groups[issue.group_id].topic,
        "reporter": reporter_external_id(tx, issue),
        "messages": message_ids(tx, issue),
        "assignee": issue.assignee_id,
    }


def reporter_external_id(tx: Tx, issue: Issue) -> str:
    """The network's id of the first reporter."""
    return str(tx.db.execute(_REPORTER, {"identity": issue.reporter_id}).scalar_one())


def message_ids(tx: Tx, issue: Issue) -> list[str]:
    """The network's ids of the messages that belong to an issue, in order."""
    return list(tx.db.execute(_MESSAGE_IDS, {"issue": issue.id}).scalars())


def reporters(tx: Tx, issue_id: int) -> list[int]:
    """Identity ids of everybody who reported an issue, the first one first."""
    return [row.identity_id for row in tx.db.execute(_REPORTERS, {"issue": issue_id})]


def issue_of_message(tx: Tx, message_id: int) -> int | None:
    """The issue a stored message belongs to."""
    return tx.db.execute(_OF_MESSAGE, {"message": message_id}).scalar()


def join_report(tx: Tx, issue: Issue, report: Report, reason: str = "") -> Issue:
    """A further message of the same matter."""
    _add_report(tx, issue.id, report)
    record(tx, "report_joined", Cause(report.by, report.external_id, reason), issue.id)
    return issue


def confirm(tx: Tx, issue: Issue, cause: Cause, assignee: str | None, **changes: Any) -> Issue:
    """A suspicion was confirmed: it opens under the same number, its ladder starts now."""
    issue = _move(
        tx, issue, IssueState.OPEN, assignee_id=assignee, ladder_at=tx.now, listed=False, asked_at=None, **changes
    )
    record(tx, "issue_opened", cause, issue.id, opening_data(tx, issue))
    return issue


def answer(tx: Tx, issue: Issue, cause: Cause, promise_at: datetime | None = None) -> Issue:
    """Somebody responsible replied: the bell is quiet until the promise or the resolution limit."""
    first = {"answered_at": tx.now} if issue.answered_at is None else {}
    check = issue.resolution_at
    if check <= tx.now:  # the limit passed before anybody answered: one more span from now, or it would ask at once
        policy = frozen_policy(tx, issue.policy_id)
        check = tx.street.calendar.add(tx.now, *policy.resolution(issue.urgency, issue.tier))
    fresh = {"promise_at": promise_at, "asked_at": None, "check_at": check, "chases": 0, **first}
    if issue.state is IssueState.ANSWERED:
        standing = issue.promise_at if issue.promise_at is not None and issue.promise_at > tx.now else None
        issue = _set(tx, issue, **{**fresh, "promise_at": promise_at or standing})
    else:
        issue = _move(tx, issue, IssueState.ANSWERED, **fresh)
    if promise_at is not None:
        record(tx, "issue_promised", cause, issue.id, {"until": promise_at.isoformat()})
    else:
        record(tx, "issue_answered", cause, issue.id)
    return issue


def resolve(tx: Tx, issue: Issue, cause: Cause, *, by_staff: bool) -> Issue:
    """It is said to be over. ``by_staff`` also counts as an answer."""
    first = {"answered_at": tx.now} if by_staff and issue.answered_at is None else {}
    side = "staff" if by_staff else "resident"
    changes = {"resolved_at": tx.now, "resolved_by": side, "promise_at": None, "asked_at": None, **first}
    issue = _move(tx, issue, IssueState.RESOLVED, **changes)
    record(tx, "issue_resolved", cause, issue.id, {"said_by": side})
    return issue


def reopen(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """It was not over after all: the ladder starts again at rung 0."""
    policy = frozen_policy(tx, issue.policy_id)
    issue = _move(
        tx,
        issue,
        IssueState.OPEN,
        ladder_at=tx.now,
        ladder_from=0,
        rung=-1,
        resolved_at=None,
        ended_at=None,
        dismiss_reason=None,
        merged_into=None,
        promise_at=None,
        asked_at=None,
        satisfaction=None,
        chases=0,
        reopened=issue.reopened + 1,
        check_at=tx.street.calendar.add(tx.now, *policy.resolution(issue.urgency, issue.tier)),
    )
    record(tx, "issue_reopened", cause, issue.id)
    return issue


def close(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Nobody objected, or the reporter is content."""
    issue = _move(tx, issue, IssueState.CLOSED, ended_at=tx.now)
    record(tx, "issue_closed", cause, issue.id)
    return issue


def dismiss(tx: Tx, issue: Issue, cause: Cause, why: DismissReason) -> Issue:
    """Put aside with a reason."""
    issue = _move(tx, issue, IssueState.DISMISSED, dismiss_reason=why, ended_at=tx.now)
    record(tx, "issue_dismissed", cause, issue.id, {"why": why.value})
    return issue


def merge(tx: Tx, issue: Issue, into: Issue, cause: Cause) -> Issue:
    """The same matter as ``into``, which takes over its reports."""
    known = select(_REPORT.c.message_id).where(_REPORT.c.issue_id == into.id).scalar_subquery()
    moved = update(_REPORT).where(_REPORT.c.issue_id == issue.id, _REPORT.c.message_id.not_in(known))
    tx.db.execute(moved.values(issue_id=into.id))
    issue = _move(tx, issue, IssueState.MERGED, merged_into=into.id, ended_at=tx.now)
    record(tx, "issue_merged", cause, issue.id, {"into": into.id})
    return issue


def to_council(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Before the residents' council: a large matter, with the large limit from now."""
    policy = frozen_policy(tx, issue.policy_id)
    limit = tx.street.calendar.add(tx.now, *policy.resolution(Urgency.NORMAL, Tier.LARGE))
    first = {"answered_at": tx.now} if issue.answered_at is None else {}
    changes = {
        "tier": Tier.LARGE,
        "resolution_at": limit,
        "check_at": limit,
        "promise_at": None,
        "asked_at": None,
        **first,
    }
    issue = _move(tx, issue, IssueState.COUNCIL, **changes)
    record(tx, "issue_council", cause, issue.id)
    return issue


def set_tier(tx: Tx, issue: Issue, cause: Cause, tier: Tier) -> Issue:
    """小事 / 中事 / 大事, with the resolution limit that goes with it, counted from the opening."""
    policy = frozen_policy(tx, issue.policy_id)
    limit = tx.street.calendar.add(issue.opened_at, *policy.resolution(issue.urgency, tier))
    issue = _set(tx, issue, tier=tier, resolution_at=limit, check_at=max(limit, issue.check_at))
    record(tx, "issue_tier", cause, issue.id, {"tier": tier.value})
    return issue


def raise_urgency(tx: Tx, issue: Issue, cause: Cause, urgency: Urgency) -> Issue:
    """Danger grew: re-planned from now, an answered issue opens again. Never lowers."""
    if URGENCY_RANK[urgency] <= URGENCY_RANK[issue.urgency]:
        return issue
    policy = frozen_policy(tx, issue.policy_id)
    limit = tx.street.calendar.add(tx.now, *policy.resolution(urgency, issue.tier))
    changes: dict[str, Any] = {
        "urgency": urgency,
        "ladder_at": tx.now,
        "ladder_from": 0,
        "rung": -1,
        "promise_at": None,
        "asked_at": None,
        "resolution_at": min(issue.resolution_at, limit),
        "check_at": limit,
    }
    if issue.answered_at is None:
        changes["response_at"] = min(issue.response_at, tx.street.calendar.add(tx.now, *policy.response(urgency)))
    if issue.state in (IssueState.ANSWERED, IssueState.COUNCIL):
        issue = _move(tx, issue, IssueState.OPEN, **changes)
    else:
        issue = _set(tx, issue, **changes)
    record(tx, "issue_raised", cause, issue.id, {"urgency": urgency.value})
    return issue


def refer(tx: Tx, issue: Issue, cause: Cause, to: str) -> Issue:
    """Handed to another person: the ladder starts again with them."""
    changes = {
        "assignee_id": to,
        "ladder_at": tx.now,
        "ladder_from": 0,
        "rung": -1,
        "promise_at": None,
        "asked_at": None,
    }
    if issue.state is IssueState.OPEN:
        issue = _set(tx, issue, **changes)
    else:
        issue = _move(tx, issue, IssueState.OPEN, **changes)
    record(tx, "issue_referred", cause, issue.id, {"to": to})
    return issue


def assign(tx: Tx, issue: Issue, cause: Cause, assignee: str | None) -> Issue:
    """A new roster made somebody else responsible; the ladder goes on as it stands."""
    issue = _set(tx, issue, assignee_id=assignee)
    record(tx, "issue_assigned", cause, issue.id, {"assignee": assignee})
    return issue


def rung_told(tx: Tx, issue: Issue, rung: int, cause: Cause, to: Sequence[str], *, escalation: bool) -> Issue:
    """Rung ``rung`` was told to these people. Rung 0 of an opening is told by the opening itself."""
    issue = _set(tx, issue, rung=rung)
    what = "issue_escalated" if escalation else "issue_reminded"
    record(tx, what, cause, issue.id, {"rung": rung, "to": list(to)})
    return issue


def ask_handled(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """The promise or the limit has come: the assignee is asked."""
    issue = _set(tx, issue, asked_at=tx.now)
    record(tx, "issue_overdue", cause, issue.id)
    return issue


def resume(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """No word: the ladder goes on where it stood, its last rung told again first."""
    stood = max(issue.rung, 0)
    changes = {"ladder_at": tx.now, "ladder_from": stood, "rung": stood - 1, "promise_at": None, "asked_at": None}
    issue = _move(tx, issue, IssueState.OPEN, **changes)
    record(tx, "issue_resumed", cause, issue.id)
    return issue


def list_suspicion(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Nobody said whether it is an issue: onto the grid head's list."""
    issue = _set(tx, issue, listed=True, asked_at=tx.now)
    record(tx, "suspicion_listed", cause, issue.id)
    return issue


def chased(tx: Tx, issue: Issue, report: Report, *, passed: bool) -> Issue:
    """A resident asked again. ``passed`` when the assignee is told of it."""
    _add_report(tx, issue.id, report)
    changes: dict[str, Any] = {"chases": issue.chases + 1}
    if passed:
        changes["chase_passed_at"] = tx.now
    issue = _set(tx, issue, **changes)
    record(
        tx, "issue_chased", Cause(report.by, report.external_id), issue.id, {"times": issue.chases, "passed": passed}
    )
    return issue


def surveyed(tx: Tx, issue: Issue) -> Issue:
    """The reporter was asked whether it is over; nobody is asked twice for one matter."""
    return _set(tx, issue, surveyed=True)


def satisfied(tx: Tx, issue: Issue, cause: Cause, grade: int) -> Issue:
    """What the reporter said: 1 满意, 2 一般, 3 没解决."""
    issue = _set(tx, issue, satisfaction=grade)
    record(tx, "issue_satisfaction", cause, issue.id, {"grade": grade})
    return issue


def mark_recurrence(tx: Tx, issue: Issue, earlier: int) -> Issue:
    """The same trouble came back after the time in which it would have reopened."""
    issue = _set(tx, issue, recurrence_of=earlier)
    record(tx, "issue_linked", Cause(reason="recurrence"), issue.id, {"recurrence_of": earlier})
    return issue


def link_burst(tx: Tx, issue: Issue, within: timedelta) -> Issue:
    """Tie an issue to the first of its category in another building of the grid, opened within ``within``."""
    near = {
        "grid": issue.grid_id,
        "category": issue.category,
        "building": issue.building_id,
        "since": tx.now - within,
    }
    other = tx.db.execute(_FIRST_OF_BURST, near).one_or_none()
    if other is None:
        return issue
    first = other.linked_to or other.id
    issue = _set(tx, issue, linked_to=first)
    record(tx, "issue_linked", Cause(reason="same category over several buildings"), issue.id, {"linked_to": first})
    return issue


def withdraw_report(tx: Tx, issue: Issue, message_id: int, text: str) -> Issue:
    """A recalled message disappears from the issue: its words, and its report where there is another one."""
    of_issue = _REPORT.c.issue_id == issue.id
    others = tx.db.execute(
        select(_REPORT.c.identity_id, _MESSAGE.c.body)
        .join(_MESSAGE, _MESSAGE.c.id == _REPORT.c.message_id)
        .where(of_issue, _REPORT.c.message_id != message_id)
        .order_by(_REPORT.c.message_id)
    ).all()
    changes: dict[str, Any] = {"summary": issue.summary.replace(text, "").strip()}
    if others:
        tx.db.execute(delete(_REPORT).where(of_issue, _REPORT.c.message_id == message_id))
        if issue.reporter_id not in [other.identity_id for other in others]:
            changes["reporter_id"] = others[0].identity_id
        changes["summary"] = changes["summary"] or next((other.body for other in others if other.body), "")
    return _set(tx, issue, **changes)


def extend_summary(tx: Tx, issue: Issue, text: str) -> Issue:
    """A further message of the first report adds its words."""
    return _set(tx, issue, summary=f"{issue.summary}\n{text}"[:2000])


def _move(tx: Tx, issue: Issue, state: IssueState, **changes: Any) -> Issue:
    check_move(issue.state, state)
    return _set(tx, issue, state=state, **changes)


def _set(tx: Tx, issue: Issue, **changes: Any) -> Issue:
    """Write the changes and the next step they lead to. Returns the issue as it is now."""
    changed = _made({**_values(issue), **changes})
    changes["next_at"] = changed.__dict__["next_at"] = _next_at(tx, changed)
    tx.db.execute(_OF_ISSUE, {"issue": issue.id, **changes})
    return changed


def _next_at(tx: Tx, issue: Issue) -> datetime | None:
    step = plan(facts(issue), frozen_policy(tx, issue.policy_id), tx.street.calendar)
    return step.at if step else None


def _add_report(tx: Tx, issue_id: int | None, report: Report) -> None:
    row = {"issue_id": issue_id, "message_id": report.message_id, "identity_id": report.identity_id, "at": tx.now}
    if tx.db.execute(_REPORTED, {"issue": issue_id, "message": report.message_id}).first() is None:
        tx.db.execute(_NEW_REPORT, row)
    tx.db.execute(_OF_ROW, {"row": report.message_id, "kept": True})


def _next_number(tx: Tx, grid_id: int) -> int:
    """The next short number that no live issue of the grid carries."""
    last = tx.db.execute(_LAST_NUMBER, {"grid": grid_id}).scalar_one()
    taken = set(tx.db.execute(_TAKEN_NUMBERS, {"grid": grid_id}).scalars())
    number = last % _NUMBERS + 1
    while number in taken:  # a grid with a thousand live issues just counts on
        number = number % _NUMBERS + 1 if len(taken) < _NUMBERS else number + 1
    tx.db.execute(_OF_GRID, {"grid": grid_id, "last_number": number})
    return int(number)


def responsible(tx: Tx, building_id: int) -> str | None:
    """The grid head on duty for a building; ``None`` sends the bell to the next rung at once."""
    held = tx.directory.holding(building_id, Duty.GRID_HEAD)
    return held[0] if held else None


_UNSET: dict[str, Any] = {name: None if field.is_required() else field.default for name, field in _FIELDS.items()}


def of_row(row: Row[Any]) -> Issue:
    """A row of the table as an issue."""
    return _made(row._asdict())


def _made(values: Mapping[str, Any]) -> Issue:
    """An issue as a plain value, past validation and change tracking: its columns are typed already."""
    issue: Issue = Issue.__new__(Issue)
    issue.__dict__.update(values)
    return issue


def _values(issue: Issue) -> dict[str, Any]:
    known = issue.__dict__
    return {name: known[name] for name in _FIELDS}
