"""The sandbox as a service: an invented street on a database and a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.channels.sandbox import OFFSET, Sandbox, SandboxChannel, invented_residents
from bot.clock import SandboxClock
from bot.config import Settings
from bot.house import House
from bot.roster import example_path, read_roster
from bot.running import Running, Side
from bot.scene import play_scene, scene_start
from domain.street import Pace
from handlers.classify import Classifier
from schedules.jobs import queue_notices
from store.directory import get_setting
from store.engine import Store
from store.roster import import_roster

_AT_ONCE = Pace(room_seconds=0, account_seconds=0, jitter_seconds=0, daily_cap=1_000_000, emergency_reserve=0)


async def compose_sandbox(
    settings: Settings, store: Store, classifier: Classifier, say: Callable[[str], None]
) -> Running:
    """The house on the sandbox channel, with the example street and its scene when the database is fresh."""
    street = replace(settings.as_street(), pace=_AT_ONCE)
    offset = await store.read(lambda db: get_setting(db, OFFSET))
    clock = SandboxClock(timedelta(seconds=float(offset or 0)))
    fresh = offset is None
    if fresh:
        clock.move_to(scene_start(clock.now(), street.calendar))
    channel = SandboxChannel()
    house = House(store, street, classifier, {channel.name: channel}, clock)
    if fresh:
        roster = read_roster(example_path())
        await house.desk.write(clock.now(), lambda tx: import_roster(tx, roster))
        await house.desk.write(clock.now(), lambda tx: queue_notices(tx, tx.directory.groups))
    await house.start()
    directory = (await house.desk.read(clock.now(), lambda tx: tx)).directory
    groups = sorted(directory.groups.values(), key=lambda group: group.id)
    sandbox = Sandbox(house, clock, invented_residents([(group.key, group.topic) for group in groups]))
    await house.settle()
    if fresh:
        await play_scene(sandbox, house.desk, groups)
    return Running(house, sandbox.tick, (Side("rooms", house.drain, house.workers),), sandbox)
