"""The live service: real accounts, the machine's clock, and everything that runs beside the tick.

Hearing ends last when the service stops: a gateway keeps nothing, so what still comes while the rooms drain is
made durable and handled after the next start.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import segno

from bot.channels.accounts import Accounts
from bot.channels.wechaty import WechatyChannel
from bot.clock import SystemClock
from bot.config import Settings
from bot.house import House
from bot.joining import Joining, LiveIntake
from bot.membership import Leased, Membership
from bot.presence import Presence
from bot.roles import PARTS
from bot.roll_call import RollCall
from bot.running import Running, Side, ended
from bot.share import ALONE
from domain.messages import Channel, Intake
from handlers.classify import Classifier
from store.engine import Store

log = logging.getLogger("louling.live")

LookRound = Callable[[], Coroutine[Any, Any, None]]
"""Looks into the accounts' rooms from time to time; it must not end by itself."""

_SENDER_SECONDS = 16.0  # a send in hand may take as long as the channel's own deadline


async def compose_live(settings: Settings, store: Store, classifier: Classifier, say: Callable[[str], None]) -> Running:
    """The house on the configured accounts, started: it hears, sends and beats."""
    clock = SystemClock()
    joinings = {part.account: Joining(part.account, settings.joining, clock.now) for part in settings.wechaty}
    channels = {
        part.account: WechatyChannel(part.settings(), clock.now, joinings[part.account]) for part in settings.wechaty
    }

    def hear(house: House) -> tuple[Intake, LookRound]:
        for name, joining in joinings.items():
            joining.attach(channels[name], house.desk, house.sender.wake)
        calls = [
            RollCall(channels[name], joining, house.desk, clock.now, settings.joining.look_round.delta)
            for name, joining in joinings.items()
        ]
        return LiveIntake(house.pipeline, joinings), lambda: _all(calls)

    return await compose(settings, store, classifier, say, channels, hear)


async def compose(
    settings: Settings,
    store: Store,
    classifier: Classifier,
    say: Callable[[str], None],
    channels: Mapping[str, Channel],
    hear: Callable[[House], tuple[Intake, LookRound]],
) -> Running:
    """The house on the channels of some accounts of one network, started, alone or as one process of several.

    ``hear`` gives what the channels hear by once there is a house, and what looks round in their rooms beside it.
    """
    clock, parts = SystemClock(), PARTS[settings.process.role]
    network = next(iter(channels.values())).name
    member = None if store.is_sqlite else Membership(store, parts, [f"{network}:{name}" for name in channels])
    if member is not None:
        channels = {name: Leased(channel, name, member) for name, channel in channels.items()}
    accounts = Accounts(channels)
    house = House(store, settings.as_street(), classifier, {network: accounts}, clock, share=member or ALONE)
    sides = [] if member is None else [await _joined(house, member)]
    intake, look_round = hear(house)
    await _tell_what_is_missing(house, say)
    if parts.rooms:
        sides += await _at_work(house, accounts, intake, look_round, say)

    async def tick() -> None:
        await house.tick()

    return Running(house, tick, tuple(sides))


async def _joined(house: House, member: Membership) -> Side:
    """One of several processes: its leases are the first thing it has and the last it gives back."""
    await member.beat()
    beating = asyncio.create_task(member.run(), name="leases")

    async def leave() -> None:
        await ended(beating)
        await member.leave()

    return Side("the leases", leave, beating)


async def _at_work(
    house: House, accounts: Channel, intake: Intake, look_round: LookRound, say: Callable[[str], None]
) -> list[Side]:
    """Rooms, sends, accounts and heartbeat, in the order in which they must not end before one another."""
    presence = Presence(house.desk, house.channels, house.clock.now, lambda name, code: say(_scan(name, code)))
    await presence.start()
    left = await house.start()
    if left:
        log.info("%d messages of an earlier run are handled first", left, extra={"action": "recovered"})
    hearing = asyncio.create_task(accounts.run(intake), name="accounts")
    sending = asyncio.create_task(house.sender.run(), name="sender")
    calling = asyncio.create_task(look_round(), name="roll call")
    beating = asyncio.create_task(presence.run(), name="heartbeat")

    async def stop_sending() -> None:
        house.sender.stop()
        await asyncio.wait({sending}, timeout=_SENDER_SECONDS)
        await ended(sending)

    async def stop_beating() -> None:
        await ended(beating)
        await presence.beat()  # the last one, so that the next start knows since when nobody listens

    sides = [
        Side("the heartbeat", stop_beating, beating),
        Side("the roll call", lambda: ended(calling), calling),
        Side("hearing", lambda: ended(hearing), hearing),
        Side("the sender", stop_sending, sending),
        Side("the rooms", house.drain, house.workers),
    ]
    if house.share is not ALONE:
        following = asyncio.create_task(house.pipeline.follow(), name="inbox")
        sides.append(Side("the inbox", lambda: ended(following), following))
    return sides


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
