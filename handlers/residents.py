"""What residents write: a matter, more of the same matter, a chase, an end, a trouble that came back.

Whoever writes is heard like this when nothing else matched: a grid head may live in the building too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from domain import wording
from domain.calendar import Mode
from domain.hearing import Matter, Place
from domain.lifecycle import MERGEABLE, UNSETTLED
from domain.prompts import named_issues
from domain.words import (
    URGENCY_RANK,
    Act,
    Category,
    Duty,
    IssueState,
    MessageKind,
    PromptKind,
    Purpose,
    Urgency,
    Verdict,
)
from handlers import meant, outcomes, reports
from handlers.case import Case
from handlers.subjects import may_be_at
from store import bell, issues, outbox, prompts
from store.outbox import Letter
from store.tables import Issue
from store.tx import frozen_policy

SPOKEN = frozenset({MessageKind.TEXT, MessageKind.VOICE})
"""Kinds whose text somebody said; the text of others is a title, a file name or the network's own line."""

_OVER = (IssueState.RESOLVED, IssueState.CLOSED)


@dataclass(frozen=True, slots=True)
class Match:
    """What the message does, and to which issue, if it concerns one that exists."""

    does: Callable[[Case, Match], None]
    issue_id: int | None = None
    matter: Matter | None = None


def match_follow_up(case: Case) -> Match | None:
    """Something about a matter already known: over, back again, chased, joined, more of one report."""
    if case.group is None:
        return None
    if case.message.kind not in SPOKEN or not case.text:
        own = _own_fresh(case)
        return Match(_more, own.id) if own and case.message.kind in (MessageKind.IMAGE, MessageKind.VIDEO) else None
    danger = _danger(case)
    if danger is not None:
        return danger
    if case.hearing.act in _STILL and _still_telling(case):
        return _continued(case)
    for act, find in _BY_ACT.items():
        if case.hearing.act is act:
            found = find(case)
            if found is not None:
                return found
    return _neighbour(case) or _continues(case)


def match_report(case: Case) -> Match | None:
    """A matter, certain or suspected."""
    if case.group is None or case.hearing.verdict is Verdict.NONE or case.message.kind not in SPOKEN:
        return None
    return Match(_report)


def handle(case: Case, found: Match) -> None:
    """Do it."""
    found.does(case, found)


def _over(case: Case) -> Match | None:
    """«来水了», «亮了»: of the same subject, of the quoted issue, or the reporter's own."""
    target = _pointed(case, case.unsettled)
    if target is not None and meant.is_arrival(case.text) and target.category not in _SUPPLIES:
        return None  # the repairer has come, the lift does not run yet
    return Match(_resolve, target.id) if target else None


_SUPPLIES = frozenset({Category.WATER, Category.POWER, Category.GAS, Category.HEATING, Category.NETWORK})
"""What comes by itself: a bare «来了» says that it is back."""


def _back(case: Case) -> Match | None:
    """«又坏了», «还是没水»: an issue said to be over reopens; one that is not is chased."""
    wait = case.tx.street.policy.wait.reopen
    since = case.now - wait.delta
    assert case.group is not None
    over = issues.ended_in_group(case.tx, case.group.id, since)
    target = _pointed(case, over)
    if target is not None:
        return Match(_reopen, target.id)
    return _chase(case)


def _chase(case: Case) -> Match | None:
    """«还没好?»: the quoted one, the one of the same subject, their own, or the only one."""
    target = _pointed(case, case.unsettled)
    if target is None and len(case.unsettled) == 1 and not case.subjects and not named_issues(case.text):
        target = case.unsettled[0]
    return Match(_pass_chase, target.id) if target else None


def _join(case: Case) -> Match | None:
    """«我家也是», «+1»: the quoted one, the one of the same subject, or what was just told of.

    Neighbours agree on many things: bare words join only while the last line of a matter still stands above them.
    """
    live = [issue for issue in case.live if issue.state in MERGEABLE]
    target = _pointed(case, live, own=False)
    if target is None and live and not case.message.quote and not case.subjects and _bare(case):
        told = [(last, issue) for issue in live[:_LATELY] if (last := issues.last_told(case.tx, issue.id)) is not None]
        last, newest = max(told, key=lambda one: one[0])
        target = newest if case.now - last <= _ECHO else None
    return Match(_join_report, target.id) if target else None


_ECHO = timedelta(minutes=10)
"""How long bare words of joining are taken for an echo of the last line of a matter."""
_LATELY = 3
"""Of so many newest issues the last line is looked at."""
_SHORT = 10
"""Code points of words of joining that say nothing else."""


def _bare(case: Case) -> bool:
    return len(case.text) <= _SHORT or case.said_place != Place()


_STILL = frozenset({Act.CHASE, Act.REOPEN, Act.JOIN})


def _still_telling(case: Case) -> bool:
    """The reporter goes on about what was opened a moment ago («电梯又停了，没人管»): no chase yet."""
    own = _own_fresh(case)
    return own is not None and not case.message.quote and (not case.subjects or own.category in case.subjects)


def _continued(case: Case) -> Match | None:
    own = _own_fresh(case)
    return Match(_more, own.id) if own else None


_BY_ACT = {
    Act.RESOLVED: _over,
    Act.REOPEN: _back,
    Act.CHASE: _chase,
    Act.JOIN: _join,
}


def _pointed(case: Case, candidates: list[Issue], *, own: bool = True) -> Issue | None:
    """The issue a message points at: by quote, by number, by subject, or as the sender's own."""
    if case.quoted_issue is not None:
        return next((issue for issue in candidates if issue.id == case.quoted_issue), None)
    numbers = [number for number, _said in named_issues(case.text)]
    if numbers:
        return next((issue for issue in candidates if issue.number in numbers), None)
    same = [issue for issue in candidates if issue.category in case.subjects and _near(case, issue)]
    if same:
        mine = [issue for issue in same if case.identity in issues.reporters(case.tx, issue.id)]
        return (mine or same)[0]
    if not own or case.subjects:
        return None
    mine = [issue for issue in candidates if case.identity in issues.reporters(case.tx, issue.id)]
    return mine[0] if mine else None


def _near(case: Case, issue: Issue) -> bool:
    if case.group is None or (len(case.group.buildings) > 1 and issue.building_id != case.building_id):
        return False
    return may_be_at(case.hearing.place, issue.place)


_OWN_DANGER = frozenset({"emergency", "sign", "phrase"})
"""Evidence of a danger that the message itself names, not only the issue before it."""


def _danger(case: Case) -> Match | None:
    """«里面有人» after «电梯停了»: words of danger that only mean something beside a fresh issue."""
    if case.hearing.matters or not case.classifier.may_alarm(case.message.text):
        return None  # chatter, nearly always: no look at the tables
    for issue in case.unsettled[:3]:
        if case.now - issue.ladder_at > timedelta(hours=1) or issue.urgency is Urgency.EMERGENCY:
            continue
        heard = case.classifier.hear(case.message.text, context=[issue.summary[:200]]).gravest
        if heard is None or heard.category is not issue.category:
            continue
        own_words = any(word.role in _OWN_DANGER and word.end > word.start for word in heard.evidence)
        if own_words and URGENCY_RANK[heard.urgency] > URGENCY_RANK[issue.urgency]:
            return Match(_raise, issue.id, heard)
    return None


def _neighbour(case: Case) -> Match | None:
    """A neighbour answers («我来看看»): it does not stop the bell, the building lead may settle it."""
    if case.duties or case.hearing.act not in (Act.ACKNOWLEDGEMENT, Act.PROMISE) or case.hearing.matters:
        return None
    target = _pointed_by_person(case)
    if target is None or case.identity in issues.reporters(case.tx, target.id):
        return None
    return Match(_offer_to_lead, target.id)


def _pointed_by_person(case: Case) -> Issue | None:
    if case.quoted_issue is not None:
        return next((issue for issue in case.ringing if issue.id == case.quoted_issue), None)
    mentioned = case.message.mentions
    return next((i for i in case.ringing if issues.reporter_external_id(case.tx, i) in mentioned), None)


def _continues(case: Case) -> Match | None:
    """More of the report the same sender wrote a moment ago."""
    if case.hearing.verdict is Verdict.ISSUE or case.message.quote:
        return None
    if case.hearing.matters:  # no matter by itself («停在6楼不动»): of what was told just now, or a suspicion
        own = _own_fresh(case)
        alike = own is not None and any(matter.category is own.category for matter in case.hearing.matters)
        return Match(_more, own.id) if own is not None and alike else None
    if case.hearing.act not in (Act.REPORT, Act.REQUEST) and case.said_place == Place():
        return None  # chatter, nearly always: no look at the tables
    own = _own_fresh(case)
    return Match(_more, own.id) if own else None


def _own_fresh(case: Case) -> Issue | None:
    since = case.now - case.tx.street.policy.wait.same_report.delta
    for issue in case.live:
        if issue.state in MERGEABLE and issue.opened_at >= since and issue.reporter_id == case.identity:
            return issue
    return None


def _report(case: Case, _found: Match) -> None:
    for matter in case.hearing.matters:
        reports.take(case, matter)


def _resolve(case: Case, found: Match) -> None:
    issue = _load(case, found)
    outcomes.resolved(case.tx, issue, case.cause, by_staff=False)


def _reopen(case: Case, found: Match) -> None:
    issue = _load(case, found)
    issues.join_report(case.tx, issue, case.report)
    outcomes.reopened(case.tx, issue, case.cause)


def _join_report(case: Case, found: Match) -> None:
    issue = _load(case, found)
    issues.join_report(case.tx, issue, case.report)


def _more(case: Case, found: Match) -> None:
    issue = issues.join_report(case.tx, _load(case, found), case.report, "same sender, same moment")
    adds = case.hearing.act not in _STILL or case.subjects or case.said_place != Place()
    if case.text and adds:  # a bare «还没好» or «+1» tells nothing of the matter
        issues.extend_summary(case.tx, issue, case.text)


def _raise(case: Case, found: Match) -> None:
    assert found.matter is not None
    issue = issues.join_report(case.tx, _load(case, found), case.report)
    outcomes.raised(case.tx, issue, case.cause, found.matter.urgency)


def _pass_chase(case: Case, found: Match) -> None:
    """The assignee hears of a chase at most once an hour; the third unanswered one moves up one rung."""
    issue = _load(case, found)
    policy = frozen_policy(case.tx, issue.policy_id)
    due = issue.chase_passed_at is None or case.now - issue.chase_passed_at >= policy.wait.chase.delta
    handlers = bell.responsible_people(case.tx, issue, (Duty.GRID_HEAD,))[:1]
    passed = due and bool(handlers) and handlers[0] != case.person and issue.state in UNSETTLED
    issue = issues.chased(case.tx, issue, case.report, passed=passed)
    if passed:
        body = wording.chase_passed(bell.words(case.tx, issue), case.text, issue.chases)
        bell.tell_with_prompt(case.tx, issue, handlers[0], Purpose.REMINDER, body)
    if issue.state is IssueState.OPEN and issue.chases % policy.chases_before_next_rung == 0:
        reports.ring_next_rung(case.tx, issue)


def _offer_to_lead(case: Case, found: Match) -> None:
    issue = _load(case, found)
    leads = bell.responsible_people(case.tx, issue, (Duty.BUILDING_LEAD,))
    for lead in leads[:1]:
        end = case.tx.street.calendar.add(case.now, case.tx.street.policy.wait.suspicion_kept, Mode.ALWAYS)
        prompt_id = prompts.ensure(case.tx, PromptKind.NEIGHBOUR_ANSWER, f"staff:{lead}", issue.id, end)
        name = case.message.sender_alias or case.message.sender_name or "邻居"
        body = wording.ask_neighbour_answer(bell.words(case.tx, issue), name, case.text)
        outbox.to_staff(case.tx, lead, Letter(Purpose.PROMPT, body, issue.id, prompt_id, urgency=issue.urgency))


def _load(case: Case, found: Match) -> Issue:
    assert found.issue_id is not None
    return issues.load(case.tx, found.issue_id)
