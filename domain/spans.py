"""Lengths of time as people write them in config: ``30m``, ``4h``, ``48h``, ``7d``, ``3wd`` (working days)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

_FORM = re.compile(r"(\d{1,6})\s*(s|m|h|d|wd)")
_LONGEST_DAYS = 366  # a longer wait is a slip of the pen, and dates overflow at a few thousand years
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, order=True)
class Length:
    """Either ``seconds`` (to be counted in some calendar mode) or whole ``workdays``, never both."""

    workdays: int = 0
    seconds: int = 0

    @property
    def delta(self) -> timedelta:
        """The seconds as a ``timedelta``."""
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        if self.workdays:
            return f"{self.workdays}wd"
        for unit in ("d", "h", "m"):
            if self.seconds and self.seconds % _SECONDS[unit] == 0:
                return f"{self.seconds // _SECONDS[unit]}{unit}"
        return f"{self.seconds}s"


def parse_length(text: str) -> Length:
    """``"30m"`` → ``Length``. Raises ``ValueError`` with the accepted forms."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a length of time; write for example 30m, 4h, 7d or 3wd (working days)")
    number, unit = int(found[1]), found[2]
    if number * _SECONDS.get(unit, _SECONDS["d"]) > _LONGEST_DAYS * _SECONDS["d"]:
        raise ValueError(f"{text!r} is too long; the longest is {_LONGEST_DAYS}d or {_LONGEST_DAYS}wd")
    return Length(workdays=number) if unit == "wd" else Length(seconds=number * _SECONDS[unit])


def _read(value: Any) -> Length:
    if isinstance(value, Length):
        return value
    if isinstance(value, str):
        return parse_length(value)
    raise ValueError("a length of time is text, for example 30m, 4h, 7d or 3wd (working days)")


def _read_clock(value: Any) -> Length:
    length = _read(value)
    if length.workdays or not length.seconds:
        raise ValueError("is counted on the clock and cannot be nothing; write for example 30m, 4h or 7d")
    return length


Span = Annotated[Length, BeforeValidator(_read), PlainSerializer(str, return_type=str)]
"""A ``Length`` inside a pydantic model, written as text."""

ClockSpan = Annotated[Length, BeforeValidator(_read_clock), PlainSerializer(str, return_type=str)]
"""As ``Span``, but never working days and never zero: it is used as a ``timedelta``."""
