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
from bot.share import ALONE, TICK, Share
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
        share: Share = ALONE,
    ) -> None:
        self.store = store
        self.street = street
        self.clock = clock
        self.channels = channels
        self.share = share
        self.desk = Desk(store, street)
        self.sender = Sender(self.desk, channels, clock, seed, share)
        self.pipeline = Pipeline(self.desk, classifier, clock, self.sender.wake, share)
        self._workers: asyncio.Task[None] | None = None
        self.looks = 0  # how often ``settle`` had to look at the tables
        self._next: datetime | None = None  # when something is due or may be sent, as of the last look
        self._due: datetime | None = None  # when a tick is due, as of the last look
        self._changes: int | None = None  # the pipeline's changes at the last look

    @property
    def workers(self) -> asyncio.Task[None]:
        """The task that handles messages; it ends only when it is stopped."""
        assert self._workers is not None, "the house is not started"
        return self._workers

    def hear_by(self, classifier: Classifier) -> None:
        """Hear by other rules from the next message on."""
        self.pipeline.classifier = classifier

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
        if not self.share.holds(TICK):
            return False
        done = bool(await tick(self.desk, self.clock.now(), self.share.proof(TICK)))
        if done:
            self.sender.wake()
        return done

    async def settle(self, *, alone: bool = False) -> datetime | None:
        """Until inbox, due ticks and outbox are quiet at this instant. Returns when something is due next.

        ``alone`` promises that nobody else writes to the database (a replay, a simulation): what the last
        look found then still holds while no handler changed anything, and chatter costs no look at all.
        """
        for _ in range(_ROUNDS):
            await self._still_working()
            now = self.clock.now()
            if alone and self._holds(self._next, now):
                return self._next
            self.looks += 1
            if not (alone and self._holds(self._due, now)) and await self.tick():
                self._changes = None
                continue
            changes = self.pipeline.changes
            sendable = await self.sender.step()
            self._due = await next_due(self.desk, now)
            self._next = min((at for at in (self._due, sendable) if at is not None), default=None)
            self._changes = changes
            if self.pipeline.pending == 0 and self._holds(self._next, self.clock.now()):
                return self._next
        raise RuntimeError("the house does not come to rest: something that is due feeds itself")

    def _holds(self, at: datetime | None, now: datetime) -> bool:
        """Whether nothing was changed since the last look and ``at``, found then, is still ahead."""
        return self.pipeline.changes == self._changes and (at is None or at > now)

    async def _still_working(self) -> None:
        """Wait for the rooms; an error that ended the workers is raised here instead of waiting for ever."""
        assert self._workers is not None, "the house is not started"
        if self.pipeline.pending == 0 and not self._workers.done():
            return
        idle = asyncio.create_task(self.pipeline.idle())
        await asyncio.wait({idle, self._workers}, return_when=asyncio.FIRST_COMPLETED)
        if not idle.done():
            idle.cancel()
            await self._workers
