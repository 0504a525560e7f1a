"""The clocks. Only the composition root and tests own one; everything below gets ``now`` as an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time (aware UTC)."""

    def now(self) -> datetime:
        """This instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """This instant."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved, and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Where it stands."""
        return self._now

    def move_to(self, at: datetime) -> None:
        """Forward to ``at``; an earlier instant changes nothing."""
        self._now = max(self._now, at.astimezone(UTC))


class SandboxClock:
    """The machine's clock plus an offset that only grows."""

    def __init__(self, offset: timedelta) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """The sandbox's instant."""
        return datetime.now(UTC) + self.offset

    def move_to(self, at: datetime) -> None:
        """Forward to ``at``; an earlier instant changes nothing."""
        self.offset = max(self.offset, at.astimezone(UTC) - datetime.now(UTC))
