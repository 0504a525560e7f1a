"""Issues as the pages show them: a card for lists, everything for the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, or_, select

from domain.lifecycle import MERGEABLE, UNSETTLED, may_move
from domain.privacy import excerpt
from domain.words import Category, IssueState, PromptState, SendState, Urgency, zh
from store.tables import IdentityRow, Issue, IssueReport, MessageRow, Outbox, Prompt, table
from web.keys import View
from web.ladder_view import ladder_ahead, next_step
from web.names import asked_of
from web.timeline import PROMPT_NAMES, PURPOSE_NAMES, timeline

ISSUE = table(Issue)
_REPORT, _MESSAGE, _IDENTITY = table(IssueReport), table(MessageRow), table(IdentityRow)
_PROMPT, _OUTBOX = table(Prompt), table(Outbox)

_SHOWN_REPORTS = 100
_SHOWN_SENDS = 200

ROLE_NAMES = {
    "topic": "说的是什么",
    "sign": "出了什么问题",
    "weak": "较弱的迹象",
    "phrase": "完整说法",
    "urgent": "紧急的词",
    "emergency": "危险的词",
}
SEND_NAMES = {
    SendState.QUEUED: "待发",
    SendState.SENDING: "发送中",
    SendState.SENT: "已发",
    SendState.FAILED: "失败",
    SendState.UNKNOWN: "不确定",
    SendState.DROPPED: "未发",
}
PROMPT_STATES = {PromptState.OPEN: "等待回答", PromptState.ANSWERED: "已回答", PromptState.EXPIRED: "已作废"}


def word(value: StrEnum) -> dict[str, str]:
    """A word of the field with its Chinese label."""
    return {"code": value.value, "zh": zh(value)}


def load_issue(view: View, issue_id: int) -> Issue | None:
    """One issue, not locked."""
    row = view.tx.db.execute(select(ISSUE).where(ISSUE.c.id == issue_id)).one_or_none()
    return Issue(**row._mapping) if row else None


def cards(view: View, rows: Sequence[Row[Any]], *, steps: bool) -> list[dict[str, Any]]:
    """A card for each issue row, in few queries. ``steps`` adds what comes next, which costs a little an issue."""
    found = [Issue(**row._mapping) for row in rows]
    ids = [issue.id for issue in found]
    people, names = _people_counted(view, ids), _reporter_names(view, ids)
    shown = [_card(view, issue, people.get(issue.id, 1), names.get(issue.id, "居民")) for issue in found]
    if steps:
        shown = [{**card, "next": next_step(view, issue)} for card, issue in zip(shown, found, strict=True)]
    return shown


def detail(view: View, issue_id: int) -> dict[str, Any] | None:
    """Everything about one issue: evidence, timeline, the ladder ahead, reports, prompts, sends."""
    issue = load_issue(view, issue_id)
    if issue is None:
        return None
    people, names = _people_counted(view, [issue.id]), _reporter_names(view, [issue.id])
    reported = _reports(view, issue.id)
    return {
        **_card(view, issue, people.get(issue.id, 1), names.get(issue.id, "居民")),
        "evidence": _evidence(view, issue),
        "reports_list": reported,
        "next": next_step(view, issue),
        "timeline": timeline(view, issue.id),
        "ahead": ladder_ahead(view, issue),
        "prompts": _prompts(view, issue.id),
        "sends": _sends(view, issue.id),
        "response_at": view.iso(issue.response_at),
        "resolution_at": view.iso(issue.resolution_at),
        "promise_at": view.iso(issue.promise_at),
        "can": actions_for(issue),
        "people_here": people_near(view, issue),
        "kin": _kin(view, issue),
        "joinable": _joinable(view, issue),
        "categories": [(each.value, zh(each)) for each in Category],
        "snoozed_until": view.iso(issue.snoozed_until) if (issue.snoozed_until or view.tx.now) > view.tx.now else None,
    }


def _card(view: View, issue: Issue, people: int, reporter: str) -> dict[str, Any]:
    directory = view.tx.directory
    building, group = directory.buildings.get(issue.building_id), directory.groups.get(issue.group_id)
    ended = issue.resolved_at or issue.ended_at
    until = ended or view.tx.now
    return {
        "id": issue.id,
        "number": issue.number,
        "category": word(issue.category),
        "urgency": word(issue.urgency),
        "tier": word(issue.tier),
        "state": word(issue.state),
        "why": zh(issue.dismiss_reason) if issue.dismiss_reason else "",
        "building": building.name if building else "",
        "place": issue.place,
        "grid": directory.grids.get(issue.grid_id, ""),
        "community": directory.communities.get(issue.community_id, ""),
        "group": {"id": issue.group_id, "topic": group.topic if group else ""},
        "summary": view.shown(issue.summary),
        "reporter": view.shown(reporter),
        "people": people,
        "assignee": directory.name(issue.assignee_id) if issue.assignee_id else "",
        "opened_at": view.iso(issue.opened_at),
        "answered": issue.answered_at is not None,
        "seconds": max(0, int((until - issue.opened_at).total_seconds())),
        "over": ended is not None,
        "late": _late(view, issue),
        "soon": _soon(view, issue),
    }


def _late(view: View, issue: Issue) -> str:
    """Which limit an unsettled issue has passed, in Chinese; empty for none."""
    if issue.state not in UNSETTLED:
        return ""
    if issue.resolution_at <= view.tx.now:
        return "办理超时"
    return "回应超时" if issue.answered_at is None and issue.response_at <= view.tx.now else ""


def _soon(view: View, issue: Issue) -> str:
    """Which limit the assignee of an unsettled issue was warned of and that has not passed yet; empty for none."""
    if issue.state not in UNSETTLED or _late(view, issue):
        return ""
    if issue.warned_resolution:
        return "办理快到期"
    return "回应快到期" if issue.warned_response and issue.answered_at is None else ""


def actions_for(issue: Issue) -> list[str]:
    """What the technician may do to an issue in its state."""
    if issue.state in UNSETTLED:
        silent = [] if issue.urgency is Urgency.EMERGENCY else ["snooze"]
        return ["settle", "refer", "tier", "merge", "split", "category", *silent, "dismiss", "note"]
    if issue.state is IssueState.SUSPECTED:
        return ["confirm", "category", "dismiss", "note"]
    return ["reopen", "note"] if may_move(issue.state, IssueState.OPEN) and issue.state not in MERGEABLE else ["note"]


def people_near(view: View, issue: Issue) -> list[tuple[str, str]]:
    """Who can be given an issue: everybody with a duty for its building, each with the highest duty."""
    held = view.tx.directory.at_building(issue.building_id)
    found: dict[str, str] = {}
    for duty, people in held.items():
        for person in people:
            found.setdefault(person, f"{view.tx.directory.name(person)}（{zh(duty)}）")
    return list(found.items())


_KIN = 20  # related issues that a page shows


def _kin(view: View, issue: Issue) -> list[dict[str, Any]]:
    """Issues merged into this one, the one it was merged into, the one it is linked to or comes back from."""
    named = {issue.merged_into: "已并入", issue.linked_to: "同一事件", issue.recurrence_of: "此前办过"}
    wanted = [each for each in named if each is not None]
    found = or_(ISSUE.c.merged_into == issue.id, ISSUE.c.id.in_(wanted)) if wanted else ISSUE.c.merged_into == issue.id
    rows = view.tx.db.execute(select(ISSUE).where(found).order_by(ISSUE.c.id).limit(_KIN)).all()
    return [
        {
            "id": row.id,
            "number": row.number,
            "category": zh(row.category),
            "summary": view.shown(row.summary),
            "how": named.get(row.id) or "并入本件",
            "state": zh(row.state),
            "here": row.merged_into == issue.id and row.state is IssueState.MERGED,
        }
        for row in rows
    ]


def _joinable(view: View, issue: Issue) -> list[tuple[int, str]]:
    """Live issues of the same group that this one may be merged into: their numbers, and what they are."""
    here = (ISSUE.c.group_id == issue.group_id, ISSUE.c.state.in_(list(UNSETTLED)), ISSUE.c.id != issue.id)
    rows = view.tx.db.execute(select(ISSUE).where(*here).order_by(ISSUE.c.id.desc()).limit(_KIN)).all()
    return [(row.number, f"#{row.number} {zh(row.category)}：{excerpt(view.shown(row.summary), 16)}") for row in rows]


def _people_counted(view: View, ids: Sequence[int]) -> dict[int, int]:
    counted = select(_REPORT.c.issue_id, func.count(func.distinct(_REPORT.c.identity_id)))
    chosen = counted.where(_REPORT.c.issue_id.in_(ids)).group_by(_REPORT.c.issue_id)
    return {row[0]: row[1] for row in view.tx.db.execute(chosen)}


def _reporter_names(view: View, ids: Sequence[int]) -> dict[int, str]:
    """The first reporter's name in the group, by issue."""
    named = select(ISSUE.c.id, _IDENTITY.c.name).join(_IDENTITY, _IDENTITY.c.id == ISSUE.c.reporter_id)
    return {row.id: row.name or "居民" for row in view.tx.db.execute(named.where(ISSUE.c.id.in_(ids)))}


def _reports(view: View, issue_id: int) -> list[dict[str, Any]]:
    chosen = (
        select(_MESSAGE)
        .join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
        .where(_REPORT.c.issue_id == issue_id)
        .order_by(_MESSAGE.c.id)
        .limit(_SHOWN_REPORTS)
    )
    return [
        {
            "at": view.iso(row.sent_at or row.heard_at),
            "by": view.shown(row.sender_alias or row.sender_name or "居民"),
            "text": view.shown(row.body) or "（已撤回或没有文字）",
        }
        for row in view.tx.db.execute(chosen)
    ]


def _evidence(view: View, issue: Issue) -> dict[str, Any]:
    """The sentence that opened the issue, cut where its counting words begin and end."""
    first = (
        select(_MESSAGE.c.body)
        .join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
        .where(_REPORT.c.issue_id == issue.id)
        .order_by(_MESSAGE.c.id)
        .limit(1)
    )
    said = view.tx.db.execute(first).scalar() or ""
    words = [tuple(entry) for entry in issue.evidence or [] if len(entry) == 5]
    shown = view.shown(said)
    same_length = shown == said  # masking moves the places: then the words alone are named
    return {
        "pieces": _pieces(said, words) if same_length else [{"text": shown, "role": ""}],
        "words": [
            {"rule": rule, "keyword": view.shown(keyword), "role": role, "role_zh": ROLE_NAMES.get(role, role)}
            for rule, keyword, _start, _end, role in words
        ],
    }


def _pieces(text: str, words: Sequence[tuple[Any, ...]]) -> list[dict[str, str]]:
    """``text`` in order, each piece with the role of the word it is, empty between words. Overlaps: the first wins."""
    pieces: list[dict[str, str]] = []
    here = 0
    for _rule, _keyword, start, end, role in sorted(words, key=lambda entry: (entry[2], -entry[3])):
        if not here <= start < end <= len(text):
            continue
        if start > here:
            pieces.append({"text": text[here:start], "role": ""})
        pieces.append({"text": text[start:end], "role": role})
        here = end
    if here < len(text):
        pieces.append({"text": text[here:], "role": ""})
    return pieces


def _prompts(view: View, issue_id: int) -> list[dict[str, Any]]:
    chosen = select(_PROMPT).where(_PROMPT.c.issue_id == issue_id).order_by(_PROMPT.c.id)
    return [
        {
            "kind": PROMPT_NAMES[row.kind],
            "of": asked_of(view, row.asked_of),
            "state": row.state.value,
            "state_zh": PROMPT_STATES[row.state],
            "answer": view.shown(row.answer),
            "expires_at": view.iso(row.expires_at),
        }
        for row in view.tx.db.execute(chosen)
    ]


def _sends(view: View, issue_id: int) -> list[dict[str, Any]]:
    chosen = select(_OUTBOX).where(_OUTBOX.c.issue_id == issue_id).order_by(_OUTBOX.c.id).limit(_SHOWN_SENDS)
    return [
        {
            "at": view.iso(row.sent_at or row.queued_at),
            "to": "居民群" if row.target == "group" else asked_of(view, f"{row.target}:{row.target_id}"),
            "purpose": PURPOSE_NAMES[row.purpose],
            "state": row.state.value,
            "state_zh": SEND_NAMES[row.state],
            "text": view.shown(row.body),
        }
        for row in view.tx.db.execute(chosen)
    ]


def live_states() -> tuple[IssueState, ...]:
    """States that a list of unsettled matters shows."""
    return (IssueState.SUSPECTED, IssueState.OPEN, IssueState.ANSWERED, IssueState.COUNCIL)
