"""What an issue needs next: ``plan`` says what and when, ``decide`` says what to do now.

Both are pure. They are asked inside the write transaction on the locked row, so a reply and a
reminder can never both win.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.calendar import Mode, WorkingCalendar
from domain.lifecycle import UNSETTLED
from domain.policy import Policy
from domain.spans import Length
from domain.words import Duty, IssueState, Tier, Urgency


class Action(StrEnum):
    """One step of an issue's life that the clock takes."""

    RING = "ring"
    ASK_HANDLED = "ask_handled"
    RESUME = "resume"
    LIST_SUSPICION = "list_suspicion"
    DISMISS_SUSPICION = "dismiss_suspicion"
    CLOSE = "close"
    WARN = "warn"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What a decision needs of an issue. Instants are aware UTC.

    ``rung`` is the last rung told (-1: none yet). The ladder's clock starts at ``ladder_at``, where rung
    ``ladder_from`` stands: a resumed ladder goes on from the rung where it stopped.
    """

    state: IssueState
    urgency: Urgency
    tier: Tier
    opened_at: datetime
    ladder_at: datetime
    ladder_from: int = 0
    rung: int = -1
    promise_at: datetime | None = None
    check_at: datetime | None = None
    asked_at: datetime | None = None
    listed: bool = False
    resolved_at: datetime | None = None
    answered_at: datetime | None = None
    response_at: datetime | None = None
    resolution_at: datetime | None = None
    warned_response: bool = False
    warned_resolution: bool = False
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The next step of an issue and when it is due (aware UTC)."""

    action: Action
    at: datetime
    rung: int = -1


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now and why. For ``RING``: the rung reached and the duties to tell."""

    action: Action
    reason: str
    rung: int = -1
    duties: tuple[Duty, ...] = ()


def rung_at(facts: IssueFacts, index: int, policy: Policy, calendar: WorkingCalendar) -> datetime:
    """When rung ``index`` is due. The first goes at once outside quiet hours, later ones on the ladder's clock.

    What came back has waited before: its second rung comes sooner, and the later ones as long after it as ever.
    """
    ladder = policy.ladders[facts.urgency]
    first = Mode.ALWAYS if ladder.clock is Mode.ALWAYS else Mode.WAKING
    start = calendar.next_open(facts.ladder_at, first)
    after = ladder.after(index).seconds - ladder.after(facts.ladder_from).seconds
    if facts.reopened and facts.ladder_from == 0 and index > 0:
        after -= round(ladder.after(1).seconds * (1 - policy.reopened_wait))
    if after <= 0:
        return start
    return calendar.add(start, Length(seconds=after), ladder.clock)


def plan(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar) -> Step | None:
    """The next step of a live issue; ``None`` only for one that is closed, dismissed or merged."""
    step = _PLANS[facts.state](facts, policy, calendar)
    warning = _warning(facts, policy, calendar) if step is not None else None
    if step is None or warning is None or step.at < warning[1]:
        return step  # whoever is told before the limit anyway needs no warning
    return Step(Action.WARN, warning[0])


def warning_at(opened: datetime, limit: datetime, policy: Policy, calendar: WorkingCalendar) -> datetime:
    """When the assignee is warned of a limit: after ``policy.warn_at`` of it, not in the quiet hours."""
    return calendar.next_open(opened + (limit - opened) * policy.warn_at, Mode.WAKING)


def _warning(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar) -> tuple[datetime, datetime] | None:
    """The next warning of an unsettled issue and its limit. A bell that rings again and again is its own warning."""
    if facts.state not in UNSETTLED or facts.asked_at is not None or policy.warn_at >= 1:
        return None
    if facts.state is IssueState.OPEN:
        limit, over = facts.response_at, facts.answered_at is not None or facts.warned_response or facts.rung > 0
    else:
        limit, over = facts.resolution_at, facts.warned_resolution
    if limit is None or over:
        return None
    at = warning_at(facts.opened_at, limit, policy, calendar)
    return (at, limit) if at < limit else None


def decide(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar, now: datetime) -> Decision:
    """What the issue needs at ``now``. Overdue rungs collapse into one: the highest due, told to all of them."""
    step = plan(facts, policy, calendar)
    if step is None:
        return Decision(Action.NONE, f"nothing follows {facts.state}")
    if step.at > now:
        return Decision(Action.NONE, "not due yet")
    if step.action is not Action.RING:
        return Decision(step.action, _REASONS[step.action])
    ladder, last = policy.ladders[facts.urgency], step.rung
    while rung_at(facts, last + 1, policy, calendar) <= now:
        last += 1
    told = dict.fromkeys(duty for index in range(step.rung, last + 1) for duty in ladder.duties(index))
    reason = "due" if last == step.rung else f"overdue: rungs {step.rung}-{last} told as one"
    return Decision(Action.RING, reason, last, tuple(told))


def _plan_open(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar) -> Step:
    index = facts.rung + 1
    return Step(Action.RING, rung_at(facts, index, policy, calendar), index)


def _plan_answered(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar) -> Step:
    if facts.asked_at is not None:
        waited = calendar.add(facts.asked_at, policy.wait.handled, policy.ladders[facts.urgency].clock)
        return Step(Action.RESUME, waited)
    due = facts.promise_at or facts.check_at
    if due is None:
        raise ValueError("an answered issue has a promise or a resolution limit")
    return Step(Action.ASK_HANDLED, due)


def _plan_suspected(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar) -> Step:
    if facts.listed:
        since = (
            facts.asked_at or facts.opened_at
        )  # when it was listed: after an outage there is still time to settle it
        return Step(Action.DISMISS_SUSPICION, calendar.add(since, policy.wait.suspicion_kept, Mode.ALWAYS))
    return Step(Action.LIST_SUSPICION, calendar.add(facts.opened_at, policy.wait.suspicion, Mode.WAKING))


def _plan_resolved(facts: IssueFacts, policy: Policy, calendar: WorkingCalendar) -> Step:
    if facts.resolved_at is None:
        raise ValueError("a resolved issue knows when it was resolved")
    return Step(Action.CLOSE, calendar.add(facts.resolved_at, policy.wait.close, Mode.ALWAYS))


def _plan_over(_facts: IssueFacts, _policy: Policy, _calendar: WorkingCalendar) -> None:
    return None


_PLANS = {
    IssueState.SUSPECTED: _plan_suspected,
    IssueState.OPEN: _plan_open,
    IssueState.ANSWERED: _plan_answered,
    IssueState.COUNCIL: _plan_answered,
    IssueState.RESOLVED: _plan_resolved,
    IssueState.CLOSED: _plan_over,
    IssueState.DISMISSED: _plan_over,
    IssueState.MERGED: _plan_over,
}

_REASONS = {
    Action.ASK_HANDLED: "the promised time or the limit has come",
    Action.RESUME: "no word on whether it was handled",
    Action.LIST_SUSPICION: "the building lead did not say",
    Action.DISMISS_SUSPICION: "nobody confirmed it",
    Action.CLOSE: "no objection",
    Action.WARN: "a limit is near",
}
