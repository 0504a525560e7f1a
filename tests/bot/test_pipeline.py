"""From a channel to the handlers: order, fairness, poison, faults of the database, restarts."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

import bot.pipeline
from bot.pipeline import TRIES, RecentLines
from handlers.case import Case
from handlers.router import UNHANDLED
from store import messages
from store.tables import Event, MessageRow, MessageState, Seen, table

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage

MESSAGE = table(MessageRow)


class Handling:
    """Stands in for the router: notes who came, and does what a test wants."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.does: Callable[[Case], None] = lambda _case: None

    def __call__(self, case: Case) -> str:
        self.seen.append(case.message.text)
        self.does(case)
        return UNHANDLED


@pytest.fixture
def handling(monkeypatch: pytest.MonkeyPatch) -> Handling:
    handling = Handling()
    monkeypatch.setattr(bot.pipeline, "route", handling)
    monkeypatch.setattr(bot.pipeline, "DATABASE_PAUSE", 0.0)
    return handling


def states(stage: Stage) -> Counter[str]:
    return Counter(row.state.value for row in stage.rows(MessageRow))


async def test_a_room_is_handled_in_the_order_it_was_heard(stage: Stage, handling: Handling) -> None:
    for number in range(60):
        await stage.accept(stage.line(f"{number}"))
    await stage.house.pipeline.idle()
    assert handling.seen == [f"{number}" for number in range(60)]
    assert states(stage) == {"done": 60}


async def test_a_burst_taken_in_at_once_keeps_its_order(stage: Stage, handling: Handling) -> None:
    lines = [stage.line(f"{number}") for number in range(60)]
    await asyncio.gather(*(stage.accept(line) for line in lines))
    await stage.house.pipeline.idle()
    assert handling.seen == [f"{number}" for number in range(60)]


async def test_a_storm_in_one_room_does_not_make_another_wait_for_its_end(stage: Stage, handling: Handling) -> None:
    storm = [stage.line(f"storm {number}") for number in range(300)]
    other = stage.line("other", room_id="平安里1号楼业主群")
    gate = threading.Event()
    blocked = asyncio.ensure_future(stage.store.write(lambda _db: gate.wait(10)))
    taking = [asyncio.ensure_future(stage.accept(line)) for line in [*storm, other]]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(blocked, *taking)
    await stage.house.pipeline.idle()
    assert handling.seen.index("other") < 20
    assert len(handling.seen) == 301


async def test_direct_messages_of_two_people_are_two_rooms(
    stage: Stage, handling: Handling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.pipeline, "DATABASE_PAUSE", 3600.0)

    def stuck(case: Case) -> None:
        if case.message.sender_id == "r1":
            raise OperationalError("stuck", None, Exception())

    handling.does = stuck
    await stage.accept(stage.line("a", room_id=None, sender_id="r1"))
    await stage.accept(stage.line("b", room_id=None, sender_id="r2"))
    while "done" not in states(stage):  # noqa: ASYNC110  the database is what is waited for
        await asyncio.sleep(0)
    assert states(stage) == {"read": 1, "done": 1}


async def test_a_poisoned_message_is_set_aside_and_the_room_goes_on(
    stage: Stage, handling: Handling, caplog: pytest.LogCaptureFixture
) -> None:
    def poison(case: Case) -> None:
        assert case.identity
        if case.text == "poison 秘密":
            raise RuntimeError("cannot handle")

    handling.does = poison
    for text in ("before", "poison 秘密", "after"):
        await stage.accept(stage.line(text))
    await stage.house.pipeline.idle()
    assert handling.seen == ["before", *["poison 秘密"] * TRIES, "after"]
    assert states(stage) == {"done": 2, "set_aside": 1}
    assert [row.failures for row in stage.rows(MessageRow, MESSAGE.c.state == "set_aside")] == [TRIES]
    assert [event.what for event in stage.rows(Event) if event.what == "message_set_aside"] == ["message_set_aside"]
    assert not any("秘密" in record.getMessage() for record in caplog.records)


async def test_a_fault_of_the_database_is_tried_until_it_is_over(stage: Stage, handling: Handling) -> None:
    left = TRIES + 5

    def gone(_case: Case) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            raise OperationalError("the database is away", None, Exception())

    handling.does = gone
    await stage.accept(stage.line("one"))
    await stage.accept(stage.line("two"))
    await stage.house.pipeline.idle()
    assert states(stage) == {"done": 2}
    assert [row.failures for row in stage.rows(MessageRow)] == [0, 0]


async def test_a_fault_while_a_failure_is_noted_never_ends_the_workers(
    stage: Stage, handling: Handling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(case: Case) -> None:
        if case.text == "poison":
            raise RuntimeError("cannot handle")

    faults = iter([True, True, False, True])
    original = messages.put_failure

    def sometimes(*args: Any, **kwargs: Any) -> None:
        if next(faults, False):
            raise OperationalError("the disk is full", None, Exception())
        original(*args, **kwargs)

    handling.does = poison
    monkeypatch.setattr(messages, "put_failure", sometimes)
    await stage.accept(stage.line("poison"))
    await stage.accept(stage.line("after"))
    await stage.house._still_working()
    await stage.house.pipeline.idle()
    assert states(stage) == {"done": 1, "set_aside": 1}


async def test_a_restart_handles_what_was_left_exactly_once_and_in_order(build: Build, handling: Handling) -> None:
    first = build()
    for number in range(20):
        await first.accept(first.line(f"{number}"))
    assert handling.seen == []
    second = build()
    assert await second.house.start() == 20
    await second.house.pipeline.idle()
    assert handling.seen == [f"{number}" for number in range(20)]
    third = build()
    assert await third.house.start() == 0


async def test_a_message_queued_twice_is_handled_once(build: Build, handling: Handling) -> None:
    stage = build()
    await stage.accept(stage.line("once"))
    await stage.house.start()
    await stage.house.pipeline.idle()
    assert handling.seen == ["once"]
    assert states(stage) == {"done": 1}


async def test_the_same_id_is_taken_once_for_each_account(stage: Stage, handling: Handling) -> None:
    line = stage.line("one")
    assert await stage.accept(line)
    assert not await stage.accept(line)
    assert not any(await asyncio.gather(*(stage.accept(line) for _ in range(10))))
    assert await stage.accept(stage.line("two", message_id=line.message_id, account="second"))
    await stage.house.pipeline.idle()
    assert sorted(handling.seen) == ["one", "two"]


async def test_two_at_once_with_one_id_are_taken_once(stage: Stage, handling: Handling) -> None:
    line = stage.line("one")
    taken = await asyncio.gather(*(stage.accept(line) for _ in range(10)))
    await stage.house.pipeline.idle()
    assert sum(taken) == 1
    assert handling.seen == ["one"]


async def test_an_id_is_durable_before_its_payload_is_read(stage: Stage, handling: Handling) -> None:
    intake = stage.house.pipeline.intake("replay")
    arrival = await intake.heard("main", "m77")
    assert arrival is not None
    assert states(stage) == {"heard": 1}
    assert await intake.heard("main", "m77") is None
    assert [(left.arrival, left.message_id) for left in await intake.unread("main")] == [(arrival, "m77")]
    assert not await intake.unread("second")
    await intake.read(arrival, stage.line("late", message_id="m77"))
    await stage.house.pipeline.idle()
    assert handling.seen == ["late"]
    assert not await intake.unread("main")


async def test_a_payload_given_twice_is_handled_once(stage: Stage, handling: Handling) -> None:
    intake = stage.house.pipeline.intake("replay")
    arrival = await intake.heard("main", "m77")
    assert arrival is not None
    await asyncio.gather(*(intake.read(arrival, stage.line("late", message_id="m77")) for _ in range(3)))
    await stage.house.pipeline.idle()
    assert handling.seen == ["late"]


async def test_a_payload_nobody_can_read_counts_as_unheard(stage: Stage, handling: Handling) -> None:
    intake = stage.house.pipeline.intake("replay")
    arrival = await intake.heard("main", "m77")
    assert arrival is not None
    await intake.unreadable(arrival, "no answer")
    assert states(stage) == {"unheard": 1}
    await intake.read(arrival, stage.line("too late", message_id="m77"))
    await stage.house.pipeline.idle()
    assert handling.seen == []
    assert await stage.store.read(messages.counts) == {"heard": 0, "read": 0, "unheard": 1, "set_aside": 0}


async def test_an_unreadable_that_comes_after_the_payload_changes_nothing(stage: Stage, handling: Handling) -> None:
    intake = stage.house.pipeline.intake("replay")
    arrival = await intake.heard("main", "m77")
    assert arrival is not None
    await intake.read(arrival, stage.line("read", message_id="m77"))
    await intake.unreadable(arrival, "late")
    await stage.house.pipeline.idle()
    assert states(stage) == {"done": 1}


@pytest.mark.parametrize("text", ["零\x00字节", "半个\ud83d表情", "长" * 100_000, "\u202e反向", ""])
async def test_hostile_text_is_stored_and_handled(stage: Stage, handling: Handling, text: str) -> None:
    await stage.accept(stage.line(text, sender_name=text, sender_alias=text, quote_text=text))
    await stage.house.pipeline.idle()
    assert states(stage) == {"done": 1}
    stored = stage.rows(MessageRow)[0].body
    assert stored == text.replace("\x00", "").replace("\ud83d", "?")


async def test_a_silence_of_an_account_is_written_down(stage: Stage) -> None:
    from datetime import timedelta

    from store.tables import CoverageGap

    since = stage.clock.now() - timedelta(minutes=7)
    await stage.house.pipeline.intake("replay").gap("main", since, stage.clock.now(), "gateway away")
    (gap,) = stage.rows(CoverageGap)
    assert (gap.since, gap.until, gap.reason) == (since, stage.clock.now(), "gateway away")


async def test_stopping_leaves_what_is_not_handled_for_the_next_start(build: Build, handling: Handling) -> None:
    stage = build()
    await stage.house.start()

    def stuck(_case: Case) -> None:
        raise OperationalError("away", None, Exception())

    handling.does = stuck
    await stage.accept(stage.line("one"))
    await stage.house.drain(0.05)
    stage.store.close()  # a try in the writer's hands ends with it
    handling.does = lambda _case: None
    again = build()
    assert await again.house.start() == 1
    await again.house.pipeline.idle()
    assert states(again) == {"done": 1}


def test_the_last_lines_of_a_sender_are_remembered_for_three_minutes(line_at: Callable[..., Any]) -> None:
    recent = RecentLines()
    for second, text in ((0, "一"), (30, "二"), (170, "三")):
        recent.add(line_at(second, text))
    recent.add(line_at(100, "别人", sender_id="r2"))
    assert recent.before(line_at(180, "四")) == ["一", "二", "三"]
    assert recent.before(line_at(181, "四")) == ["二", "三"]
    assert recent.before(line_at(180, "四", room_id="别的群")) == []


@pytest.fixture
def line_at() -> Callable[..., Any]:
    from datetime import UTC, datetime, timedelta

    from domain.messages import Inbound

    start = datetime(2026, 12, 1, tzinfo=UTC)
    return lambda second, text, **changes: Inbound(
        **{
            "channel": "replay",
            "account": "main",
            "message_id": text,
            "room_id": "群",
            "sender_id": "r1",
            "sent_at": start + timedelta(seconds=second),
            "text": text,
        }
        | changes
    )


async def test_only_dedup_keys_of_the_last_days_are_kept(stage: Stage, handling: Handling) -> None:
    await stage.accept(stage.line("old"))
    await stage.pass_time(days=8)
    await stage.accept(stage.line("new"))
    await stage.pass_time(days=1)
    assert [row.message_id for row in stage.rows(Seen)] == ["m2"]
    assert stage.rows(MessageRow)[0].state is MessageState.DONE
