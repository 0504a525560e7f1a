"""Merging, splitting and silencing: the same rules for a command and for the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain import wording_commands as wording
from domain.lifecycle import MERGEABLE, UNSETTLED
from domain.words import URGENCY_RANK, Category, IssueState, Urgency, zh
from handlers import outcomes
from store import bell, issues
from store.issues import Told
from store.tables import Issue
from store.tx import Cause, Tx, frozen_policy


def merge_refused(gone: Issue, kept: Issue) -> str:
    """Why two issues cannot be one; empty when they can."""
    if gone.id == kept.id:
        return wording.same_issue(gone.number)
    for each in (gone, kept):
        if each.state not in MERGEABLE:
            return wording.wrong_state(each.number, zh(each.state), "合并")
    return wording.other_group(gone.number, kept.number) if gone.group_id != kept.group_id else ""


def merged(tx: Tx, gone: Issue, kept: Issue, cause: Cause) -> None:
    """One matter told as two: the reports go over, and the graver urgency counts."""
    issues.merge(tx, gone, kept, cause)
    bell.quiet(tx, gone, "merged")
    if kept.state is not IssueState.SUSPECTED and URGENCY_RANK[gone.urgency] > URGENCY_RANK[kept.urgency]:
        outcomes.raised(tx, kept, cause, gone.urgency)


def split_refused(tx: Tx, issue: Issue, wanted: Sequence[int]) -> str:
    """Why these reports (their places, from 1) cannot be another matter; empty when they can."""
    told = issues.reports_of(tx, issue.id)
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "拆分")
    if len(told) < 2:
        return wording.only_one_report(issue.number)
    places = set(wanted)
    if not places or not places <= set(range(1, len(told) + 1)) or len(places) == len(told):
        return wording.wrong_reports(issue.number, len(told))
    return ""


def split_off(tx: Tx, issue: Issue, wanted: Sequence[int], cause: Cause) -> Issue:
    """The reports at these places become an issue of their own, which has yet to be told (``outcomes.opened``)."""
    moved: list[Told] = [each for at, each in enumerate(issues.reports_of(tx, issue.id), start=1) if at in set(wanted)]
    return issues.split(tx, issue, cause, moved, issues.responsible(tx, issue.building_id))


def is_about(tx: Tx, issue: Issue, category: Category | None, why: str) -> Issue:
    """Of another category than before, if one is given."""
    if category is None or category is issue.category:
        return issue
    return issues.set_category(tx, issue, Cause(reason=why), category)


def snooze_refused(tx: Tx, issue: Issue, until: datetime) -> str:
    """Why the bell of this issue cannot be quiet until then; empty when it can. ``until`` is aware."""
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "静默")
    if issue.urgency is Urgency.EMERGENCY:
        return wording.no_snooze_in_emergency(issue.number)
    policy = frozen_policy(tx, issue.policy_id)
    if until - tx.now > policy.wait.snooze.delta:
        return wording.snooze_too_long(policy.wait.snooze.seconds / 3600)
    if issue.snoozes >= policy.snoozes_per_issue:
        return wording.snoozed_enough(issue.number, issue.snoozes)
    return ""
