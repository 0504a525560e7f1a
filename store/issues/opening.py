"""How an issue comes to be: its number, its limits, the reports that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from domain.hearing import Matter
from domain.lifecycle import LIVE
from domain.words import IssueState
from store import naming
from store.issues.reading import message_ids, reporter_external_id
from store.issues.rows import ISSUE, UNSET, made, move, next_step_at, put
from store.prepared import Prepared
from store.tables import GridRow, Issue, IssueReport, MessageRow, table, written
from store.tx import Cause, Tx, freeze_policy, frozen_policy, record

_REPORT = table(IssueReport)
_GRID = table(GridRow)
_MESSAGE = table(MessageRow)

# Built once: building a statement and its cache key costs several times what running it does.
_NEW_ISSUE = Prepared(ISSUE.insert().returning(ISSUE.c.id))
_REPORTED = Prepared(
    select(_REPORT.c.issue_id).where(
        _REPORT.c.issue_id == bindparam("issue"), _REPORT.c.message_id == bindparam("message")
    )
)
_NEW_REPORT = Prepared(_REPORT.insert())
_OF_ROW = Prepared(update(_MESSAGE).where(_MESSAGE.c.id == bindparam("row")))
_NUMBERS = 999  # numbers said to people stay short; they come round long after the old one closed
_COUNTED_ON = Prepared(
    update(_GRID)
    .where(_GRID.c.id == bindparam("grid"))
    .values(last_number=_GRID.c.last_number % _NUMBERS + 1)
    .returning(_GRID.c.last_number)
)
_OF_GRID = Prepared(update(_GRID).where(_GRID.c.id == bindparam("grid")))
_LIVE_OF_GRID = (ISSUE.c.grid_id == bindparam("grid"), written(ISSUE.c.state, *sorted(LIVE)))
_TAKEN_NUMBERS = Prepared(select(ISSUE.c.number).where(*_LIVE_OF_GRID))
_TAKEN = Prepared(select(ISSUE.c.id).where(*_LIVE_OF_GRID, ISSUE.c.number == bindparam("number")))


@dataclass(frozen=True, slots=True)
class Report:
    """A message that tells of a matter: the stored row, its network id, and who wrote it."""

    message_id: int
    external_id: str
    identity_id: int
    by: str
    sender: str = ""  # the network's id of the writer; empty: it is looked up


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
    limit = calendar.add(tx.now, *policy.resolution(matter.urgency, matter.tier, matter.category))
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
        "response_at": calendar.add(tx.now, *policy.response(matter.urgency, matter.tier, matter.category)),
        "resolution_at": limit,
        "check_at": limit,
    }
    issue = _inserted(tx, values)
    add_report(tx, issue.id, report, fresh=True)
    what = "issue_opened" if state is IssueState.OPEN else "issue_suspected"
    record(tx, what, Cause(report.by, report.external_id), issue.id, opening_data(tx, issue, report))
    return issue


_SPLIT_KEEPS = (
    "grid_id",
    "community_id",
    "building_id",
    "group_id",
    "category",
    "tier",
    "urgency",
    "place",
    "policy_id",
    "evidence",
)


def open_split(tx: Tx, issue: Issue, reporter: int, text: str, assignee: str | None) -> Issue:
    """A new open issue beside the one it was wrongly part of: same place and policy, its own number and limits."""
    policy, calendar = frozen_policy(tx, issue.policy_id), tx.street.calendar
    limit = calendar.add(tx.now, *policy.resolution(issue.urgency, issue.tier))
    values: dict[str, Any] = {name: getattr(issue, name) for name in _SPLIT_KEEPS} | {
        "number": _next_number(tx, issue.grid_id),
        "state": IssueState.OPEN,
        "summary": text[:2000],
        "reporter_id": reporter,
        "assignee_id": assignee,
        "opened_at": tx.now,
        "ladder_at": tx.now,
        "response_at": calendar.add(tx.now, *policy.response(issue.urgency)),
        "resolution_at": limit,
        "check_at": limit,
    }
    return _inserted(tx, values)


def _inserted(tx: Tx, values: dict[str, Any]) -> Issue:
    naming.somebody_is_named(tx)
    issue = made({**UNSET, **values})
    issue.__dict__["next_at"] = values["next_at"] = next_step_at(tx, issue)
    issue.__dict__["id"] = int(_NEW_ISSUE.on(tx.db, values).scalar_one())
    return issue


def place_words(matter: Matter) -> str:
    """Where a matter is, in a few words: unit, floor and shared spot; never the room number."""
    place = matter.place
    parts = [f"{place.unit}单元" if place.unit else "", f"{place.floor}楼" if place.floor else "", place.spot]
    return "".join(parts)


def opening_data(tx: Tx, issue: Issue, only: Report | None = None) -> dict[str, Any]:
    """What the opening of an issue says of it (the contract of replay's JSON lines). ``only``: its single report."""
    return {
        "number": issue.number,
        "category": issue.category.value,
        "tier": issue.tier.value,
        "urgency": issue.urgency.value,
        "group": tx.directory.groups[issue.group_id].topic,
        "reporter": (only and only.sender) or reporter_external_id(tx, issue),
        "messages": [only.external_id] if only else message_ids(tx, issue),
        "assignee": tx.directory.on_duty(issue.assignee_id) if issue.assignee_id else None,
    }


def join_report(tx: Tx, issue: Issue, report: Report, reason: str = "") -> Issue:
    """A further message of the same matter."""
    add_report(tx, issue.id, report)
    record(tx, "report_joined", Cause(report.by, report.external_id, reason), issue.id)
    return issue


def confirm(tx: Tx, issue: Issue, cause: Cause, assignee: str | None, **changes: Any) -> Issue:
    """A suspicion was confirmed: it opens under the same number, its ladder starts now."""
    naming.somebody_is_named(tx)
    issue = move(
        tx, issue, IssueState.OPEN, assignee_id=assignee, ladder_at=tx.now, listed=False, asked_at=None, **changes
    )
    record(tx, "issue_opened", cause, issue.id, opening_data(tx, issue))
    return issue


def chased(tx: Tx, issue: Issue, report: Report, *, passed: bool) -> Issue:
    """A resident asked again. ``passed`` when the assignee is told of it."""
    add_report(tx, issue.id, report)
    changes: dict[str, Any] = {"chases": issue.chases + 1}
    if passed:
        changes["chase_passed_at"] = tx.now
    issue = put(tx, issue, **changes)
    record(
        tx, "issue_chased", Cause(report.by, report.external_id), issue.id, {"times": issue.chases, "passed": passed}
    )
    return issue


def extend_summary(tx: Tx, issue: Issue, text: str) -> Issue:
    """A further message of the first report adds its words."""
    return put(tx, issue, summary=f"{issue.summary}\n{text}"[:2000])


def add_report(tx: Tx, issue_id: int | None, report: Report, *, fresh: bool = False) -> None:
    """The message belongs to the issue, and outlives retention with it. ``fresh``: the issue has no reports yet."""
    row = {"issue_id": issue_id, "message_id": report.message_id, "identity_id": report.identity_id, "at": tx.now}
    if fresh or _REPORTED.on(tx.db, {"issue": issue_id, "message": report.message_id}).first() is None:
        _NEW_REPORT.on(tx.db, row)
    _OF_ROW.on(tx.db, {"row": report.message_id, "kept": True})


def _next_number(tx: Tx, grid_id: int) -> int:
    """The next short number that no live issue of the grid carries."""
    number = _COUNTED_ON.on(tx.db, {"grid": grid_id}).scalar_one()
    if _TAKEN.on(tx.db, {"grid": grid_id, "number": number}).first() is not None:
        taken = set(_TAKEN_NUMBERS.on(tx.db, {"grid": grid_id}).scalars())
        while number in taken:  # a grid with a thousand live issues just counts on
            number = number % _NUMBERS + 1 if len(taken) < _NUMBERS else number + 1
        _OF_GRID.on(tx.db, {"grid": grid_id, "last_number": number})
    return int(number)
