"""Working time, quiet hours and the three ways a clock may run.

``working``: spans of a working day, with Chinese holidays and make-up days; ``waking``: all but the
quiet hours; ``always``: every minute. All instants are aware; results are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar

from domain.spans import Length

_HORIZON_DAYS = 4000  # a guard against an endless search: a year of hours in 2.5 working hours a day

_DAYS_KEPT = 1000  # days whose spans are remembered: the same few are asked for with every change of an issue


class Mode(StrEnum):
    """Which minutes count."""

    WORKING = "working"
    WAKING = "waking"
    ALWAYS = "always"


TimeSpan = tuple[time, time]
"""From (inclusive) to (exclusive) in local time. Only quiet hours may wrap midnight."""

Span = tuple[datetime, datetime]
"""From (inclusive) to (exclusive) as instants."""


def chinese_workday(day: date, holidays: frozenset[date], workdays: frozenset[date]) -> bool:
    """Whether ``day`` is a working day: overrides first, then the State Council's yearly arrangement.

    A year the library does not know falls back to Monday–Friday (``knows_year`` tells, for a warning).
    """
    if day in workdays:
        return True
    if day in holidays:
        return False
    return _arranged(day)


@lru_cache(maxsize=4096)
def _arranged(day: date) -> bool:
    """The library looks through all its years at every question."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def knows_year(year: int) -> bool:
    """Whether the holiday library has the official arrangement of ``year``."""
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When the street works and when it sleeps."""

    zone: ZoneInfo
    working: tuple[TimeSpan, ...]
    quiet: TimeSpan | None
    is_workday: Callable[[date], bool]
    _spans: dict[tuple[date, Mode], tuple[Span, ...]] = field(default_factory=dict, repr=False, compare=False)

    def local(self, at: datetime) -> datetime:
        """``at`` in the street's zone."""
        return at.astimezone(self.zone)

    def is_quiet(self, at: datetime) -> bool:
        """Whether ``at`` lies in the quiet hours."""
        return self.next_open(at, Mode.WAKING) != at.astimezone(UTC)

    def next_open(self, at: datetime, mode: Mode) -> datetime:
        """The first counting instant at or after ``at``."""
        at = at.astimezone(UTC)
        if mode is Mode.ALWAYS:
            return at
        for start, end in self._spans_from(at, mode):
            if end > at:
                return max(start, at)
        return at

    def add(self, at: datetime, length: Length, mode: Mode) -> datetime:
        """``at`` plus ``length``, counting only the minutes of ``mode``; working days are always working days."""
        if length.workdays:
            return self._add_workdays(at, length.workdays)
        at, left = at.astimezone(UTC), length.delta
        if mode is Mode.ALWAYS:
            return at + left
        for start, end in self._spans_from(at, mode):
            begin = max(start, at)
            if begin >= end:
                continue
            if begin + left <= end:
                return begin + left
            left -= end - begin
        return at + length.delta

    def _add_workdays(self, at: datetime, count: int) -> datetime:
        """The same local time ``count`` working days later; from outside working time, counted from the next one."""
        local = self.local(self.next_open(at, Mode.WORKING))
        day, left = local.date(), count
        for _ in range(_HORIZON_DAYS):
            day += timedelta(days=1)
            left -= self.is_workday(day)
            if left == 0:
                break
        return self._at(day, local.time())

    def _spans_from(self, at: datetime, mode: Mode) -> Iterator[Span]:
        """Spans of the local day of ``at`` and of those after it: none reaches over midnight."""
        first = self.local(at).date()
        for offset in range(_HORIZON_DAYS):
            day = first + timedelta(days=offset) if offset else first
            spans = self._spans.get((day, mode))
            if spans is None:
                if len(self._spans) >= _DAYS_KEPT:
                    self._spans.clear()
                spans = self._spans[day, mode] = tuple(self._day_spans(day, mode))
            yield from spans

    def _day_spans(self, day: date, mode: Mode) -> Iterator[Span]:
        if mode is Mode.WORKING:
            if self.is_workday(day):
                spans = [(self._at(day, start), self._at(day, end)) for start, end in self.working]
                yield from (span for span in spans if span[0] < span[1])
            return
        bounds = [self._at(day, time.min)]
        if self.quiet is not None:
            start, end = self.quiet
            cuts = [start, end] if start <= end else [end, start]
            bounds += [self._at(day, cut) for cut in cuts]
        bounds.append(self._at(day + timedelta(days=1), time.min))
        pieces = list(pairwise(bounds))
        if self.quiet is not None:
            wraps = self.quiet[0] > self.quiet[1]
            pieces = [pieces[1]] if wraps else [pieces[0], pieces[2]]
        yield from (piece for piece in pieces if piece[0] < piece[1])

    def _at(self, day: date, at: time) -> datetime:
        """A local time as an instant: the first of two when clocks go back, the moment of change when it is skipped."""
        wanted = datetime.combine(day, at)
        found = wanted.replace(tzinfo=self.zone).astimezone(UTC)
        if self.local(found).replace(tzinfo=None, fold=0) == wanted:
            return found
        before = wanted.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        new = self.local(found).utcoffset()
        while found - before > timedelta(seconds=1):
            middle = (before + (found - before) / 2).replace(microsecond=0)
            before, found = (before, middle) if self.local(middle).utcoffset() == new else (middle, found)
        return found
