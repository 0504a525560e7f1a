"""What follows when somebody with a duty, a resident or an answered prompt says something about an issue.

The same few outcomes serve the group, the direct message and the prompt.
"""

from __future__ import annotations

from datetime import datetime

from domain import wording, wording_council
from domain.decide import Action, Decision, decide
from domain.lifecycle import UNSETTLED
from domain.words import (
    Category,
    DismissReason,
    Duty,
    IssueState,
    Posting,
    Purpose,
    Tier,
    Urgency,
)
from handlers.partners import bring
from store import bell, council, issues, outbox
from store.outbox import Letter
from store.tables import Issue
from store.tx import Cause, Tx, frozen_policy


def ring_now(tx: Tx, issue: Issue, told: wording.IssueWords | None = None) -> Issue:
    """Tell rung 0 when it may be told now; in quiet hours the clock tells it later."""
    policy = frozen_policy(tx, issue.policy_id)
    decision = decide(issues.facts(issue), policy, tx.street.calendar, tx.now)
    return bell.ring(tx, issue, decision, told) if decision.action is Action.RING else issue


def answered(tx: Tx, issue: Issue, cause: Cause, promise_at: datetime | None = None) -> Issue:
    """Somebody responsible replied."""
    issue = issues.answer(tx, issue, cause, promise_at)
    if outbox.posting(tx, issue.group_id) is Posting.FULL and cause.by in tx.directory.people:
        local = tx.street.local(promise_at) if promise_at else None
        body = wording.answered_in_group(bell.words(tx, issue), tx.directory.name(cause.by), local)
        outbox.to_group(tx, issue.group_id, Letter(Purpose.ACK, body, issue.id, urgency=issue.urgency))
    return issue


def resolved(tx: Tx, issue: Issue, cause: Cause, *, by_staff: bool) -> Issue:
    """It is over: the prompts end, the residents are told, the reporter is asked once if staff said so."""
    issue = issues.resolve(tx, issue, cause, by_staff=by_staff)
    bell.quiet(tx, issue, "resolved")
    if issue.tier is Tier.LARGE:
        council.carried_out(tx, issue, cause)
    who = tx.directory.people.get(cause.by) if by_staff else "居民反馈"
    return bell.tell_result(tx, issue, who, survey=by_staff)


def reopened(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Not over after all: rings again, and a group with full posting is told."""
    if issue.state is IssueState.MERGED:
        issues.take_back_reports(tx, issue)
    issue = issues.reopen(tx, issue, cause)
    if issue.tier is Tier.LARGE:
        council.not_carried_out(tx, issue, cause)
    assignee = bell.on_duty_name(tx, issue)
    body = wording.reopened_in_group(bell.words(tx, issue), assignee)
    outbox.to_group(tx, issue.group_id, Letter(Purpose.ACK, body, issue.id, urgency=issue.urgency))
    return ring_now(tx, issue)


def opened(tx: Tx, issue: Issue, partners: tuple[Duty, ...] = ()) -> Issue:
    """After an issue opens: the group gets its number, the bell rings, partners are brought in."""
    words = bell.words(tx, issue)
    bell.acknowledge(tx, issue, words)
    issue = ring_now(tx, issue, words)
    told = set(bell.responsible_people(tx, issue, frozen_policy(tx, issue.policy_id).ladders[issue.urgency].duties(0)))
    if issue.tier is Tier.LARGE:
        council.put_on_agenda(tx, issue, Cause(reason="a large matter by its rule"))
    if issue.tier is Tier.MEDIUM and partners:
        bring(tx, issue, partners, told)
        return issue
    head = bell.on_duty_name(tx, issue)
    for person in bell.responsible_people(tx, issue, partners):
        if person not in told:
            told.add(person)
            body = wording.partner_told(words, head)
            outbox.to_staff(tx, person, Letter(Purpose.REMINDER, body, issue.id, urgency=issue.urgency))
    return issue


def raised(tx: Tx, issue: Issue, cause: Cause, urgency: Urgency) -> Issue:
    """Danger grew: re-planned, told at once, and the residents are warned."""
    issue = issues.raise_urgency(tx, issue, cause, urgency)
    if issue.state is IssueState.RESOLVED:
        issue = issues.reopen(tx, issue, cause)
    bell.warn_residents(tx, issue)
    return ring_now(tx, issue)


def confirmed(
    tx: Tx, issue: Issue, cause: Cause, category: Category | None = None, partners: tuple[Duty, ...] = ()
) -> Issue:
    """A gray message is an issue after all."""
    changes = {"category": category} if category else {}
    issue = issues.confirm(tx, issue, cause, issues.responsible(tx, issue.building_id), **changes)
    bell.quiet(tx, issue, "confirmed")
    return opened(tx, issue, partners)


def dismissed(tx: Tx, issue: Issue, cause: Cause, why: DismissReason) -> Issue:
    """Not a matter, or not one for the bell."""
    known = issue.state in UNSETTLED  # the residents have its number
    issue = issues.dismiss(tx, issue, cause, why)
    bell.quiet(tx, issue, "dismissed")
    if known and why is DismissReason.OWN_MATTER:
        body = wording_council.own_matter(bell.words(tx, issue))
        outbox.to_group(tx, issue.group_id, Letter(Purpose.ANNOUNCEMENT, body, mentions=(issue.reporter_id,)))
    if issue.tier is Tier.LARGE:
        council.carried_out(tx, issue, cause)
    return issue


def asked_community(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """需社区协调: a medium matter; the community secretary is told and the bell is quiet until the limit."""
    if issue.tier is Tier.SMALL:
        issue = issues.set_tier(tx, issue, cause, Tier.MEDIUM)
    issue = issues.answer(tx, issue, cause)
    body = wording.community_asked(bell.words(tx, issue), tx.directory.name(cause.by))
    for person in bell.responsible_people(tx, issue, (Duty.COMMUNITY_SECRETARY,)):
        bell.tell_with_prompt(tx, issue, person, Purpose.REMINDER, body)
    bring(tx, issue)
    return issue


def to_council(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """上议事会: on the residents' council's agenda until its limit; whoever leads the council is told."""
    issue = issues.to_council(tx, issue, cause)
    council.put_on_agenda(tx, issue, cause)
    item = council.of_issue(tx, issue.id)
    if item is not None:
        body = wording_council.listed(council.words(tx, item, issue))
        for person in council.secretaries(tx, issue):
            if person != cause.by:
                outbox.to_staff(tx, person, Letter(Purpose.REMINDER, body, issue.id))
    return issue


def referred(tx: Tx, issue: Issue, cause: Cause, to: str, *, returned: bool = False) -> Issue:
    """转办 or 退单: another person answers from now on, and is told at once; who is away, by their stand-in.

    Handed to and fro too often it goes to the community secretary, who is told the way it went; what a secretary
    or a section chief decides is not counted. Returns the issue; its assignee says who has it.
    """
    secretary = _secretary_instead(tx, issue, cause.by)
    issue = issues.refer(tx, issue, cause, secretary or to, returned=returned)
    bell.quiet(tx, issue, "referred")
    told = ring_decision(tx, issue)
    receiver = bell.on_duty(tx, issue)
    if told is not None and receiver is not None:
        issue = issues.rung_told(tx, issue, told.rung, Cause(reason=told.reason), [receiver], escalation=False)
        way = referrals(tx, issue) if secretary else []
        body = wording.referred(
            bell.words(tx, issue), tx.directory.name(cause.by), cause.reason, way, returned=returned
        )
        bell.tell_with_prompt(tx, issue, receiver, Purpose.REMINDER, body, rung=told.rung)
    return issue


_DECIDES = frozenset({Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF})


def _secretary_instead(tx: Tx, issue: Issue, by: str) -> str | None:
    """The community secretary, when the issue was handed on too often."""
    if issue.referrals < frozen_policy(tx, issue.policy_id).referrals_before_secretary:
        return None
    if by in tx.directory.people and tx.directory.duties_of(by, (issue.building_id,)) & _DECIDES:
        return None
    above = bell.responsible_people(tx, issue, (Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF))
    return above[0] if above else None


def referrals(tx: Tx, issue: Issue) -> list[str]:
    """The way an issue was handed on, oldest first: who, to whom, why."""
    name = tx.directory.name
    return [
        wording.handed_on(name(step.by), name(step.to), step.reason, returned=step.returned)
        for step in issues.referrals_of(tx, issue.id)
    ]


def ring_decision(tx: Tx, issue: Issue) -> Decision | None:
    """Rung 0 of a freshly planned issue if it may be told now, else ``None``."""
    decision = decide(issues.facts(issue), frozen_policy(tx, issue.policy_id), tx.street.calendar, tx.now)
    return decision if decision.action is Action.RING else None


def graded(tx: Tx, issue: Issue, cause: Cause, grade: int) -> Issue:
    """What the reporter said of the result: content closes, not resolved reopens."""
    issue = issues.satisfied(tx, issue, cause, grade)
    if grade == 3:
        return reopened(tx, issue, cause) if issue.state in (IssueState.RESOLVED, IssueState.CLOSED) else issue
    if issue.state is IssueState.RESOLVED:
        issue = issues.close(tx, issue, cause)
    return issue
