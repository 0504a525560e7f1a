"""The daily digest as it is read on a phone: what needs the chief first, figures with their denominators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.figures import Figures, IssueLine
from domain.wording import BOT, waited
from domain.words import Urgency, zh

_SHOWN = 8


def digest(day: Figures) -> str:
    """The whole message."""
    where = "、".join(day.communities) or "您负责的社区"
    parts = [
        f"【{BOT}日报】{day.until:%m月%d日}",
        f"{day.chief}您好，{where}，{day.since:%m-%d %H:%M}至{day.until:%m-%d %H:%M}：",
        *_needed(day),
        *_numbers(day),
        *_section("等待最久", day.waiting, _with_waiting),
        *_section("超过办理时限", day.overdue, _with_waiting),
        *_section("快到办理时限", day.due_soon, _with_waiting),
        *_section("今日已解决", day.resolved, _plain),
        *_rates(day),
        *_section("待确认", day.unclear, _plain),
        *_hearing(day),
    ]
    return "\n".join(parts)


def _needed(day: Figures) -> list[str]:
    if not day.needed:
        return ["", "■ 需要您过问：没有"]
    return ["", f"■ 需要您过问：{len(day.needed)}件", *_lines(day.needed, _with_waiting)]


def _numbers(day: Figures) -> list[str]:
    kinds = Counter(zh(line.category) for line in day.opened)
    most = "、".join(f"{kind}{count}" for kind, count in kinds.most_common(4))
    new = f"新增{len(day.opened)}件" + (f"（{most}）" if most else "")
    before = f"此前遗留{day.before[0]}件，今日办结其中{day.before[1]}件"
    council = f"，议事中{day.council}件" if day.council else ""
    counts = f"已回应{day.answered}，待回应{len(day.waiting)}，处理中{day.in_hand}，已解决{len(day.resolved)}{council}"
    return ["", f"■ {new}", counts, before]


def _rates(day: Figures) -> list[str]:
    rates = day.rates
    return [
        "",
        "■ 三率（今日新增）",
        f"回应率 {rates.response}",
        f"办结率 {rates.resolution}",
        f"满意率 {rates.satisfaction}，问了{rates.asked}人",
    ]


def _hearing(day: Figures) -> list[str]:
    lines = []
    if day.deaf:
        more = f"等{len(day.deaf)}个群" if len(day.deaf) > _SHOWN else ""
        lines.append(f"听不到的群：{'、'.join(day.deaf[:_SHOWN])}{more}")
    lines += [f"断线：{gap}" for gap in day.gaps[:_SHOWN]]
    if day.unheard:
        lines.append(f"读不出的消息：{day.unheard}条")
    if day.wordless:
        lines.append(f"没有文字的语音、图片：{day.wordless}条")
    return ["", "■ 可能漏听", *lines] if lines else []


def _section(title: str, issues: Sequence[IssueLine], line: object) -> list[str]:
    if not issues:
        return []
    return ["", f"■ {title}：{len(issues)}件", *_lines(issues, line)]


def _lines(issues: Sequence[IssueLine], line: object) -> list[str]:
    assert callable(line)
    shown = [str(line(issue)) for issue in issues[:_SHOWN]]
    return shown + ([f"……另有{len(issues) - _SHOWN}件"] if len(issues) > _SHOWN else [])


def _name(issue: IssueLine) -> str:
    grave = "" if issue.urgency is Urgency.NORMAL else f"·{zh(issue.urgency)}"
    linked = f"（同类{issue.linked}处）" if issue.linked > 1 else ""
    return f"#{issue.number} {zh(issue.category)}{grave} {issue.building}{linked}"


def _with_waiting(issue: IssueLine) -> str:
    who = f"，{issue.assignee}" if issue.assignee else ""
    return f"{_name(issue)} 已等{waited(issue.waiting)}{who}：{issue.text}"


def _plain(issue: IssueLine) -> str:
    return f"{_name(issue)}：{issue.text}"
