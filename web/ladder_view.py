"""What comes next for an issue: the ladder ahead, rung by rung, with the people it would reach today."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.decide import Action, plan, rung_at
from domain.wording import waited
from domain.words import Duty, IssueState, zh
from store import bell, issues
from store.tables import Issue
from store.tx import frozen_policy
from web.keys import View

_AHEAD = 8  # rungs shown at most

_NEXT: dict[Action, str] = {
    Action.RING: "催办",
    Action.ASK_HANDLED: "到期询问办理结果",
    Action.RESUME: "仍无回音则恢复催办",
    Action.LIST_SUSPICION: "楼栋长未确认则转网格长",
    Action.DISMISS_SUSPICION: "仍未确认则不再跟进",
    Action.CLOSE: "无异议则自动办结",
    Action.WARN: "快到时限，提醒办理人",
}

_TOLD = {
    Action.ASK_HANDLED: (Duty.GRID_HEAD,),
    Action.RESUME: (Duty.GRID_HEAD,),
    Action.WARN: (Duty.GRID_HEAD,),
    Action.LIST_SUSPICION: (Duty.GRID_HEAD,),
}


def next_step(view: View, issue: Issue) -> dict[str, Any] | None:
    """The next step of an issue: what, when, to whom. ``None`` when it is over."""
    step = plan(issues.facts(issue), frozen_policy(view.tx, issue.policy_id), view.tx.street.calendar)
    if step is None:
        return None
    if step.action is Action.RING:
        return _rung(view, issue, step.rung, step.at)
    people = bell.responsible_people(view.tx, issue, _TOLD.get(step.action, ()))
    return _step(view, _NEXT[step.action], step.at, people)


def ladder_ahead(view: View, issue: Issue) -> list[dict[str, Any]]:
    """The coming rungs of a ringing issue, or the one step that follows in any other state."""
    if issue.state is not IssueState.OPEN:
        step = next_step(view, issue)
        return [step] if step else []
    policy, calendar, known = frozen_policy(view.tx, issue.policy_id), view.tx.street.calendar, issues.facts(issue)
    ladder, following = policy.ladders[issue.urgency], issue.rung + 1
    ahead = range(following, max(following + 1, len(ladder.rungs)))[:_AHEAD]
    rungs = [_rung(view, issue, index, rung_at(known, index, policy, calendar)) for index in ahead]
    last = f"之后每{waited(ladder.repeat.seconds)}再催一次，直到有人回应"
    return [*rungs, {"what": last, "at": None, "to": [], "escalation": False}]


def _rung(view: View, issue: Issue, index: int, at: datetime) -> dict[str, Any]:
    ladder = frozen_policy(view.tx, issue.policy_id).ladders[issue.urgency]
    people = bell.responsible_people(view.tx, issue, ladder.duties(index))
    name = "通知" if index == 0 else f"第{index}次催办"
    grave = ladder.is_escalation(index)
    above = [zh(duty) for duty in ladder.duties(index) if duty in (Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF)]
    return _step(view, f"升级到{above[-1]}" if grave and above else name, at, people, escalation=grave)


def _step(view: View, what: str, at: datetime, people: list[str], *, escalation: bool = False) -> dict[str, Any]:
    named = [view.tx.directory.name(person) for person in people]
    return {"what": what, "at": view.iso(at), "to": named, "escalation": escalation}
