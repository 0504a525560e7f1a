"""A house with a network that does as it is told, and a classifier that hears nothing, for tests of the machinery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bot.clock import VirtualClock
from bot.config import Settings
from bot.house import House
from bot.roster import read_roster_checked
from domain.hearing import Hearing, Place
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt
from domain.places import Roster
from domain.street import Street
from domain.words import Act, Verdict
from store.directory import directory_changed
from store.engine import Store
from store.roster import import_roster
from store.tables import GroupRow, table

ROOT = Path(__file__).parents[2]
START = datetime(2026, 12, 1, 2, tzinfo=UTC)  # a Tuesday, 10:00 in Shanghai
GROUP = "文化小区1号楼业主群"


class Network:
    """A channel. ``plan`` says what becomes of each send, by default that it arrives."""

    name = "replay"

    def __init__(self, plan: Callable[[Outbound], Receipt] | None = None) -> None:
        self.sent: list[Outbound] = []
        self.plan = plan or (lambda message: Receipt(Outcome.SENT, f"out-{message.key}"))

    async def run(self, intake: Intake) -> None:
        """Not used: tests feed the intake."""

    async def send(self, message: Outbound) -> Receipt:
        """Take the message down and do as planned; a plan may raise."""
        self.sent.append(message)
        return self.plan(message)

    def state(self) -> dict[str, ChannelState]:
        """Up."""
        return {"main": ChannelState(LinkState.UP)}


class Deaf:
    """A classifier that hears nothing in anything."""

    def hear(self, text: str, context: Sequence[str] = ()) -> Hearing:
        """No matter."""
        return Hearing(text, Verdict.NONE, Act.CHAT, 0.0, Place())

    def may_alarm(self, text: str) -> bool:
        """No danger."""
        return False


@dataclass
class Stage:
    """One house under test with its clock and network."""

    house: House
    clock: VirtualClock
    network: Network
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))

    @property
    def store(self) -> Store:
        """The database."""
        return self.house.store

    def line(self, text: str = "早上好", **changes: Any) -> Inbound:
        """A message of a resident in the group, with a new id."""
        number = next(self.numbers)
        values: dict[str, Any] = {
            "channel": "replay",
            "account": "main",
            "message_id": f"m{number}",
            "room_id": GROUP,
            "sender_id": "r1",
            "sent_at": self.clock.now(),
            "text": text,
        }
        return Inbound(**values | changes)

    async def accept(self, message: Inbound) -> bool:
        """Through the front door."""
        return await self.house.pipeline.intake(message.channel).accept(message)

    def rows(self, model: type[Any], *where: Any) -> list[Any]:
        """All rows of a table, by id."""
        rows = table(model)
        return self.store.read_now(lambda db: list(db.execute(select(rows).where(*where).order_by(*rows.primary_key))))

    async def pass_time(self, **length: float) -> None:
        """Move the clock, doing what falls due on the way."""
        end = self.clock.now() + timedelta(**length)
        due = await self.house.settle()
        while due is not None and due <= end:
            self.clock.move_to(due)
            due = await self.house.settle()
        self.clock.move_to(end)
        await self.house.settle()


@pytest.fixture(scope="session")
def roster() -> Roster:
    """The example street."""
    return read_roster_checked(ROOT / "roster.example.toml")[0]


@pytest.fixture
def street() -> Street:
    """The shipped defaults; no chance in the pace."""
    street = Settings().as_street()
    return replace(street, pace=replace(street.pace, jitter_seconds=0.0))


Build = Callable[..., Stage]


@pytest.fixture
async def build(database_url: str, street: Street, roster: Roster) -> AsyncIterator[Build]:
    """Builds houses on one database; the first one finds the roster imported and notices posted."""
    built: list[Stage] = []

    def make(**changes: Any) -> Stage:
        store = Store(database_url, durable=False)
        clock = VirtualClock(changes.pop("at", START))
        network = Network(changes.pop("plan", None))
        channels = changes.pop("channels", None) or {network.name: network}
        house = House(store, changes.pop("street", street), changes.pop("classifier", Deaf()), channels, clock)
        if not built:
            store.write_now(lambda db: import_roster(house.desk.tx(db, clock.now()), roster))
            store.write_now(lambda db: _notices_posted(db, clock.now()))
        built.append(Stage(house, clock, network))
        return built[-1]

    yield make
    for stage in built:
        if stage.house._workers is not None:
            await stage.house.drain(0.2)
        stage.store.close()


@pytest.fixture
async def stage(build: Build) -> Stage:
    """A started house."""
    stage = build()
    await stage.house.start()
    return stage


def _notices_posted(db: Connection, at: datetime) -> None:
    db.execute(update(table(GroupRow)).values(notice_at=at))
    directory_changed(db)
