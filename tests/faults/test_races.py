"""Races by name: two changes of one thing at the same moment, in either order, come to what one after the other does.

The first change is made and held open; the second begins before the first one's commit. What must come out is asked
of the database and of the network, not of the order in which locks were had.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

import bot.sender
from bot.clock import VirtualClock
from bot.config import Settings
from bot.house import House
from bot.roster import read_roster_checked
from bot.sender import Sender
from domain.errors import StoreError
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt
from domain.places import Roster
from domain.words import IssueState, MessageKind, Purpose, SendState
from handlers.classify import Classifier, load_classifier
from handlers.router import UNHANDLED
from schedules import digest
from schedules.tick import _issues as due_steps
from store import leases, messages, outbox
from store.directory import directory_changed
from store.engine import Store
from store.leases import Hold
from store.messages import Waiting
from store.outbox import Letter
from store.roster import import_roster
from store.tables import DigestRun, Event, GroupRow, Issue, Outbox, table
from store.tx import Tx
from tests.bot.conftest import GROUP, START, Stage

HEAD = "wang-qiang"
Change = Callable[[Tx], Any]


class Network:
    """Takes every message."""

    name = "replay"

    def __init__(self) -> None:
        self.sent: list[Outbound] = []

    async def run(self, intake: Intake) -> None:
        """Nobody writes by himself."""

    async def send(self, message: Outbound) -> Receipt:
        """Arrived."""
        self.sent.append(message)
        return Receipt(Outcome.SENT, f"out-{message.key}")

    def state(self) -> dict[str, ChannelState]:
        """Up."""
        return {"main": ChannelState(LinkState.UP)}


class Pair:
    """Two processes on one database, and one network."""

    def __init__(self, url: str, classifier: Classifier, roster: Roster) -> None:
        street = Settings().as_street()
        street = replace(street, pace=replace(street.pace, jitter_seconds=0.0, account_seconds=0.0, room_seconds=0.0))
        self.clock, self.network, self.roster = VirtualClock(START), Network(), roster
        self.stores = (Store(url, durable=False), Store(url, durable=False))
        channels: dict[str, Any] = {self.network.name: self.network}
        self.houses = [House(store, street, classifier, channels, self.clock) for store in self.stores]
        self.stage = Stage(self.houses[0], self.clock, self.network)  # type: ignore[arg-type]
        self.do(lambda tx: import_roster(tx, roster))
        self.do(_notices_posted)
        self._threads = ThreadPoolExecutor(max_workers=2)

    def do(self, change: Change, house: int = 0) -> Any:
        """One change with nobody beside it."""
        desk, now = self.houses[house].desk, self.clock.now()
        return self.stores[house].write_now(lambda db: change(desk.tx(db, now)))

    def rows(self, model: type[Any], *where: Any) -> list[Any]:
        """All rows of a table."""
        return self.stage.rows(model, *where)

    def at_once(self, first: Change, second: Change) -> tuple[Any, Any]:
        """``first`` by one process, held open before its commit until ``second`` by the other has begun and either
        ended or waits for it. What both returned, or why they must be tried again."""
        made, go = threading.Event(), threading.Event()

        def held(tx: Tx) -> Any:
            result = first(tx)
            made.set()
            assert go.wait(20), "the second change never came"
            return result

        one: Future[Any] = self._threads.submit(self.do, held, 0)
        while not made.wait(0.05):
            if one.done():  # it failed before it came so far
                one.result()
        two: Future[Any] = self._threads.submit(self.do, second, 1)
        self._until_it_waits(two)
        go.set()
        return _come_to(one), _come_to(two)

    def _until_it_waits(self, second: Future[Any]) -> None:
        """SQLite lets nobody begin while the first is open. PostgreSQL tells who waits for whom."""
        if self.stores[0].is_sqlite:
            return
        waits = text(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) OR NOT granted"
        )
        with self.stores[1].engine.connect() as db:
            while not second.done() and not db.execute(waits).scalar_one():
                db.rollback()

    def hears(self, line: Inbound) -> Waiting:
        """A message is taken in by the first process and not handled yet."""
        group = next((each.id for each in self._groups() if each.topic == line.room_id), None)
        self.do(lambda tx: messages.put_whole(tx.db, line, group, tx.now))
        lane = messages.lane_of(line)
        return self.stores[0].read_now(lambda db: messages.waiting(db, lane, 50))[-1]

    def handles(self, waiting: Waiting, house: int = 0, hold: Hold | None = None) -> Change:
        """The change that a message makes, by one of the processes under its lease of the room."""
        pipeline = self.houses[house].pipeline
        hearing = pipeline._hear(waiting.message)
        pipeline._share = _Holding(hold)
        return lambda tx: pipeline._handle(tx, waiting, hearing)

    def says(self, said: str, sender: str = "r1", **changes: Any) -> Waiting:
        """Somebody writes in the group, or with ``room_id=None`` to the bot."""
        return self.hears(self.stage.line(said, sender_id=sender, **changes))

    def reports(self, said: str = "电梯坏了，一直不动") -> Issue:
        """A resident tells of a matter and it is opened; the grid head has been told."""
        waiting = self.says(said)
        self.reported = waiting.message.message_id
        self.do(self.handles(waiting))
        self.do(due_steps)
        (row,) = self.rows(Issue)
        return row

    def issue(self) -> Any:
        """The only one."""
        (row,) = self.rows(Issue)
        return row

    def whats(self) -> list[str]:
        """The audit trail, in a word each."""
        return [event.what for event in self.rows(Event)]

    def _groups(self) -> list[Any]:
        return self.rows(GroupRow)

    def close(self) -> None:
        """Both."""
        self._threads.shutdown()
        for store in self.stores:
            store.close()


def _come_to(change: Future[Any]) -> Any:
    """What it returned, or the error after which a worker tries again."""
    try:
        return change.result(20)
    except StoreError as error:
        return error


class _Holding:
    """A share that shows this proof, right or wrong."""

    def __init__(self, hold: Hold | None) -> None:
        self._hold = hold

    def owns(self, lane: int) -> bool:
        return True

    def room(self, lane: int) -> Hold | None:
        return self._hold

    def holds(self, name: str) -> bool:
        return True

    def proof(self, name: str) -> Hold | None:
        return None


def _notices_posted(tx: Tx) -> None:
    tx.db.execute(update(table(GroupRow)).values(notice_at=tx.now))
    directory_changed(tx.db)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The shipped pack."""
    return load_classifier(cache_dir=tmp_path_factory.mktemp("dictionary"))


@pytest.fixture(scope="module")
def roster() -> Roster:
    """The example street."""
    return read_roster_checked(Path(__file__).parents[2] / "roster.example.toml")[0]


@pytest.fixture
async def pair(database_url: str, classifier: Classifier, roster: Roster) -> AsyncIterator[Pair]:
    """Two processes."""
    made = Pair(database_url, classifier, roster)
    yield made
    made.close()


both_ways = pytest.mark.parametrize("order", [1, -1], ids=["this-first", "that-first"])


@both_ways
async def test_a_reply_and_a_reminder(pair: Pair, order: int) -> None:
    pair.reports()
    await pair.houses[0].sender.step()
    pair.clock.move_to(pair.issue().next_at)
    reply = pair.handles(pair.says("收到，马上去看", HEAD, room_id=None), house=0 if order == 1 else 1)
    before = len(pair.network.sent)
    pair.at_once(*(reply, due_steps)[::order])
    assert pair.issue().state is IssueState.ANSWERED
    await pair.houses[0].sender.step()
    reminders = [row for row in pair.rows(Outbox) if row.rung and row.state is SendState.SENT]
    assert reminders == [], "who has replied is not reminded"
    assert all(message.purpose is not Purpose.REMINDER for message in pair.network.sent[before:])


@both_ways
async def test_two_reports_of_one_thing(pair: Pair, order: int) -> None:
    one, two = pair.says("电梯坏了，一直不动", "r1"), pair.says("电梯坏了，停在三楼不动了", "r2")
    both = [one, two][::order]
    if pair.stores[0].is_sqlite:  # whose file a second process is refused: only the transaction orders them
        pair.at_once(pair.handles(both[0]), pair.handles(both[1], 1))
    else:
        name, lane = "rooms:of-the-test", messages.lane_of(one.message)
        assert lane == messages.lane_of(two.message)
        fence = pair.do(lambda tx: leases.take(tx.db, "first", [name], 1))[name]

        def takes_over(tx: Tx) -> dict[str, int]:
            tx.db.execute(update(leases.LEASE).values(until=leases._NEVER))  # its time is over, while it works
            return leases.take(tx.db, "second", [name], 1)

        handled, taken = pair.at_once(pair.handles(both[0], 0, Hold(name, fence)), takes_over)
        assert handled != UNHANDLED, "who holds the room to the end of the transaction has handled it"
        held = Hold(name, taken[name])
        late = pair.do(pair.handles(both[1], 0, Hold(name, fence)))
        assert late == UNHANDLED, "who lost the room handles nothing more"
        assert pair.do(pair.handles(both[1], 1, held), 1) != UNHANDLED
    assert len(pair.rows(Issue)) == 1
    assert pair.whats().count("issue_opened") == 1
    assert pair.whats().count("report_joined") == 1


async def test_a_tick_and_a_tick(pair: Pair) -> None:
    pair.reports()
    pair.clock.move_to(pair.issue().next_at)
    told = len(pair.rows(Outbox))
    one, two = pair.at_once(due_steps, due_steps)
    assert one + two == 1
    assert pair.issue().rung == 1
    after = [row.target_id for row in pair.rows(Outbox)[told:]]
    assert after, "somebody is reminded"
    assert len(set(after)) == len(after), "nobody is reminded twice"


async def test_two_ticks_make_each_digest_once(pair: Pair) -> None:
    pair.do(digest.run_due)  # plans the first
    due = min(row.due_at for row in pair.rows(DigestRun))
    pair.clock.move_to(due)
    pair.at_once(digest.run_due, digest.run_due)
    sent = [row.target_id for row in pair.rows(Outbox) if row.purpose is Purpose.DIGEST]
    assert sorted(sent) == ["qian-wei", "zhao-min"]


@both_ways
async def test_a_recall_and_a_reply(pair: Pair, order: int) -> None:
    pair.reports()
    recall = pair.handles(
        pair.says("", "r1", kind=MessageKind.RECALL, recall_of=pair.reported), house=0 if order == 1 else 1
    )
    reply = pair.handles(pair.says("收到，马上去看", HEAD, room_id=None), house=1 if order == 1 else 0)
    pair.at_once(*(recall, reply)[::order])
    assert pair.issue().state is (IssueState.DISMISSED if order == 1 else IssueState.ANSWERED)
    assert "电梯坏了" not in pair.issue().summary, "the words are gone either way"
    assert ("issue_answered" in pair.whats()) == (order == -1)


@both_ways
async def test_a_change_of_the_roster_and_an_assignment(pair: Pair, order: int) -> None:
    waiting, without = pair.says("电梯坏了，一直不动"), _without(pair.roster, HEAD)
    report = pair.handles(waiting, house=1 if order == 1 else 0)

    def leaves(tx: Tx) -> None:
        import_roster(tx, without)

    for done in pair.at_once(*(leaves, report)[::order]):
        if isinstance(done, StoreError):  # as the room's worker does it
            pair.do(pair.handles(waiting))
    assignee = pair.issue().assignee_id
    assert assignee is not None
    assert assignee != HEAD, "nobody is left with an issue who is not there any more"


@both_ways
async def test_the_end_of_a_lease_and_a_sender_that_was_frozen(
    pair: Pair, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = pair.do(lambda tx: outbox.to_group(tx, 1, Letter(Purpose.ACK, "已登记")))
    frozen = replace_clock(monkeypatch, [0.0, 100.0 if order == 1 else 1.0])
    later = pair.clock.now() + timedelta(minutes=10)

    def lease_ends() -> None:
        desk = pair.houses[1].desk
        pair.stores[1].write_now(lambda db: outbox.expire_leases(desk.tx(db, later)))

    frozen.append(lease_ends if order == 1 else lambda: None)
    sender: Sender = pair.houses[0].sender
    await sender.step()
    if order == 1:
        assert pair.network.sent == [], "who wakes up after the end sends nothing"
        assert "send_unknown" in pair.whats(), "and meanwhile the operator saw it"
    else:
        lease_ends()
    monkeypatch.undo()
    for _ in range(3):
        pair.clock.move_to(pair.clock.now() + timedelta(minutes=10))
        pair.do(outbox.expire_leases, 1)
        await pair.houses[1].sender.step()
    assert [message.key for message in pair.network.sent] == [post], "in the group it stands once"
    (row,) = pair.rows(Outbox)
    assert row.state is SendState.SENT


def replace_clock(monkeypatch: pytest.MonkeyPatch, times: list[Any]) -> list[Any]:
    """The machine's seconds as the sender sees them: taken, then about to send. Returns a list to which what happens
    between the two is appended."""
    left, between = list(times), []

    def seconds() -> float:
        if len(left) == 1:
            for happens in between:
                happens()
        return float(left.pop(0)) if left else times[-1]

    monkeypatch.setattr(bot.sender, "monotonic", seconds)
    return between


async def test_a_process_killed_between_taking_and_sending_is_seen_by_the_operator(pair: Pair) -> None:
    post = pair.do(lambda tx: outbox.to_group(tx, 1, Letter(Purpose.ACK, "已登记")))
    fence = pair.do(lambda tx: outbox.claim(tx, post, "replay:main", GROUP))
    pair.clock.move_to(pair.clock.now() + timedelta(minutes=10))
    pair.do(outbox.expire_leases, 1)
    await pair.houses[1].sender.step()
    assert pair.network.sent == []
    (row,) = pair.rows(Outbox)
    assert row.state is SendState.UNKNOWN
    assert "send_unknown" in pair.whats()
    sent = Receipt(Outcome.SENT, "out-late")  # it had left, and its process hears of it only now
    pair.do(lambda tx: outbox.settle(tx, post, fence, sent, "group"))
    assert pair.rows(Outbox)[0].state is SendState.SENT


async def test_two_issues_that_open_at_once_under_a_new_policy(pair: Pair) -> None:
    one = pair.says("电梯坏了，一直不动", "r1")
    two = pair.says("路灯都不亮了，太黑了", "r2", room_id="文化小区2号楼业主群")
    pair.at_once(pair.handles(one), pair.handles(two, 1))
    assert len(pair.rows(Issue)) == 2
    assert len({(row.grid_id, row.number) for row in pair.rows(Issue)}) == 2


def _without(roster: Roster, person: str, other: str = "chen-jing") -> Roster:
    """The roster after somebody left; somebody else has what he did."""
    grids = tuple(
        replace(
            grid,
            duties={duty: tuple(other if each == person else each for each in of) for duty, of in grid.duties.items()},
        )
        for grid in roster.grids
    )
    return replace(roster, staff=tuple(each for each in roster.staff if each.id != person), grids=grids)
