"""How a replay is told: JSON lines for programs, a timeline with a summary for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from bot.replay.driver import Happening
from domain.calendar import WorkingCalendar
from domain.privacy import excerpt
from domain.words import Category, Tier, Urgency, zh

_SILENT = frozenset({"roster_imported", "notice_posted", "digest_made", "chat_deleted"})


class JsonLines:
    """Only JSON lines, in time order: ``at``, ``seq``, ``what`` and what belongs to it."""

    def __init__(self, out: TextIO, calendar: WorkingCalendar) -> None:
        self._out = out
        self._calendar = calendar
        self._seq = 0

    def tell(self, happening: Happening) -> None:
        """Write one line."""
        if happening.what in _SILENT:
            return
        self._seq += 1
        at = self._calendar.local(happening.at).isoformat(timespec="seconds")
        line: dict[str, Any] = {"at": at, "seq": self._seq, "what": happening.what}
        if happening.issue is not None or happening.what == "sent":
            line["issue"] = happening.issue
        if happening.what != "sent":
            line |= {"by": happening.by, "message": happening.message, "reason": happening.reason}
        line |= happening.data
        line.pop("outbox", None)
        self._out.write(json.dumps(line, ensure_ascii=False) + "\n")


_Describe = Callable[[Happening], str]


def _said(word: str) -> _Describe:
    return lambda happening: word + (f"（{happening.by}）" if happening.by != "clock" else "")


_WORDS: dict[str, _Describe] = {
    "issue_opened": lambda h: (
        f"新诉求 {zh(Category(h.data['category']))}·{zh(Urgency(h.data['urgency']))} {h.data['group']}"
        f" → {h.data['assignee'] or '无网格长'}"
    ),
    "issue_suspected": lambda h: f"疑似诉求 {zh(Category(h.data['category']))} {h.data['group']}",
    "report_joined": _said("又有人反映"),
    "issue_answered": _said("已回应"),
    "issue_promised": lambda h: f"已承诺 {h.data.get('until', '')[:16]}（{h.by}）",
    "issue_resolved": _said("已解决"),
    "issue_closed": lambda h: "办结" + (f"（{h.reason}）" if h.reason else ""),
    "issue_reopened": _said("重新打开"),
    "issue_dismissed": lambda h: f"不受理 {h.data.get('why', '')}（{h.by}）",
    "issue_raised": lambda h: f"升为{zh(Urgency(h.data['urgency']))}",
    "issue_escalated": lambda h: f"升级 第{h.data['rung']}级 → {'、'.join(h.data['to'])}",
    "issue_reminded": lambda h: f"催办 第{h.data['rung']}级 → {'、'.join(h.data['to'])}",
    "issue_referred": lambda h: f"转办 → {h.data['to']}（{h.by}）",
    "issue_snoozed": lambda h: f"静默到 {h.data['until'][:16]}（{h.by}：{h.reason}）",
    "issue_split": lambda h: f"从另一件拆出（{h.by}）",
    "issue_merged": lambda h: f"并入另一件（{h.by}）",
    "issue_tier": lambda h: f"定为{zh(Tier(h.data['tier']))}（{h.by}）",
    "issue_category": lambda h: f"类别改为{zh(Category(h.data['category']))}（{h.by}）",
    "outage_announced": lambda h: f"停用通知 {zh(Category(h.data['category']))} {h.data['group']}（{h.by}）",
    "outage_changed": _said("停用通知有变"),
    "outage_called_off": _said("停用通知取消"),
    "outage_asked": lambda h: "问起已通知的停用" + ("，已指给通知" if h.data["answered"] else ""),
    "away": lambda h: f"{h.data['person']} 不在 → {h.data['stand_in'] or '无人'}代班",
    "issue_assigned": lambda h: f"改由 {h.data['assignee'] or '无人'} 办理（{h.by}）",
    "issue_warned": lambda h: "快到时限，提醒办理人",
    "issue_satisfaction": lambda h: f"评价 {('满意', '一般', '没解决')[h.data['grade'] - 1]}（{h.by}）",
    "suspicion_listed": lambda h: "没人确认，列入待确认",
    "reports_moved": lambda h: f"{len(h.data['messages'])}条反映拆到另一件（{h.by}）",
    "partner_declined": _said("说不归自己管"),
    "nobody_on_duty": lambda h: f"第{h.data['rung']}级没有人在岗",
    "council_listed": _said("列入议程"),
    "council_meeting": lambda h: f"定会 {h.data['at'][:16]} {h.data['place']}（{h.by}）",
    "council_decided": lambda h: f"决议：{excerpt(h.data['text'], 40)} 由{h.data['carrier']}，{h.data['due'][:10]}前",
    "council_done": lambda h: "决议已落实",
    "council_reopened": lambda h: "决议还没有落实",
    "council_removed": lambda h: "从议程撤下",
    "prompt_expired": lambda h: f"提问作废 {h.data['kind']}",
    "issue_council": _said("上议事会"),
    "issue_linked": lambda h: f"关联 {h.data}",
    "issue_overdue": lambda h: "到时限，问办结没有",
    "issue_resumed": lambda h: "没有回音，继续催办",
    "issue_chased": lambda h: f"居民追问 第{h.data['times']}次",
    "prompt_opened": lambda h: f"提问 {h.data['kind']} → {h.data['to']}",
    "prompt_answered": lambda h: f"回答 {h.data['kind']}：{h.data['answer']}（{h.by}）",
    "sent": lambda h: f"发出 {h.data['purpose']} → {h.data['to']}：{excerpt(h.data['text'], 60)}",
    "dropped": lambda h: f"不再发送 {h.data['purpose']} → {h.data['to']}：{h.reason}",
}

_STYLES = {"issue_opened": "bold", "issue_escalated": "bold red", "issue_resolved": "green", "sent": "dim"}


class Timeline:
    """A readable timeline, and at the end what came of it."""

    def __init__(self, console: Console, calendar: WorkingCalendar) -> None:
        self._console = console
        self._calendar = calendar
        self._counts: Counter[str] = Counter()
        self._categories: Counter[str] = Counter()
        self._numbers: dict[int, int] = {}

    def tell(self, happening: Happening) -> None:
        """Print one line."""
        if happening.what in _SILENT:
            return
        self._counts[happening.what] += 1
        if happening.issue is not None and "number" in happening.data:
            self._numbers[happening.issue] = happening.data["number"]
        if happening.what == "issue_opened":
            self._categories[happening.data["category"]] += 1
        describe = _WORDS.get(happening.what)
        said = describe(happening) if describe else happening.what
        number = f"#{self._numbers[happening.issue]}" if happening.issue in self._numbers else ""
        at = self._calendar.local(happening.at)
        line = Text(f"{at:%m-%d %H:%M:%S}  {number:<5} {said}", style=_STYLES.get(happening.what, ""))
        self._console.print(line, soft_wrap=True)

    def summary(self, messages: int) -> None:
        """The counts, one line each."""
        kinds = "、".join(f"{zh(Category(name))}{count}" for name, count in self._categories.most_common())
        self._console.print(
            f"\n消息 {messages} 条；诉求 {self._counts['issue_opened']} 件" + (f"（{kinds}）" if kinds else "")
        )
        for what, word in (
            ("issue_suspected", "疑似"),
            ("report_joined", "并入"),
            ("issue_answered", "回应"),
            ("issue_promised", "承诺"),
            ("issue_resolved", "解决"),
            ("issue_reopened", "重开"),
            ("issue_closed", "办结"),
            ("issue_escalated", "升级"),
            ("issue_reminded", "催办"),
            ("sent", "发出"),
        ):
            if self._counts[what]:
                self._console.print(f"{word} {self._counts[what]}")
