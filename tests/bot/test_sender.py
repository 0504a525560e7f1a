"""Sending: slow on purpose, gravest first, looked at again on leaving, honest about what is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt
from domain.street import Street
from domain.words import Posting, PromptKind, Purpose, SendState, Urgency
from store import outbox, people, prompts, rooms, sends
from store.outbox import OUTBOX, REPEATED, Letter
from store.tables import Event, GroupRow, Outbox, table
from store.tx import Cause

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage

HEAD, LEAD = "wang-qiang", "liu-shulan"


def letter(body: str = "请处理", **changes: Any) -> Letter:
    return Letter(**{"purpose": Purpose.REMINDER, "body": body} | changes)


async def to_staff(stage: Stage, body: str = "请处理", person: str = HEAD, **changes: Any) -> int:
    now = stage.clock.now()
    return await stage.house.desk.write(now, lambda tx: outbox.to_staff(tx, person, letter(body, **changes)))


async def to_group(stage: Stage, body: str = "收到", group: int = 1, **changes: Any) -> int | None:
    changes.setdefault("purpose", Purpose.ACK)
    now = stage.clock.now()
    return await stage.house.desk.write(now, lambda tx: outbox.to_group(tx, group, letter(body, **changes)))


def row(stage: Stage, row_id: int | None) -> Any:
    (found,) = stage.rows(Outbox, OUTBOX.c.id == row_id)
    return found


def texts(stage: Stage) -> list[str]:
    return [message.text for message in stage.network.sent]


def whats(stage: Stage) -> list[str]:
    return [event.what for event in stage.rows(Event)]


def answering(*outcomes: Outcome) -> Callable[[Outbound], Receipt]:
    """These outcomes in turn, then everything arrives."""
    left = list(outcomes)
    return lambda message: Receipt(left.pop(0) if left else Outcome.SENT, f"out-{message.key}", "as planned")


def paced(street: Street, **changes: Any) -> Street:
    return replace(street, pace=replace(street.pace, **changes))


async def times_of(stage: Stage, seconds: int) -> list[float]:
    """When each message left, in seconds from now."""
    start, before, found = stage.clock.now(), len(stage.network.sent), []
    for second in range(seconds):
        stage.clock.move_to(start + timedelta(seconds=second))
        await stage.house.sender.step()
        found += [second] * (len(stage.network.sent) - before)
        before = len(stage.network.sent)
    return found


async def test_an_account_sends_one_message_every_three_seconds(stage: Stage) -> None:
    for number in range(4):
        await to_staff(stage, f"{number}")
    assert await times_of(stage, 12) == [0, 3, 6, 9]
    assert texts(stage) == ["0", "1", "2", "3"]


async def test_one_room_waits_longer_where_it_must(build: Build, street: Street) -> None:
    stage = build(street=paced(street, account_seconds=1.0, room_seconds=5.0))
    await stage.house.start()
    for body, group in (("a1", 1), ("a2", 1), ("b1", 2)):
        await to_group(stage, body, group)
    assert await times_of(stage, 10) == [0, 1, 5]
    assert texts(stage) == ["a1", "b1", "a2"]


async def test_jitter_is_seeded_and_never_shortens_the_pace(build: Build, street: Street) -> None:
    stage = build(street=paced(street, jitter_seconds=2.0))
    for number in range(5):
        await to_staff(stage, f"{number}")
    left = await times_of(stage, 60)
    assert len(left) == 5
    assert all(3 <= later - earlier <= 6 for earlier, later in pairwise(left))


async def test_an_emergency_goes_before_everything_and_waits_for_nothing(stage: Stage) -> None:
    await to_staff(stage, "普通")
    await to_staff(stage, "紧急", urgency=Urgency.URGENT)
    await to_staff(stage, "回答", reply=True)
    for number in range(3):
        await to_staff(stage, f"危急{number}", urgency=Urgency.EMERGENCY)
    assert (await times_of(stage, 20))[:3] == [0, 0, 0]
    assert texts(stage) == ["危急0", "危急1", "危急2", "回答", "紧急", "普通"]


async def test_the_daily_cap_holds_the_rest_until_midnight_of_the_street(build: Build, street: Street) -> None:
    stage = build(street=paced(street, daily_cap=5, emergency_reserve=2, account_seconds=0.0, room_seconds=0.0))
    for number in range(6):
        await to_staff(stage, f"{number}", reply=True)
    again = await stage.house.sender.step()
    assert texts(stage) == ["0", "1", "2"]
    assert again == datetime(2026, 12, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    for number in range(3):
        await to_staff(stage, f"危急{number}", urgency=Urgency.EMERGENCY)
    await stage.house.sender.step()
    assert texts(stage)[3:] == ["危急0", "危急1"]
    stage.clock.move_to(again)
    await stage.house.sender.step()
    assert texts(stage)[5:] == ["危急2", "3", "4"]


async def test_quiet_hours_hold_and_do_not_drop(build: Build) -> None:
    stage = build(at=datetime(2026, 12, 1, 15, tzinfo=UTC))  # 23:00
    held = await to_staff(stage, "明早再说")
    await to_staff(stage, "刚问的", reply=True)
    await to_staff(stage, "危急", urgency=Urgency.EMERGENCY)
    again = await stage.house.sender.step()
    while again is not None and again < datetime(2026, 12, 1, 22, tzinfo=UTC):
        stage.clock.move_to(again)
        again = await stage.house.sender.step()
    assert texts(stage) == ["危急", "刚问的"]
    assert again == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert row(stage, held).state is SendState.QUEUED
    stage.clock.move_to(again)
    await stage.house.sender.step()
    assert texts(stage)[2:] == ["明早再说"]


async def test_the_kill_switch_sends_nothing_and_loses_nothing(build: Build, street: Street) -> None:
    off = build(street=replace(street, sending=False))
    await to_staff(off, "等", urgency=Urgency.EMERGENCY)
    assert await off.house.sender.step() is None
    assert off.network.sent == []
    on = build()
    await on.house.sender.step()
    assert texts(on) == ["等"]


@pytest.mark.parametrize(
    ("posting", "allowed"),
    [
        (Posting.SILENT, {Purpose.NOTICE}),
        (Posting.ACK, {Purpose.NOTICE, Purpose.ACK, Purpose.RESULT, Purpose.ANNOUNCEMENT}),
        (Posting.FULL, set(Purpose) - {Purpose.ESCALATION, Purpose.DIGEST}),
    ],
)
async def test_a_groups_policy_says_what_may_be_posted(stage: Stage, posting: Posting, allowed: set[Purpose]) -> None:
    from store.directory import directory_changed

    def set_policy(db: Any) -> None:
        db.execute(update(table(GroupRow)).values(own_posting=posting))
        directory_changed(db)

    stage.store.write_now(set_policy)
    assert {purpose for purpose in Purpose if await to_group(stage, purpose=purpose) is not None} == allowed


async def test_what_arrived_is_written_down(stage: Stage) -> None:
    sent = await to_staff(stage)
    await stage.house.sender.step()
    found = row(stage, sent)
    assert (found.state, found.external_id, found.attempts) == (SendState.SENT, f"out-{sent}", 1)
    assert found.sent_at == stage.clock.now()
    assert whats(stage)[-1] == "sent"


async def test_what_certainly_failed_is_tried_again_later_and_later_then_given_up(build: Build) -> None:
    stage = build(plan=answering(*[Outcome.FAILED] * 10))
    failed = await to_group(stage)
    waits = []
    for _ in range(5):
        again = await stage.house.sender.step()
        assert again is not None
        waits.append((again - stage.clock.now()).total_seconds())
        stage.clock.move_to(again)
    assert waits == [20, 40, 80, 160, 320]
    assert await stage.house.sender.step() is None
    assert row(stage, failed).state is SendState.FAILED
    assert len(stage.network.sent) == 6
    assert whats(stage)[-1] == "send_failed"


async def test_what_is_refused_is_not_tried_again(build: Build) -> None:
    stage = build(plan=answering(Outcome.REFUSED))
    refused = await to_staff(stage)
    assert await stage.house.sender.step() is None
    assert (row(stage, refused).state, row(stage, refused).reason) == (SendState.FAILED, "as planned")


def raising(_message: Outbound) -> Receipt:
    raise ConnectionResetError("gateway away")


@pytest.mark.parametrize("raises", [False, True])
async def test_a_post_of_unknown_fate_is_never_posted_again(build: Build, *, raises: bool) -> None:
    stage = build(plan=raising if raises else answering(Outcome.UNKNOWN))
    await stage.house.start()
    post = await to_group(stage)
    await stage.pass_time(days=2)
    assert texts(stage).count("收到") == 1
    assert row(stage, post).state is SendState.UNKNOWN
    assert "send_unknown" in whats(stage)


async def test_a_direct_message_of_unknown_fate_is_repeated_after_two_minutes_as_a_repeat(build: Build) -> None:
    stage = build(plan=answering(Outcome.UNKNOWN, Outcome.UNKNOWN))
    await stage.house.start()
    await to_staff(stage)
    await stage.pass_time(seconds=119)
    assert texts(stage) == ["请处理"]
    await stage.pass_time(seconds=2)
    assert texts(stage) == ["请处理", REPEATED + "请处理"]
    await stage.pass_time(minutes=5)
    assert texts(stage)[2:] == [REPEATED + "请处理"]


async def test_a_send_that_a_crash_cut_off_is_unknown_for_a_group_and_repeated_for_staff(build: Build) -> None:
    first = build()
    post, direct = await to_group(first), await to_staff(first)
    for key in (post, direct):
        assert key is not None
        await first.house.desk.write(first.clock.now(), lambda tx, key=key: outbox.claim(tx, key, "replay:main", "x"))
    second = build()
    await second.house.start()
    await second.pass_time(minutes=10)
    assert texts(second) == [REPEATED + "请处理"]
    assert row(second, post).state is SendState.UNKNOWN
    assert row(second, direct).state is SendState.SENT


async def test_only_one_sender_takes_a_row_and_a_stale_one_changes_nothing(stage: Stage) -> None:
    direct = await to_staff(stage)
    desk, now = stage.house.desk, stage.clock.now()
    fence = await desk.write(now, lambda tx: outbox.claim(tx, direct, "replay:main", HEAD))
    assert fence == 1
    assert await desk.write(now, lambda tx: outbox.claim(tx, direct, "replay:main", HEAD)) is None
    stage.clock.move_to(now + timedelta(minutes=5))
    for _ in range(2):  # the lease ends, then the two minutes
        await desk.write(stage.clock.now(), outbox.expire_leases)
        stage.clock.move_to(stage.clock.now() + timedelta(minutes=5))
    newer = await desk.write(stage.clock.now(), lambda tx: outbox.claim(tx, direct, "replay:main", HEAD))
    assert newer == 2
    late = Receipt(Outcome.FAILED, None, "late")
    await desk.write(stage.clock.now(), lambda tx: outbox.settle(tx, direct, 1, late, "staff"))
    assert row(stage, direct).state is SendState.SENDING


async def test_the_bots_own_echo_settles_what_was_unknown(build: Build) -> None:
    stage = build(plan=answering(Outcome.UNKNOWN))
    await stage.house.start()
    post = await to_group(stage, "收到，已登记")
    await stage.house.sender.step()
    conversation = row(stage, post).conversation
    echo = Inbound(
        "replay", "main", "echo-1", conversation, "bot", stage.clock.now(), text="@王 收到，已登记", is_self=True
    )
    await stage.accept(echo)
    assert (row(stage, post).state, row(stage, post).external_id) == (SendState.SENT, "echo-1")
    await stage.pass_time(days=1)
    assert row(stage, post).state is SendState.SENT


async def test_an_echo_of_something_else_settles_nothing(build: Build) -> None:
    stage = build(plan=answering(Outcome.UNKNOWN))
    post = await to_group(stage, "收到，已登记")
    await stage.house.sender.step()
    conversation = row(stage, post).conversation
    for room, text in ((conversation, "别的话"), ("别的群", "收到，已登记")):
        message = Inbound("replay", "main", f"e-{text}", room, "bot", stage.clock.now(), text=text, is_self=True)
        await stage.accept(message)
    assert row(stage, post).state is SendState.UNKNOWN


async def test_a_prompt_answered_meanwhile_is_dropped_with_the_reason(stage: Stage) -> None:
    desk, now = stage.house.desk, stage.clock.now()
    end = now + timedelta(hours=1)

    def ask(tx: Any) -> int:
        prompt = prompts.open_prompt(tx, PromptKind.HANDLED, f"staff:{HEAD}", None, end)
        return outbox.to_staff(tx, HEAD, letter(purpose=Purpose.PROMPT, prompt_id=prompt))

    asked = await desk.write(now, ask)

    def answer(tx: Any) -> None:
        prompts.answered(tx, prompts.open_of(tx, f"staff:{HEAD}")[0], Cause(HEAD), "1")

    await desk.write(now, answer)
    await stage.house.sender.step()
    assert stage.network.sent == []
    assert (row(stage, asked).state, row(stage, asked).reason) == (SendState.DROPPED, "the prompt is answered")
    assert whats(stage)[-1] == "dropped"


async def test_a_row_for_somebody_without_a_contact_fails_and_the_rest_goes_on(build: Build) -> None:
    other = type("Other", (), {"name": "wechaty", "state": lambda _self: {}})()
    stage = build()
    lost = await to_staff(stage)
    alone = build(channels={"wechaty": other})
    await alone.house.sender.step()
    assert row(stage, lost).state is SendState.FAILED
    assert "not bound" in row(stage, lost).reason


async def test_a_thousand_waiting_rows_cost_one_look_a_round(stage: Stage) -> None:
    from sqlalchemy import event

    def fill(tx: Any) -> None:
        for number in range(1000):
            outbox.to_staff(tx, LEAD, letter(f"{number}"))

    await stage.house.desk.write(stage.clock.now(), fill)
    statements: list[str] = []
    for engine in {stage.store.engine, stage.store._readers}:
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await stage.house.sender.step()
    assert texts(stage) == ["0"]
    assert len(statements) < 40


async def test_a_rested_account_may_send_a_few_at_once_and_then_one_a_gap(build: Build, street: Street) -> None:
    stage = build(street=paced(street, account_burst=3))
    for number in range(5):
        await to_staff(stage, f"{number}")
    assert await times_of(stage, 12) == [0, 0, 0, 3, 6]


async def test_messages_of_unknown_fate_count_for_the_daily_cap_and_refused_ones_do_not(
    build: Build, street: Street
) -> None:
    capped = paced(street, daily_cap=3, emergency_reserve=0, account_seconds=0.0, room_seconds=0.0)
    stage = build(street=capped, plan=answering(Outcome.UNKNOWN, Outcome.REFUSED, Outcome.UNKNOWN))
    for number in range(6):
        await to_group(stage, f"{number}", group=1 + number % 2)
    await stage.house.sender.step()
    assert texts(stage) == ["0", "1", "2", "3"]
    later = build(street=capped)  # a restart forgets nothing
    assert await later.house.sender.step() == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert texts(later) == []


async def test_the_switch_holds_one_account_or_all_and_loses_nothing(build: Build, street: Street) -> None:
    stage = build(street=paced(street, account_seconds=0.0, room_seconds=0.0))
    desk, now = stage.house.desk, stage.clock.now()

    async def switch(work: Any, name: str) -> None:
        await desk.write(now, lambda tx: work(tx, Cause("operator"), name))

    await switch(sends.stop, "main")
    await switch(sends.stop, sends.EVERY)
    await to_staff(stage, "等", urgency=Urgency.EMERGENCY)
    assert await stage.house.sender.step() is None
    await switch(sends.resume, sends.EVERY)
    await switch(sends.stop, "other")
    await stage.house.sender.step()
    assert texts(stage) == ["等"]
    await switch(sends.stop, "main")
    await to_staff(stage, "再等")
    await stage.house.sender.step()
    assert texts(stage) == ["等"]
    await switch(sends.resume, "main")
    await stage.house.sender.step()
    assert texts(stage) == ["等", "再等"]
    assert whats(stage).count("sending_stopped") == 4


class Phones:
    """Two accounts. A send to a conversation in ``hanging`` waits for its event; ``down`` are not connected."""

    name = "wechaty"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.hanging: dict[str, asyncio.Event] = {}
        self.down: set[str] = set()

    async def run(self, intake: Intake) -> None:
        """Not used."""

    async def send(self, message: Outbound) -> Receipt:
        if message.conversation in self.hanging:
            await self.hanging[message.conversation].wait()
        self.sent.append((message.account, message.text))
        return Receipt(Outcome.SENT, f"out-{message.key}")

    def state(self) -> dict[str, ChannelState]:
        """Up, but for those that are down."""
        return {name: ChannelState(LinkState.DOWN if name in self.down else LinkState.UP) for name in ("a", "b")}


async def two_phones(build: Build, street: Street) -> tuple[Stage, Phones]:
    """Groups 1 and 2 are heard by account a, group 3 by b; Wang is reached by a, Liu by b."""
    phones = Phones()
    pace = paced(street, account_seconds=0.0, room_seconds=0.0, daily_cap=100_000)
    stage = build(channels={"wechaty": phones}, street=pace)

    def bind(tx: Any) -> None:
        codes = people.issue_codes(tx.db, [HEAD, LEAD], tx.now + timedelta(days=1))
        for person, account in ((HEAD, "a"), (LEAD, "b")):
            contact = people.identity(tx, ("wechaty", account, person), "")
            assert people.enrol(tx, contact, codes[person], Cause(person)) == person
        for group, account in ((1, "a"), (2, "a"), (3, "b")):
            room = rooms.seen(tx, ("wechaty", account, f"{group}@chatroom"), "")
            rooms.bind(tx, room.id, group, Cause("operator"), noticed=True)

    await stage.house.desk.write(stage.clock.now(), bind)
    return stage, phones


async def sent(phones: Phones, *wanted: tuple[str, str]) -> None:
    async with asyncio.timeout(10):
        while not set(wanted) <= set(phones.sent):  # noqa: ASYNC110
            await asyncio.sleep(0.005)  # the threads of the store are waited for


async def test_hundreds_of_held_rows_of_one_account_delay_nobody_else(build: Build, street: Street) -> None:
    stage, phones = await two_phones(build, street)
    phones.down = {"a"}
    for number in range(250):
        await to_group(stage, f"held {number}", group=1)
    await to_group(stage, "b's group", group=3)
    await to_staff(stage, "b's person", person=LEAD)
    await stage.house.sender.step()
    assert phones.sent == [("b", "b's group"), ("b", "b's person")]
    phones.down = set()
    await stage.house.sender.step()
    assert phones.sent[2:] == [("a", f"held {number}") for number in range(250)]


async def test_a_send_that_hangs_delays_neither_other_rooms_nor_other_accounts_nor_an_emergency(
    build: Build, street: Street
) -> None:
    stage, phones = await two_phones(build, street)
    phones.hanging = {"1@chatroom": asyncio.Event()}
    await to_group(stage, "hangs", group=1)
    running = asyncio.create_task(stage.house.sender.run())
    await to_group(stage, "waits its turn", group=1)
    await to_group(stage, "other room", group=2)
    await to_group(stage, "other account", group=3)
    await to_staff(stage, "emergency", urgency=Urgency.EMERGENCY)
    stage.house.sender.wake()
    await sent(phones, ("a", "other room"), ("b", "other account"), ("a", "emergency"))
    assert ("a", "waits its turn") not in phones.sent
    phones.hanging["1@chatroom"].set()
    await sent(phones, ("a", "hangs"), ("a", "waits its turn"))
    assert [text for _, text in phones.sent if text in ("hangs", "waits its turn")] == ["hangs", "waits its turn"]
    stage.house.sender.stop()
    await asyncio.wait_for(running, 10)
    assert {each.state for each in stage.rows(Outbox)} == {SendState.SENT}


async def test_a_send_beyond_the_deadline_is_of_unknown_fate(
    build: Build, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sender.SEND_DEADLINE", 0.02)
    stage, phones = await two_phones(build, street)
    phones.hanging = {"1@chatroom": asyncio.Event()}
    post = await to_group(stage, "hangs", group=1)
    await stage.house.sender.step()
    assert (row(stage, post).state, row(stage, post).reason) == (SendState.UNKNOWN, "no answer within the deadline")
