"""The self-audit: the operator hears of what is wrong once a day, and when it is well again; nobody else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from domain.messages import Outcome, Receipt
from domain.street import Street
from domain.words import Purpose, SendState
from store import outbox
from store.outbox import OUTBOX, Letter
from store.tables import Event, MessageRow, MessageState, Outbox, table

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage

OPERATOR = "sun-li"
_MESSAGE = table(MessageRow)


@pytest.fixture
async def watched(build: Build, street: Street) -> Stage:
    """A street with an operator, at rest."""
    stage = build(street=replace(street, operator=OPERATOR))
    await stage.house.start()
    await stage.pass_time(minutes=10)
    assert told(stage) == []
    return stage


def told(stage: Stage) -> list[str]:
    """What the operator was told, in order; nobody else is told of the service."""
    audits = [message for message in stage.network.sent if message.text.startswith("【自检】")]
    assert all(message.conversation == OPERATOR for message in audits)
    return [message.text for message in audits]


async def set_aside(stage: Stage, state: MessageState) -> None:
    def change(tx: Any) -> None:
        tx.db.execute(update(_MESSAGE).values(state=state))

    await stage.house.desk.write(stage.clock.now(), change)


async def test_a_message_that_was_set_aside_is_told_once_a_day_and_its_end_once(watched: Stage) -> None:
    await watched.accept(watched.line("早上好"))
    await watched.pass_time(minutes=1)
    await set_aside(watched, MessageState.SET_ASIDE)
    await watched.pass_time(hours=8)
    assert len(told(watched)) == 1
    assert "1条群消息处理出错" in told(watched)[0]
    await watched.pass_time(hours=20)
    assert len(told(watched)) == 2, "a day later it still lasts"
    await set_aside(watched, MessageState.DONE)
    await watched.pass_time(minutes=6)
    assert told(watched)[2:] == ["【自检】之前的情况已经恢复，楼铃一切正常。"]
    await watched.pass_time(days=2)
    assert len(told(watched)) == 3
    whats = [event.what for event in watched.rows(Event) if event.what.startswith("self_audit")]
    assert whats == ["self_audit_bad", "self_audit_bad", "self_audit_well"]


async def test_what_is_new_beside_it_is_told_at_once(watched: Stage) -> None:
    await watched.accept(watched.line("早上好"))
    await watched.pass_time(minutes=1)
    await set_aside(watched, MessageState.SET_ASIDE)
    await watched.pass_time(minutes=6)
    watched.network.plan = lambda message: (
        Receipt(Outcome.UNKNOWN) if message.target == "group" else Receipt(Outcome.SENT, f"out-{message.key}")
    )
    now = watched.clock.now()
    post = await watched.house.desk.write(now, lambda tx: outbox.to_group(tx, 1, Letter(Purpose.ACK, "收到")))
    await watched.pass_time(minutes=6)
    (row,) = watched.rows(Outbox, OUTBOX.c.id == post)
    assert row.state is SendState.UNKNOWN
    assert len(told(watched)) == 2
    assert "不知道是否发出" in told(watched)[1]
    assert "处理出错" in told(watched)[1]


async def test_a_message_that_waits_too_long_is_told(watched: Stage) -> None:
    await watched.accept(watched.line("早上好"))
    await watched.pass_time(minutes=1)
    await set_aside(watched, MessageState.UNHEARD)  # nobody takes it up again

    def wait(tx: Any) -> None:
        tx.db.execute(update(_MESSAGE).values(state=MessageState.READ, heard_at=tx.now - timedelta(hours=3)))

    await watched.house.desk.write(watched.clock.now(), wait)
    await watched.pass_time(minutes=6)
    assert len(told(watched)) == 1
    assert "等了3小时还没有处理" in told(watched)[0]


async def test_without_an_operator_nobody_looks_and_nobody_is_told(stage: Stage) -> None:
    await stage.accept(stage.line("早上好"))
    await set_aside(stage, MessageState.SET_ASIDE)
    await stage.pass_time(days=2)
    assert told(stage) == []
    assert [event for event in stage.rows(Event) if event.what.startswith("self_audit")] == []
