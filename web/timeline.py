"""The trail of an issue in plain Chinese: one sentence an event, from one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain.prompts import OPTIONS
from domain.words import Category, DismissReason, PromptKind, Purpose, Tier, Urgency, zh
from store.tables import Event, table
from store.tx import CLOCK
from web.keys import View
from web.names import actor, asked_of

_EVENT = table(Event)

Data = Mapping[str, Any]
Teller = Callable[[View, Data], str]

PROMPT_NAMES = {
    PromptKind.IS_ISSUE: "是不是诉求",
    PromptKind.HANDLED: "处理得怎样",
    PromptKind.WHICH: "指的是哪一件",
    PromptKind.SATISFIED: "是否满意",
    PromptKind.NEIGHBOUR_ANSWER: "邻居回应能否了结",
    PromptKind.PARTNER: "能否处理",
}
PURPOSE_NAMES = {
    Purpose.ACK: "登记告知",
    Purpose.PROMPT: "提问",
    Purpose.REMINDER: "催办",
    Purpose.ESCALATION: "升级",
    Purpose.RESULT: "结果告知",
    Purpose.DIGEST: "每日简报",
    Purpose.NOTICE: "告知",
    Purpose.ANNOUNCEMENT: "通知",
}
_GRADES = {1: "满意", 2: "一般", 3: "没解决"}

_REASONS = {
    "due": "",
    "chased by residents": "居民多次追问",
    "new roster": "花名册有变",
    "same sender, same moment": "同一人补充",
    "the building lead did not say": "楼栋长没有确认",
    "no building lead": "没有楼栋长",
    "the building lead was asked often enough today": "今天问楼栋长的次数已到上限",
    "no one holds any duty of this ladder": "花名册里没有可通知的人",
    "no answer in time": "没有按时回答",
    "resolved": "已解决",
    "confirmed": "已确认",
    "dismissed": "不受理",
    "referred": "已转办",
}
"""Reasons written by the program, as people read them; others are not shown."""

_TELL: dict[str, Teller] = {
    "issue_opened": lambda view, data: f"登记为诉求 #{data.get('number', '')}{_assigned(view, data)}",
    "issue_suspected": lambda view, data: f"像是诉求，先请楼栋长确认（#{data.get('number', '')}）",
    "report_joined": lambda _view, _data: "又有居民反映同一件事，已并入",
    "issue_answered": lambda _view, _data: "已回应，铃声暂停",
    "issue_promised": lambda view, data: f"已回应，承诺 {_moment(view, data.get('until'))} 前有结果",
    "issue_resolved": lambda _view, data: "居民说已经好了" if data.get("said_by") == "resident" else "办理人说已解决",
    "issue_closed": lambda _view, data: "无异议，自动办结" if data.get("by") == CLOCK else "居民认可，办结",
    "issue_reopened": lambda _view, _data: "没有解决，重新打开",
    "issue_dismissed": lambda _view, data: f"不受理：{_label(DismissReason, data.get('why'))}",
    "issue_merged": lambda _view, _data: "并入另一件诉求",
    "issue_split": lambda _view, _data: "从另一件诉求分出",
    "issue_council": lambda _view, _data: "提交居民议事会",
    "council_listed": lambda _view, _data: "列入居民议事会议程",
    "council_meeting": lambda view, data: f"定于 {_moment(view, data.get('at'))} {data.get('place', '')} 议事",
    "council_decided": lambda view, data: (
        f"决议：{view.shown(str(data.get('text', '')))}，由{_people(view, [data.get('carrier')])}"
        f"在 {_moment(view, data.get('due'))} 前落实"
    ),
    "council_done": lambda _view, _data: "决议已落实",
    "council_removed": lambda _view, _data: "撤出议事会议程",
    "council_reopened": lambda _view, _data: "决议还没有落实",
    "partner_declined": lambda _view, _data: "回复说不归自己管",
    "issue_snoozed": lambda view, data: f"静默到 {_moment(view, data.get('until'))}",
    "issue_category": lambda _view, data: f"类别改为“{_label(Category, data.get('category'))}”",
    "reports_moved": lambda _view, _data: "有反映拆分成另一件",
    "issue_note": lambda view, data: f"备注：{view.shown(str(data.get('text', '')))}",
    "issue_tier": lambda _view, data: f"定为{_label(Tier, data.get('tier'))}",
    "issue_raised": lambda _view, data: f"情况加重，升为{_label(Urgency, data.get('urgency'))}",
    "issue_referred": lambda view, data: f"转给{_people(view, [data.get('to')])}办理",
    "issue_assigned": lambda view, data: f"改由{_people(view, [data.get('assignee')])}负责",
    "issue_reminded": lambda view, data: f"{_rung_name(data)}：{_people(view, data.get('to'))}",
    "issue_escalated": lambda view, data: f"无人回应，升级：{_people(view, data.get('to'))}",
    "issue_warned": lambda _view, data: (
        f"{'回应' if data.get('limit') == 'response' else '办理'}时限快到了，提醒办理人"
    ),
    "issue_overdue": lambda _view, _data: "到期了，询问办理人处理得怎样",
    "issue_resumed": lambda _view, _data: "没有回音，恢复催办",
    "suspicion_listed": lambda _view, _data: "转入网格长的待确认清单",
    "issue_chased": lambda _view, data: (
        f"居民第{data.get('times', 1)}次追问" + ("，已转告" if data.get("passed") else "")
    ),
    "issue_satisfaction": lambda _view, data: f"居民评价：{_GRADES.get(data.get('grade', 0), '—')}",
    "issue_linked": lambda _view, data: "此前办过，又发生了" if "recurrence_of" in data else "与其他楼栋的同类诉求关联",
    "prompt_opened": lambda view, data: f"询问{_asked(view, data)}：{_prompt_name(data)}",
    "prompt_answered": lambda view, data: f"回答“{_prompt_name(data)}”：{_answer(view, data)}",
    "prompt_expired": lambda _view, data: f"提问“{_prompt_name(data)}”作废",
    "sent": lambda view, data: f"{_purpose(data)}已发给{_receiver(view, data)}",
    "dropped": lambda view, data: f"{_purpose(data)}不再需要，没有发给{_receiver(view, data)}",
    "send_failed": lambda view, data: f"{_purpose(data)}没能发给{_receiver(view, data)}",
    "send_unknown": lambda _view, _data: "一条消息不确定是否送达",
    "nobody_on_duty": lambda _view, _data: "没有人当班",
}

_QUIET = frozenset({"sent", "prompt_opened", "dropped", "prompt_expired"})
"""Events that a short timeline leaves out: the sends stand in their own list."""


def timeline(view: View, issue_id: int, *, short: bool = True) -> list[dict[str, Any]]:
    """The events of an issue, oldest first: when, who, what in one sentence, and what kind of event it is."""
    chosen = select(_EVENT).where(_EVENT.c.issue_id == issue_id).order_by(_EVENT.c.id)
    told = []
    for row in view.tx.db.execute(chosen):
        teller = _TELL.get(row.what)
        if teller is None or (short and row.what in _QUIET):
            continue
        reason = _REASONS.get(row.reason, "")
        line = teller(view, {**(row.data or {}), "by": row.by}) + (f"（{reason}）" if reason else "")
        told.append({"at": view.iso(row.at), "by": actor(view, row.by), "what": row.what, "text": line})
    return told


def _assigned(view: View, data: Data) -> str:
    assignee = data.get("assignee")
    return f"，由{_people(view, [assignee])}负责" if assignee else ""


def _people(view: View, ids: Any) -> str:
    named = [view.tx.directory.name(str(person)) for person in ids or () if person]
    return "、".join(named) or "（无人）"


def _rung_name(data: Data) -> str:
    rung = int(data.get("rung") or 0)
    return "通知" if rung == 0 else f"第{rung}次催办"


def _moment(view: View, until: Any) -> str:
    return f"{view.tx.street.local(datetime.fromisoformat(str(until))):%m月%d日 %H:%M}" if until else ""


def _label(words: type[Tier] | type[Urgency] | type[DismissReason] | type[Category], value: Any) -> str:
    return zh(words(str(value))) if value in {word.value for word in words} else "其他"


def _prompt_name(data: Data) -> str:
    kind = data.get("kind")
    return PROMPT_NAMES[PromptKind(str(kind))] if kind in set(PromptKind) else "提问"


def _answer(view: View, data: Data) -> str:
    """``1`` → 已解决; ``5 wang-qiang`` → 转给… 王强; ``2 leak`` → 是别的类别 房屋漏水."""
    first, _, rest = str(data.get("answer", "")).partition(" ")
    kind = data.get("kind")
    options = OPTIONS.get(PromptKind(str(kind)), ()) if kind in set(PromptKind) else ()
    labels = {str(option.digit): option.label.split("（")[0] for option in options}
    if first not in labels:
        return "已选定" if first == "issue" else view.shown(first)
    return f"{labels[first]} {_named(view, rest)}".strip()


def _named(view: View, word: str) -> str:
    if word in {category.value for category in Category}:
        return zh(Category(word))
    return view.tx.directory.name(word)


def _purpose(data: Data) -> str:
    purpose = data.get("purpose")
    return PURPOSE_NAMES[Purpose(str(purpose))] if purpose in set(Purpose) else "消息"


def _asked(view: View, data: Data) -> str:
    return asked_of(view, str(data.get("to", "")))


def _receiver(view: View, data: Data) -> str:
    kind, _, _key = str(data.get("to", "")).partition(":")
    return "居民群" if kind == "group" else _asked(view, data)
