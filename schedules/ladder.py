"""What falls due on an issue: the next rung, «handled?», the ladder that resumes, the close, the listed suspicion."""

from __future__ import annotations

from collections.abc import Callable

from domain import wording
from domain.calendar import Mode
from domain.decide import Action, Decision, decide
from domain.words import DismissReason, Duty, IssueState, PromptKind, Purpose
from store import bell, issues, prompts
from store.tables import Issue
from store.tx import Cause, Tx, frozen_policy


def take_step(tx: Tx, issue_id: int) -> Action:
    """Decide on the locked row and do it; returns what was done."""
    issue = issues.load(tx, issue_id)
    decision = decide(issues.facts(issue), frozen_policy(tx, issue.policy_id), tx.street.calendar, tx.now)
    if decision.action is not Action.NONE:
        _STEPS[decision.action](tx, issue, decision)
    return decision.action


def _ring(tx: Tx, issue: Issue, decision: Decision) -> None:
    bell.ring(tx, issue, decision)


def _ask_handled(tx: Tx, issue: Issue, decision: Decision) -> None:
    promise = tx.street.local(issue.promise_at) if issue.promise_at else None
    body = wording.ask_handled(bell.words(tx, issue), promise)
    issue = issues.ask_handled(tx, issue, Cause(reason=decision.reason))
    for person in bell.responsible_people(tx, issue, (Duty.GRID_HEAD,)):
        bell.tell_with_prompt(tx, issue, person, Purpose.PROMPT, body)


def _warn(tx: Tx, issue: Issue, decision: Decision) -> None:
    """The assignee hears once that a limit is near; after an outage that lasted beyond it, of what follows alone."""
    unanswered = issue.state is IssueState.OPEN
    limit = issue.response_at if unanswered else issue.resolution_at
    issue = issues.warned(tx, issue, Cause(reason=decision.reason))
    if tx.now >= limit:
        take_step(tx, issue.id)
        return
    body = wording.limit_near(bell.words(tx, issue), tx.street.local(limit), response=unanswered)
    for person in bell.responsible_people(tx, issue, (Duty.GRID_HEAD,)):
        bell.tell_with_prompt(tx, issue, person, Purpose.REMINDER, body)


def _resume(tx: Tx, issue: Issue, decision: Decision) -> None:
    """The ladder goes on, and its last rung is told again at once when that is allowed now."""
    issue = issues.resume(tx, issue, Cause(reason=decision.reason))
    take_step(tx, issue.id)


def _list_suspicion(tx: Tx, issue: Issue, decision: Decision) -> None:
    prompts.close_for(tx, issue.id, [PromptKind.IS_ISSUE], decision.reason)
    issue = issues.list_suspicion(tx, issue, Cause(reason=decision.reason))
    policy = frozen_policy(tx, issue.policy_id)
    end = tx.street.calendar.add(tx.now, policy.wait.suspicion_kept, Mode.ALWAYS)
    for head in bell.responsible_people(tx, issue, (Duty.GRID_HEAD,)):
        bell.ask_whether_issue(tx, issue, head, wording.suspicion_listed(bell.words(tx, issue)), end)


def _dismiss_suspicion(tx: Tx, issue: Issue, decision: Decision) -> None:
    issue = issues.dismiss(tx, issue, Cause(reason=decision.reason), DismissReason.NOT_A_MATTER)
    bell.quiet(tx, issue, decision.reason)


def _close(tx: Tx, issue: Issue, decision: Decision) -> None:
    issues.close(tx, issue, Cause(reason=decision.reason))


_STEPS: dict[Action, Callable[[Tx, Issue, Decision], None]] = {
    Action.RING: _ring,
    Action.ASK_HANDLED: _ask_handled,
    Action.RESUME: _resume,
    Action.LIST_SUSPICION: _list_suspicion,
    Action.DISMISS_SUSPICION: _dismiss_suspicion,
    Action.CLOSE: _close,
    Action.WARN: _warn,
}
