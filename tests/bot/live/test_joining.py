"""Logins, rooms and gaps without a gateway: what the observer writes when an account is told things."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.channels.accounts import Accounts
from bot.channels.wechaty import Contact, Member, Room
from bot.config import Settings
from bot.config_wechat import JoiningPart
from bot.joining import Joining
from bot.roster import read_roster_checked
from domain.messages import ChannelState, Intake, LinkState, Outbound, Outcome, Receipt, TargetKind
from domain.words import Purpose
from store import coverage, people, rooms
from store.desk import Desk
from store.engine import Store
from store.figures import figures
from store.rooms import OPERATOR
from store.roster import import_roster
from store.tx import Tx

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
TOPIC = "文化小区1号楼业主群"
NEIGHBOURS = tuple(f"邻居{number}" for number in range(20))


class Phone:
    """An account as its channel answers for it: one room with neighbours, and contacts with remarks."""

    def __init__(self) -> None:
        self.self_id = "@bot1"
        self.room_id = "@@room1"
        self.names = NEIGHBOURS
        self.remarks: dict[str, str] = {}

    async def rooms(self) -> tuple[Room, ...]:
        return (await self.room(self.room_id),)

    async def room(self, room_id: str) -> Room:
        return Room(room_id, TOPIC)

    async def own_alias(self, room_id: str) -> str:
        return ""

    async def room_members(self, room_id: str, most: int | None = None) -> tuple[Member, ...]:
        return tuple(Member(f"@{room_id}{name}", name) for name in self.names)[:most]

    async def contacts(self) -> tuple[Contact, ...]:
        return tuple(Contact(contact, "某某", remark) for contact, remark in self.remarks.items())


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    store = Store(database_url)
    made = Desk(store, Settings().as_street())
    roster, _warnings = read_roster_checked(ROOT / "roster.example.toml")
    await made.write(NOW, lambda tx: import_roster(tx, roster))
    yield made
    store.close()


def observer(desk: Desk, phone: Phone) -> Joining:
    joining = Joining("main", JoiningPart(), lambda: NOW)
    joining.attach(phone, desk, lambda: None)  # type: ignore[arg-type]
    return joining


async def bound_room(desk: Desk, phone: Phone, joining: Joining) -> rooms.Room:
    await joining.login(phone.self_id, phone.self_id)

    def work(tx: Tx) -> rooms.Room:
        (room,) = rooms.listed(tx)
        return rooms.bind(tx, room.id, rooms.group_named(tx.directory, TOPIC), OPERATOR, noticed=True)

    return await desk.write(NOW, work)


async def hears(desk: Desk, room_id: str) -> bool:
    directory = (await desk.read(NOW, lambda tx: tx)).directory
    group = directory.group_of("wechaty", "main", room_id)
    return group is not None and group.notice_at is not None


async def test_a_room_whose_ids_changed_at_login_is_known_again_by_topic_and_members(desk: Desk) -> None:
    phone = Phone()
    joining = observer(desk, phone)
    await bound_room(desk, phone, joining)
    phone.self_id, phone.room_id = "@bot2", "@@room2"
    phone.names = (*NEIGHBOURS[:14], "新来的")
    await joining.login(phone.self_id, phone.self_id)
    assert await hears(desk, "@@room2")
    assert not await hears(desk, "@@room1")


async def test_with_too_few_known_members_a_person_has_to_say_which_group_it_is(desk: Desk) -> None:
    phone = Phone()
    joining = observer(desk, phone)
    await bound_room(desk, phone, joining)
    phone.self_id, phone.room_id, phone.names = "@bot2", "@@room2", tuple(f"别人{number}" for number in range(20))
    await joining.login(phone.self_id, phone.self_id)
    assert not await hears(desk, "@@room2")
    (queued,) = await desk.read(NOW, rooms.unbound)
    directory = (await desk.read(NOW, lambda tx: tx)).directory
    suggested = await desk.read(NOW, lambda tx: rooms.suggestions(tx, queued.topic))
    assert directory.groups[suggested[0]].topic == TOPIC


async def test_a_reconnect_of_the_same_login_changes_nothing(desk: Desk) -> None:
    phone = Phone()
    joining = observer(desk, phone)
    room = await bound_room(desk, phone, joining)
    await joining.login(phone.self_id, phone.self_id)
    assert await desk.read(NOW, rooms.listed) == [rooms.Room(**{**_fields(room), "members": _members(phone)})]


async def test_staff_lost_by_a_login_come_back_by_the_remark_on_the_phone_and_nobody_else(desk: Desk) -> None:
    phone = Phone()
    joining = observer(desk, phone)
    await joining.login(phone.self_id, phone.self_id)
    codes = await desk.store.write(lambda db: people.issue_codes(db, ["wang-qiang"], NOW + timedelta(days=1)))

    def enrol(tx: Tx) -> None:
        identity = people.identity(tx, ("wechaty", "main", "@old"), "王强")
        assert people.enrol(tx, identity, codes["wang-qiang"], OPERATOR)

    await desk.write(NOW, enrol)
    phone.self_id, phone.remarks = "@bot2", {"@new": "wang-qiang", "@stranger": "li-jun"}
    await joining.login(phone.self_id, phone.self_id)
    directory = (await desk.read(NOW, lambda tx: tx)).directory
    assert directory.reach == {"wang-qiang": ("wechaty", "main", "@new")}


async def test_a_group_bound_to_another_room_needs_a_new_notice(desk: Desk) -> None:
    phone = Phone()
    joining = observer(desk, phone)
    room = await bound_room(desk, phone, joining)
    await joining.in_room("@@other", "另一个群")

    def rebind(tx: Tx) -> None:
        other = next(each for each in rooms.listed(tx) if each.id != room.id)
        rooms.bind(tx, other.id, room.group_id or 0, OPERATOR)

    await desk.write(NOW, rebind)
    assert not await hears(desk, "@@other")
    await desk.write(NOW, lambda tx: rooms.bind(tx, room.id, room.group_id or 0, OPERATOR))
    assert await hears(desk, "@@room1"), "the room that had its notice needs no second one"


async def test_a_gap_that_began_while_the_service_was_away_stands_once_and_in_the_digest(desk: Desk) -> None:
    await desk.write(NOW, lambda tx: coverage.put_alive(tx, {"wechaty:main": ("up", "")}))
    back = NOW + timedelta(minutes=9)
    assert await desk.write(back, lambda tx: coverage.away(tx, "wechaty", "main", "away"))
    assert not await desk.write(back, lambda tx: coverage.away(tx, "wechaty", "new", "never ran before"))
    up = NOW + timedelta(minutes=10)
    await desk.write(up, lambda tx: coverage.add(tx, "wechaty", "main", back, up, "no connection"))
    assert not await desk.write(up, lambda tx: coverage.ended(tx, "wechaty", "main"))
    numbers = await desk.read(up, coverage.numbers)
    assert numbers == {"gaps_day": 1.0, "gap_seconds_day": 600.0, "gaps_open": 0.0}
    day = await desk.read(up, lambda tx: figures(tx, "zhao-min", (1,), NOW - timedelta(days=1), up))
    assert day.gaps == ("12-01 10:00至10:10",)


class _Channel:
    name = "wechaty"

    def __init__(self, account: str, ends: bool = False) -> None:
        self.account, self.ends = account, ends

    async def run(self, intake: Intake) -> None:
        if not self.ends:
            await _for_ever()

    async def send(self, message: Outbound) -> Receipt:
        return Receipt(Outcome.SENT, f"by {self.account}")

    def state(self) -> dict[str, ChannelState]:
        return {self.account: ChannelState(LinkState.UP)}


async def _for_ever() -> None:
    import asyncio

    await asyncio.Event().wait()


async def test_accounts_send_by_the_account_that_is_named_and_an_unknown_one_is_refused() -> None:
    accounts = Accounts({name: _Channel(name) for name in ("a", "b")})
    assert set(accounts.state()) == {"a", "b"}
    letters = [Outbound(1, name, TargetKind.GROUP, "room", "x", Purpose.ACK) for name in ("b", "c")]
    receipts = [await accounts.send(letter) for letter in letters]
    assert [(each.outcome, each.message_id) for each in receipts] == [(Outcome.SENT, "by b"), (Outcome.REFUSED, None)]


async def test_an_account_that_stops_hearing_by_itself_ends_the_channel_loudly() -> None:
    accounts = Accounts({"a": _Channel("a"), "b": _Channel("b", ends=True)})
    with pytest.raises(ExceptionGroup) as caught:
        await accounts.run(SimpleNamespace())  # type: ignore[arg-type]
    assert "account b stopped hearing" in str(caught.value.exceptions[0])


def _fields(room: rooms.Room) -> dict[str, Any]:
    return {name: getattr(room, name) for name in rooms.Room.__slots__}


def _members(phone: Phone) -> tuple[str, ...]:
    return tuple(sorted(rooms.name_hash(name) for name in phone.names))


async def test_a_message_from_before_the_end_brings_no_room_back_and_a_later_one_does(desk: Desk) -> None:
    phone = Phone()
    joining = observer(desk, phone)
    room = await bound_room(desk, phone, joining)
    await joining.room_leave(room.external[2], [phone.self_id], "somebody")
    await joining.in_room(room.external[2], room.topic, NOW - timedelta(seconds=1))
    assert not await hears(desk, room.external[2])
    await joining.in_room(room.external[2], room.topic, NOW + timedelta(seconds=1))
    assert await hears(desk, room.external[2])
