"""What the bot says about announced outages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.privacy import excerpt
from domain.words import Category


@dataclass(frozen=True, slots=True)
class OutageWords:
    """What a sentence about an outage needs. Times are in the street's zone; ``again`` is when to speak up.

    ``by`` is the name of who announced it, empty for the console; ``said`` the beginning of the notice.
    """

    category: Category
    starts: datetime
    ends: datetime
    surely: bool
    again: datetime
    told: datetime
    by: str = ""
    said: str = ""

    @property
    def when(self) -> str:
        """``06月03日09:00—17:00``; without an end ``06月03日09:00起``."""
        if not self.surely:
            whole = self.starts.hour == 0 and self.starts.minute == 0
            return f"{self.starts:%m月%d日}" if whole else f"{self.starts:%m月%d日%H:%M}起"
        same = self.ends.date() == self.starts.date()
        return f"{self.starts:%m月%d日%H:%M}—{self.ends:{'%H:%M' if same else '%m月%d日%H:%M'}}"

    @property
    def off(self) -> str:
        """``停水``."""
        return _OFF[self.category][0]


_OFF = {
    Category.WATER: ("停水", "来水"),
    Category.POWER: ("停电", "来电"),
    Category.GAS: ("停气", "来气"),
    Category.HEATING: ("停暖", "来暖"),
    Category.NETWORK: ("断网", "恢复"),
    Category.ELEVATOR: ("电梯停用", "恢复"),
}
"""By category: what is off, and the word for its return."""

ANNOUNCED = {category: off for category, (off, _back) in _OFF.items()}
"""The categories that can be announced to be off, and what that is called."""


def notice(one: OutageWords, where: str, reason: str) -> str:
    """The post in a group."""
    why = f"因{reason.removeprefix('因')}，" if reason else ""
    ends = f"预计{_time(one.ends, one.starts)}恢复。" if one.surely else "恢复时间另行通知。"
    return f"【{one.off}通知】{why}{where}{one.when}{one.off}。{ends}请提前做好准备。"


def called_off(one: OutageWords) -> str:
    """The post that takes a notice back."""
    return f"【更正】原通知{one.when}{one.off}，现已取消或提前恢复。如果还没有{_OFF[one.category][1]}，请在群里说一声。"


def pointed(one: OutageWords) -> str:
    """Answer to a resident who asks about an announced outage."""
    who = f"{one.by} " if one.by else ""
    notice = f"这是{who}{one.told:%m月%d日%H:%M}通知过的{one.off}：{one.when}"
    back = _OFF[one.category][1]
    if not one.surely:
        return f"{notice}，通知里没有写恢复时间，请往上翻看通知：“{excerpt(one.said, 40)}”"
    again = _time(one.again, one.ends)
    return f"{notice}，预计{_time(one.ends, one.starts)}{back}。到{again}还没{back}，请在群里再说一声，我来登记。"


def _time(at: datetime, beside: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == beside.date() else f"{at:%m月%d日%H:%M}"
