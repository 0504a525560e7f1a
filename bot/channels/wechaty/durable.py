"""The channel's side of the store: a write that must not be lost is repeated until it is taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from bot.channels.wechaty.link import Gap, Link
from bot.channels.wechaty.pace import Pauses
from domain.messages import Heard, Inbound, Intake

T = TypeVar("T")
REFUSALS = 4


class Durable:
    """An ``Intake`` whose failures are waited out. The first failure in a row is one log line, so is the recovery."""

    def __init__(self, intake: Intake, link: Link) -> None:
        self._intake = intake
        self._link = link
        self._failing = False

    async def heard(self, message_id: str) -> int | None:
        """Make an id durable, however long the store takes. ``None`` for a duplicate.

        After a failure «duplicate» may mean that the failed write was done and only its answer was lost: then the id
        waits for its payload, and its arrival is the one to go on with.
        """
        failures = self._link.counters["wechaty.store_failed"]
        arrival = await self._until_taken(lambda: self._intake.heard(self._link.account, message_id))
        if arrival is None and self._link.counters["wechaty.store_failed"] > failures:
            waiting = {each.message_id: each.arrival for each in await self.unread()}
            return waiting.get(message_id)
        return arrival

    async def unread(self) -> Sequence[Heard]:
        """Ids whose payload is missing."""
        return await self._until_taken(lambda: self._intake.unread(self._link.account))

    async def gap(self, gap: Gap) -> None:
        """Record a gap."""
        await self._until_taken(lambda: self._gap(gap.since, gap.until, gap.reason))

    async def unreadable(self, arrival: int, why: str) -> None:
        """Give an id up."""
        await self._until_taken(lambda: self._intake.unreadable(arrival, why))

    async def read(self, arrival: int, message: Inbound) -> None:
        """Deliver a payload. One that the store refuses again and again, while it takes others, is given up."""
        pauses = Pauses(0.1, 2.0)
        while True:
            for _ in range(REFUSALS):
                try:
                    await finished(self._intake.read(arrival, message))
                except Exception as fault:  # noqa: BLE001 - whatever the store raises, the message is kept
                    self._fails(fault)
                    await asyncio.sleep(pauses.next())
                else:
                    self._works()
                    return
            try:
                await finished(self._intake.unreadable(arrival, "the store refuses this message"))
            except Exception as fault:  # noqa: BLE001 - then it is the store, not the message: from the start
                self._fails(fault)
            else:
                self._works()
                return

    async def _gap(self, since: datetime, until: datetime, reason: str) -> None:
        await self._intake.gap(self._link.account, since, until, reason)

    async def _until_taken(self, write: Callable[[], Coroutine[Any, Any, T]]) -> T:
        pauses = Pauses(0.1, 2.0)
        while True:
            try:
                taken = await finished(write())
            except Exception as fault:  # noqa: BLE001 - hearing outlives every fault of the store
                self._fails(fault)
                await asyncio.sleep(pauses.next())
            else:
                self._works()
                return taken

    def _fails(self, fault: Exception) -> None:
        if not self._failing:
            self._failing = True
            text = f"the store does not take what is heard: {type(fault).__name__}"
            self._link.log(logging.ERROR, "wechaty.store_failed", text)
        self._link.counters["wechaty.store_failed"] += 1

    def _works(self) -> None:
        if self._failing:
            self._failing = False
            self._link.log(logging.INFO, "wechaty.store_back", "the store takes what is heard again")


async def finished(write: Awaitable[T]) -> T:
    """Let a write end even when its caller is cancelled, so that nobody has to guess whether it happened."""
    task = asyncio.ensure_future(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=10)
        if task.done() and not task.cancelled():
            task.exception()  # retrieved: the cancellation is what counts
        raise
