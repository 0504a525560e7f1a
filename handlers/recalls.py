"""A recall blanks the text everywhere; the only reporter's recall before any reply withdraws the issue."""

from __future__ import annotations

from dataclasses import dataclass

from domain.words import DismissReason, IssueState, MessageKind, Urgency
from handlers import outcomes
from handlers.case import Case
from store import gatherings, issues, messages, outages, withdrawal


@dataclass(frozen=True, slots=True)
class Match:
    """The id of the recalled message."""

    recalled: str


def match(case: Case) -> Match | None:
    """A recall that names its message."""
    if case.message.kind is not MessageKind.RECALL:
        return None
    recalled = case.message.recall_of or case.message.quote
    return Match(recalled) if recalled else None


def handle(case: Case, found: Match) -> None:
    """Blank it, and withdraw what it alone opened."""
    row = messages.by_external(case.tx.db, case.waiting.group_id, found.recalled)
    if row is None or row.sender_id != case.message.sender_id:
        return
    messages.blank(case.tx.db, row.id)
    issue_id = issues.issue_of_message(case.tx, row.id)
    withdrawal.forget_words(case.tx, row, issue_id)
    if case.group is not None:
        outages.forget_words(case.tx, case.group.id, found.recalled, case.cause)
    gatherings.forget_words(case.tx, case.identity, row.body)
    if issue_id is None:
        return
    issue = issues.load(case.tx, issue_id)
    alone = issues.reporters(case.tx, issue_id) == [issue.reporter_id]
    ids = issues.message_ids(case.tx, issue)
    unanswered = issue.state in (IssueState.OPEN, IssueState.SUSPECTED) and issue.answered_at is None
    issue = issues.withdraw_report(case.tx, issue, row.id, row.body)
    if alone and ids[:1] == [found.recalled] and unanswered and issue.urgency is not Urgency.EMERGENCY:
        outcomes.dismissed(case.tx, issue, case.cause, DismissReason.WITHDRAWN)
