"""The machine's clock may be set while the service runs. What waits for an instant must not wait for the wrong one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.base import BaseScheduler

from bot.clock import Clock

log = logging.getLogger("louling.clock")

_LOOK_SECONDS = 2.0
_SLACK = timedelta(seconds=5)  # a busy machine and a clock that is slewed are no jump


class Jumps:
    """Compares the clock with the machine's seconds, which nobody can set."""

    def __init__(self, clock: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._seconds = clock, seconds
        self._at, self._since = clock.now(), seconds()

    def looked(self) -> timedelta:
        """How far the clock was set since the last look: forward, or back when negative; nothing when it only went."""
        now, seconds = self._clock.now(), self._seconds()
        jumped = (now - self._at) - timedelta(seconds=seconds - self._since)
        self._at, self._since = now, seconds
        return jumped if abs(jumped) > _SLACK else timedelta()


def begin_again(scheduler: BaseScheduler, now: datetime) -> None:
    """Every job runs now and from then on in its usual turn: its next instant was planned by the other clock."""
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)


async def watch(scheduler: BaseScheduler, clock: Clock) -> None:
    """Until cancelled. Set back by hours, the scheduler would sleep for hours."""
    jumps = Jumps(clock)
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        jumped = jumps.looked()
        if jumped:
            where = "forward" if jumped > timedelta() else "back"
            log.warning("the machine's clock was set %s by %s", where, abs(jumped), extra={"action": "clock_jumped"})
            begin_again(scheduler, clock.now())
