"""What the bot says about medium matters (partners) and large ones (the residents' council)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.privacy import excerpt
from domain.wording import IssueWords, about, options_line
from domain.words import CouncilState, PromptKind, Tier, zh

LONGEST = 200
"""Characters of a resolution that people are shown in a group."""


@dataclass(frozen=True, slots=True)
class ItemWords:
    """One line of an agenda. Times are in the street's zone."""

    issue: IssueWords
    state: CouncilState
    listed: datetime
    meeting: datetime | None = None
    place: str = ""
    resolution: str = ""
    carrier: str = ""
    due: datetime | None = None
    overdue: bool = False


def partner_asked(issue: IssueWords, head: str | None) -> str:
    """A partner is brought in over a medium matter."""
    who = f"网格长{head}" if head else "社区"
    return f"【请协助】中事，{who}请您一起办。\n{about(issue)}\n{options_line(PromptKind.PARTNER)}"


def partner_said(issue: IssueWords, partner: str, said: str) -> str:
    """What a partner answered, for the one who is responsible."""
    return f"【协助回音】{partner}：{said}。\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def nobody_left(issue: IssueWords) -> str:
    """Every partner said that it is not theirs: the community decides."""
    return f"【需社区协调】请来的各方都说不归自己管，请社区定一下。\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def tier_moved(number: int, tier: Tier) -> str:
    """Answer to whoever changed the tier."""
    what = {
        Tier.SMALL: "由楼栋和网格办理",
        Tier.MEDIUM: "已请社区和各方一起办",
        Tier.LARGE: "已列入议事会议程",
    }
    return f"好的，#{number} 定为{zh(tier)}，{what[tier]}。"


def own_matter(issue: IssueWords) -> str:
    """The kind answer to a matter that is the resident's own."""
    return (
        f"{issue.name} 这件事属于您自家的事，社区不便代办，先不跟进了。"
        "如果有难处，比如家里没人能帮忙，请在群里说一声，我们再想办法。"
    )


def listed(item: ItemWords) -> str:
    """The secretary hears of a new matter on the agenda."""
    return f"【议事会】新列入一件大事。\n{about(item.issue)}\n看议程请回：议程\n定时间请回：定会 11.28 19:00 邻里议事厅"


def agenda(items: Sequence[ItemWords]) -> str:
    """The agenda of one person's communities."""
    if not items:
        return "议程上没有事项。"
    parts = [f"议程{len(items)}件："]
    for state in (CouncilState.SCHEDULED, CouncilState.LISTED, CouncilState.DECIDED):
        parts += [_line(item) for item in items if item.state is state]
    return "\n".join([*parts, "定时间：定会 11.28 19:00 邻里议事厅", "记决议：决议 #12 内容 由王强 12.10前"])


def _line(item: ItemWords) -> str:
    name = f"{item.issue.name} {item.issue.building}"
    if item.state is CouncilState.DECIDED:
        late = "，已过期" if item.overdue else ""
        return f"落实中 {name}：{excerpt(item.resolution, 30)}（{item.carrier}，{item.due:%m月%d日}前{late}）"
    if item.state is CouncilState.SCHEDULED:
        return f"{item.meeting:%m月%d日%H:%M} {item.place} {name}：{excerpt(item.issue.text, 24)}"
    return f"待议 {name}：{excerpt(item.issue.text, 24)}（{item.listed:%m-%d}列入）"


def called(items: Sequence[ItemWords], meeting: datetime, place: str) -> str:
    """Those who sit in it hear when and about what."""
    lines = "\n".join(f"{item.issue.name} {item.issue.building}：{excerpt(item.issue.text, 40)}" for item in items)
    where = f"，{place}" if place else ""
    return f"【议事会】{meeting:%m月%d日%H:%M}{where}，议题{len(items)}件：\n{lines}"


def nothing_to_call() -> str:
    """A meeting without a matter."""
    return "议程上没有待议的事项，先不定会。提交一件请回：#12 大事"


def missing_resolution(item: ItemWords) -> str:
    """The meeting was, and nobody wrote down what it decided."""
    how = f"请回：决议 #{item.issue.number} 内容 由王强 12.10前"
    return f"【议事会】{item.meeting:%m月%d日}的会议定了吗？请记下来。\n{about(item.issue)}\n{how}"


def decided_in_group(item: ItemWords) -> str:
    """The resolution, published in the groups of those who reported."""
    return (
        f"【议事结果】{item.issue.name}：{excerpt(item.resolution, LONGEST)}。"
        f"由{item.carrier}负责，{item.due:%m月%d日}前落实。有不同意见请在群里说。"
    )


def carried(item: ItemWords) -> str:
    """Whoever carries it out is told."""
    return (
        f"【议事会决议】请您在{item.due:%m月%d日}前落实：{excerpt(item.resolution, LONGEST)}\n"
        f"{about(item.issue)}\n{options_line(PromptKind.HANDLED)}"
    )


def decided(item: ItemWords, groups: int, silent: int) -> str:
    """Answer to whoever wrote it down."""
    published = f"已发到{groups}个群" if groups else "没有发到群里"
    left = f"，{silent}个群设为不发言，请自己转发" if silent else ""
    return f"好的，#{item.issue.number} 决议已记下，由{item.carrier}在{item.due:%m月%d日}前落实；{published}{left}。"


def how_to_decide() -> str:
    """A resolution that lacks something."""
    return "请写：决议 #12 内容 由王强 12.10前"


def how_to_call() -> str:
    """A meeting without a time."""
    return "请写明时间和地点，例如：定会 11.28 19:00 邻里议事厅。只议几件写在后面：#12 #13"


def not_yours(number: int | None = None) -> str:
    """No such matter among this person's, or no duty for it."""
    which = f"#{number} " if number else ""
    return f"{which}不在您负责的范围，或者已经了结。看议程请回：议程"
