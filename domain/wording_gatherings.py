"""What the bot says about reception days and activities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.privacy import excerpt
from domain.words import GatheringKind, SignupState, zh


@dataclass(frozen=True, slots=True)
class GatheringWords:
    """What a sentence about a gathering needs. ``starts`` is in the street's zone."""

    number: int
    kind: GatheringKind
    title: str
    place: str
    online: bool
    hosts: str
    starts: datetime
    places: int | None
    booked: int = 0
    waiting: int = 0

    @property
    def name(self) -> str:
        """``接访日1`` / ``活动2 义诊``."""
        title = f" {self.title}" if self.title else ""
        return f"{zh(self.kind)}{self.number}{title}"

    @property
    def when(self) -> str:
        """``12月03日14:00``."""
        return f"{self.starts:%m月%d日%H:%M}"

    @property
    def where(self) -> str:
        """``线下，社区一楼``; for an activity the place alone."""
        way = ("线上" if self.online else "线下") if self.kind is GatheringKind.RECEPTION else ""
        return "，".join(part for part in (way, self.place) if part)


def _verb(kind: GatheringKind) -> str:
    return "预约" if kind is GatheringKind.RECEPTION else "报名"


def announcement(one: GatheringWords) -> str:
    """The post in a group."""
    verb = _verb(one.kind)
    limit = f"，名额{one.places}人" if one.places else ""
    hosts = f"{one.hosts}" if one.hosts else "两代表一委员和社区干部"
    where = f"，{one.where}" if one.where else ""
    if one.kind is GatheringKind.RECEPTION:
        head = f"【接访日】{one.when}{where}，{hosts}接待居民{limit}。"
        return f"{head}想来的请回：{verb} {one.number}，后面可以写想说的事；取消请回：取消{verb} {one.number}。"
    head = f"【活动】{one.title or '社区活动'}，{one.when}{where}{limit}。"
    return f"{head}参加请回：{verb} {one.number}，多人写“{verb} {one.number} 2人”；取消请回：取消{verb} {one.number}。"


def cancelled(one: GatheringWords) -> str:
    """The post that takes an announcement back."""
    return f"【取消】原定{one.when}的{one.name}取消了，给您添麻烦了。"


def confirmed(one: GatheringWords, lines: Sequence[tuple[str, SignupState, int]]) -> str:
    """One post for everybody who answered lately; ``lines`` are (name, state, people)."""
    verb = _verb(one.kind)
    said = {
        SignupState.BOOKED: f"已{verb}",
        SignupState.WAITING: "名额满了，先排候补，有空位会告诉您",
        SignupState.CANCELLED: f"已取消{verb}",
    }
    states = list(dict.fromkeys(state for _name, state, _people in lines))
    if len(states) == 1:
        people = sum(count for _name, _state, count in lines)
        more = f"{people}人" if people > 1 and states[0] is not SignupState.CANCELLED else ""
        return f"{one.name}：{said[states[0]]}{more}。{_count(one)}"
    parts = [f"{name}{said[state]}" for name, state, _people in lines]
    return f"{one.name}：{'；'.join(parts)}。{_count(one)}"


def _count(one: GatheringWords) -> str:
    if one.places is None:
        return f"现在共{one.booked}人。"
    return f"现在{one.booked}/{one.places}人。"


def which_gathering(open_ones: Sequence[GatheringWords]) -> str:
    """Several are open: the resident says which."""
    lines = "；".join(f"{_verb(one.kind)} {one.number}：{one.title or zh(one.kind)}（{one.when}）" for one in open_ones)
    return f"请写明编号：{lines}。"


def too_late(one: GatheringWords) -> str:
    """The gathering is over or cancelled."""
    return f"{one.name}已经开始、结束或取消了，不能再{_verb(one.kind)}。"


def question_passed(one: GatheringWords, who: str, said: str) -> str:
    """A resident asks about an announcement: its maker answers in the group."""
    return f"【{one.name}】居民{who}在群里问：{excerpt(said, 80)}\n请在群里回复。"


def when_and_where(one: GatheringWords) -> str:
    """A resident asks what stands in the announcement."""
    where = f"，{one.where}" if one.where else ""
    return f"{one.name}：{one.when}{where}。"


def announced(one: GatheringWords, posted: Sequence[str], silent: Sequence[str]) -> str:
    """Answer to whoever announced it."""
    to = f"发到{len(posted)}个群：{_topics(posted)}。" if posted else "没有发到任何群。"
    not_to = f"这些群设为不发言，请自己转发：{_topics(silent)}。" if silent else ""
    return (
        f"{one.name}已登记，{one.when}。{to}{not_to}\n"
        f"看名单请回：名单 {one.number}\n取消请回：取消活动 {one.number}\n记结果请回：接访记录 {one.number}-1 说了什么"
    )


def _topics(topics: Sequence[str]) -> str:
    shown = "、".join(excerpt(topic, 20) for topic in topics[:5])
    return shown + (f"等{len(topics)}个" if len(topics) > 5 else "")


def how_to_announce() -> str:
    """A command without a time, or with one that does not exist."""
    return (
        "请写明时间，例如：\n接访 12.3 14:00 线下 社区一楼 限8人\n活动 12.5 9:00 义诊 地点小广场 限30人\n"
        "只发部分群在最后加：发到 1号楼、2号楼"
    )


def in_the_past() -> str:
    """An announcement of yesterday."""
    return "这个时间已经过去了，请写以后的时间。"


def no_groups(words: str) -> str:
    """No group of this person matches."""
    which = f"“{excerpt(words, 20)}”" if words else "的群"
    return f"没有找到您负责{which}。请写群名里的字，例如：发到 1号楼"


def not_allowed() -> str:
    """Somebody whose duty does not announce."""
    return "发布接访和活动由网格长、社区书记、两代表一委员或科级领导来办。"


def unknown(number: int) -> str:
    """No such gathering among this person's."""
    return f"没有编号{number}的接访或活动。看全部请回：活动列表"


def gathering_list(open_ones: Sequence[GatheringWords]) -> str:
    """What is ahead."""
    if not open_ones:
        return "没有将要举行的接访或活动。"
    lines = [f"{one.name}，{one.when}，{_count(one)}" for one in open_ones]
    return "\n".join([*lines, "看名单请回：名单 编号"])


def sign_up_list(one: GatheringWords, lines: Sequence[tuple[int, str, SignupState, int, str, int | None]]) -> str:
    """Who signed up: (number, name, state, people, words, number of the issue that came of it)."""
    shown = []
    for number, name, state, people, said, issue in lines:
        waiting = "（候补）" if state is SignupState.WAITING else ""
        more = f" {people}人" if people > 1 else ""
        about = f"：{excerpt(said, 40)}" if said else ""
        became = f" → #{issue}" if issue else ""
        shown.append(f"{one.number}-{number} {name}{waiting}{more}{about}{became}")
    return "\n".join([f"{one.name}，{one.when}，{_count(one)}", *shown])


def taken_back(one: GatheringWords) -> str:
    """Answer to whoever cancelled it."""
    return f"{one.name}已取消，发过通知的群里会说一声。"


def outcome_how() -> str:
    """An outcome without its place in the list."""
    return "请写：接访记录 编号-第几位 说了什么，例如：接访记录 1-2 电梯总停，请物业更换"


def outcome_kept(one: GatheringWords, issue: int) -> str:
    """An outcome became an issue."""
    return f"{one.name}：已登记为诉求 #{issue}，按时限办理。"
