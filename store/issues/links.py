"""Several issues that are one matter, or one that was several: merging, linking, recurrence, recalled reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from domain.lifecycle import UNSETTLED
from domain.words import IssueState
from store.issues.opening import open_split, opening_data
from store.issues.reading import in_states, message_ids
from store.issues.rows import ISSUE, move, put
from store.prepared import Prepared
from store.tables import Event, Issue, IssueReport, MessageRow, table
from store.tx import Cause, Tx, record

_REPORT = table(IssueReport)
_MESSAGE = table(MessageRow)
_EVENT = table(Event)

# Built once: building a statement and its cache key costs several times what running it does.
_FIRST_OF_BURST = Prepared(
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


def merge(tx: Tx, issue: Issue, into: Issue, cause: Cause) -> Issue:
    """The same matter as ``into``, which takes over its reports."""
    told = message_ids(tx, issue)
    known = select(_REPORT.c.message_id).where(_REPORT.c.issue_id == into.id).scalar_subquery()
    moved = update(_REPORT).where(_REPORT.c.issue_id == issue.id, _REPORT.c.message_id.not_in(known))
    tx.db.execute(moved.values(issue_id=into.id))
    issue = move(tx, issue, IssueState.MERGED, merged_into=into.id, ended_at=tx.now)
    record(tx, "issue_merged", cause, issue.id, {"into": into.id, "messages": told})
    return issue


def take_back_reports(tx: Tx, issue: Issue) -> None:
    """A merge is undone: the reports that went with it come back, as the trail tells them."""
    merged = select(_EVENT.c.data).where(_EVENT.c.issue_id == issue.id, _EVENT.c.what == "issue_merged")
    told = tx.db.execute(merged.order_by(_EVENT.c.id.desc()).limit(1)).scalar() or {}
    rows = select(_MESSAGE.c.id).where(
        _MESSAGE.c.group_id == issue.group_id, _MESSAGE.c.external_id.in_(told.get("messages", []))
    )
    own = select(_REPORT.c.message_id).where(_REPORT.c.issue_id == issue.id).scalar_subquery()
    gone = (_REPORT.c.issue_id.in_(_merged_on(tx, issue)), _REPORT.c.message_id.in_(rows.scalar_subquery()))
    tx.db.execute(update(_REPORT).where(*gone, _REPORT.c.message_id.not_in(own)).values(issue_id=issue.id))


def matter_of(tx: Tx, issue_id: int) -> int:
    """The issue that stands for the whole matter: what it was merged into, then the first of its linked event."""
    seen: set[int] = set()
    at = issue_id
    while at not in seen:
        seen.add(at)
        row = tx.db.execute(select(ISSUE.c.merged_into, ISSUE.c.linked_to).where(ISSUE.c.id == at)).one()
        at = row.merged_into or row.linked_to or at
    return at


def _merged_on(tx: Tx, issue: Issue) -> list[int]:
    """What an issue was merged into, and what that was merged into afterwards: its reports went all the way."""
    way: list[int] = []
    at = issue.merged_into
    while at is not None and at not in way:
        way.append(at)
        at = tx.db.execute(select(ISSUE.c.merged_into).where(ISSUE.c.id == at)).scalar()
    return way


@dataclass(frozen=True, slots=True)
class Told:
    """One report of an issue: the stored message, who wrote it under which name, and its words."""

    message_id: int
    identity_id: int
    name: str
    text: str


def reports_of(tx: Tx, issue_id: int) -> list[Told]:
    """The reports of an issue, the first one first: their places are the numbers a split names."""
    chosen = select(
        _REPORT.c.message_id, _REPORT.c.identity_id, _MESSAGE.c.body, _MESSAGE.c.sender_alias.label("alias")
    )
    of_issue = chosen.add_columns(_MESSAGE.c.sender_name.label("name")).join(
        _MESSAGE, _MESSAGE.c.id == _REPORT.c.message_id
    )
    rows = tx.db.execute(of_issue.where(_REPORT.c.issue_id == issue_id).order_by(_REPORT.c.message_id))
    return [Told(row.message_id, row.identity_id, row.alias or row.name, row.body) for row in rows]


def split(tx: Tx, issue: Issue, cause: Cause, told: Sequence[Told], assignee: str | None) -> Issue:
    """Some reports are another matter: they become an issue of their own, opened now. At least one must stay."""
    staying = [each for each in reports_of(tx, issue.id) if each not in told]
    if not told or not staying:
        raise ValueError("a split moves some reports and leaves at least one")
    new = open_split(tx, issue, told[0].identity_id, "\n".join(each.text for each in told), assignee)
    moved = [each.message_id for each in told]
    of_both = (_REPORT.c.issue_id == issue.id, _REPORT.c.message_id.in_(moved))
    tx.db.execute(update(_REPORT).where(*of_both).values(issue_id=new.id))
    summary = issue.summary
    for each in told:
        summary = summary.replace(each.text, "").strip() if each.text else summary
    reporters = [each.identity_id for each in staying]
    first = issue.reporter_id if issue.reporter_id in reporters else reporters[0]
    put(tx, issue, summary=summary or staying[0].text, reporter_id=first)
    record(tx, "issue_split", cause, new.id, {"from": issue.id, **opening_data(tx, new)})
    record(tx, "reports_moved", cause, issue.id, {"to": new.id, "messages": message_ids(tx, new)})
    return new


def mark_recurrence(tx: Tx, issue: Issue, earlier: int) -> Issue:
    """The same trouble came back after the time in which it would have reopened."""
    issue = put(tx, issue, recurrence_of=earlier)
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
    other = _FIRST_OF_BURST.on(tx.db, near).one_or_none()
    if other is None:
        return issue
    first = other.linked_to or other.id
    issue = put(tx, issue, linked_to=first)
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
    return put(tx, issue, **changes)
