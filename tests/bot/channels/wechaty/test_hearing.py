"""What residents and rooms do, as it arrives through the official gateway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.words import MessageKind

pytestmark = pytest.mark.gateway
ROOM = "3@chatroom"


async def test_a_room_message_arrives_with_room_sender_and_group_alias(chat: Any) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    message_id = await chat.says("3号楼停电了")
    heard = await chat.hears("3号楼停电了")
    assert (heard.channel, heard.account, heard.message_id) == ("wechaty", "main", message_id)
    assert (heard.room_id, heard.room_topic) == (ROOM, "3号楼业主群")
    assert (heard.sender_id, heard.sender_name, heard.sender_alias) == ("wxid_zhang", "张阿姨", "3-2-301 张")
    assert heard.kind is MessageKind.TEXT
    assert not heard.is_self
    assert before < heard.sent_at < datetime.now(UTC) + timedelta(seconds=1)


async def test_a_direct_message_has_no_room(chat: Any) -> None:
    await chat.says("482913", to="wxid_bot", **{"from": "wxid_grid"})
    heard = await chat.hears("482913")
    assert heard.room_id is None
    assert (heard.sender_id, heard.sender_name) == ("wxid_grid", "王网格长")


async def test_a_mention_by_id_is_a_mention_of_the_bot(chat: Any) -> None:
    await chat.says("@小区助手\u2005电梯坏了", mentions=["wxid_bot", "wxid_li"])
    heard = await chat.hears("@小区助手\u2005电梯坏了")
    assert heard.mentions == ("wxid_bot", "wxid_li")
    assert heard.mentions_bot


async def test_a_mention_only_in_the_text_is_found_by_name(chat: Any) -> None:
    await chat.says("在的", **{"from": "wxid_li"})
    await chat.hears("在的")
    await chat.says("@小区助手 @李先生\u2005请看一下")
    heard = await chat.hears("@小区助手 @李先生\u2005请看一下")
    assert heard.mentions_bot
    assert set(heard.mentions) == {"wxid_bot", "wxid_li"}


async def test_a_flattened_quote_is_taken_apart(chat: Any) -> None:
    await chat.says("「张阿姨：三楼漏水」\n- - - - - - - - - - - - - - -\n已经派人了", **{"from": "wxid_grid"})
    heard = await chat.hears("已经派人了")
    assert heard.quote_text == "三楼漏水"
    assert heard.quote is None


async def test_a_recall_names_the_recalled_message(chat: Any) -> None:
    xml = '<sysmsg type="revokemsg"><revokemsg><msgid>1</msgid><newmsgid>7421</newmsgid></revokemsg></sysmsg>'
    await chat.says(xml, type=13)
    heard = await chat.until(lambda: chat.intake.messages)
    assert heard[0].kind is MessageKind.RECALL
    assert heard[0].recall_of == "7421"
    assert heard[0].text == ""


@pytest.mark.parametrize(
    ("wire", "kind", "words"),
    [
        (6, MessageKind.IMAGE, ""),
        (2, MessageKind.VOICE, ""),
        (15, MessageKind.VIDEO, ""),
        (1, MessageKind.FILE, "通知.pdf"),
        (27, MessageKind.OTHER, ""),
    ],
)
async def test_other_kinds_keep_no_markup(chat: Any, wire: int, kind: MessageKind, words: str) -> None:
    await chat.says('<msg><img aeskey="6f"/></msg>', type=wire, filename="通知.pdf")
    heard = (await chat.until(lambda: chat.intake.messages))[0]
    assert (heard.kind, heard.text) == (kind, words)


async def test_a_room_unknown_to_the_gateway_is_heard_all_the_same(chat: Any) -> None:
    await chat.says("有人吗", room="99@chatroom")
    heard = await chat.hears("有人吗")
    assert (heard.room_id, heard.room_topic) == ("99@chatroom", "")


async def test_a_message_told_twice_is_heard_once(chat: Any) -> None:
    await chat.says("重复", id="twice_1")
    await chat.says("重复", id="twice_1")
    await chat.says("之后")
    await chat.hears("之后")
    assert chat.intake.texts == ["重复", "之后"]
    assert chat.channel.counters["wechaty.duplicate"] == 1


async def test_its_own_words_come_back_marked_as_its_own(chat: Any) -> None:
    receipt = await chat.send(ROOM, "收到 #12")
    heard = await chat.hears("收到 #12")
    assert heard.is_self
    assert heard.message_id == receipt.message_id


async def test_a_renamed_room_has_its_new_topic_at_once(chat: Any) -> None:
    await chat.says("改名前")
    assert (await chat.hears("改名前")).room_topic == "3号楼业主群"
    await chat.gateway.ask("topic", topic="3号楼邻里群")
    await chat.says("改名后")
    assert (await chat.hears("改名后")).room_topic == "3号楼邻里群"
    await chat.until(lambda: chat.told.of("room_topic"))
    assert chat.told.of("room_topic") == [[ROOM, "3号楼邻里群", "3号楼业主群", "wxid_grid"]]


async def test_a_changed_group_alias_is_looked_up_anew(chat: Any) -> None:
    await chat.says("一")
    await chat.hears("一")
    await chat.gateway.ask("alias", id="wxid_zhang", alias="3-2-302 张")
    await chat.says("二")
    assert (await chat.hears("二")).sender_alias == "3-2-302 张"


async def test_names_are_looked_up_once_for_many_messages(chat: Any) -> None:
    for n in range(20):
        await chat.says(f"第{n}句")
    await chat.hears("第19句")
    calls = (await chat.gateway.ask("health"))["calls"]
    assert calls["messagePayload"] == 20
    assert calls["roomMemberPayload"] == 1
    assert calls["roomPayload"] <= 2


async def test_order_is_kept_when_payloads_come_in_another_order(chat: Any) -> None:
    await chat.says("一", fault={"hang": 600})
    await chat.says("二", fault={"hang": 300})
    await chat.says("三", fault={"fail": 1})
    await chat.says("四")
    await chat.hears("四")
    assert chat.intake.texts == ["一", "二", "三", "四"]


async def test_who_joins_and_leaves_is_told(chat: Any) -> None:
    await chat.gateway.ask("join", id="wxid_new", name="新邻居")
    await chat.gateway.ask(
        "emit", name="room-leave", payload={"roomId": ROOM, "removeeIdList": ["wxid_li"], "removerId": "wxid_grid"}
    )
    await chat.until(lambda: chat.told.of("room_leave"))
    assert chat.told.of("room_join") == [[ROOM, ("wxid_new",), "wxid_grid"]]
    assert chat.told.of("room_leave") == [[ROOM, ("wxid_li",), "wxid_grid"]]


async def test_a_friend_request_is_told_and_can_be_accepted(chat: Any) -> None:
    await chat.gateway.ask("friend", id=f"fr_{id(chat)}", contactId="wxid_chief", hello="482913", type=2)
    await chat.gateway.ask("friend", id=f"fc_{id(chat)}", contactId="wxid_grid", hello="", type=1)
    await chat.until(lambda: chat.told.of("friend_confirmed"))
    assert chat.told.of("friend_request") == [[f"fr_{id(chat)}", "wxid_chief", "482913"]]
    assert chat.told.of("friend_confirmed") == [["wxid_grid"]]
    await chat.channel.accept_friend(f"fr_{id(chat)}")
    assert await chat.gateway.ask("accepted") == [f"fr_{id(chat)}"]


async def test_an_invitation_is_told_and_can_be_followed(chat: Any) -> None:
    await chat.gateway.ask("invite", id="inv_1", inviterId="wxid_grid", topic="6号楼业主群")
    await chat.until(lambda: chat.told.of("room_invite"))
    assert chat.told.of("room_invite") == [["inv_1", "wxid_grid", "6号楼业主群"]]
    await chat.channel.accept_invitation("inv_1")
    assert await chat.gateway.ask("accepted") == ["inv_1"]


async def test_rooms_members_and_contacts_carry_their_names(chat: Any) -> None:
    rooms = {room.id: room.topic for room in await chat.channel.rooms()}
    assert rooms[ROOM] == "3号楼业主群"
    members = {each.id: (each.name, each.alias) for each in await chat.channel.room_members(ROOM)}
    assert members["wxid_zhang"] == ("张阿姨", "3-2-301 张")
    contacts = {each.id: each.name for each in await chat.channel.contacts()}
    assert contacts["wxid_grid"] == "王网格长"


async def test_a_broken_observer_does_not_deafen_the_bot(chat: Any) -> None:
    chat.told.fails = True
    await chat.gateway.ask("topic", topic="改名")
    await chat.until(lambda: "wechaty.observer_failed" in chat.actions)
    await chat.says("还听得见吗")
    await chat.hears("还听得见吗")
