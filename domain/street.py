"""The street's own settings as one value, handed to every decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from domain.calendar import WorkingCalendar
from domain.policy import Policy
from domain.words import Posting


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly the bot sends, in seconds. Sources: reports of operators; no official figure exists."""

    room_seconds: float = 1.0
    account_seconds: float = 3.0
    jitter_seconds: float = 2.0
    daily_cap: int = 2000
    emergency_reserve: int = 200


@dataclass(frozen=True, slots=True)
class Street:
    """Name, clock and rules of one street. ``digest_at`` is local time; ``retention`` is how long raw chat is kept."""

    name: str
    calendar: WorkingCalendar
    policy: Policy
    posting: Posting = Posting.ACK
    digest_at: time = time(18, 0)
    retention: timedelta = timedelta(days=30)
    pace: Pace = Pace()
    sending: bool = True  # the kill switch
    code_valid: timedelta = timedelta(days=7)

    def local(self, at: datetime) -> datetime:
        """``at`` in the street's zone."""
        return self.calendar.local(at)
