"""A network that raises, that is slow, and a flood: hearing goes on, posts stand once, and the graver leaves first."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import bot.pipeline
from domain.messages import Outbound, Outcome, Receipt
from domain.street import Street
from domain.words import Purpose, SendState, Urgency
from handlers.case import Case
from handlers.router import UNHANDLED
from store import outbox
from store.outbox import Letter
from store.tables import Event, MessageRow, MessageState, Outbox

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage

GROUPS = ("文化小区1号楼业主群", "文化小区2号楼业主群", "文化小区3号楼业主群")


async def queued(stage: Stage, work: Any) -> int:
    made = await stage.house.desk.write(stage.clock.now(), work)
    assert made is not None
    return int(made)


async def test_a_channel_that_raises_on_every_third_send(build: Build, street: Street) -> None:
    calls = 0

    def third(message: Outbound) -> Receipt:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            raise ConnectionResetError("gateway away")
        return Receipt(Outcome.SENT, f"out-{message.key}-{calls}")

    fast = replace(street, pace=replace(street.pace, room_seconds=0.0, account_seconds=0.0))
    stage = build(plan=third, street=fast)
    await stage.house.start()
    posts = [
        await queued(stage, lambda tx, n=n: outbox.to_group(tx, n % 3 + 1, Letter(Purpose.ACK, f"已登记 #{n}")))
        for n in range(30)
    ]
    direct = [
        await queued(stage, lambda tx, n=n: outbox.to_staff(tx, "wang-qiang", Letter(Purpose.REMINDER, f"催办 {n}")))
        for n in range(30)
    ]
    await stage.pass_time(hours=1)
    tried = Counter(message.key for message in stage.network.sent)
    states = {row.id: row.state for row in stage.rows(Outbox)}
    assert {tried[key] for key in posts} == {1}, "a post of unknown fate is never repeated"
    unknown = [key for key in posts if states[key] is SendState.UNKNOWN]
    assert unknown
    assert {states[key] for key in posts} == {SendState.SENT, SendState.UNKNOWN}
    recorded = {event.data["outbox"] for event in stage.rows(Event) if event.what == "send_unknown"}
    assert set(unknown) <= recorded, "the operator sees every one"
    lost = [key for key in direct if states[key] is not SendState.SENT]
    assert len(lost) <= 3, "who is told in person is told again, a few times"
    assert {states[key] for key in lost} <= {SendState.UNKNOWN}
    assert all(tried[key] > 1 for key in lost)


async def test_hearing_goes_on_while_every_send_hangs(build: Build, street: Street) -> None:
    fast = replace(street, pace=replace(street.pace, room_seconds=0.0, account_seconds=0.0))
    stage = build(street=fast)
    open_again, begun = asyncio.Event(), []

    async def hangs(message: Outbound) -> Receipt:
        begun.append(message.text)
        await open_again.wait()
        return Receipt(Outcome.SENT, f"out-{message.key}")

    stage.network.send = hangs  # type: ignore[method-assign]
    await stage.house.start()
    running = asyncio.create_task(stage.house.sender.run())
    for number in range(10):
        await queued(stage, lambda tx, n=number: outbox.to_group(tx, n % 3 + 1, Letter(Purpose.ACK, f"已登记 #{n}")))
    stage.house.sender.wake()
    for number in range(200):
        await stage.accept(stage.line(f"早上好 {number}", room_id=GROUPS[number % 3]))
    await asyncio.wait_for(stage.house.pipeline.idle(), 20)
    assert Counter(row.state for row in stage.rows(MessageRow)) == {MessageState.DONE: 200}
    alarm = Letter(Purpose.REMINDER, "起火", urgency=Urgency.EMERGENCY)
    await queued(stage, lambda tx: outbox.to_staff(tx, "wang-qiang", alarm))
    stage.house.sender.wake()
    async with asyncio.timeout(20):
        while "起火" not in begun:  # noqa: ASYNC110  the database is what is waited for
            await asyncio.sleep(0)
    assert len(begun) <= 12, "the emergency leaves before the acknowledgements that wait"
    open_again.set()
    async with asyncio.timeout(30):
        while any(row.state is not SendState.SENT for row in stage.rows(Outbox)):  # noqa: ASYNC110  the database is what is waited for
            await asyncio.sleep(0.01)
    stage.house.sender.stop()
    await asyncio.wait_for(running, 10)


class Order:
    """Stands in for the router and notes whose turn it was."""

    def __init__(self) -> None:
        self.rooms: list[str] = []

    def __call__(self, case: Case) -> str:
        self.rooms.append(case.message.room_id or "")
        return UNHANDLED


def _memory() -> float:
    """The most this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(
    "storm", [pytest.param(3_000, id="3000"), pytest.param(50_000, id="50000", marks=pytest.mark.soak)]
)
async def test_a_flood_of_one_group_keeps_the_others_waiting_for_a_bounded_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, storm: int
) -> None:
    order = Order()
    monkeypatch.setattr(bot.pipeline, "route", order)
    intake, before = stage.house.pipeline.intake("replay"), _memory()
    most, others = 0, 0
    waits: list[int] = []
    for start in range(0, storm, 500):
        await intake.accept_all([stage.line(f"风暴 {start + at}") for at in range(500)])
        most = max(most, stage.house.pipeline._in_memory)
        asked = len(order.rooms)
        for quiet in GROUPS[1:]:
            await stage.accept(stage.line("早上好", room_id=quiet))
            others += 1
        async with asyncio.timeout(60):
            while sum(room != GROUPS[0] for room in order.rooms) < others:  # noqa: ASYNC110  the database is what is waited for
                await asyncio.sleep(0)
        waits.append(len(order.rooms) - asked)
    await asyncio.wait_for(stage.house.pipeline.idle(), 30 + storm / 200)
    grown = _memory() - before
    print(f"{storm} in a storm: others waited for {max(waits)} messages at most, {most} in memory, {grown:.0f} MiB")  # noqa: T201
    assert Counter(row.state for row in stage.rows(MessageRow)) == {MessageState.DONE: storm + others}
    assert len(order.rooms) == storm + others, "none was dropped, none came twice"
    assert max(waits) <= 2 * bot.pipeline.WORKERS, "a quiet group's turn comes, however long the storm's queue is"
    assert most <= bot.pipeline.ROOM_MOST + len(GROUPS) * 2
    assert grown < 60
