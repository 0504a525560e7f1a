"""Everything that goes wrong between the bot and the gateway: it is told once, waited out, and never wedges."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import pytest

from bot.channels.wechaty import CallError, Fault, epoch_of
from bot.channels.wechaty.client import GatewayClient
from domain.messages import LinkState, Outcome

pytestmark = pytest.mark.gateway
ROOM = "3@chatroom"
FAST_PROBE = {"probe_every": 0.2, "probe": 0.5, "keepalive": 30.0}


# -- odd events


@pytest.mark.parametrize(
    ("kind", "payload", "action", "words"),
    [
        (99, "{}", "wechaty.event_unknown", "event kind 99 is unknown"),
        (2, '{"messageId": "x', "wechaty.event_bad", "not JSON"),
        (2, "{}", "wechaty.event_bad", "messageId is missing"),
        (2, "[1]", "wechaty.event_bad", "not an object"),
        (2, '{"messageId": 7}', "wechaty.event_bad", "messageId is missing"),
        (21, '{"newTopic": "x"}', "wechaty.event_bad", "roomId is missing"),
        (25, "{}", "wechaty.event_bad", "contactId is missing"),
        (27, '{"payloadType": 3}', "wechaty.event_bad", "payloadId is missing"),
    ],
)
async def test_an_odd_event_is_one_log_line_and_no_more(
    chat: Any, kind: int, payload: str, action: str, words: str
) -> None:
    await chat.gateway.ask("raw", kind=kind, payload=payload)
    await chat.gateway.ask("raw", kind=kind, payload=payload)
    await chat.says("之后")
    await chat.hears("之后")
    assert chat.actions.count(action) == 1
    assert chat.channel.counters[action] == 2
    assert words in chat.log
    assert chat.state.link is LinkState.UP


async def test_every_event_kind_survives_an_empty_payload(chat: Any) -> None:
    for kind in range(31):
        if kind not in (22, 26):  # scan and logout mean something without fields
            await chat.gateway.ask("raw", kind=kind, payload="")
    await chat.says("还在")
    await chat.hears("还在")
    assert chat.state.link is LinkState.UP


async def test_a_watchdog_error_is_shown_and_hearing_goes_on(chat: Any) -> None:
    await chat.gateway.ask("emit", name="error", payload={"gerror": '{"code":2,"message":"WatchdogAgent reset"}'})
    await chat.until(lambda: "wechaty.gateway_error" in chat.actions)
    assert chat.state.link is LinkState.UP
    assert "the gateway reports: WatchdogAgent reset" in chat.state.detail
    assert chat.actions.count("wechaty.gateway_error") == 1
    await chat.says("还在")
    await chat.hears("还在")


# -- logging in


async def test_a_wrong_token_is_said_without_saying_the_token(gateway: Any, make_chat: Any) -> None:
    chat = make_chat(gateway, token="wrong_token_4711")
    chat.open()
    await chat.until_link(LinkState.DOWN)
    await chat.until(lambda: chat.channel.counters["wechaty.token_refused"])
    assert "refuses the token" in chat.state.detail
    await asyncio.sleep(0.6)  # some more tries: still one line
    assert chat.actions.count("wechaty.token_refused") == 1
    assert "4711" not in chat.log
    assert "4711" not in repr(chat.channel.settings)
    assert chat.task is not None
    assert not chat.task.done()


async def test_a_token_in_the_gateways_own_words_is_blotted_out(chat: Any) -> None:
    token = chat.channel.settings.secret
    await chat.gateway.ask("fault", on=f"send {ROOM}", error=f"refused for {token}")
    receipt = await chat.send(ROOM, "收到")
    await chat.gateway.ask("emit", name="error", payload={"gerror": f"bad token {token}"})
    await chat.until(lambda: "wechaty.gateway_error" in chat.actions)
    assert "refused for ***" in receipt.detail
    assert token not in chat.log + chat.state.detail


async def test_a_scan_is_waited_for_with_the_code_to_show(chat: Any) -> None:
    await chat.gateway.ask("logout")
    await chat.gateway.ask("scan", qrcode="http://weixin.qq.com/x/abc", status=2)
    await chat.until(lambda: chat.state.qrcode == "http://weixin.qq.com/x/abc")
    assert chat.state.link is LinkState.WAITING
    await chat.gateway.ask("scan", qrcode="http://weixin.qq.com/x/def", status=2)
    await chat.until(lambda: chat.state.qrcode == "http://weixin.qq.com/x/def")
    await chat.gateway.ask("scan", qrcode="http://weixin.qq.com/x/def", status=3)
    await chat.until(lambda: not chat.state.qrcode)
    assert "confirm" in chat.state.detail
    assert chat.actions.count("wechaty.scan") == 1
    assert "weixin.qq.com" not in chat.log
    await chat.gateway.ask("login")
    await chat.until_link(LinkState.UP)
    await chat.until(lambda: len(chat.intake.gaps) == 1)


async def test_a_scan_pending_before_the_bot_came_is_shown(gateway: Any, make_chat: Any) -> None:
    await gateway.ask("logout")
    await gateway.ask("scan", qrcode="http://weixin.qq.com/x/early")
    chat = make_chat(gateway)
    chat.open()
    await chat.until(lambda: chat.state.qrcode == "http://weixin.qq.com/x/early")


async def test_a_gateway_that_is_not_logged_in_is_waited_for(gateway: Any, make_chat: Any) -> None:
    await gateway.ask("logout")
    chat = make_chat(gateway)
    chat.open()
    await chat.until_link(LinkState.WAITING)
    assert chat.state.link is LinkState.WAITING
    await gateway.ask("login")
    await chat.until_link(LinkState.UP)


async def test_a_logout_is_a_gap_and_a_login_may_bring_another_identity(chat: Any) -> None:
    await chat.until(lambda: chat.told.of("login"))
    assert chat.told.of("login") == [["wxid_bot", "stable"]]
    await chat.says("之前")
    await chat.hears("之前")
    await chat.gateway.ask("logout")
    await chat.until_link(LinkState.WAITING)
    assert chat.state.detail == "the account is logged out: kicked by the phone"
    await chat.gateway.ask("login", id="@f00d")
    await chat.until_link(LinkState.UP)
    await chat.until(lambda: len(chat.told.of("login")) == 2)
    assert chat.told.of("logout") == [["kicked by the phone"]]
    assert chat.told.of("login")[1] == ["@f00d", "@f00d"]
    ((account, since, until, reason),) = await chat.until(lambda: chat.intake.gaps)
    assert (account, reason) == ("main", "the account is logged out: kicked by the phone")
    assert since < until
    await chat.says("我是新号", **{"from": "@f00d"})
    assert (await chat.hears("我是新号")).is_self
    await chat.says("旧号", **{"from": "wxid_bot"})
    assert not (await chat.hears("旧号")).is_self


def test_an_epoch_changes_only_where_ids_do() -> None:
    assert epoch_of("wxid_a") == epoch_of("wxid_b") == "stable"
    assert epoch_of("@a1") != epoch_of("@b2")


# -- the connection


async def test_a_gateway_absent_at_start_is_found_when_it_appears(absent_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(absent_gateway)
    chat.open()
    await chat.until_link(LinkState.DOWN)
    assert "cannot be reached" in chat.state.detail
    await absent_gateway.start()
    await chat.until_link(LinkState.UP, 5)
    ((_, since, until, reason),) = await chat.until(lambda: chat.intake.gaps)
    assert since < until
    assert "cannot be reached" in reason
    assert chat.actions.count("wechaty.unreachable") == 1


async def test_a_killed_and_restarted_gateway_is_heard_again_within_five_seconds(
    own_gateway: Any, make_chat: Any
) -> None:
    chat = make_chat(own_gateway)
    chat.open()
    await chat.until_link(LinkState.UP)
    await chat.says("之前")
    await chat.hears("之前")
    own_gateway.kill()
    await chat.until_link(LinkState.DOWN)
    await own_gateway.start()
    back = asyncio.get_running_loop().time()
    await chat.until_link(LinkState.UP, 5)
    await chat.says("之后")
    await chat.hears("之后")
    assert asyncio.get_running_loop().time() - back < 5
    await chat.until(lambda: len(chat.intake.gaps) == 1)
    assert chat.actions.count("wechaty.lost") == 1
    assert chat.actions.count("wechaty.up") == 2
    assert (await chat.send(ROOM, "又通了")).outcome is Outcome.SENT


async def test_a_frozen_gateway_is_noticed_and_its_thaw_too(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway, FAST_PROBE | {"connect": 0.5, "start": 1.0})
    chat.open()
    await chat.until_link(LinkState.UP)
    own_gateway.signal(signal.SIGSTOP)
    await chat.until_link(LinkState.DOWN, 3)
    assert "frozen" in chat.log
    assert "wechaty.frozen" in chat.actions
    own_gateway.signal(signal.SIGCONT)
    await chat.until_link(LinkState.UP, 5)
    await chat.says("醒了")
    await chat.hears("醒了")
    await chat.until(lambda: len(chat.intake.gaps) == 1)


@pytest.mark.soak
async def test_a_frozen_gateway_is_noticed_within_twenty_seconds_as_shipped(own_gateway: Any, make_chat: Any) -> None:
    shipped = {"probe_every": 5.0, "probe": 10.0, "pause_first": 0.2, "pause_max": 2.0}
    chat = make_chat(own_gateway, shipped)
    chat.open()
    await chat.until_link(LinkState.UP)
    own_gateway.signal(signal.SIGSTOP)
    await chat.until_link(LinkState.DOWN, 20)
    own_gateway.signal(signal.SIGCONT)
    await chat.until_link(LinkState.UP, 10)


async def test_a_dead_event_stream_on_a_living_gateway_is_noticed(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway, {"probe_every": 0.2, "silent_after": 2.5})
    chat.open()
    await chat.until_link(LinkState.UP)
    await chat.until(lambda: chat.channel._session._dongs)
    await own_gateway.ask("mute")
    await chat.until(lambda: "wechaty.frozen" in chat.actions, 6)
    assert "event stream is dead" in chat.log


async def test_a_stream_that_the_gateway_ends_is_opened_again(chat: Any) -> None:
    await chat.gateway.ask("hangup")
    await chat.until(lambda: chat.actions.count("wechaty.up") == 2)
    await chat.says("还在")
    await chat.hears("还在")
    await chat.until(lambda: len(chat.intake.gaps) == 1)


async def test_a_second_listener_is_named_and_taken_over_once(gateway: Any, make_chat: Any) -> None:
    first = make_chat(gateway, {"takeover_after": 1_000})
    first.open()
    await first.until_link(LinkState.UP)
    second = make_chat(gateway, {"takeover_after": 3})
    second.open()
    await second.until_link(LinkState.DOWN)
    assert "another client already listens" in second.state.detail
    await second.until_link(LinkState.UP)
    await first.until_link(LinkState.DOWN)
    assert second.channel.counters["wechaty.takeover"] == 1
    assert second.actions.count("wechaty.takeover") == 1
    await first.until(lambda: "another client already listens" in first.state.detail)
    await second.says("听得见吗")
    await second.hears("听得见吗")
    assert first.intake.messages == []


async def test_stopping_while_deaf_records_the_gap_and_leaves_nothing_behind(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway)
    chat.open()
    await chat.until_link(LinkState.UP)
    own_gateway.kill()
    await chat.until_link(LinkState.DOWN)
    await chat.close()
    await chat.until(lambda: len(chat.intake.gaps) == 1)
    assert chat.state.detail == "stopped"


async def test_it_can_run_again_after_it_was_stopped(chat: Any) -> None:
    await chat.close()
    chat.open()
    await chat.until_link(LinkState.UP)
    await chat.says("第二次")
    await chat.hears("第二次")


async def test_a_call_on_a_lost_connection_never_reaches_the_next_one(own_gateway: Any, make_chat: Any) -> None:
    settings = make_chat(own_gateway).channel.settings
    stale = GatewayClient(settings, 1)
    await stale.open()
    own_gateway.kill()
    await own_gateway.start()
    try:
        with pytest.raises(CallError):  # LOST if the socket has not told yet
            await stale.contact("wxid_zhang")
        with pytest.raises(CallError) as caught:
            await stale.contact("wxid_zhang")
        assert caught.value.fault is Fault.UNREACHABLE
    finally:
        await stale.close()
    assert "contactPayload" not in (await own_gateway.ask("health"))["calls"]


# -- payloads


async def test_a_payload_that_fails_at_first_is_read_again(chat: Any) -> None:
    await chat.says("第三次才有", fault={"fail": 2})
    await chat.hears("第三次才有")
    assert chat.intake.lost == {}
    assert chat.channel.counters["wechaty.read_retry"] == 2


async def test_an_unreadable_payload_does_not_hold_its_room_beyond_the_limit(gateway: Any, make_chat: Any) -> None:
    chat = make_chat(gateway, {"hold": 1.0})
    chat.open()
    await chat.until_link(LinkState.UP)
    began = asyncio.get_running_loop().time()
    await chat.says("丢了", fault={"fail": 1_000_000})
    await chat.says("后面的")
    await chat.hears("后面的", 3)
    assert 0.9 < asyncio.get_running_loop().time() - began < 3
    assert list(chat.intake.lost) == [1]
    assert "not there yet" in chat.intake.lost[1]
    assert chat.actions.count("wechaty.unreadable") == 1


async def test_many_unreadable_payloads_hold_the_rest_no_longer_than_one(gateway: Any, make_chat: Any) -> None:
    chat = make_chat(gateway, {"hold": 1.0, "reads": 4})
    chat.open()
    await chat.until_link(LinkState.UP)
    await gateway.ask("burst", n=40, fault={"fail": 1_000_000})
    await chat.says("后面的")
    await chat.hears("后面的", 4)
    assert len(chat.intake.lost) == 40


async def test_a_payload_that_hangs_is_put_off_and_read_later(gateway: Any, make_chat: Any) -> None:
    chat = make_chat(gateway, {"hold": 0.5, "second_try": 0.5})
    chat.open()
    await chat.until_link(LinkState.UP)
    message_id = await chat.says("慢吞吞", fault={"hang": 5_000})
    await chat.says("快的")
    await chat.hears("快的", 2)
    assert chat.intake.lost == {}
    await gateway.ask("fault", on=message_id)
    await chat.hears("慢吞吞")
    assert chat.intake.texts == ["快的", "慢吞吞"]


async def test_what_was_heard_before_a_crash_is_read_after_it(gateway: Any, make_chat: Any) -> None:
    first = make_chat(gateway)
    first.open()
    await first.until_link(LinkState.UP)
    await first.says("崩溃前", id="crash_1", fault={"hang": 400})
    await first.until(lambda: first.intake.ids)
    await first.close()
    assert first.intake.messages == []
    second = make_chat(gateway, intake=first.intake)
    second.open()
    await second.hears("崩溃前")


async def test_what_a_dying_gateway_did_not_tell_is_asked_of_the_next(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway, {"hold": 0.4, "call": 0.4})
    chat.open()
    await chat.until_link(LinkState.UP)
    await chat.says("读不到", id="dying_1", fault={"hang": 60_000})
    await chat.until(lambda: chat.intake.ids)
    own_gateway.kill()
    await chat.until_link(LinkState.DOWN)
    await own_gateway.start()
    await chat.until(lambda: chat.intake.lost)  # the mock forgets at its death: then it is counted, not lost silently
    assert chat.intake.lost.keys() == {1}


# -- the store


async def test_a_failing_store_is_waited_out_without_losing_anything(chat: Any) -> None:
    await chat.says("一")
    await chat.hears("一")
    chat.intake.broken = 4
    await chat.says("二")
    await chat.says("三")
    await chat.hears("三")
    assert chat.intake.texts == ["一", "二", "三"]
    assert chat.actions.count("wechaty.store_failed") == 1
    assert chat.actions.count("wechaty.store_back") == 1


async def test_an_id_whose_commit_was_not_answered_is_read_all_the_same(chat: Any) -> None:
    chat.intake.unanswered = 2
    await chat.says("一")
    await chat.says("二")
    await chat.says("三")
    await chat.hears("三")
    assert chat.intake.texts == ["一", "二", "三"]


async def test_a_message_that_the_store_never_takes_is_given_up(chat: Any) -> None:
    chat.intake.refused = "毒"
    await chat.says("毒")
    await chat.says("后面的")
    await chat.hears("后面的")
    assert list(chat.intake.lost.values()) == ["the store refuses this message"]


# -- bursts


async def _burst(chat: Any, n: int, limit: float) -> None:
    ids = await chat.gateway.ask("burst", n=n)
    await chat.until(lambda: len(chat.intake.messages) == n, limit, "the whole burst")
    assert {message.message_id for message in chat.intake.messages} == set(ids)
    by_room: dict[str, list[int]] = {}
    for message in chat.intake.messages:
        by_room.setdefault(message.room_id, []).append(int(message.text))
    assert len(by_room) == 3
    for numbers in by_room.values():
        assert numbers == sorted(numbers)


async def test_a_burst_of_300_arrives_whole_and_in_order(chat: Any) -> None:
    await _burst(chat, 300, 8)


@pytest.mark.soak
async def test_a_burst_of_2000_arrives_whole_and_in_order(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway)
    chat.open()
    await chat.until_link(LinkState.UP)
    await _burst(chat, 2_000, 60)


@pytest.mark.soak
async def test_kills_in_the_middle_of_bursts_lose_no_id_that_was_heard(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway)
    chat.open()
    settled: Callable[[], bool] = lambda: len(chat.intake.done) == len(chat.intake.ids)  # noqa: E731
    for round_ in range(1, 6):
        await chat.until_link(LinkState.UP, 10)
        seen = len(chat.intake.ids)
        burst = asyncio.ensure_future(own_gateway.ask("burst", n=300))
        await chat.until(lambda seen=seen: len(chat.intake.ids) > seen + 40)
        own_gateway.kill()
        await asyncio.gather(burst, return_exceptions=True)
        await chat.until_link(LinkState.DOWN, 10)
        await own_gateway.start()
        await chat.until(settled, 30, "every heard id is read or counted")
        await chat.until(lambda round_=round_: len(chat.intake.gaps) == round_, 10)
