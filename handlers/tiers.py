"""三事分流: what follows when an issue becomes small, medium or large, and when a partner answers."""

from __future__ import annotations

from collections.abc import Collection

from domain import wording_council as wording
from domain.words import Duty, IssueState, Purpose, Tier
from handlers import outcomes, partners
from store import bell, council, issues
from store.tables import Issue
from store.tx import Cause, Tx, record


def changed(tx: Tx, issue: Issue, cause: Cause, tier: Tier) -> Issue:
    """Another tier: its limits are planned anew; partners are brought in, or the matter goes on the agenda."""
    if tier is Tier.LARGE:
        return outcomes.to_council(tx, issue, cause) if issue.state is not IssueState.COUNCIL else issue
    council.take_off(tx, issue, cause)
    if issue.tier is not tier:
        issue = issues.set_tier(tx, issue, cause, tier)
    if issue.state is IssueState.COUNCIL:
        issue = issues.answer(tx, issue, cause)
    if tier is Tier.MEDIUM:
        partners.bring(tx, issue)
    return issue


def partner_can(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """能处理: a partner answers, the bell is quiet; the one responsible hears of it."""
    issue = outcomes.answered(tx, issue, cause)
    _tell_responsible(tx, issue, cause, "能处理")
    return issue


def partner_needs_help(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """需协助: the one responsible and the community hear of it; the bell goes on."""
    told = _tell_responsible(tx, issue, cause, "需要协助")
    _tell_community(tx, issue, wording.partner_said(bell.words(tx, issue), _name(tx, cause), "需要协助"), told)
    return issue


def partner_declines(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """不归我: written down and told; when all of them say so, the community secretary decides."""
    if partners.all_declined(tx, issue):
        _tell_community(tx, issue, wording.nobody_left(bell.words(tx, issue)))
    return not_theirs(tx, issue, cause)


def not_theirs(tx: Tx, issue: Issue, cause: Cause) -> Issue:
    """Somebody with a duty, asked or not, says that it is not theirs: written down, and the one responsible hears."""
    record(tx, "partner_declined", cause, issue.id)
    _tell_responsible(tx, issue, cause, "不归我管")
    return issue


def _tell_responsible(tx: Tx, issue: Issue, cause: Cause, said: str) -> list[str]:
    """Who handles the issue today, a stand-in for somebody away, hears what a partner said. Returns who was told."""
    people = [person for person in bell.responsible_people(tx, issue, (Duty.GRID_HEAD,)) if person != cause.by]
    for person in people:
        body = wording.partner_said(bell.words(tx, issue), _name(tx, cause), said)
        bell.tell_with_prompt(tx, issue, person, Purpose.REMINDER, body)
    return people


def _tell_community(tx: Tx, issue: Issue, body: str, told: Collection[str] = ()) -> None:
    for person in council.secretaries(tx, issue):
        if person not in told:
            bell.tell_with_prompt(tx, issue, person, Purpose.REMINDER, body)


def _name(tx: Tx, cause: Cause) -> str:
    return tx.directory.name(cause.by)
