"""Token buckets: how fast an account and each of its rooms may be used. Pure; whoever sends keeps the state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_DEBT = timedelta(seconds=60)
"""What leaves out of turn (emergencies) is paid for later, but never with more silence than this."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One token every ``gap``, at most ``burst`` of them saved. A bucket's state is the instant it is full again."""

    gap: timedelta
    burst: int = 1

    def turn(self, full_at: datetime | None, now: datetime) -> datetime:
        """When the next token is there: ``now``, or later."""
        if full_at is None or full_at > now + 2 * max(MOST_DEBT, self.gap * self.burst):
            return now  # no debt is so great: the clock was set back, and nobody is kept silent until it comes round
        return max(now, full_at - self.gap * (self.burst - 1))

    def taken(self, full_at: datetime | None, now: datetime, more: timedelta = timedelta()) -> datetime:
        """The state after a token is taken, even one that is not there; ``more`` is chance on top of the gap."""
        paid = max(full_at or now, now) + self.gap + more
        return min(paid, now + max(MOST_DEBT, (self.gap + more) * self.burst))
