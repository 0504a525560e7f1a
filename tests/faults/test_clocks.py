"""The clock is set forward and back, and summer time begins and ends: nothing is forgotten, nothing told twice."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.config import settings_of
from bot.jumps import Jumps, begin_again
from domain.pacing import Bucket
from domain.words import IssueState, Purpose
from handlers.classify import Classifier, load_classifier
from store.tables import DigestRun, Issue

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage

HEAD = "wang-qiang"


class SetClock:
    """A clock that somebody sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """As it was set."""
        return self.at

    def move_to(self, at: datetime) -> None:
        """Wherever to."""
        self.at = at


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The shipped pack."""
    return load_classifier(cache_dir=tmp_path_factory.mktemp("dictionary"))


@pytest.fixture
async def told_of(build: Build, classifier: Classifier) -> Stage:
    """A street at ten where a lift was reported and its grid head was told; its clock can be set."""
    stage = build(classifier=classifier)
    clock = SetClock(stage.clock.now())
    stage.clock = stage.house.clock = stage.house.sender._clock = stage.house.pipeline.clock = clock  # type: ignore[assignment]
    await stage.house.start()
    await stage.accept(stage.line("电梯坏了，一直不动"))
    await stage.pass_time(minutes=1)
    return stage


def to_head(stage: Stage) -> list[str]:
    return [message.text for message in stage.network.sent if message.conversation == HEAD]


async def test_set_forward_by_hours_each_is_told_once(told_of: Stage) -> None:
    before = Counter(message.conversation for message in told_of.network.sent)
    told_of.clock.move_to(told_of.clock.now() + timedelta(hours=6))
    await told_of.pass_time(minutes=1)
    after = Counter(message.conversation for message in told_of.network.sent) - before
    assert after[HEAD] == 1
    assert set(after.values()) == {1}, "six hours are one reminder, not twelve"
    (issue,) = told_of.rows(Issue)
    assert issue.next_at > told_of.clock.now()


async def test_set_back_by_hours_what_is_heard_now_is_answered_now(told_of: Stage) -> None:
    was = told_of.clock.now()
    posted = len(told_of.network.sent)
    told_of.clock.move_to(was - timedelta(hours=2))
    await told_of.accept(told_of.line("路灯都不亮了，太黑了", sender_id="r2"))
    await told_of.pass_time(minutes=2)
    assert any("路灯" in message.text for message in told_of.network.sent[posted:]), "nobody waits until ten again"
    assert [message.text for message in told_of.network.sent[posted:] if "电梯" in message.text] == []
    reminded = len(to_head(told_of))
    told_of.clock.move_to(was)
    await told_of.pass_time(minutes=40)
    assert len(to_head(told_of)) > reminded, "no reminder was lost"
    rungs = Counter(
        (message.conversation, message.text) for message in told_of.network.sent if message.purpose is Purpose.REMINDER
    )
    assert set(rungs.values()) <= {1}, "none was told twice"
    await told_of.accept(told_of.line("#1 收到，马上去看", sender_id=HEAD, room_id=None))
    await told_of.pass_time(minutes=1)
    assert IssueState.ANSWERED in {issue.state for issue in told_of.rows(Issue)}


async def test_what_was_queued_before_the_clock_was_set_back_leaves_now(stage: Stage) -> None:
    from store import outbox
    from store.outbox import Letter

    clock = SetClock(stage.clock.now())
    stage.house.sender._clock = clock
    letter = Letter(Purpose.REMINDER, "请处理")
    await stage.house.desk.write(clock.now(), lambda tx: outbox.to_staff(tx, HEAD, letter))
    clock.move_to(clock.now() - timedelta(hours=2))
    await stage.house.sender.step()
    assert [message.text for message in stage.network.sent] == ["请处理"]


def test_a_bucket_does_not_wait_for_an_instant_of_another_clock() -> None:
    bucket, now = Bucket(timedelta(seconds=3)), datetime(2026, 12, 1, 2, tzinfo=UTC)
    full_at = bucket.taken(None, now)
    assert bucket.turn(full_at, now) == now + timedelta(seconds=3)
    assert bucket.turn(full_at, now - timedelta(hours=3)) == now - timedelta(hours=3)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_jump_is_told_from_time_that_passes(hours: int) -> None:
    clock, seconds = SetClock(datetime(2026, 12, 1, 2, tzinfo=UTC)), [0.0]
    jumps = Jumps(clock, lambda: seconds[0])
    for _ in range(3):
        clock.at += timedelta(seconds=60)
        seconds[0] += 60
        assert jumps.looked() == timedelta()
    clock.at += timedelta(hours=hours)
    assert jumps.looked() == timedelta(hours=hours)
    assert jumps.looked() == timedelta()


async def test_the_scheduler_goes_on_when_its_next_instant_is_hours_away() -> None:
    ran = asyncio.Event()

    async def tick() -> None:
        ran.set()

    scheduler = AsyncIOScheduler()
    scheduler.add_job(tick, "interval", seconds=2, coalesce=True, misfire_grace_time=None)
    scheduler.start()
    try:
        (job,) = scheduler.get_jobs()
        job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=3))  # as after the clock was set back
        begin_again(scheduler, datetime.now(UTC))
        await asyncio.wait_for(ran.wait(), 10)
    finally:
        scheduler.shutdown(wait=False)


CHANGES = {
    "Asia/Shanghai": (2026, 10, 24),
    "Europe/Berlin": (2026, 10, 24),  # the 25th has 25 hours
    "America/New_York": (2027, 3, 13),  # the 14th has 23 hours
}


@pytest.mark.parametrize("zone", CHANGES)
async def test_a_day_of_23_or_25_hours_has_one_digest_and_its_quiet_hours(build: Build, zone: str) -> None:
    street = settings_of({"street": {"zone": zone}, "digest": {"at": "02:30"}}, "the test").as_street()
    street = replace(street, pace=replace(street.pace, jitter_seconds=0.0))
    began = datetime(*CHANGES[zone], 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type]
    stage = build(street=street, at=began)
    await stage.house.start()
    await stage.pass_time(days=3)
    made = [row for row in stage.rows(DigestRun) if row.made_at is not None and row.chief_id == "zhao-min"]
    days = Counter(street.local(row.due_at).date() for row in made)
    assert set(days.values()) == {1}, days
    assert len([day for day in days if day > street.local(began).date()]) == 3
    assert {later.since - earlier.due_at for earlier, later in itertools.pairwise(made)} <= {timedelta()}
    sent = [message for message in stage.network.sent if message.purpose is Purpose.DIGEST]
    assert sent, "held until the quiet hours end"
