"""The one composition root: store, desk, pipeline, sender and tick put together under one clock.

The live service, the sandbox, the replay and the tests are this same house under different clocks and channels.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from bot.clock import Clock
from bot.pipeline import Pipeline
from bot.sender import Sender
from domain.messages import Channel
from domain.street import Street
from handlers.classify import Classifier
from schedules.tick import next_due, tick
from store.desk import Desk
from store.engine import Store

log = logging.getLogger("louling.house")

_ROUNDS = 10_000  # a quiet house settles in a few rounds; more means that something feeds itself


class House:
    """Everything between the channels and the database."""

    def __init__(
        self,
        store: Store,
        street: Street,
        classifier: Classifier,
        channels: Mapping[str, Channel],
        clock: Clock,
        seed: int = 1,
    ) -> None:
        self.store = store
        self.street = street
        self.clock = clock
        self.channels = channels
        self.desk = Desk(store, street)
        self.sender = Sender(self.desk, channels, clock, seed)
        self.pipeline = Pipeline(self.desk, classifier, clock, self.sender.wake)
        self._workers: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Start handling, with what an earlier run left; returns how many messages that were."""
        left = await self.pipeline.recover()
        self._workers = asyncio.create_task(self.pipeline.run(), name="pipeline")
        return left

    async def stop(self) -> None:
        """Drain, then close the store."""
        await self.drain()
        self.store.close()

    async def drain(self, drain_seconds: float = 10.0) -> None:
        """Let the rooms finish within a limit, then stop the workers; what is left is handled after the next start."""
        try:
            async with asyncio.timeout(drain_seconds):
                await self.pipeline.idle()
        except TimeoutError:
            log.warning("%d messages are left for the next start", self.pipeline.pending, extra={"action": "drain_cut"})
        if self._workers is not None:
            self._workers.cancel()
            await asyncio.gather(self._workers, return_exceptions=True)

    async def tick(self) -> bool:
        """Do what is due now; whether anything was."""
        done = bool(await tick(self.desk, self.clock.now()))
        if done:
            self.sender.wake()
        return done

    async def settle(self) -> datetime | None:
        """Until inbox, due ticks and outbox are quiet at this instant. Returns when something is due next."""
        for _ in range(_ROUNDS):
            await self._still_working()
            if await self.tick():
                continue
            sendable = await self.sender.step()
            now = self.clock.now()
            due = await next_due(self.desk, now)
            times = [at for at in (due, sendable) if at is not None]
            if self.pipeline.pending == 0 and all(at > now for at in times):
                return min(times, default=None)
        raise RuntimeError("the house does not come to rest: something that is due feeds itself")

    async def _still_working(self) -> None:
        """Wait for the rooms; an error that ended the workers is raised here instead of waiting for ever."""
        assert self._workers is not None, "the house is not started"
        idle = asyncio.create_task(self.pipeline.idle())
        await asyncio.wait({idle, self._workers}, return_when=asyncio.FIRST_COMPLETED)
        if not idle.done():
            idle.cancel()
            await self._workers
