"""The street's own settings as one value, handed to every decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from domain.calendar import WorkingCalendar
from domain.pacing import Bucket
from domain.policy import Policy
from domain.words import Posting


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly an account sends, in seconds. Sources: reports of operators; no official figure exists.

    ``room_burst`` and ``account_burst`` are how many messages may follow one another without a pause after a rest.
    ``enabled`` is the kill switch.
    """

    room_seconds: float = 1.0
    account_seconds: float = 3.0
    jitter_seconds: float = 2.0
    daily_cap: int = 2000
    emergency_reserve: int = 200
    room_burst: int = 1
    account_burst: int = 1
    enabled: bool = True

    @property
    def of_room(self) -> Bucket:
        """The bucket of each room."""
        return Bucket(timedelta(seconds=self.room_seconds), self.room_burst)

    @property
    def of_account(self) -> Bucket:
        """The bucket of the account."""
        return Bucket(timedelta(seconds=self.account_seconds), self.account_burst)

    def cap(self, *, grave: bool) -> int:
        """How many messages may leave in a day; the reserve is for emergencies alone."""
        return self.daily_cap if grave else self.daily_cap - self.emergency_reserve


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
    paces: Mapping[str, Pace] = field(default_factory=dict)  # accounts with limits of their own, by name
    sending: bool = True  # the kill switch
    code_valid: timedelta = timedelta(days=7)
    operator: str = ""  # staff id of who is told when the self-audit fails; empty: nobody
    deaf_after: timedelta = timedelta(minutes=5)  # an account that does not hear for so long leaves its groups deaf

    def local(self, at: datetime) -> datetime:
        """``at`` in the street's zone."""
        return self.calendar.local(at)

    def pace_of(self, account: str) -> Pace:
        """How slowly an account sends."""
        return self.paces.get(account, self.pace)
