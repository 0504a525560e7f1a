"""The short lively scene a fresh sandbox opens with, played through the real house like anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.channels.sandbox import Sandbox
from domain.calendar import Mode, WorkingCalendar
from domain.ports import Line
from store.desk import Desk
from store.directory import GroupInfo

START = time(8, 20)  # a working morning: every ladder is awake


@dataclass(frozen=True, slots=True)
class SceneLine:
    """Who says what where, how long after the line before. ``group`` counts the roster's groups; negative: private.

    ``who`` is 0–2 for the group's residents, else a duty: ``grid_head``.
    """

    after: timedelta
    group: int
    who: int | str
    text: str


def _line(minutes: float, group: int, who: int | str, text: str) -> SceneLine:
    return SceneLine(timedelta(minutes=minutes), group, who, text)


SCENE = (
    _line(0, 2, 1, "早上好，今天降温了，大家出门多穿点"),
    _line(1, 2, 0, "2单元电梯又停在5楼不动了，按了没反应"),
    _line(1.5, 2, 2, "我家也是，等了十分钟了"),
    _line(1, 0, 1, "谁家有梯子借用一下，挂个窗帘"),
    _line(1, 0, 0, "楼道的灯坏了三天了，晚上黑漆漆的，老人上下楼不安全"),
    _line(1.5, 2, "grid_head", "收到，已联系维保，9点半前到"),
    _line(1, 4, 0, "家里没水了，是整栋楼停水吗？"),
    _line(1, 4, 2, "我家也没水"),
    _line(2, 4, "grid_head", "正在抢修，阀门坏了，马上好"),
    _line(6, 4, 1, "来水了，谢谢"),
)


def scene_start(now: datetime, calendar: WorkingCalendar) -> datetime:
    """The next working morning at 08:20, today's when it is still to come."""
    zone: ZoneInfo = calendar.zone
    local = calendar.local(now)
    day = local.date()
    while True:
        start = datetime.combine(day, START, zone)
        if start >= local and calendar.is_workday(day):
            return calendar.next_open(start, Mode.WAKING)
        day += timedelta(days=1)


async def play_scene(sandbox: Sandbox, desk: Desk, groups: list[GroupInfo]) -> None:
    """Play the scene; groups the roster does not have are left out."""
    for line in SCENE:
        await sandbox.advance(sandbox.now() + line.after)
        if line.group >= len(groups):
            continue
        group = groups[line.group]
        await sandbox.say(await _spoken(sandbox, desk, group, line))


async def _spoken(sandbox: Sandbox, desk: Desk, group: GroupInfo, line: SceneLine) -> Line:
    if isinstance(line.who, int):
        resident = [one for one in sandbox.residents if one.group == group.key][line.who]
        return Line(resident.id, line.text, group.key, resident.name, resident.alias)
    directory = (await desk.read(sandbox.now(), lambda tx: tx)).directory
    held = {duty.value: people for duty, people in directory.at_building(group.buildings[0]).items()}
    person = held[line.who][0]
    return Line(person, line.text, group.key, directory.name(person), directory.name(person))
