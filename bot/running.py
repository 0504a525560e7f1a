"""What a composed service consists of, whether it plays the sandbox or serves real accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import SystemClock
from bot.house import House
from domain.ports import SandboxPort
from schedules.tick import next_due

_AT_LEAST = timedelta(milliseconds=50)  # an early tick never comes at once: what is due feeds the clock, not itself


@dataclass(frozen=True, slots=True)
class Side:
    """A part that runs beside the others. ``task`` must not end by itself; ``stop`` ends it within a limit."""

    name: str
    stop: Callable[[], Awaitable[None]]
    task: asyncio.Task[Any] | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A started house: ``tick`` is what the scheduler calls, ``sides`` are stopped in reverse order."""

    house: House
    tick: Callable[[], Awaitable[None]]
    sides: tuple[Side, ...]
    sandbox: SandboxPort | None = None


def fresh_ticks(running: Running, scheduler: AsyncIOScheduler, every: float) -> Callable[[], Awaitable[None]]:
    """The tick as the scheduler calls it: one at a time, and earlier when something is due before the next."""
    turn = asyncio.Lock()

    async def tick() -> None:
        async with turn:
            await running.tick()
        now = running.house.clock.now()
        due = await next_due(running.house.desk, now)
        if due is not None and due < now + timedelta(seconds=every):
            at = SystemClock().now() + max(due - now, _AT_LEAST)  # the house's clock may be the sandbox's
            scheduler.add_job(tick, "date", run_date=at, id="early", replace_existing=True, misfire_grace_time=None)

    return tick


async def ended(task: asyncio.Task[None], limit: float = 5.0) -> None:
    """Cancel a task and wait for its end, at most ``limit`` seconds."""
    task.cancel()
    await asyncio.wait({task}, timeout=limit)
