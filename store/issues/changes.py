"""What people and time do to an issue. Every change checks the lifecycle table, plans the next step and
appends an event, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.decide import warning_at
from domain.words import URGENCY_RANK, Category, DismissReason, IssueState, Tier, Urgency
from store import naming
from store.issues.rows import move, put
from store.tables import Issue
from store.tx import Cause, Tx, frozen_policy, record


def answer(tx: Tx, issue: Issue, cause: Cause, promise_at: datetime | None = None) -> Issue:
    """Somebody responsible replied: the bell is quiet until the promise or the resolution limit."""
    first = {"answered_at": tx.now} if issue.answered_at is None else {}
    check = issue.resolution_at
    if check <= tx.now:  # the limit passed before anybody answered: one more span from now, or it would ask at once
        policy = frozen_policy(tx, issue.policy_id)
        check = tx.street.calendar.add(tx.now, *policy.resolution(issue.urgency, issue.tier, issue.category))
    near = warning_at(issue.opened_at, issue.resolution_at, frozen_policy(tx, issue.policy_id), tx.street.calendar)
    fresh = {"promise_at": promise_at, "asked_at": None, "check_at": check, "chases": 0, **first}
    fresh["warned_resolution"] = issue.warned_resolution or near <= tx.now  # who answers knows the limit
    if issue.state is IssueState.ANSWERED:
        standing = issue.promise_at if issue.promise_at is not None and issue.promise_at > tx.now else None
        issue = put(tx, issue, **{**fresh, "promise_at": promise_at or standing})
    else:
        issue = move(tx, issue, IssueState.ANSWERED, **fresh)
    if promise_at is not None:
        record(tx, "issue_promised", cause, issue.id, {"until": tx.street.local(promise_at).isoformat()})
    else:
        record(tx, "issue_answered", cause, issue.id)
    return issue


def resolve(tx: Tx, issue: Issue, cause: Cause, *, by_staff: bool) -> Issue:
    """It is said to be over. ``by_staff`` also counts as an answer."""
    first = {"answered_at": tx.now} if by_staff and issue.answered_at is None else {}
    side = "staff" if by_staff else "resident"
    changes = {"resolved_at": tx.now, "resolved_by": side, "promise_at": None, "asked_at": None, **first}
    issue = move(tx, issue, IssueState.RESOLVED, **changes)
    record(tx, "issue_resolved", cause, issue.id, {"said_by": side})
    return issue


def reopen(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """It was not over after all: the ladder starts again at rung 0."""
    policy = frozen_policy(tx, issue.policy_id)
    issue = move(
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
        check_at=tx.street.calendar.add(tx.now, *policy.resolution(issue.urgency, issue.tier, issue.category)),
    )
    record(tx, "issue_reopened", cause, issue.id)
    return issue


def close(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Nobody objected, or the reporter is content."""
    issue = move(tx, issue, IssueState.CLOSED, ended_at=tx.now)
    record(tx, "issue_closed", cause, issue.id)
    return issue


def dismiss(tx: Tx, issue: Issue, cause: Cause, why: DismissReason) -> Issue:
    """Put aside with a reason."""
    issue = move(tx, issue, IssueState.DISMISSED, dismiss_reason=why, ended_at=tx.now)
    record(tx, "issue_dismissed", cause, issue.id, {"why": why.value})
    return issue


def to_council(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Before the residents' council: a large matter, with the large limit from now."""
    policy = frozen_policy(tx, issue.policy_id)
    limit = tx.street.calendar.add(tx.now, *policy.resolution(Urgency.NORMAL, Tier.LARGE, issue.category))
    first = {"answered_at": tx.now} if issue.answered_at is None else {}
    changes = {
        "tier": Tier.LARGE,
        "resolution_at": limit,
        "warned_resolution": False,
        "check_at": limit,
        "promise_at": None,
        "asked_at": None,
        **first,
    }
    issue = move(tx, issue, IssueState.COUNCIL, **changes)
    record(tx, "issue_council", cause, issue.id)
    return issue


def set_tier(tx: Tx, issue: Issue, cause: Cause, tier: Tier) -> Issue:
    """小事 / 中事 / 大事, with the resolution limit that goes with it, counted from the opening."""
    policy = frozen_policy(tx, issue.policy_id)
    limit = tx.street.calendar.add(issue.opened_at, *policy.resolution(issue.urgency, tier, issue.category))
    fresh = {"warned_resolution": issue.warned_resolution and limit <= issue.resolution_at}
    issue = put(tx, issue, tier=tier, resolution_at=limit, check_at=max(limit, issue.check_at), **fresh)
    record(tx, "issue_tier", cause, issue.id, {"tier": tier.value})
    return issue


def raise_urgency(tx: Tx, issue: Issue, cause: Cause, urgency: Urgency) -> Issue:
    """Danger grew: re-planned from now, an answered issue opens again. Never lowers."""
    if URGENCY_RANK[urgency] <= URGENCY_RANK[issue.urgency]:
        return issue
    policy = frozen_policy(tx, issue.policy_id)
    limit = tx.street.calendar.add(tx.now, *policy.resolution(urgency, issue.tier, issue.category))
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
        changes["response_at"] = min(
            issue.response_at, tx.street.calendar.add(tx.now, *policy.response(urgency, issue.tier, issue.category))
        )
    if issue.state in (IssueState.ANSWERED, IssueState.COUNCIL):
        issue = move(tx, issue, IssueState.OPEN, **changes)
    else:
        issue = put(tx, issue, **changes)
    record(tx, "issue_raised", cause, issue.id, {"urgency": urgency.value})
    return issue


def refer(tx: Tx, issue: Issue, cause: Cause, to: str, *, returned: bool = False) -> Issue:
    """Handed to another person, or given back to who handed it over: the ladder starts again with them."""
    said = {"to": to, "from": issue.assignee_id, "returned": returned}
    changes = {
        "assignee_id": to,
        "referrals": issue.referrals + 1,
        "ladder_at": tx.now,
        "ladder_from": 0,
        "rung": -1,
        "promise_at": None,
        "asked_at": None,
    }
    rings = issue.state is IssueState.OPEN
    issue = put(tx, issue, **changes) if rings else move(tx, issue, IssueState.OPEN, **changes)
    record(tx, "issue_referred", cause, issue.id, said)
    return issue


def snooze(tx: Tx, issue: Issue, cause: Cause, until: datetime) -> Issue:
    """The assignee asked for quiet: the bell goes on at ``until`` from the rung where it stood."""
    changes: dict[str, Any] = {"snoozed_until": until, "snoozes": issue.snoozes + 1}
    if issue.state is IssueState.OPEN:
        stood = max(issue.rung, 0)
        changes |= {"ladder_at": until, "ladder_from": stood, "rung": stood - 1}
    else:
        later = until if issue.asked_at is not None else max(issue.promise_at or issue.check_at, until)
        changes |= {"promise_at": None, "asked_at": None, "check_at": later}
    issue = put(tx, issue, **changes)
    record(tx, "issue_snoozed", cause, issue.id, {"until": tx.street.local(until).isoformat()})
    return issue


def set_category(tx: Tx, issue: Issue, cause: Cause, category: Category) -> Issue:
    """It is about something else than was heard."""
    issue = put(tx, issue, category=category)
    record(tx, "issue_category", cause, issue.id, {"category": category.value})
    return issue


def assign(tx: Tx, issue: Issue, cause: Cause, assignee: str | None) -> Issue:
    """A new roster made somebody else responsible; the ladder goes on as it stands."""
    naming.somebody_is_named(tx)
    issue = put(tx, issue, assignee_id=assignee)
    record(tx, "issue_assigned", cause, issue.id, {"assignee": assignee})
    return issue


def rung_told(tx: Tx, issue: Issue, rung: int, cause: Cause, to: Sequence[str], *, escalation: bool) -> Issue:
    """Rung ``rung`` was told to these people. Rung 0 of an opening is told by the opening itself."""
    issue = put(tx, issue, rung=rung)
    what = "issue_escalated" if escalation else "issue_reminded"
    record(tx, what, cause, issue.id, {"rung": rung, "to": list(to)})
    return issue


def warned(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """The assignee was warned of the limit that comes next: of the answer, or of the end."""
    name = "response" if issue.state is IssueState.OPEN else "resolution"
    issue = put(tx, issue, **{f"warned_{name}": True})
    record(tx, "issue_warned", cause, issue.id, {"limit": name})
    return issue


def ask_handled(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """The promise or the limit has come: the assignee is asked."""
    issue = put(tx, issue, asked_at=tx.now)
    record(tx, "issue_overdue", cause, issue.id)
    return issue


def resume(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """No word: the ladder goes on where it stood, its last rung told again first."""
    stood = max(issue.rung, 0)
    changes = {"ladder_at": tx.now, "ladder_from": stood, "rung": stood - 1, "promise_at": None, "asked_at": None}
    issue = move(tx, issue, IssueState.OPEN, **changes)
    record(tx, "issue_resumed", cause, issue.id)
    return issue


def list_suspicion(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Nobody said whether it is an issue: onto the grid head's list."""
    issue = put(tx, issue, listed=True, asked_at=tx.now)
    record(tx, "suspicion_listed", cause, issue.id)
    return issue


def surveyed(tx: Tx, issue: Issue) -> Issue:
    """The reporter was asked whether it is over; nobody is asked twice for one matter."""
    return put(tx, issue, surveyed=True)


def satisfied(tx: Tx, issue: Issue, cause: Cause, grade: int) -> Issue:
    """What the reporter said: 1 满意, 2 一般, 3 没解决."""
    issue = put(tx, issue, satisfaction=grade)
    record(tx, "issue_satisfaction", cause, issue.id, {"grade": grade})
    return issue
