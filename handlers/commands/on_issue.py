"""Commands about one issue. Each is given the issue, locked, and what stood after the word; it returns what to say.

A refusal changes nothing and says why in one line.
"""

from __future__ import annotations

import re

from domain import wording_commands as wording
from domain.lifecycle import MERGEABLE, UNSETTLED, may_move
from domain.prompts import category_named
from domain.wording_council import tier_moved
from domain.words import Category, DismissReason, IssueState, Tier, Urgency, zh
from handlers import outcomes, sorting, tiers
from handlers.case import Case
from handlers.commands import saying, spelling
from handlers.commands.people import NotOne, person_named
from handlers.commands.rights import HANDLING
from store import bell, issues
from store.away import last_day
from store.tables import Issue
from store.tx import Cause

_ENOUGH = 5


def show(case: Case, issue: Issue, _tail: str) -> str:
    """What it is, who has it, what happened last."""
    tx, name = case.tx, case.tx.directory.name
    steps = []
    for event in issues.history(tx, issue.id, wording.TOLD, 5):
        data = dict(event.data or {})
        to = data.get("to")
        data["to"] = [name(who) for who in ([to] if isinstance(to, str) else to if isinstance(to, list) else [])]
        data["assignee"] = name(data["assignee"]) if data.get("assignee") else None
        if "until" in data:
            data["until"] = tx.street.local(saying.moment(data["until"]))
        by = "" if event.by == "clock" else name(event.by) if event.by in tx.directory.people else "居民"
        steps.append((tx.street.local(event.at), wording.step(event.what, by, event.reason, data)))
    return wording.shown(bell.words(tx, issue), issue.tier, bell.on_duty_name(tx, issue), steps)


def refer(case: Case, issue: Issue, tail: str) -> str:
    """转给: another person answers from now on."""
    name, reason = saying.split_first(tail)
    name = spelling.name_in(name, lambda said: bool(case.tx.directory.named(said))) or name
    if not name:
        return wording.how(f"#{issue.number} 转给 王强 原因")
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "转办")
    try:
        to = person_named(case, name)
    except NotOne as refusal:
        return str(refusal)
    return hand_over(case, issue, to, reason)


def hand_over(case: Case, issue: Issue, to: str, reason: str) -> str:
    """To this person, unless they are away or it was handed on too often."""
    directory = case.tx.directory
    if directory.on_duty(to) is None:
        away = next((each for each in directory.absences if each.person == to and each.until > case.now), None)
        return wording.not_there(directory.name(to), last_day(case.tx, away) if away else None)
    return _handed(case, outcomes.referred(case.tx, issue, _cause(case, reason), to), to, f"转给{directory.name(to)}")


def give_back(case: Case, issue: Issue, tail: str) -> str:
    """退单: back to who handed it over, with the reason."""
    usage = f"#{issue.number} 退单 不是我的职责"
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "退单")
    way = issues.referrals_of(case.tx, issue.id)
    if not way or way[-1].to != issue.assignee_id:
        return wording.nothing_to_return(issue.number)
    if not tail:
        return wording.reason_wanted(usage)
    last = way[-1]
    giver = last.by if last.by in case.tx.directory.people else last.before
    to = giver or issues.responsible(case.tx, issue.building_id)
    if to is None or to == issue.assignee_id:
        return wording.nothing_to_return(issue.number)
    issue = outcomes.referred(case.tx, issue, _cause(case, tail), to, returned=True)
    return _handed(case, issue, to, wording.returned_to(case.tx.directory.name(to)))


def _handed(case: Case, issue: Issue, to: str, what: str) -> str:
    if issue.assignee_id != to:
        secretary = case.tx.directory.name(str(issue.assignee_id))
        return wording.secretary_decides(issue.number, issue.referrals - 1, secretary)
    return wording.done(issue.number, what)


def resolve(case: Case, issue: Issue, tail: str) -> str:
    """办结: over, as said by staff."""
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "办结")
    outcomes.resolved(case.tx, issue, _cause(case, tail), by_staff=True)
    return wording.done(issue.number, f"已记为：{zh(IssueState.RESOLVED)}")


def to_council(case: Case, issue: Issue, tail: str) -> str:
    """上会: onto the residents' council's list."""
    if not may_move(issue.state, IssueState.COUNCIL):
        return wording.wrong_state(issue.number, zh(issue.state), "上会")
    outcomes.to_council(case.tx, issue, _cause(case, tail))
    return wording.done(issue.number, "已列入议事会")


def snooze(case: Case, issue: Issue, tail: str) -> str:
    """静默: the bell is quiet for a while, with a reason and within the limits."""
    usage = f"#{issue.number} 静默 2小时 等配件"
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "静默")
    if issue.urgency is Urgency.EMERGENCY:
        return wording.no_snooze_in_emergency(issue.number)
    local = case.tx.street.local(case.now)
    until, reason = saying.until(tail, local)
    if until is None or until <= local:
        return wording.how(usage)
    refused = sorting.snooze_refused(case.tx, issue, until)
    if refused:
        return refused
    if not reason:
        return wording.reason_wanted(usage)
    issues.snooze(case.tx, issue, _cause(case, reason), until)
    return wording.done(issue.number, wording.snoozed(until))


def merge(case: Case, issue: Issue, tail: str) -> str:
    """合并: one matter told as two; the older number stays."""
    return _merge(case, issue, tail, keep_older=True)


def merge_into(case: Case, issue: Issue, tail: str) -> str:
    """并入: this one goes into that one."""
    return _merge(case, issue, tail, keep_older=False)


def _merge(case: Case, issue: Issue, tail: str, *, keep_older: bool) -> str:
    number, reason = _number(tail)
    if number is None:
        return wording.how(f"#{issue.number} 合并 #15")
    if number == issue.number:
        return wording.same_issue(number)
    others = [each for each in reachable(case, number) if each.grid_id == issue.grid_id]
    if not others:
        return wording.no_such_issue(number)
    other = others[0]
    foreign = next((each for each in (issue, other) if not HANDLING.held_by(case, each)), None)
    if foreign is not None:
        return wording.not_yours(foreign.number, HANDLING.words())
    refused = sorting.merge_refused(issue, other)
    if refused:
        return refused
    gone, kept = (issue, other)
    if keep_older and other.id > issue.id and issue.state is not IssueState.SUSPECTED:
        gone, kept = other, issue
    return _merged(case, gone, kept, reason)


def _merged(case: Case, gone: Issue, kept: Issue, reason: str) -> str:
    sorting.merged(case.tx, gone, kept, _cause(case, reason))
    return wording.done(gone.number, wording.merged(kept.number))


def split(case: Case, issue: Issue, tail: str) -> str:
    """拆分: some reports are another matter; without numbers the reports are listed to choose from."""
    told = issues.reports_of(case.tx, issue.id)
    if issue.state not in UNSETTLED:
        return wording.wrong_state(issue.number, zh(issue.state), "拆分")
    if len(told) < 2:
        return wording.only_one_report(issue.number)
    wanted = {int(each) for each in re.findall(r"\d{1,3}", tail)}
    if not wanted:
        return wording.choose_reports(issue.number, [(each.name, each.text) for each in told])
    refused = sorting.split_refused(case.tx, issue, sorted(wanted))
    if refused:
        return refused
    new = sorting.split_off(case.tx, issue, sorted(wanted), case.cause)
    heard = case.classifier.hear(new.summary).gravest
    new = sorting.is_about(case.tx, new, heard.category if heard else None, "heard again")
    outcomes.opened(case.tx, new)
    return wording.done(issue.number, wording.split_off(new.number))


def tier(wanted: Tier, case: Case, issue: Issue, tail: str) -> str:
    """小事, 中事, 大事: who has to sit down together, and the limit that goes with it."""
    if issue.state not in MERGEABLE:
        return wording.wrong_state(issue.number, zh(issue.state), "改大小事")
    if issue.state is IssueState.SUSPECTED:
        issues.set_tier(case.tx, issue, _cause(case, tail), wanted)
    else:
        tiers.changed(case.tx, issue, _cause(case, tail), wanted)
    return tier_moved(issue.number, wanted)


def set_category(case: Case, issue: Issue, tail: str) -> str:
    """类别: it is about something else than was heard."""
    name, reason = saying.split_first(tail)
    category = category_named(name)
    if category is None:
        return wording.unknown_category([zh(each) for each in list(Category)[:_ENOUGH]])
    if issue.state not in MERGEABLE:
        return wording.wrong_state(issue.number, zh(issue.state), "改类别")
    issues.set_category(case.tx, issue, _cause(case, reason), category)
    return wording.done(issue.number, wording.category_set(category))


def dismiss(why: DismissReason, case: Case, issue: Issue, tail: str) -> str:
    """不是诉求, 自己的事: put aside."""
    if not may_move(issue.state, IssueState.DISMISSED):
        return wording.wrong_state(issue.number, zh(issue.state), "撤下")
    outcomes.dismissed(case.tx, issue, _cause(case, tail), why)
    return wording.done(issue.number, wording.dismissed(why))


def reopen(case: Case, issue: Issue, tail: str) -> str:
    """重开: not over, not rightly dismissed, not rightly merged."""
    if issue.state in UNSETTLED or not may_move(issue.state, IssueState.OPEN):
        return wording.wrong_state(issue.number, zh(issue.state), "重开")
    outcomes.reopened(case.tx, issue, _cause(case, tail))
    return wording.done(issue.number, "已重新打开")


def reachable(case: Case, number: int) -> list[Issue]:
    """The issues of this number in the sender's places, in a group its own first; the newest of each grid."""
    assert case.person is not None
    buildings = case.tx.directory.buildings_of(case.person)
    found = issues.numbered(case.tx, number, buildings, case.person)
    if case.group is not None:
        here = [issue for issue in found if issue.group_id == case.group.id]
        found = here or [issue for issue in found if issue.building_id in case.group.buildings]
    newest: dict[int, Issue] = {}
    for issue in found:
        newest.setdefault(issue.grid_id, issue)
    return list(newest.values())


def _number(tail: str) -> tuple[int | None, str]:
    found = re.match(r"(?:到|入|给|和|与)?\s*#?\s*(\d{1,4})\s*(.*)", tail)
    return (int(found[1]), found[2].strip()) if found else (None, tail)


def _cause(case: Case, reason: str) -> Cause:
    """The message as the cause, with the reason in the sender's own words."""
    return Cause(case.cause.by, case.cause.message, reason[:200])
