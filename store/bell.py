"""The bell: who is told of an issue now, in which words. Used when an issue opens and when a rung is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from domain import wording
from domain.calendar import Mode
from domain.decide import Decision
from domain.policy import Policy
from domain.words import Duty, PromptKind, Purpose, Urgency
from store import issues, outbox, prompts
from store.outbox import Letter
from store.people import contact
from store.prepared import Prepared
from store.tables import Issue, IssueReport, MessageRow, table
from store.tx import Cause, Tx, frozen_policy, record

_REPORT = table(IssueReport)
_MESSAGE = table(MessageRow)

# Built once: building a statement and its cache key costs several times what running it does.
_HOW_MANY = select(func.count(func.distinct(_REPORT.c.identity_id))).where(_REPORT.c.issue_id == bindparam("issue"))
_REPORTED = Prepared(
    select(_MESSAGE.c.sender_alias, _MESSAGE.c.sender_name, _HOW_MANY.scalar_subquery().label("reports"))
    .join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
    .where(_REPORT.c.issue_id == bindparam("issue"))
    .order_by(_MESSAGE.c.id)
    .limit(1)
)

_ABOVE = frozenset({Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF})


def words(tx: Tx, issue: Issue) -> wording.IssueWords:
    """An issue as the sentences need it."""
    first = _REPORTED.on(tx.db, {"issue": issue.id}).one_or_none()
    alias = (first.sender_alias or first.sender_name) if first else ""
    return wording.IssueWords(
        number=issue.number,
        category=issue.category,
        urgency=issue.urgency,
        state=issue.state,
        building=tx.directory.buildings[issue.building_id].name,
        place=f" {issue.place}" if issue.place else "",
        text=issue.summary,
        reporter=alias or contact(tx.db, issue.reporter_id).name or "居民",
        opened=tx.street.local(issue.opened_at),
        answered=issue.answered_at is not None,
        reopened=issue.reopened > 0,
        reports=first.reports if first else 0,
        snoozed=issue.snoozes > 0,
    )


def responsible_people(tx: Tx, issue: Issue, duties: Sequence[Duty]) -> list[str]:
    """Who these duties are right now, each person once; a referred issue's assignee stands for the grid head."""
    held = tx.directory.at_building(issue.building_id)
    people: dict[str, None] = {}
    for duty in duties:
        assignee = on_duty(tx, issue) if duty is Duty.GRID_HEAD else None
        if assignee is not None:
            people[assignee] = None
            continue
        people.update(dict.fromkeys(held.get(duty, ())))
    return list(people)


def on_duty(tx: Tx, issue: Issue) -> str | None:
    """The assignee, or who stands in for them today; ``None`` when nobody does."""
    return tx.directory.on_duty(issue.assignee_id) if issue.assignee_id else None


def on_duty_name(tx: Tx, issue: Issue) -> str | None:
    """The name to tell residents and partners: who handles the issue today."""
    people = responsible_people(tx, issue, (Duty.GRID_HEAD,))
    return tx.directory.name(people[0]) if people else None


def ring(tx: Tx, issue: Issue, decision: Decision, told: wording.IssueWords | None = None) -> Issue:
    """Tell a rung. With nobody on duty the next rung is told at once; nobody at all is written down, not hidden.

    ``told``: the issue in words, where the caller has them already.
    """
    policy = frozen_policy(tx, issue.policy_id)
    ladder = policy.ladders[issue.urgency]
    rung, duties = decision.rung, decision.duties
    people = responsible_people(tx, issue, duties)
    while not people and rung + 1 < len(ladder.rungs):
        rung += 1
        duties = ladder.duties(rung)
        people = responsible_people(tx, issue, duties)
    untold = range(issue.rung + 1, rung + 1)  # several after an outage, or where a rung had nobody on duty
    escalation = any(ladder.is_escalation(index) for index in untold)
    told_before = max(untold.start, issue.ladder_from + 1 if issue.ladder_from else 0)  # a resumed rung is no news
    before = {duty for index in range(told_before) for duty in ladder.duties(index)}
    issue = _told(tx, issue, rung, decision.reason, people, escalation=escalation)
    told = told or words(tx, issue)
    waiting = (tx.now - issue.opened_at).total_seconds()
    for person in people:
        own = tx.directory.duties_of(person, (issue.building_id,))
        above = escalation and bool(own & _ABOVE - before)
        body = wording.ring(told, rung, waiting, escalation=above, first_for_person=not own & before)
        tell_with_prompt(tx, issue, person, Purpose.ESCALATION if above else Purpose.REMINDER, body, rung=rung)
    return issue


def _told(tx: Tx, issue: Issue, rung: int, reason: str, people: Sequence[str], *, escalation: bool) -> Issue:
    if not people:
        record(tx, "nobody_on_duty", Cause(reason="no one holds any duty of this ladder"), issue.id, {"rung": rung})
    return issues.rung_told(tx, issue, rung, Cause(reason=reason), people, escalation=escalation)


def tell_with_prompt(
    tx: Tx, issue: Issue, person: str, purpose: Purpose, body: str, *, rung: int | None = None
) -> None:
    """A direct message that can be answered with a digit: handled?"""
    prompt_id = prompts.ensure(tx, PromptKind.HANDLED, f"staff:{person}", issue.id, prompt_end(tx, issue))
    letter = Letter(purpose, body, issue.id, prompt_id, rung, issue.urgency)
    outbox.to_staff(tx, person, letter)


def prompt_end(tx: Tx, issue: Issue) -> datetime:
    """A question about handling stays answerable well beyond the issue's limit."""
    policy: Policy = frozen_policy(tx, issue.policy_id)
    return tx.street.calendar.add(max(issue.check_at, tx.now), policy.wait.suspicion_kept, Mode.ALWAYS)


def ask_whether_issue(tx: Tx, issue: Issue, person: str, body: str, expires_at: datetime) -> None:
    """The building lead or grid head is asked whether a gray message is an issue."""
    prompt_id = prompts.ensure(tx, PromptKind.IS_ISSUE, f"staff:{person}", issue.id, expires_at)
    outbox.to_staff(tx, person, Letter(Purpose.PROMPT, body, issue.id, prompt_id, None, issue.urgency))


def acknowledge(tx: Tx, issue: Issue, told: wording.IssueWords) -> None:
    """The group learns the number; in an emergency what to dial."""
    assignee = on_duty_name(tx, issue)
    letter = Letter(
        Purpose.ACK,
        wording.ack(told, assignee),
        issue.id,
        urgency=issue.urgency,
        mentions=(issue.reporter_id,),
    )
    outbox.to_group(tx, issue.group_id, letter)


def warn_residents(tx: Tx, issue: Issue) -> None:
    """An issue has become an emergency: the group is told whom to call."""
    if issue.urgency is Urgency.EMERGENCY:
        letter = Letter(Purpose.ACK, wording.emergency_advice(words(tx, issue)), issue.id, urgency=issue.urgency)
        outbox.to_group(tx, issue.group_id, letter)


def tell_result(tx: Tx, issue: Issue, who: str | None, *, survey: bool) -> Issue:
    """The residents learn that it is over; the reporter is asked once whether they are content."""
    survey = survey and not issue.surveyed and not _asked_of_this_matter(tx, issue)
    prompt_id = None
    if survey:
        # It closes sooner, but «没解决» counts as long as the same trouble would reopen it.
        end = tx.street.calendar.add(tx.now, frozen_policy(tx, issue.policy_id).wait.reopen, Mode.ALWAYS)
        prompt_id = prompts.ensure(tx, PromptKind.SATISFIED, f"resident:{issue.reporter_id}", issue.id, end)
        issue = issues.surveyed(tx, issue)
    letter = Letter(
        Purpose.RESULT,
        wording.result(words(tx, issue), who, survey=survey),
        issue.id,
        prompt_id,
        mentions=tuple(issues.reporters(tx, issue.id)[:10]),
    )
    outbox.to_group(tx, issue.group_id, letter)
    return issue


def _asked_of_this_matter(tx: Tx, issue: Issue) -> bool:
    """Whether the reporter was asked about another issue of the same matter: merged into it, or of one event."""
    others = prompts.asked_about(tx, f"resident:{issue.reporter_id}", PromptKind.SATISFIED)
    if not others:
        return False
    matter = issues.matter_of(tx, issue.id)
    return any(issues.matter_of(tx, other) == matter for other in others)


def quiet(tx: Tx, issue: Issue, reason: str) -> None:
    """An issue is over or put aside: nobody needs to answer about it any more."""
    kinds = [PromptKind.HANDLED, PromptKind.IS_ISSUE, PromptKind.NEIGHBOUR_ANSWER, PromptKind.PARTNER]
    prompts.close_for(tx, issue.id, kinds, reason)
