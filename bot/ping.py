"""The dead man's ping: while the self-audit holds, a monitor outside is told so; when pings stay away it alarms.

What a monitor inside can never say, that the machine or the program is gone, is heard by its silence.
"""

from __future__ import annotations

import asyncio
import logging

import aiohttp

from domain.ports import HealthPort

log = logging.getLogger("louling.ping")

_PATIENCE = aiohttp.ClientTimeout(total=10)  # seconds; the service waits for nobody


class DeadManPing:
    """One per process. ``url`` is a secret: it never stands in the log."""

    def __init__(self, url: str, every: float, health: HealthPort) -> None:
        """``every`` in seconds."""
        self._url = url
        self._every = every
        self._health = health
        self._went = True  # whether the last one arrived: only a change is logged

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            while True:
                await self.once(session)
                await asyncio.sleep(self._every)

    async def once(self, session: aiohttp.ClientSession) -> bool:
        """One ping, unless a promise is broken. Returns whether it arrived; never raises."""
        try:
            if not (await self._health.health()).ok:
                return False
            async with session.get(self._url, allow_redirects=False) as answer:
                why = "" if answer.status < 300 else f"it answered {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            why = type(error).__name__  # its text may repeat the address
        if (not why) != self._went:
            self._went = not why
            said = "the outside monitor is reached again" if not why else f"the outside monitor is not reached: {why}"
            log.log(logging.WARNING if why else logging.INFO, said, extra={"action": "ping_failed" if why else "ping"})
        return not why
