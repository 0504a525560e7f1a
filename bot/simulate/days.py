"""A day of a simulated street: who writes when, by the day's rhythm, with troubles and outages among the chatter."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from bot.simulate.street import MadeStreet, Resident, Room
from bot.simulate.texts import OUTAGES, Texts

LINES = 40
"""Lines a group a day."""
_MATTERS = 0.005  # of all lines
_GRAY = 0.0008
_OUTAGES_A_DAY = 0.4  # outages over several buildings, for a street of 1,500 groups
_BURST = 50  # how much faster than usual a group writes while its water is off
_BURST_MINUTES = 20
_HOURS = (3, 1, 1, 1, 1, 3, 12, 30, 44, 48, 46, 44, 46, 36, 34, 38, 42, 48, 58, 66, 68, 56, 32, 12)
"""How much is written in each hour of the day, as a share."""
_WEEKEND = 1.15


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody is going to write; ``room`` is ``None`` for a direct message to the bot, ``kind`` what it is for."""

    at: datetime
    room: Room | None
    who: Resident
    text: str
    kind: str = "chatter"  # chatter | trouble | gray | other
    quote: str | None = None


class Days:
    """Makes the days of one street, all from one seed."""

    def __init__(self, street: MadeStreet, texts: Texts, zone: ZoneInfo, seed: int, lines: int = LINES) -> None:
        self._rooms = street.rooms
        self._texts = texts
        self._zone = zone
        self._lines = lines
        self._rng = random.Random(f"days-{seed}")
        # a few groups write much, most little
        self._liveliness = list(accumulate(self._rng.lognormvariate(0, 0.7) for _ in street.rooms))

    def day(self, day: date) -> list[Said]:
        """Everything that is written of its own accord on ``day``, in order of time."""
        rng = self._rng
        share = _WEEKEND if day.weekday() >= 5 else 1.0
        count = round(self._lines * len(self._rooms) * share)
        midnight = datetime.combine(day, time.min, self._zone)
        rooms = rng.choices(self._rooms, cum_weights=self._liveliness, k=count)
        hours = rng.choices(range(24), _HOURS, k=count)
        said = [
            self._line(midnight + timedelta(hours=hour, seconds=rng.random() * 3600), room)
            for hour, room in zip(hours, rooms, strict=True)
        ]
        for _ in range(self._outages()):
            said += self._outage(midnight)
        said.sort(key=lambda line: line.at)
        return said

    def _line(self, at: datetime, room: Room) -> Said:
        rng, who = self._rng, self._rng.choice(room.residents)
        chance = rng.random()
        if chance < _MATTERS:
            return Said(at, room, who, self._texts.trouble().text, "trouble")
        if chance < _MATTERS + _GRAY:
            return Said(at, room, who, self._texts.gray(), "gray")
        return Said(at, room, who, self._texts.chatter())

    def _outages(self) -> int:
        """How many outages a day has, by the size of the street."""
        mean = _OUTAGES_A_DAY * max(1.0, len(self._rooms) / 1500)
        return int(mean) + (self._rng.random() < mean % 1)

    def _outage(self, midnight: datetime) -> list[Said]:
        """Several neighbouring buildings without water, power or heat: everybody writes at once."""
        rng = self._rng
        category = rng.choice(list(OUTAGES))
        grid = rng.choice(self._rooms).grid
        struck = [room for room in self._rooms if room.grid == grid]
        struck = rng.sample(struck, min(len(struck), rng.randint(2, 8)))
        start = midnight + timedelta(hours=rng.uniform(6.5, 21))
        lines = max(3, round(self._lines * _BURST * _BURST_MINUTES / (24 * 60)))
        return [line for room in struck for line in self._storm(room, start, lines, OUTAGES[category])]

    def _storm(self, room: Room, start: datetime, lines: int, words: Sequence[str]) -> list[Said]:
        rng, storm = self._rng, []
        for _ in range(lines):
            at = start + timedelta(minutes=rng.triangular(0, _BURST_MINUTES, 3))
            who = rng.choice(room.residents)
            if rng.random() < 0.5:
                storm.append(Said(at, room, who, rng.choice(words), "trouble"))
            else:
                storm.append(Said(at, room, who, self._texts.chatter()))
        return storm
