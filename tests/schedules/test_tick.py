"""The tick: idempotent, its cost follows what is due, one digest after days away, notices once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert

from domain.words import Purpose
from schedules import digest, jobs
from schedules.tick import BATCH, next_due, tick
from store.tables import DigestRun, Event, Issue, Job, Outbox, table

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage


async def test_a_second_tick_at_the_same_instant_does_nothing(stage: Stage) -> None:
    desk, now = stage.house.desk, stage.clock.now()
    assert await tick(desk, now)
    assert not await tick(desk, now)


async def test_what_is_due_next_is_known_and_ahead(stage: Stage) -> None:
    now = stage.clock.now()
    await tick(stage.house.desk, now)
    due = await next_due(stage.house.desk, now)
    assert due is not None
    assert now < due <= now + timedelta(days=1)


async def test_each_chief_gets_one_digest_a_day(stage: Stage) -> None:
    await stage.pass_time(days=3)
    sent = [row.target_id for row in stage.rows(Outbox) if row.purpose is Purpose.DIGEST]
    assert sorted(sent) == ["qian-wei"] * 3 + ["zhao-min"] * 3
    made = [row for row in stage.rows(DigestRun) if row.made_at is not None]
    windows = [(row.since, row.due_at) for row in made if row.chief_id == "zhao-min"]
    assert [later[0] for later in windows[1:]] == [earlier[1] for earlier in windows[:-1]], "windows follow each other"
    assert {stage.house.street.local(until).strftime("%H:%M") for _since, until in windows} == {"18:00"}


async def test_after_days_away_there_is_one_digest_over_all_of_them(build: Build) -> None:
    first = build()
    await tick(first.house.desk, first.clock.now())
    later = build(at=first.clock.now() + timedelta(days=5))
    await tick(later.house.desk, later.clock.now())
    made = [row for row in later.rows(DigestRun) if row.made_at is not None]
    assert len(made) == 2
    assert all(row.due_at - row.since == timedelta(days=5) for row in made)


async def test_a_failing_part_leaves_nothing_half_and_the_rest_stands(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = digest.run_due

    def broken(tx: Any) -> int:
        whole(tx)
        raise RuntimeError("broken after it wrote")

    monkeypatch.setattr(digest, "run_due", broken)
    with pytest.raises(RuntimeError, match="after it wrote"):
        await tick(stage.house.desk, stage.clock.now())
    assert stage.rows(DigestRun) == []


@pytest.mark.parametrize("others", [0, 2000])
async def test_the_cost_of_a_tick_follows_what_is_due(stage: Stage, others: int) -> None:
    await tick(stage.house.desk, stage.clock.now())
    if others:
        await _store_issues(stage, others)
    statements: list[str] = []
    event.listen(stage.store.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await tick(stage.house.desk, stage.clock.now())
    asked = [text for text in statements if text.lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT", "DELETE"))]
    assert len(asked) <= 5 + 8


async def _store_issues(stage: Stage, count: int) -> None:
    from store import people
    from store.tx import Tx, freeze_policy

    def put(tx: Tx) -> None:
        reporter = people.identity(tx, ("replay", "main", "r1"), "王")
        values = {
            "grid_id": 1,
            "community_id": 1,
            "building_id": 1,
            "group_id": 1,
            "state": "closed",
            "category": "water",
            "tier": "small",
            "urgency": "normal",
            "reporter_id": reporter,
            "policy_id": freeze_policy(tx),
            "opened_at": tx.now,
            "ladder_at": tx.now,
            "response_at": tx.now,
            "resolution_at": tx.now,
            "check_at": tx.now,
        }
        tx.db.execute(insert(table(Issue)), [{**values, "number": number} for number in range(count)])

    await stage.house.desk.write(stage.clock.now(), put)


async def test_more_due_issues_than_a_batch_are_all_done(stage: Stage) -> None:
    await _store_issues(stage, BATCH * 2 + 7)

    def wake(tx: Any) -> None:
        issue = table(Issue)
        tx.db.execute(issue.update().values(state="resolved", resolved_at=tx.now - timedelta(days=3), next_at=tx.now))

    await stage.house.desk.write(stage.clock.now(), wake)
    done = await tick(stage.house.desk, stage.clock.now())
    assert done.steps == BATCH * 2 + 7
    assert {row.state.value for row in stage.rows(Issue)} == {"closed"}
    assert sum(row.what == "issue_closed" for row in stage.rows(Event)) == BATCH * 2 + 7


async def test_a_job_comes_round_once(stage: Stage) -> None:
    await stage.house.desk.write(stage.clock.now(), jobs.run_due)
    (job,) = stage.rows(Job)
    assert await stage.house.desk.write(stage.clock.now(), jobs.run_due) == 0
    assert stage.rows(Job) == [job]
    await stage.house.desk.write(job.due_at, jobs.run_due)
    assert stage.rows(Job)[0].due_at == job.due_at + timedelta(days=1)
