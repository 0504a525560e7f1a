"""Several processes on one PostgreSQL: who has which rooms, accounts and the tick, by leases.

Rooms fall into 32 shards, spread evenly over the processes that work. Every second a process renews what it has and
takes its share of what is free. What is lost is dropped at once; the inbox has everything. Whether a lease still runs
is judged by this machine's monotonic clock from before the renewal was asked for: never longer than the database does.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from sqlalchemy import Connection

from bot.roles import Parts
from bot.share import TICK, account_lease
from domain.messages import Channel, ChannelState, Intake, Outbound, Receipt
from store import leases
from store.engine import Store
from store.leases import LEASE_SECONDS, Hold

log = logging.getLogger("louling.membership")

SHARDS = 32
BEAT_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_LOST = -1  # a fence nobody has
_WORKERS = "worker:"


class Membership:
    """``bot.share.Share`` of one process among several. ``gained`` is called when something new is held."""

    def __init__(self, store: Store, parts: Parts, accounts: Sequence[str]) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.gained: Callable[[], None] = lambda: None
        self._store = store
        self._rooms = [_shard(number) for number in range(SHARDS)] if parts.rooms else []
        single = [TICK] if parts.tick else []
        self._single = single + ([account_lease(account) for account in accounts] if parts.rooms else [])
        if parts.rooms:
            self._single.append(f"{_WORKERS}{self.name}")
        self._held: Mapping[str, int] = {}
        self._until = 0.0

    def owns(self, lane: int) -> bool:
        """Whether the rooms of this lane are handled here now."""
        return self.holds(_shard(lane % SHARDS))

    def room(self, lane: int) -> Hold:
        """The proof; one that proves nothing when the rooms are somebody else's."""
        return self.proof(_shard(lane % SHARDS))

    def holds(self, name: str) -> bool:
        """Whether a lease is held and still runs."""
        return name in self._held and time.monotonic() < self._until

    def proof(self, name: str) -> Hold:
        """The proof; one that proves nothing when the lease is somebody else's."""
        return Hold(name, self._held.get(name, _LOST))

    async def run(self) -> None:
        """Beat until cancelled. While the database is away nothing is renewed, and so nothing is done here."""
        while True:
            try:
                await self.beat()
            except Exception:
                log.exception("leases were not renewed", extra={"action": "leases_failed"})
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """Renew what is held, take what is free."""
        asked, before = time.monotonic(), set(self._held)
        self._held = await self._store.write(self._renew)
        self._until = asked + LEASE_SECONDS
        new, lost = set(self._held) - before, before - set(self._held)
        if new or lost:
            log.info("leases: %d held, %d new, %d gone", len(self._held), len(new), len(lost))
        if new:
            self.gained()

    async def leave(self) -> None:
        """Give everything back, so that others need not wait."""
        held, self._held = self._held, {}
        with suppress(Exception):
            await self._store.write(lambda db: leases.let_go(db, held))

    def _renew(self, db: Connection) -> dict[str, int]:
        held = leases.renew(db, self.name, self._held)
        single = [name for name in self._single if name not in held]
        held |= leases.take(db, self.name, single, len(single))
        mine = sorted(name for name in held if name in self._rooms)
        share = math.ceil(len(self._rooms) / max(1, leases.alive(db, _WORKERS)))
        over = {name: held.pop(name) for name in mine[share:]}
        leases.let_go(db, over)
        if self._rooms and len(mine) < share:
            held |= leases.take(db, self.name, [name for name in self._rooms if name not in held], share - len(mine))
            leases.forget_dead(db, _WORKERS)
        return held


class Leased:
    """A channel of one account that runs only while its lease is held here. ``domain.messages.Channel``."""

    def __init__(self, channel: Channel, account: str, share: Membership) -> None:
        self.name = channel.name
        self._channel = channel
        self._share = share
        self._lease = account_lease(f"{channel.name}:{account}")

    async def run(self, intake: Intake) -> None:
        """Hear whenever it is this process's turn."""
        while True:
            await self._until(held=True)
            hearing = asyncio.create_task(self._channel.run(intake), name=self._lease)
            watching = asyncio.create_task(self._until(held=False))
            try:
                await asyncio.wait({hearing, watching}, return_when=asyncio.FIRST_COMPLETED)
                if hearing.done():
                    await hearing
                    return
            finally:
                for task in (hearing, watching):
                    task.cancel()
                await asyncio.gather(hearing, watching, return_exceptions=True)

    async def send(self, message: Outbound) -> Receipt:
        """Send; the sender has asked whose turn it is."""
        return await self._channel.send(message)

    def state(self) -> dict[str, ChannelState]:
        """The account's state while it is held here."""
        return self._channel.state() if self._share.holds(self._lease) else {}

    async def _until(self, *, held: bool) -> None:
        while self._share.holds(self._lease) is not held:  # noqa: ASYNC110  a lease ends by time, not by an event
            await asyncio.sleep(_LOOK_SECONDS)


def _shard(number: int) -> str:
    return f"rooms:{number:02d}"
