"""The driver of a replay: one message, then everything it causes, then the clock to the next message or due row.

What is due goes first. Nothing waits for the wall clock and all chance is seeded: two replays print the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from bot.channels.replay import ReplayChannel
from bot.clock import VirtualClock
from bot.house import House
from domain.messages import Inbound
from domain.places import Roster
from domain.street import Street
from handlers.classify import Classifier
from store.directory import directory_changed
from store.engine import Store
from store.roster import import_roster
from store.tables import Event, GroupRow, table

_EVENT = table(Event)
_GROUP = table(GroupRow)
_SETTLING = timedelta(minutes=10)  # how long after the last message paced sends may still leave
SEED = 20260101


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the audit trail."""

    id: int
    at: datetime
    what: str
    issue: int | None
    by: str
    message: str | None
    reason: str
    data: dict[str, Any]


class Replay:
    """Runs a checked chat through the house."""

    def __init__(self, store: Store, street: Street, classifier: Classifier, roster: Roster) -> None:
        self._store = store
        self._street = street
        self._classifier = classifier
        self._roster = roster
        self._last_event = 0

    async def run(
        self,
        messages: Sequence[Inbound],
        until: datetime | None,
        tell: Callable[[Happening], None],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> None:
        """Replay; every happening is told in time order. Messages after ``until`` are left out."""
        start = messages[0].sent_at if messages else until
        if start is None:
            return
        clock = VirtualClock(start)
        channel = ReplayChannel()
        house = House(self._store, self._street, self._classifier, {channel.name: channel}, clock, SEED)
        self._last_event = await self._store.read(_newest_event)
        await house.desk.write(clock.now(), lambda tx: import_roster(tx, self._roster))
        await house.desk.write(clock.now(), lambda tx: count_notices_as_posted(tx.db, start))
        await house.start()
        try:
            due = await self._settle(house, tell)
            intake = house.pipeline.intake(channel.name)
            for done, message in enumerate(messages):
                if until is not None and message.sent_at > until:
                    break
                while due is not None and due <= message.sent_at:
                    clock.move_to(due)
                    due = await self._settle(house, tell)
                clock.move_to(message.sent_at)
                await intake.accept(message)
                due = await self._settle(house, tell)
                progress(done + 1)
            await self._finish(house, clock, due, until, tell)
        finally:
            await house.stop()

    async def _finish(
        self,
        house: House,
        clock: VirtualClock,
        due: datetime | None,
        until: datetime | None,
        tell: Callable[[Happening], None],
    ) -> None:
        """To ``until``; without one, only what the last message had already put on its way."""
        if until is not None:
            while due is not None and due <= until:
                clock.move_to(due)
                due = await self._settle(house, tell)
            return
        last = clock.now()
        sendable = await house.sender.step()
        while sendable is not None and sendable <= last + _SETTLING:
            clock.move_to(sendable)
            await self._settle(house, tell)
            sendable = await house.sender.step()

    async def _settle(self, house: House, tell: Callable[[Happening], None]) -> datetime | None:
        looks = house.looks
        due = await house.settle(alone=True)
        if house.looks == looks:  # chatter: nothing happened
            return due
        for happening in await self._store.read(self._new_events):
            tell(happening)
        return due

    def _new_events(self, db: Connection) -> list[Happening]:
        found = list(_events_after(db, self._last_event))
        if found:
            self._last_event = found[-1].id
        return found


def _events_after(db: Connection, last: int) -> Iterator[Happening]:
    for row in db.execute(select(_EVENT).where(_EVENT.c.id > last).order_by(_EVENT.c.id)):
        data = dict(row.data or {})
        yield Happening(row.id, row.at, row.what, row.issue_id, row.by, row.message_id, row.reason, data)


def _newest_event(db: Connection) -> int:
    return db.execute(select(_EVENT.c.id).order_by(_EVENT.c.id.desc()).limit(1)).scalar() or 0


def count_notices_as_posted(db: Connection, at: datetime) -> None:
    """Every group may be read from ``at`` on."""
    db.execute(update(_GROUP).where(_GROUP.c.notice_at.is_(None)).values(notice_at=at))
    directory_changed(db)
