"""Looking at issues: of a group, of buildings, due, ended; and at the reports that belong to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select

from domain.lifecycle import LIVE
from domain.words import Duty, IssueState
from store.issues.rows import ISSUE, of_row
from store.prepared import Prepared
from store.tables import Event, IdentityRow, Issue, IssueReport, MessageRow, table
from store.tx import Tx

_REPORT = table(IssueReport)
_MESSAGE = table(MessageRow)
_IDENTITY = table(IdentityRow)
_EVENT = table(Event)

# Built once: building a statement and its cache key costs several times what running it does.
_DUE = Prepared(
    select(ISSUE.c.id)
    .where(ISSUE.c.next_at <= bindparam("now"))
    .order_by(ISSUE.c.next_at, ISSUE.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_REPORTER = Prepared(select(_IDENTITY.c.external_id).where(_IDENTITY.c.id == bindparam("identity")))
_MESSAGE_IDS = Prepared(
    select(_MESSAGE.c.external_id)
    .join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
    .where(_REPORT.c.issue_id == bindparam("issue"))
    .order_by(_MESSAGE.c.id)
)
_REPORTERS = Prepared(
    select(_REPORT.c.identity_id, func.min(_REPORT.c.message_id).label("first"))
    .where(_REPORT.c.issue_id == bindparam("issue"))
    .group_by(_REPORT.c.identity_id)
    .order_by("first")
)
_LAST_TOLD = Prepared(select(func.max(_REPORT.c.at)).where(_REPORT.c.issue_id == bindparam("issue")))
_OF_MESSAGE = Prepared(select(_REPORT.c.issue_id).where(_REPORT.c.message_id == bindparam("message")))


def in_states(states: Collection[IssueState]) -> ColumnElement[bool]:
    """Whether an issue is in one of these states. Plain comparisons: an expanding IN is compiled at every run."""
    return or_(*(ISSUE.c.state == state for state in sorted(states)))


def _group_query(states: frozenset[IssueState]) -> Select[Any]:
    return select(ISSUE).where(ISSUE.c.group_id == bindparam("group"), in_states(states)).order_by(ISSUE.c.id.desc())


@lru_cache(maxsize=32)
def _of_group(states: frozenset[IssueState]) -> Prepared:
    return Prepared(_group_query(states))


_ENDED_SINCE = Prepared(
    _group_query(frozenset({IssueState.RESOLVED, IssueState.CLOSED})).where(ISSUE.c.resolved_at >= bindparam("since"))
)


def of_group(tx: Tx, group_id: int, states: Collection[IssueState] = LIVE) -> list[Issue]:
    """The group's issues in these states, newest first."""
    return [of_row(row) for row in _of_group(frozenset(states)).on(tx.db, {"group": group_id})]


def ended_in_group(tx: Tx, group_id: int, since: datetime) -> list[Issue]:
    """The group's resolved and closed issues that were resolved at or after ``since``, newest first."""
    return [of_row(row) for row in _ENDED_SINCE.on(tx.db, {"group": group_id, "since": since})]


def of_buildings(tx: Tx, buildings: Collection[int], states: Collection[IssueState] = LIVE) -> list[Issue]:
    """The issues of some buildings in these states, newest first."""
    if not buildings:
        return []
    chosen = select(ISSUE).where(ISSUE.c.building_id.in_(list(buildings)), ISSUE.c.state.in_(list(states)))
    return [of_row(row) for row in tx.db.execute(chosen.order_by(ISSUE.c.id.desc()))]


def due(tx: Tx, limit: int) -> list[int]:
    """Ids of issues whose next step is due, oldest first; rows another tick holds are skipped."""
    return list(_DUE.on(tx.db, {"now": tx.now, "most": limit}).scalars())


def reporter_external_id(tx: Tx, issue: Issue) -> str:
    """The network's id of the first reporter."""
    return str(_REPORTER.on(tx.db, {"identity": issue.reporter_id}).scalar_one())


def message_ids(tx: Tx, issue: Issue) -> list[str]:
    """The network's ids of the messages that belong to an issue, in order."""
    return list(_MESSAGE_IDS.on(tx.db, {"issue": issue.id}).scalars())


def reporters(tx: Tx, issue_id: int) -> list[int]:
    """Identity ids of everybody who reported an issue, the first one first."""
    return [row.identity_id for row in _REPORTERS.on(tx.db, {"issue": issue_id})]


def last_told(tx: Tx, issue_id: int) -> datetime | None:
    """When somebody last reported, joined or chased an issue."""
    found: datetime | None = _LAST_TOLD.on(tx.db, {"issue": issue_id}).scalar()
    return found


def issue_of_message(tx: Tx, message_id: int) -> int | None:
    """The issue a stored message belongs to."""
    found: int | None = _OF_MESSAGE.on(tx.db, {"message": message_id}).scalar()
    return found


def numbered(tx: Tx, number: int, buildings: Collection[int], person: str) -> list[Issue]:
    """Issues of this number in some buildings or a person's to handle, the live and the newest first."""
    reach = or_(ISSUE.c.building_id.in_(list(buildings)), ISSUE.c.assignee_id == person)
    chosen = select(ISSUE).where(ISSUE.c.number == number, reach).order_by(ISSUE.c.id.desc()).limit(50)
    found = [of_row(row) for row in tx.db.execute(chosen)]
    return sorted(found, key=lambda issue: issue.state not in LIVE)


def history(tx: Tx, issue_id: int, kinds: Collection[str], most: int) -> list[Row[Any]]:
    """The last events of these kinds, oldest first."""
    chosen = select(_EVENT).where(_EVENT.c.issue_id == issue_id, _EVENT.c.what.in_(list(kinds)))
    return list(reversed(tx.db.execute(chosen.order_by(_EVENT.c.id.desc()).limit(most)).all()))


@dataclass(frozen=True, slots=True)
class Referral:
    """One time an issue was handed on."""

    by: str
    to: str
    before: str | None
    reason: str
    returned: bool


def referrals_of(tx: Tx, issue_id: int) -> list[Referral]:
    """How an issue was handed on, oldest first."""
    chosen = select(_EVENT).where(_EVENT.c.issue_id == issue_id, _EVENT.c.what == "issue_referred")
    rows = tx.db.execute(chosen.order_by(_EVENT.c.id))
    return [
        Referral(row.by, row.data["to"], row.data.get("from"), row.reason, row.data.get("returned", False))
        for row in rows
    ]


def responsible(tx: Tx, building_id: int) -> str | None:
    """The grid head of a building by the roster, away or not: a stand-in is looked up whenever somebody is told."""
    held = tx.directory.by_roster(building_id).get(Duty.GRID_HEAD, ())
    return held[0] if held else None
