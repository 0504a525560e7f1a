"""The self-audit of a database at rest: promises that must hold whether or not the service runs."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, func, select

from domain.lifecycle import LIVE
from domain.words import IssueState, PromptState, SendState
from store.tables import Issue, IssueReport, MessageRow, MessageState, Outbox, Prompt, table, written

_ISSUE, _REPORT, _PROMPT = table(Issue), table(IssueReport), table(Prompt)
_OUTBOX, _MESSAGE = table(Outbox), table(MessageRow)


def broken_promises(db: Connection) -> list[str]:
    """One line for every promise that does not hold, with how many rows break it."""
    live = _ISSUE.c.state.in_(list(LIVE))
    open_prompt = _PROMPT.c.state == PromptState.OPEN
    untold = ~select(_REPORT.c.issue_id).where(_REPORT.c.issue_id == _ISSUE.c.id).exists()
    faults: tuple[tuple[str, Table, tuple[ColumnElement[bool], ...]], ...] = (
        ("live issues without a next step", _ISSUE, (live, _ISSUE.c.next_at.is_(None))),
        ("ended issues that still have a next step", _ISSUE, (~live, _ISSUE.c.next_at.is_not(None))),
        ("resolved issues that do not know when", _ISSUE, (_is_resolved(), _ISSUE.c.resolved_at.is_(None))),
        ("issues without the message that told of them", _ISSUE, (_ISSUE.c.state != IssueState.MERGED, untold)),
        ("open prompts that never expire", _PROMPT, (open_prompt, _PROMPT.c.expires_at.is_(None))),
        (
            "sends without a lease",
            _OUTBOX,
            (written(_OUTBOX.c.state, SendState.SENDING), _OUTBOX.c.lease_until.is_(None)),
        ),
        ("messages that were set aside", _MESSAGE, (_MESSAGE.c.state == MessageState.SET_ASIDE,)),
    )
    found = []
    for said, rows, conditions in faults:
        count = db.execute(select(func.count()).select_from(rows).where(*conditions)).scalar_one()
        if count:
            found.append(f"{count} {said}")
    return found


def _is_resolved() -> ColumnElement[bool]:
    return _ISSUE.c.state == IssueState.RESOLVED
