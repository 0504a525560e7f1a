"""A small street on a real SQLite store, a scripted sandbox that writes its rows, and the pages served for real.

The sandbox here is a stand-in with three lines of wit: «电梯» opens an issue, a digit or «收到» answers it,
«修好» ends it. Everything it changes goes through the store as the service's own changes do.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar, web
from sqlalchemy import select, update
from sqlmodel import SQLModel

from domain import wording
from domain.calendar import WorkingCalendar, chinese_workday
from domain.decide import Action, decide
from domain.hearing import Evidence, Matter, Place
from domain.messages import ChannelState, Inbound, LinkState, Outcome, Receipt
from domain.places import Building, Community, Grid, Group, Person, Roster
from domain.policy import Policy
from domain.ports import Health, Line, Resident
from domain.street import Street
from domain.words import Category, Duty, IssueState, MessageKind, Purpose, SendState, Tier, Urgency, Verdict
from store import bell, issues, messages, outbox, people, prompts
from store.directory import Directories
from store.engine import Store
from store.issues import Report
from store.outbox import OUTBOX, Letter
from store.roster import import_roster
from store.tables import GroupRow, table
from store.tx import Cause, Tx, frozen_policy
from web.app import make_app

TOKEN = "a-token-of-the-tests"
START = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)  # Tuesday 09:30 in the street's zone
GROUP = "一号楼群"
ANSWER_WORDS = ("2", "收到")

STREET = Street(
    "平原街道",
    WorkingCalendar(
        ZoneInfo("Asia/Shanghai"),
        ((time(8), time(12)), (time(14), time(18))),
        (time(22), time(7)),
        partial(chinese_workday, holidays=frozenset(), workdays=frozenset()),
    ),
    Policy(),
)

ROSTER = Roster(
    staff=tuple(
        Person(key, name)
        for key, name in (
            ("zhao", "赵敏"),
            ("sun", "孙丽"),
            ("wang", "王强"),
            ("li", "李娜"),
            ("liu", "刘淑兰"),
            ("chen", "陈静"),
        )
    ),
    communities=(Community("文化社区", {Duty.SECTION_CHIEF: ("zhao",), Duty.COMMUNITY_SECRETARY: ("sun",)}),),
    grids=(
        Grid("文化第一网格", "文化社区", {Duty.GRID_HEAD: ("wang",), Duty.GRID_MEMBER: ("li",)}),
        Grid("文化第二网格", "文化社区", {Duty.GRID_HEAD: ("chen",)}),
    ),
    buildings=(
        Building("一号楼", "文化第一网格", {Duty.BUILDING_LEAD: ("liu",)}),
        Building("二号楼", "文化第二网格"),
    ),
    groups=(Group(GROUP, ("一号楼",)), Group("二号楼群", ("二号楼",))),
)

RESIDENTS = (
    Resident("r1", "王芳", "3-2-501 王芳", GROUP),
    Resident("r2", "周建", "1-1-302 周建", GROUP),
    Resident("r3", "何敏", "2-1-101 何敏", "二号楼群"),
)


def elevator(text: str, urgency: Urgency = Urgency.URGENT) -> Matter:
    """A matter of the category elevator, with its words as evidence."""
    found = [Evidence("elevator.stopped", "电梯", text.find("电梯"), text.find("电梯") + 2, "topic")]
    if "停" in text:
        found.append(Evidence("elevator.stopped", "停", text.find("停"), text.find("停") + 1, "sign"))
    place = Place(unit="3")
    return Matter(Verdict.ISSUE, Category.ELEVATOR, Tier.SMALL, urgency, 0.9, place, (), tuple(found))


class FakeSandbox:
    """A ``SandboxPort`` over the store. ``lines`` keeps what was said; ``fail`` makes the next call raise."""

    def __init__(self, store: Store) -> None:
        self.residents = RESIDENTS
        self.lines: list[Line] = []
        self.fail: Exception | None = None
        self.hold: asyncio.Event | None = None
        self._store, self._now, self._directories = store, START, Directories()
        self._count = itertools.count(1)
        self._seq = 0
        self._waiting: set[asyncio.Event] = set()

    def now(self) -> datetime:
        return self._now

    async def say(self, line: Line) -> str:
        if self.fail is not None:
            raise self.fail
        self.lines.append(line)
        message_id = f"in-{next(self._count)}"
        await self._write(lambda tx: self._heard(tx, line, message_id))
        self._changed()
        return message_id

    async def advance(self, until: datetime) -> None:
        if until <= self._now:
            raise ValueError("that is in the past")
        if self.hold is not None:
            await self.hold.wait()
        while (due := await self._store.read(_next_at)) is not None and due <= until:
            self._now = max(self._now, due)
            await self._write(self._tick)
            self._changed()
        self._now = until
        self._changed()

    async def changes(self) -> AsyncIterator[int]:
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            while True:
                await woken.wait()
                woken.clear()
                yield self._seq
        finally:
            self._waiting.discard(woken)

    @property
    def listeners(self) -> int:
        return len(self._waiting)

    def _changed(self) -> None:
        self._seq += 1
        for woken in self._waiting:
            woken.set()

    async def _write(self, work: Any) -> None:
        def run(db: Any) -> None:
            tx = Tx(db, self._now, STREET, self._directories.current(db))
            work(tx)
            send_all(tx)

        await self._store.write(run)

    def _heard(self, tx: Tx, line: Line, message_id: str) -> None:
        group = tx.directory.group_of("sandbox", "sandbox", line.group) if line.group else None
        message = inbound(line, message_id, self._now)
        if group is not None and group.notice_at is None:
            return
        row_id = messages.put_whole(tx.db, message, group.id if group else None, self._now)
        messages.put_done(tx.db, row_id)
        identity = people.identity(tx, ("sandbox", "sandbox", line.sender), line.sender_alias or line.sender_name)
        report = Report(row_id, message_id, identity, line.sender)
        if line.recall_of is not None:
            recalled = messages.by_external(tx.db, group.id if group else None, line.recall_of)
            assert recalled is not None
            messages.blank(tx.db, recalled.id)
        elif group is not None and "电梯" in line.text:
            open_elevator(tx, group.id, report, line.text)
        elif line.sender in tx.directory.people:
            reply(tx, line, message_id)

    def _tick(self, tx: Tx) -> None:
        for issue_id in issues.due(tx, 100):
            issue = issues.load(tx, issue_id)
            decision = decide(issues.facts(issue), frozen_policy(tx, issue.policy_id), STREET.calendar, tx.now)
            if decision.action is Action.RING:
                bell.ring(tx, issue, decision)
            elif decision.action is Action.CLOSE:
                issues.close(tx, issue, Cause(reason=decision.reason))
            else:
                issues.ask_handled(tx, issue, Cause(reason=decision.reason))


def inbound(line: Line, message_id: str, now: datetime) -> Inbound:
    """A line as the sandbox channel delivers it."""
    return Inbound(
        channel="sandbox",
        account="sandbox",
        message_id=message_id,
        room_id=line.group,
        sender_id=line.sender,
        sent_at=now,
        text=line.text,
        kind=line.kind,
        sender_name=line.sender_name,
        sender_alias=line.sender_alias,
        quote=line.quote,
        mentions=line.mentions,
        recall_of=line.recall_of,
    )


def open_elevator(tx: Tx, group_id: int, report: Report, text: str) -> None:
    """A second report joins, the first one opens, acknowledges and rings."""
    live = [one for one in issues.of_group(tx, group_id) if one.state is IssueState.OPEN]
    if live:
        issues.join_report(tx, live[0], report)
        return
    building = tx.directory.groups[group_id].buildings[0]
    urgency = Urgency.EMERGENCY if "困" in text else Urgency.URGENT
    place, head = issues.Place(group_id, building), issues.responsible(tx, building)
    issue = issues.open_issue(
        tx, elevator(text, urgency), place, report, text=text, state=IssueState.OPEN, assignee=head
    )
    bell.acknowledge(tx, issue, bell.words(tx, issue))
    bell.ring(tx, issue, decide(issues.facts(issue), STREET.policy, STREET.calendar, tx.now))


def reply(tx: Tx, line: Line, message_id: str) -> None:
    """A digit or a word of a staff member settles or quiets the newest open issue of the street."""
    live = issues.of_buildings(tx, list(tx.directory.buildings), (IssueState.OPEN, IssueState.ANSWERED))
    if not live:
        return
    cause = Cause(line.sender, message_id)
    asked = [prompt for prompt in prompts.open_of(tx, f"staff:{line.sender}") if prompt.issue_id == live[0].id]
    if asked:
        prompts.answered(tx, asked[0], cause, line.text[:1])
    if "修好" in line.text or line.text == "1":
        issue = issues.resolve(tx, live[0], cause, by_staff=True)
        bell.tell_result(tx, issue, tx.directory.name(line.sender), survey=True)
    elif line.text.startswith(ANSWER_WORDS):
        issue = issues.answer(tx, live[0], cause)
    if line.group is None:
        outbox.to_staff(tx, line.sender, Letter(Purpose.ACK, wording.noted(live[0].number, "已记下"), live[0].id))


def send_all(tx: Tx) -> None:
    """Everything queued arrives at once."""
    queued = tx.db.execute(select(OUTBOX).where(OUTBOX.c.state == SendState.QUEUED).order_by(OUTBOX.c.id)).all()
    for row in queued:
        fence = outbox.claim(tx, row.id, "sandbox:sandbox", row.target_id)
        if fence is not None:
            receipt = Receipt(Outcome.SENT, f"out-{row.id}")
            outbox.settle(tx, row.id, fence, receipt, f"{row.target}:{row.target_id}")


def _next_at(db: Any) -> datetime | None:
    chosen = select(issues.ISSUE.c.next_at).where(issues.ISSUE.c.next_at.is_not(None))
    return db.execute(chosen.order_by(issues.ISSUE.c.next_at).limit(1)).scalar()  # type: ignore[no-any-return]


@dataclass
class FakeHealth:
    """A ``HealthPort`` that says what the test wants."""

    said: Health = field(default_factory=lambda: Health(True, True, (), {"inbox_waiting": 3, "oldest due/s": 1.5}))

    async def health(self) -> Health:
        return self.said

    def channels(self) -> Mapping[str, ChannelState]:
        return {"wechaty:main": ChannelState(LinkState.WAITING, "等待扫码")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database with the roster; the first group has its notice, the second has not."""
    opened = Store(f"sqlite:///{tmp_path / 'street.db'}", durable=False)
    SQLModel.metadata.create_all(opened.engine)
    groups = table(GroupRow)

    def fill(db: Any) -> None:
        import_roster(Tx(db, START, STREET, Directories().current(db)), ROSTER)
        db.execute(update(groups).where(groups.c.key == GROUP).values(notice_at=START - timedelta(days=3)))

    opened.write_now(fill)
    yield opened
    opened.close()


@pytest.fixture
def sandbox(store: Store) -> FakeSandbox:
    """The scripted sandbox."""
    return FakeSandbox(store)


@pytest.fixture
def health() -> FakeHealth:
    """A healthy service, until the test says otherwise."""
    return FakeHealth()


@dataclass(frozen=True)
class Site:
    """A served application: its address and a visitor who followed the printed link."""

    url: str
    visitor: ClientSession
    stranger: ClientSession
    headers: dict[str, str]

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Send JSON as the page does."""
        async with self.visitor.post(self.url + path, json=body, headers=self.headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, Any]:
        """Read JSON as the page does."""
        async with self.visitor.get(self.url + path) as answer:
            return answer.status, await answer.json()

    async def text(self, path: str) -> str:
        """Read a page."""
        async with self.visitor.get(self.url + path) as answer:
            assert answer.status == 200
            return await answer.text()


async def serve(app: web.Application, shutdown_seconds: float = 5) -> tuple[web.AppRunner, str]:
    """Start an application on a free loopback port."""
    runner = web.AppRunner(app, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def visit(app: web.Application) -> AsyncIterator[Site]:
    """Serve and follow the printed link."""
    runner, url = await serve(app)
    jar = CookieJar(unsafe=True)
    async with ClientSession(cookie_jar=jar) as visitor, ClientSession() as stranger:
        async with visitor.get(f"{url}/?token={TOKEN}") as answer:
            assert answer.status == 200
        yield Site(url, visitor, stranger, {"Origin": url})
    await runner.cleanup()


@pytest_asyncio.fixture
async def visitor() -> AsyncIterator[ClientSession]:
    """A browser without pages: it keeps cookies."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


@pytest_asyncio.fixture
async def site(store: Store, sandbox: FakeSandbox, health: FakeHealth) -> AsyncIterator[Site]:
    """The pages of the sandbox."""
    async for one in visit(make_app(store, STREET, health, token=TOKEN, clock=sandbox.now, sandbox=sandbox)):
        yield one


@pytest_asyncio.fixture
async def console(store: Store, sandbox: FakeSandbox, health: FakeHealth) -> AsyncIterator[Site]:
    """The pages beside a real channel: the same store, no sandbox."""
    app = make_app(store, STREET, health, token=TOKEN, clock=sandbox.now, self_guarded=("/hooks/",))

    async def hook(_request: web.Request) -> web.Response:
        return web.Response(text="taken")

    app.router.add_post("/hooks/in", hook)
    async for one in visit(app):
        yield one


def resident(index: int, text: str, **changes: Any) -> Line:
    """A line of one of the residents in their group."""
    one = RESIDENTS[index]
    said = Line(one.id, text, one.group, one.name, one.alias)
    return replace(said, **changes)


def recall_of(line: Line, message: str) -> Line:
    """The recall of a message by its writer."""
    return replace(line, text="", kind=MessageKind.RECALL, recall_of=message)
