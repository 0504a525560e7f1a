"""Waiting of two kinds: a pace for calls to the network, and the pause between two tries."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field


class Pace:
    """A token bucket: ``turn()`` lets ``burst`` callers through at once, then ``per_s`` a second, in order."""

    def __init__(self, per_s: float, burst: int = 1) -> None:
        self._gap = 1 / per_s
        self._slack = self._gap * (burst - 1)
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        mine = max(self._next, now - self._slack)
        self._next = mine + self._gap
        if mine > now:
            await asyncio.sleep(mine - now)


@dataclass
class Pauses:
    """Growing, bounded, jittered pauses: ``first``, doubled each time up to ``most``, each times 0.5–1."""

    first: float
    most: float
    chance: random.Random = field(default_factory=random.Random)
    tries: int = 0

    def next(self) -> float:
        """The next pause in seconds."""
        pause = min(self.most, self.first * 2.0 ** min(self.tries, 30))
        self.tries += 1
        return pause * self.chance.uniform(0.5, 1.0)

    def start_over(self) -> None:
        """After a success the next pause is the first again."""
        self.tries = 0
