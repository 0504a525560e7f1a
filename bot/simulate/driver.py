"""The driver of a simulation: the street's days and its people's reactions through the real house, at full speed.

Lines of the same two seconds (one tick of the live service) are handed in together; what is due goes first.
All chance is seeded: the same numbers make the same story.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from itertools import count

from sqlalchemy import Connection, bindparam, select

from bot.channels.replay import ReplayChannel
from bot.clock import VirtualClock
from bot.house import House
from bot.replay.driver import Happening, count_notices_as_posted
from bot.simulate.days import LINES, Days, Said
from bot.simulate.people import People
from bot.simulate.street import MadeStreet
from bot.simulate.texts import Texts
from domain.messages import Inbound
from domain.street import Street
from handlers.classify import Classifier
from store.engine import Store
from store.prepared import Prepared
from store.roster import import_roster
from store.tables import Event, table

FIRST_DAY = date(2026, 3, 2)
"""A Monday without holidays near."""
_TOGETHER = timedelta(seconds=2)
_EVENT = table(Event)
_EVENTS_AFTER = Prepared(select(_EVENT).where(_EVENT.c.id > bindparam("last")).order_by(_EVENT.c.id))


@dataclass
class Told:
    """What was written, by message ids where it matters, and what happened how often."""

    lines: int = 0
    seconds: float = 0.0
    troubles: set[str] = field(default_factory=set)
    gray: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)  # what people wrote about issues: answers, chases, grades
    happened: Counter[str] = field(default_factory=Counter)


class Simulation:
    """One street for some days. The store is empty at the beginning."""

    def __init__(
        self, store: Store, street: Street, classifier: Classifier, made: MadeStreet, seed: int, lines: int = LINES
    ) -> None:
        zone = street.calendar.zone
        self._store = store
        self._street = street
        self._made = made
        self._days = Days(made, Texts(seed), zone, seed, lines)
        self._people = People(made, street, seed)
        self._start = datetime.combine(FIRST_DAY, clock_time.min, zone)
        self._clock = VirtualClock(self._start)
        self._channel = ReplayChannel()
        self._house = House(store, street, classifier, {self._channel.name: self._channel}, self._clock, seed)
        self._waiting: list[tuple[datetime, int, Said]] = []
        self._order = count()
        self._ids = count(1)
        self._last_event = 0
        self.told = Told()

    @property
    def end(self) -> datetime:
        """Where the clock stands: the end of the last day, when it is over."""
        return self._clock.now()

    async def run(self, days: int, progress: Callable[[int], None] = lambda _lines: None) -> Told:
        """Play ``days`` days; ``progress`` hears how many lines were taken so far."""
        house, began = self._house, time.perf_counter()
        await house.desk.write(self._start, lambda tx: import_roster(tx, self._made.roster))
        await self._store.write(lambda db: count_notices_as_posted(db, self._start))
        await house.start()
        try:
            due = await self._settle()
            for number in range(days):
                for said in self._days.day(FIRST_DAY + timedelta(days=number)):
                    self._plan(said)
                due = await self._until(self._start + timedelta(days=number + 1), due, progress)
        finally:
            await house.drain()
        self.told.seconds = time.perf_counter() - began
        return self.told

    def _plan(self, said: Said) -> None:
        heapq.heappush(self._waiting, (said.at, next(self._order), said))

    async def _until(self, end: datetime, due: datetime | None, progress: Callable[[int], None]) -> datetime | None:
        """Everything said and due before ``end``. Returns what is due next."""
        while True:
            says = self._waiting[0][0] if self._waiting else end
            if due is not None and due <= min(says, end):
                self._clock.move_to(due)
            elif says < end:
                await self._hand_in(min(end, says + _TOGETHER, due or end))
                progress(self.told.lines)
            else:
                self._clock.move_to(end)
                return due
            due = await self._settle()

    async def _hand_in(self, until: datetime) -> None:
        """Give the house what is said before ``until``; a room's lines keep their order."""
        batch: list[Inbound] = []
        while self._waiting and (not batch or self._waiting[0][0] < until):
            batch.append(self._inbound(heapq.heappop(self._waiting)[2]))
        self._clock.move_to(batch[-1].sent_at)
        self.told.lines += len(batch)
        await self._house.pipeline.intake(self._channel.name).accept_all(batch)

    def _inbound(self, said: Said) -> Inbound:
        message_id = f"m{next(self._ids)}"
        kept = {"trouble": self.told.troubles, "gray": self.told.gray, "other": self.told.others}.get(said.kind)
        if kept is not None:
            kept.add(message_id)
        return Inbound(
            channel=self._channel.name,
            account="main",
            message_id=message_id,
            room_id=said.room.key if said.room else None,
            sender_id=said.who.id,
            sent_at=said.at,
            text=said.text,
            sender_name=said.who.name,
            sender_alias=said.who.alias,
            quote=said.quote,
        )

    async def _settle(self) -> datetime | None:
        looks = self._house.looks
        due = await self._house.settle(alone=True)
        if self._house.looks != looks:
            for happening in await self._store.read(self._new_events):
                self.told.happened[happening.what] += 1
                for said in self._people.react(happening):
                    self._plan(said)
        return due

    def _new_events(self, db: Connection) -> list[Happening]:
        found = list(_happenings(db, self._last_event))
        if found:
            self._last_event = found[-1].id
        return found


def _happenings(db: Connection, last: int) -> Iterator[Happening]:
    for row in _EVENTS_AFTER.on(db, {"last": last}):
        yield Happening(row.id, row.at, row.what, row.issue_id, row.by, row.message_id, row.reason, row.data or {})
