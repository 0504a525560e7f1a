"""A matter was heard: it joins a live issue, reopens one, or opens a new one (design, section 5, Merging)."""

from __future__ import annotations

from datetime import timedelta

from domain import wording
from domain.calendar import Mode
from domain.decide import Action, Decision
from domain.hearing import Matter
from domain.lifecycle import MERGEABLE
from domain.words import URGENCY_RANK, Category, Duty, IssueState, PromptKind, Urgency, Verdict
from handlers import outages, outcomes
from handlers.case import Case
from handlers.subjects import may_be_at
from store import bell, issues, prompts
from store.issues import Place
from store.tables import Issue
from store.tx import Cause, Tx, frozen_policy

SHARED = frozenset(
    {
        Category.WATER,
        Category.POWER,
        Category.GAS,
        Category.HEATING,
        Category.NETWORK,
        Category.ELEVATOR,
        Category.DRAINAGE,
        Category.LIGHTING,
        Category.ACCESS,
        Category.GARBAGE,
        Category.NOISE,
        Category.FIRE,
        Category.FUMES,
        Category.GREENERY,
        Category.ROAD,
        Category.EV_CHARGING,
    }
)
"""Troubles that a building shares: a second resident's report is the same matter unless the place differs.

In the other categories (a leak, a parked car, a neighbour, a question) two residents mean two matters unless
they say that it is the same."""

_RECURRENCE = timedelta(days=90)  # how far back the same trouble in the same place is linked as a recurrence


def take(case: Case, matter: Matter) -> None:
    """One matter of one message."""
    live = _same(case, matter, [issue for issue in case.live if issue.state in MERGEABLE])
    if live is not None:
        return _join(case, live, matter)
    announced = outages.covering(case, matter)
    if announced is not None:
        return outages.point(case, announced)
    ended = _ended(case, matter)
    since = case.now - case.tx.street.policy.wait.reopen.delta
    if ended is not None and ended.resolved_at is not None and ended.resolved_at >= since:
        issues.join_report(case.tx, ended, case.report)
        issue = outcomes.reopened(case.tx, ended, case.cause)
        _raise_if_graver(case, issue, matter)
        return None
    issue = _open(case, matter)
    if ended is not None:
        issues.mark_recurrence(case.tx, issue, ended.id)
    return None


def _same(case: Case, matter: Matter, candidates: list[Issue]) -> Issue | None:
    """The newest issue of the same building, category and place that is near in time."""
    near = case.now - case.tx.street.policy.wait.join.delta
    if case.quoted_issue is not None:
        quoted = [issue for issue in candidates if issue.id == case.quoted_issue and issue.category is matter.category]
        if quoted:
            return quoted[0]
    for issue in candidates:
        if issue.building_id != case.building_id or issue.category is not matter.category:
            continue
        own = case.identity in issues.reporters(case.tx, issue.id)
        if own or (matter.category in SHARED and issue.opened_at >= near and may_be_at(matter.place, issue.place)):
            return issue
    return None


def _ended(case: Case, matter: Matter) -> Issue | None:
    """The same trouble in the same place that was over before."""
    assert case.group is not None
    for issue in issues.ended_in_group(case.tx, case.group.id, case.now - _RECURRENCE):
        if issue.building_id != case.building_id or issue.category is not matter.category:
            continue
        own = case.identity in issues.reporters(case.tx, issue.id)
        if (own and matter.category is not Category.CONSULT) or matter.category in SHARED:
            return issue if may_be_at(matter.place, issue.place) else None
    return None


def _join(case: Case, issue: Issue, matter: Matter) -> None:
    issue = issues.join_report(case.tx, issue, case.report)
    clear = matter.verdict is Verdict.ISSUE or matter.urgency is Urgency.EMERGENCY  # danger is not asked about
    if issue.state is IssueState.SUSPECTED and clear:
        issue = outcomes.confirmed(case.tx, issue, case.cause, partners=matter.partners)
    _raise_if_graver(case, issue, matter)


def _raise_if_graver(case: Case, issue: Issue, matter: Matter) -> None:
    if URGENCY_RANK[matter.urgency] > URGENCY_RANK[issue.urgency]:
        outcomes.raised(case.tx, issue, case.cause, matter.urgency)


def _open(case: Case, matter: Matter) -> Issue:
    tx = case.tx
    assert case.group is not None
    gray = matter.verdict is Verdict.SUSPECTED and matter.urgency is not Urgency.EMERGENCY
    state = IssueState.SUSPECTED if gray else IssueState.OPEN
    place = Place(case.group.id, case.building_id)
    text = case.text if not case.message.quote_text else f"{case.text}（引用：{case.message.quote_text}）"
    assignee = issues.responsible(tx, place.building_id)
    text += outages.missed_end(case, matter)
    issue = issues.open_issue(tx, matter, place, case.report, text=text, state=state, assignee=assignee)
    if gray:
        return _ask_lead(case, issue)
    return outcomes.opened(tx, _link(case, issue), matter.partners)


def _ask_lead(case: Case, issue: Issue) -> Issue:
    """The building lead is asked, at most so many times a day; what is more goes to the grid head's list at once."""
    tx = case.tx
    policy = frozen_policy(tx, issue.policy_id)
    leads = tx.directory.holding(issue.building_id, Duty.BUILDING_LEAD)
    midnight = tx.street.local(case.now).replace(hour=0, minute=0, second=0, microsecond=0)
    for lead in leads[:1]:
        asked = prompts.asked_today(tx, f"staff:{lead}", PromptKind.IS_ISSUE, midnight)
        if asked < policy.suspicion_prompts_per_day:
            end = tx.street.calendar.add(case.now, policy.wait.suspicion, Mode.WAKING)
            bell.ask_whether_issue(tx, issue, lead, wording.ask_is_issue(bell.words(tx, issue)), end)
            return issue
    why = "the building lead was asked often enough today" if leads else "no building lead"
    return issues.list_suspicion(tx, issue, Cause(reason=why))


def _link(case: Case, issue: Issue) -> Issue:
    """A burst of the same category over several buildings of a grid is one event for grid head and chief."""
    return issues.link_burst(case.tx, issue, timedelta(hours=1)) if issue.category in SHARED else issue


def ring_next_rung(tx: Tx, issue: Issue) -> Issue:
    """Chased too often: the next rung is told now instead of at its time."""
    ladder = frozen_policy(tx, issue.policy_id).ladders[issue.urgency]
    rung = issue.rung + 1
    return bell.ring(tx, issue, Decision(Action.RING, "chased by residents", rung, ladder.duties(rung)))
