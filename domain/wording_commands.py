"""What the bot says to a command: one line that something is done, or one line why it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from domain.privacy import excerpt
from domain.wording import LINE, IssueWords, handed_on
from domain.words import Category, DismissReason, Tier, Urgency, zh

_WIDTH = 34  # Chinese characters in a line of an old phone's screen, twice


def done(number: int, what: str) -> str:
    """The command was carried out."""
    return f"好的，#{number} {what}。"


def not_yours(number: int, who: str) -> str:
    """The right is somebody else's."""
    return f"#{number} 这件事要由{who}来定。"


def no_such_issue(number: int) -> str:
    """No issue of this number among the sender's."""
    return f"#{number} 不在您负责的范围。看待办请回：列表"


def name_the_issue(usage: str) -> str:
    """A command without an issue, where several could be meant."""
    return f"请写明是哪一件，例如：{usage}"


def how(usage: str) -> str:
    """The command was understood, what follows it was not."""
    return f"没看懂，请这样写：{usage}"


def meant(word: str, usage: str) -> str:
    """A word that is nearly a command."""
    return f"您要的是“{word}”吗？请这样写：{usage}"


def wrong_state(number: int, state: str, what: str) -> str:
    """The lifecycle does not allow it."""
    return f"#{number} 现在是“{state}”，不能{what}。"


def nobody(name: str, near: Sequence[str]) -> str:
    """A name that the roster does not know."""
    guess = f"是不是“{near[0]}”？" if near else ""
    return f"花名册里没有“{excerpt(name, 12)}”。{guess}请写姓名全称或工号。"


def namesakes(name: str, people: Sequence[tuple[str, str]]) -> str:
    """Several people of one name: (staff id, where they are)."""
    which = "，".join(f"{person}（{where}）" for person, where in people)
    return f"“{name}”有重名，请写工号：{which}。"


def not_there(name: str, until: date | None) -> str:
    """Somebody who is away and for whom nobody stands in."""
    back = f"到{until:%m月%d日}" if until else ""
    return f"{name}{back}不在，也没有人代班，请转给别人。"


def secretary_decides(number: int, times: int, secretary: str) -> str:
    """Handed on too often."""
    return f"#{number} 已转手{times}次，这次按规定交给社区书记{secretary}来定。"


def returned_to(name: str) -> str:
    """退单 is carried out."""
    return f"已退回给{name}"


def nothing_to_return(number: int) -> str:
    """退单 of what nobody handed over."""
    return f"#{number} 不是别人转给您的，不能退；要换人请写：#{number} 转给 姓名"


def reason_wanted(usage: str) -> str:
    """A command that needs a reason."""
    return f"请写上原因，例如：{usage}"


def snoozed(until: datetime) -> str:
    """静默 is carried out."""
    return f"已静默到{until:%m月%d日%H:%M}，到时没办结会再提醒"


def snooze_too_long(hours: float) -> str:
    """静默 beyond the limit."""
    return f"一次最多静默{hours:g}小时，请写短一点。"


def snoozed_enough(number: int, times: int) -> str:
    """静默 too often."""
    return f"#{number} 已静默{times}次，不能再静默。请回复进展，或转给别人。"


def no_snooze_in_emergency(number: int) -> str:
    """静默 of an emergency."""
    return f"#{number} 是危急事项，不能静默。请立即处置。"


def other_group(number: int, other: int) -> str:
    """合并 across groups."""
    return f"#{number} 和 #{other} 不在一个群，各群要分别答复，不能合并。"


def same_issue(number: int) -> str:
    """合并 with itself."""
    return f"#{number} 就是这一件。"


def merged(into: int) -> str:
    """合并 is carried out."""
    return f"已并入 #{into}"


def only_one_report(number: int) -> str:
    """拆分 of an issue with one report."""
    return f"#{number} 只有一条反映，不用拆分。"


def choose_reports(number: int, reports: Sequence[tuple[str, str]]) -> str:
    """拆分: which reports are another matter? (name, words)."""
    shown = reports[-6:]
    first = len(reports) - len(shown) + 1
    lines = [f"{at} {excerpt(name, 10)}：{excerpt(text, 20)}" for at, (name, text) in enumerate(shown, start=first)]
    return "\n".join([f"#{number} 哪几条是另一件事？请回：#{number} 拆分 序号", *lines])


def wrong_reports(number: int, count: int) -> str:
    """拆分 with numbers that are none, or all of them."""
    return f"#{number} 有{count}条反映，请写其中几条的序号，至少留一条，例如：#{number} 拆分 {count}"


def split_off(new: int) -> str:
    """拆分 is carried out."""
    return f"已拆出新的一件 #{new}"


def unknown_category(names: Sequence[str]) -> str:
    """类别 without a known name."""
    return f"没有这个类别。可以写：{'、'.join(names)}……"


def category_set(category: Category) -> str:
    """类别."""
    return f"类别已改为“{zh(category)}”"


def dismissed(why: DismissReason) -> str:
    """不是诉求 or 自己的事."""
    return f"已记为“{zh(why)}”，不再提醒"


def stand_in_set(person: str, stand_in: str | None, first: date, last: date) -> str:
    """代班 or 请假 is carried out."""
    span = _span(first, last)
    if stand_in is None:
        return f"好的，{person}{span}不在，没有代班人，诉求会直接找下一级。"
    return f"好的，{person}{span}不在，由{stand_in}代班。回来早了请回：取消代班"


def you_stand_in(person: str, first: date, last: date) -> str:
    """Whoever stands in learns of it."""
    return f"【代班】{person}{_span(first, last)}不在，请您代班，他负责的诉求会通知您。"


def days_wanted(usage: str) -> str:
    """代班 without days."""
    return f"请写上起止日期，例如：{usage}"


def days_wrong() -> str:
    """代班 with days that cannot be."""
    return "日期不对：要从今天或以后开始，最多半年，结束不能早于开始。"


def not_for_them(name: str) -> str:
    """代班 for somebody outside the sender's places."""
    return f"{name}不在您负责的范围，不能替他安排代班。"


def not_away() -> str:
    """取消代班 without days away."""
    return "没有登记代班，不用取消。"


def back() -> str:
    """取消代班 is carried out."""
    return "好的，代班已取消，诉求恢复通知本人。"


def stand_ins(lines: Sequence[tuple[str, str | None, date, date]]) -> str:
    """代班列表: who, the stand-in, first and last day."""
    if not lines:
        return "现在没有人登记代班。"
    return "\n".join(f"{who} {_span(first, last)}：{by or '没有人'}代班" for who, by, first, last in lines[:7])


def _span(first: date, last: date) -> str:
    return f"{first:%m月%d日}" if first == last else f"{first:%m月%d日}至{last:%m月%d日}"


def helping(usages: Sequence[str]) -> str:
    """帮助: only what the person may do."""
    lines, line = [], ""
    for usage in usages:
        if line and len(line) + len(usage) + 1 > _WIDTH:
            lines.append(line)
            line = usage
        else:
            line = f"{line}；{usage}" if line else usage
    return "\n".join(["可以这样用：回数字答提问；群里直接回复居民也算", *lines, line])


_TOLD = {
    "issue_opened": "登记",
    "issue_suspected": "待确认",
    "report_joined": "又有人反映",
    "issue_answered": "{by}回应",
    "issue_promised": "{by}承诺{until}",
    "issue_resolved": "{by}说已解决",
    "issue_closed": "办结",
    "issue_reopened": "{by}重开",
    "issue_dismissed": "{by}：{why}",
    "issue_merged": "{by}并入另一件",
    "issue_split": "从另一件拆出",
    "reports_moved": "{by}拆出一件",
    "issue_council": "{by}上议事会",
    "issue_tier": "{by}定为{tier}",
    "issue_category": "{by}改类别为{category}",
    "issue_raised": "升为{urgency}",
    "issue_referred": "{referral}",
    "issue_snoozed": "{by}静默到{until}",
    "issue_escalated": "升级到{to}",
    "issue_reminded": "通知{to}",
    "issue_overdue": "到时限，询问进展",
    "issue_resumed": "没有回音，继续催办",
    "issue_chased": "居民追问",
    "issue_assigned": "改由{assignee}负责",
}
"""Events worth a line on an old phone; the whole trail stands in the console."""

TOLD = frozenset(_TOLD)


def step(what: str, by: str, reason: str, data: Mapping[str, Any]) -> str:
    """One event in a few words. Names of people in ``data`` are names already, moments local datetimes."""
    words: dict[str, str] = {"by": by, "to": "、".join(data.get("to", [])), "assignee": data.get("assignee") or "社区"}
    if isinstance(data.get("until"), datetime):
        words["until"] = f"{data['until']:%m-%d %H:%M}"
    for name, kind in (("tier", Tier), ("category", Category), ("urgency", Urgency), ("why", DismissReason)):
        if name in data:
            words[name] = zh(kind(data[name]))
    if what == "issue_referred":
        words["referral"] = handed_on(by, words["to"], "", returned=bool(data.get("returned")))
    said = _TOLD[what].format_map({**dict.fromkeys(("until", "tier", "category", "urgency", "why"), ""), **words})
    own_words = reason if any("\u4e00" <= letter <= "\u9fff" for letter in reason) else ""
    return excerpt(said + (f"（{own_words}）" if own_words else ""), 30)


def shown(issue: IssueWords, tier: Tier, assignee: str | None, steps: Sequence[tuple[datetime, str]]) -> str:
    """#12: what it is, who has it, and the last steps."""
    who = f"{assignee}负责" if assignee else "无人负责"
    head = f"{issue.name} {zh(issue.state)} {zh(tier)} {who}"
    more = f"（共{issue.reports}人反映）" if issue.reports > 1 else ""
    lines = [f"{at:%m-%d %H:%M} {said}" for at, said in steps[-5:]]
    return "\n".join([head, excerpt(f"{issue.building}{issue.place}{more}：{issue.text}", LINE), *lines])
