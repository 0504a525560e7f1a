"""What the bot sends, and what it honestly says about it."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from domain.messages import LinkState, Outcome, TargetKind

pytestmark = pytest.mark.gateway
ROOM = "3@chatroom"


async def test_text_with_mentions_shows_the_names_and_passes_the_ids(chat: Any) -> None:
    receipt = await chat.send(ROOM, "请看一下", mentions=(("wxid_zhang", "张阿姨"), ("wxid_li", "李先生")))
    assert receipt.outcome is Outcome.SENT
    (sent,) = await chat.gateway.ask("sent")
    assert (sent["to"], sent["text"]) == (ROOM, "@张阿姨\u2005@李先生\u2005请看一下")
    assert sent["mentions"] == ["wxid_zhang", "wxid_li"]
    assert receipt.message_id == sent["id"]


async def test_a_direct_message_carries_no_mention(chat: Any) -> None:
    receipt = await chat.send("wxid_grid", "处理了吗?", TargetKind.STAFF, mentions=(("wxid_grid", "王网格长"),))
    assert receipt.outcome is Outcome.SENT
    (sent,) = await chat.gateway.ask("sent")
    assert (sent["to"], sent["text"]) == ("wxid_grid", "处理了吗?")


async def test_a_file_arrives_whole_and_before_its_text(chat: Any, attachment: Any) -> None:
    file = attachment("日报 11-23.xlsx", bytes(range(256)) * 400)
    receipt = await chat.send("wxid_grid", "今日汇总", TargetKind.STAFF, attachment=file)
    assert receipt.outcome is Outcome.SENT
    first, second = await chat.gateway.ask("sent")
    assert (first["file"], first["size"]) == ("日报 11-23.xlsx", 102_400)
    assert second["text"] == "今日汇总"


async def test_a_file_larger_than_the_gateway_takes_is_refused(chat: Any, attachment: Any) -> None:
    receipt = await chat.send("wxid_grid", "", TargetKind.STAFF, attachment=attachment("a.bin", bytes(4_000_000)))
    assert receipt.outcome is Outcome.REFUSED
    assert "larger than max" in receipt.detail
    assert await chat.gateway.ask("sent") == []


@pytest.mark.parametrize(
    ("conversation", "target"), [("404@chatroom", TargetKind.GROUP), ("wxid_404", TargetKind.STAFF)]
)
async def test_an_unknown_conversation_is_refused(chat: Any, conversation: str, target: TargetKind) -> None:
    receipt = await chat.send(conversation, "有人吗", target)
    assert receipt.outcome is Outcome.REFUSED
    assert "not exist" in receipt.detail
    assert chat.actions.count("wechaty.send_refused") == 1


async def test_who_is_no_friend_is_refused(chat: Any) -> None:
    await chat.gateway.ask("fault", on="send wxid_li", error="对方不是你的好友")
    receipt = await chat.send("wxid_li", "你好", TargetKind.RESIDENT)
    assert receipt.outcome is Outcome.REFUSED


async def test_a_puppet_that_stumbles_leaves_it_unknown(chat: Any) -> None:
    await chat.gateway.ask("fault", on=f"send {ROOM}", error="socket hang up")
    receipt = await chat.send(ROOM, "收到")
    assert receipt.outcome is Outcome.UNKNOWN
    assert "socket hang up" in receipt.detail


async def test_a_deadline_leaves_it_unknown_and_the_echo_settles_it(gateway: Any, make_chat: Any) -> None:
    chat = make_chat(gateway, {"send": 0.3})
    chat.open()
    await chat.until_link(LinkState.UP)
    await gateway.ask("fault", on=f"send {ROOM}", hang=700)
    receipt = await chat.send(ROOM, "慢慢来")
    assert receipt.outcome is Outcome.UNKNOWN
    assert (await chat.hears("慢慢来")).is_self


async def test_nothing_is_sent_while_the_gateway_is_down(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway)
    assert (await chat.send(ROOM, "太早")).outcome is Outcome.FAILED
    chat.open()
    await chat.until_link(LinkState.UP)
    own_gateway.kill()
    receipt = await chat.send(ROOM, "收到")
    assert receipt.outcome in (Outcome.FAILED, Outcome.UNKNOWN)  # the very moment of the loss may be either
    await chat.until_link(LinkState.DOWN)
    receipt = await chat.send(ROOM, "收到")
    assert receipt.outcome is Outcome.FAILED
    assert "cannot be reached" in receipt.detail or "broke" in receipt.detail


async def test_a_frozen_gateway_leaves_a_send_unknown(own_gateway: Any, make_chat: Any) -> None:
    chat = make_chat(own_gateway, {"send": 0.5})
    chat.open()
    await chat.until_link(LinkState.UP)
    own_gateway.signal(signal.SIGSTOP)
    assert (await chat.send(ROOM, "冻住了")).outcome is Outcome.UNKNOWN
    own_gateway.signal(signal.SIGCONT)
    assert (await chat.hears("冻住了")).is_self


async def test_nothing_is_sent_while_logged_out(chat: Any) -> None:
    await chat.gateway.ask("logout")
    await chat.until_link(LinkState.WAITING)
    receipt = await chat.send(ROOM, "收到")
    assert receipt.outcome is Outcome.FAILED
    assert "logged out" in receipt.detail
    assert await chat.gateway.ask("sent") == []
