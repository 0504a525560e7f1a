"""Several issues that are one matter, or one that was several: merging, linking, recurrence, recalled reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from domain.lifecycle import UNSETTLED
from domain.words import IssueState
from store.issues.reading import in_states
from store.issues.rows import ISSUE, move, put
from store.prepared import Prepared
from store.tables import Issue, IssueReport, MessageRow, table
from store.tx import Cause, Tx, record

_REPORT = table(IssueReport)
_MESSAGE = table(MessageRow)

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
    known = select(_REPORT.c.message_id).where(_REPORT.c.issue_id == into.id).scalar_subquery()
    moved = update(_REPORT).where(_REPORT.c.issue_id == issue.id, _REPORT.c.message_id.not_in(known))
    tx.db.execute(moved.values(issue_id=into.id))
    issue = move(tx, issue, IssueState.MERGED, merged_into=into.id, ended_at=tx.now)
    record(tx, "issue_merged", cause, issue.id, {"into": into.id})
    return issue


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
