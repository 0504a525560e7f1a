"""Half an hour of reminders under a virtual clock, every word of it through the official gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from live_service import ROSTER, gateway_process, said_to, until

from bot.channels.accounts import Accounts
from bot.channels.wechaty import WechatyChannel, WechatySettings
from bot.clock import VirtualClock
from bot.config import Settings
from bot.database import LIVE, open_store
from bot.house import House
from bot.roster import read_roster_checked
from domain.messages import LinkState
from domain.words import Urgency
from handlers.classify import load_classifier
from store import people, rooms
from store.rooms import OPERATOR
from store.roster import import_roster
from store.tables import Issue, table
from store.tx import Cause, Tx

pytestmark = pytest.mark.gateway

ROOM, RESIDENT, HEAD, CHIEF = "3@chatroom", "wxid_zhang", "wxid_grid", "wxid_li"
START = datetime(2026, 12, 1, 2, tzinfo=UTC)  # a Tuesday, 10:00 in Shanghai


@dataclass
class Street:
    """A house under a virtual clock whose only account is behind the gateway."""

    house: House
    clock: VirtualClock
    gateway: Any

    async def writes(self, who: str, text: str) -> None:
        """Somebody writes in the group, now; returns when it is handled."""
        handled = self.house.pipeline.changes
        at = int(self.clock.now().timestamp() * 1000)
        await self.gateway.ask("hear", **{"from": who}, text=text, room=ROOM, at=at)
        await until(lambda: self.house.pipeline.changes > handled, what=f"{text} is handled")

    async def passes(self, minutes: int) -> None:
        """Time passes; what falls due on the way is sent."""
        end = self.clock.now() + timedelta(minutes=minutes)
        due = await self.house.settle()
        while due is not None and due <= end:
            self.clock.move_to(due)
            due = await self.house.settle()
        self.clock.move_to(end)
        await self.house.settle()


@pytest.fixture
async def street(tmp_path: Path, gateway: Any) -> AsyncIterator[Street]:
    """The group has its notice, head and chief are enrolled; no chance in the pace."""
    (tmp_path / "roster.toml").write_text(ROSTER, encoding="utf-8")
    settings = Settings().as_street()
    paced = replace(settings, pace=replace(settings.pace, jitter_seconds=0.0))
    clock = VirtualClock(START)
    channel = WechatyChannel(
        WechatySettings("main", gateway.endpoint, gateway_process.TOKEN, insecure=True), lambda: datetime.now(UTC)
    )
    accounts = Accounts({"main": channel})
    store = open_store(f"sqlite:///{tmp_path / 'street.db'}", LIVE)
    house = House(store, paced, load_classifier(None), {accounts.name: accounts}, clock)

    def enrol(tx: Tx) -> None:
        codes = people.issue_codes(tx.db, ["wang", "zhao"], tx.now + timedelta(days=1))
        for person, contact in (("wang", HEAD), ("zhao", CHIEF)):
            identity = people.identity(tx, ("wechaty", "main", contact), "")
            assert people.enrol(tx, identity, codes[person], Cause(person)) == person
        room = rooms.seen(tx, ("wechaty", "main", ROOM), "3号楼业主群")
        rooms.bind(tx, room.id, tx.directory.group_by_key["lou-3"], OPERATOR, noticed=True)

    roster = read_roster_checked(tmp_path / "roster.toml")[0]
    store.write_now(lambda db: import_roster(house.desk.tx(db, clock.now()), roster))
    store.write_now(lambda db: enrol(house.desk.tx(db, clock.now())))
    await house.start()
    hearing = asyncio.create_task(accounts.run(house.pipeline.intake("wechaty")))
    await until(lambda: channel.state()["main"].link is LinkState.UP)
    yield Street(house, clock, gateway)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    await house.stop()


async def test_half_an_hour_of_reminders_goes_through_the_gateway_until_somebody_answers(street: Street) -> None:
    await street.writes(RESIDENT, "整栋楼停水了，一滴水都没有")
    (issue,) = street.house.store.read_now(lambda db: db.execute(table(Issue).select()).all())
    assert issue.urgency is Urgency.URGENT
    await street.passes(29)
    told = [text for text in await said_to(street.gateway, HEAD) if "#1" in text]
    assert len(told) == 3  # at once, after 10 and 20 minutes
    assert not [text for text in await said_to(street.gateway, CHIEF) if "#1" in text]
    await street.passes(2)
    assert len([text for text in await said_to(street.gateway, CHIEF) if "#1" in text]) == 1  # after 30
    await street.writes(HEAD, "收到，马上派人去修")
    await street.passes(60)
    told = [text for text in await said_to(street.gateway, HEAD) if "#1" in text]
    assert len(told) == 4, told
    (acknowledged,) = [text for text in await said_to(street.gateway, ROOM) if "已登记 #1" in text]
    assert acknowledged.startswith("@")
