"""The live service: real accounts, the machine's clock, and everything that runs beside the tick.

Hearing ends last when the service stops: a gateway keeps nothing, so what still comes while the rooms drain is
made durable and handled after the next start.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Sequence

import segno

from bot.channels.accounts import Accounts
from bot.channels.wechaty import WechatyChannel
from bot.clock import SystemClock
from bot.config import Settings
from bot.house import House
from bot.joining import Joining, LiveIntake
from bot.presence import Presence
from bot.roll_call import RollCall
from bot.running import Running, Side, ended
from handlers.classify import Classifier
from store.engine import Store

log = logging.getLogger("louling.live")

_SENDER_SECONDS = 16.0  # a send in hand may take as long as the channel's own deadline


async def compose_live(settings: Settings, store: Store, classifier: Classifier, say: Callable[[str], None]) -> Running:
    """The house on the configured accounts, started: it hears, sends and beats."""
    clock = SystemClock()
    street = settings.as_street()
    joinings = {part.account: Joining(part.account, settings.joining, clock.now) for part in settings.wechaty}
    channels = {
        part.account: WechatyChannel(part.settings(), clock.now, joinings[part.account]) for part in settings.wechaty
    }
    accounts = Accounts(channels)
    house = House(store, street, classifier, {accounts.name: accounts}, clock)
    for name, joining in joinings.items():
        joining.attach(channels[name], house.desk, house.sender.wake)
    await _tell_what_is_missing(house, say)
    presence = Presence(house.desk, house.channels, clock.now, lambda name, code: say(_scan(name, code)))
    await presence.start()
    left = await house.start()
    if left:
        log.info("%d messages of an earlier run are handled first", left, extra={"action": "recovered"})
    hearing = asyncio.create_task(accounts.run(LiveIntake(house.pipeline, joinings)), name="accounts")
    sending = asyncio.create_task(house.sender.run(), name="sender")
    calls = [
        RollCall(channels[name], joining, house.desk, clock.now, settings.joining.look_round.delta)
        for name, joining in joinings.items()
    ]
    calling = asyncio.create_task(_all(calls), name="roll call")
    beating = asyncio.create_task(presence.run(), name="heartbeat")

    async def tick() -> None:
        await house.tick()

    async def stop_sending() -> None:
        house.sender.stop()
        await asyncio.wait({sending}, timeout=_SENDER_SECONDS)
        await ended(sending)

    async def stop_beating() -> None:
        await ended(beating)
        await presence.beat()  # the last one, so that the next start knows since when nobody listens

    sides = (
        Side("the heartbeat", stop_beating, beating),
        Side("the roll call", lambda: ended(calling), calling),
        Side("hearing", lambda: ended(hearing), hearing),
        Side("the sender", stop_sending, sending),
        Side("the rooms", house.drain, house.workers),
    )
    return Running(house, tick, sides)


async def _all(calls: Sequence[RollCall]) -> None:
    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(call.run())


async def _tell_what_is_missing(house: House, say: Callable[[str], None]) -> None:
    directory = (await house.desk.read(house.clock.now(), lambda tx: tx)).directory
    if not directory.groups or not directory.people:
        say("No roster is imported yet: run `louling roster import FILE --config CONFIG`; until then nothing is heard.")
        return
    missing = [person for person in directory.people if person not in directory.reach]
    if missing:
        say(f"{len(missing)} of {len(directory.people)} staff cannot be written to yet: see `louling doctor`.")
    bound = set(directory.rooms.values())
    if any(group not in bound for group in directory.groups):
        say(f"{len(bound)} of {len(directory.groups)} groups have their room: see `louling groups`.")


def _scan(account: str, code: str) -> str:
    """The login code as a person at the terminal scans it; half blocks, four modules of margin."""
    drawn = io.StringIO()
    segno.make(code, error="l", micro=False).terminal(drawn, border=4, compact=True)
    where = "the code is also on the page /accounts of the console"
    return f"Account {account} waits for a scan with its phone ({where}):\n{drawn.getvalue().rstrip()}"
