"""The conversion of payloads, without a gateway: what residents and puppets send, and what they should not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechaty.convert import Around, clean, flattened, inbound, recall_of, sent_at, with_mentions
from bot.channels.wechaty.payloads import Message
from domain.words import MessageKind

NOW = datetime(2026, 3, 5, 8, 30, tzinfo=UTC)
ROOM = "3@chatroom"
DASHES = "\n- - - - - - - - - - - - - - -\n"


def message(**more: Any) -> Message:
    """A text of 张阿姨 in a room."""
    fields = {"id": "m1", "type": 7, "from_id": "wxid_zhang", "room_id": ROOM, "to_id": "", "text": "停电了"}
    return Message(**(fields | {"timestamp": 1_772_699_000_123} | more))


def heard(around: Around | None = None, **more: Any) -> Any:
    return inbound("main", message(**more), around or Around("wxid_bot"), NOW)


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        (0, MessageKind.OTHER),
        (1, MessageKind.FILE),
        (2, MessageKind.VOICE),
        (3, MessageKind.OTHER),
        (4, MessageKind.OTHER),
        (5, MessageKind.OTHER),
        (6, MessageKind.IMAGE),
        (7, MessageKind.TEXT),
        (8, MessageKind.OTHER),
        (9, MessageKind.OTHER),
        (10, MessageKind.SYSTEM),
        (11, MessageKind.OTHER),
        (12, MessageKind.OTHER),
        (13, MessageKind.RECALL),
        (14, MessageKind.OTHER),
        (15, MessageKind.VIDEO),
        (16, MessageKind.OTHER),
        (27, MessageKind.OTHER),
        (-1, MessageKind.OTHER),
        (1_000, MessageKind.OTHER),
    ],
)
def test_the_type_is_that_of_the_typescript_enum(wire: int, kind: MessageKind) -> None:
    assert heard(type=wire).kind is kind


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        (1_772_699_000_123, datetime(2026, 3, 5, 8, 23, 20, 123_000, UTC)),
        (1_772_699_000, datetime(2026, 3, 5, 8, 23, 20, 0, UTC)),
        (0, NOW),
        (1, NOW),
        (2**63, NOW),
        (1_972_699_000_000, NOW),
    ],
)
def test_a_time_stamp_is_ms_or_s_and_an_absurd_one_is_now(stamp: int, moment: datetime) -> None:
    assert sent_at(stamp, NOW) == moment


@pytest.mark.parametrize(
    ("text", "quoted", "words"),
    [
        (f"「张阿姨：停电了」{DASHES}已报修", "停电了", "已报修"),
        (f"「3-2-501 王：水管爆了！\n快来」{DASHES}马上到\n十分钟", "水管爆了！\n快来", "马上到\n十分钟"),
        (f"「李：「张：漏水」{DASHES}我家也是」{DASHES}收到", f"「张：漏水」{DASHES}我家也是", "收到"),
        ("「张阿姨：停电了」\n——————————\n已报修", "停电了", "已报修"),
        (f"「张阿姨：时间：八点」{DASHES}好", "时间：八点", "好"),
        ("「张阿姨：停电了」", "", "「张阿姨：停电了」"),
        ("「请假条」\n- \n好", "", "「请假条」\n- \n好"),
        ("停电了", "", "停电了"),
        ("", "", ""),
    ],
)
def test_a_flattened_quote_is_taken_apart_and_nothing_else(text: str, quoted: str, words: str) -> None:
    assert flattened(text) == (quoted, words)


@pytest.mark.parametrize(
    ("wire", "text", "recalled"),
    [
        (13, '<sysmsg type="revokemsg"><revokemsg><newmsgid>99</newmsgid></revokemsg></sysmsg>', "99"),
        (13, "<revokemsg><msgid>1</msgid><newmsgid>99</newmsgid><replacemsg><![CDATA[x]]></replacemsg>", "99"),
        (13, "<sysmsg><revokemsg><session>a</session><msgid>17</msgid></revokemsg></sysmsg>", "17"),
        (10, '<sysmsg type="revokemsg"><revokemsg><newmsgid>99</newmsgid></revokemsg></sysmsg>', "99"),
        (0, '<sysmsg type="revokemsg"></sysmsg>', ""),
        (13, "1234567890", "1234567890"),
        (13, "", ""),
        (13, "<broken", ""),
        (13, "张三 撤回了一条消息", ""),
        (7, '<sysmsg type="revokemsg"><revokemsg><newmsgid>99</newmsgid></revokemsg></sysmsg>', None),
        (0, "text", None),
    ],
)
def test_a_recall_is_read_from_what_no_resident_can_type(wire: int, text: str, recalled: str | None) -> None:
    assert recall_of(wire, text) == recalled


def test_a_recall_keeps_no_text_and_names_what_it_can() -> None:
    got = heard(type=13, text='<sysmsg type="revokemsg"></sysmsg>')
    assert (got.kind, got.text, got.recall_of) == (MessageKind.RECALL, "", None)


def test_xml_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "x">]><revokemsg>&b;<newmsgid>&b;</newmsgid></revokemsg>'
    assert recall_of(13, bomb) == ""


MEMBERS = {"李先生": "wxid_li", "李": "wxid_li2", "3-2-501 王": "wxid_wang"}


@pytest.mark.parametrize(
    ("ids", "text", "mentioned", "bot"),
    [
        (("wxid_bot",), "@小区助手\u2005在吗", ("wxid_bot",), True),
        (("wxid_li", "wxid_li"), "@李先生 看", ("wxid_li",), False),
        (("notify@all",), "@所有人\u2005开会", (), False),
        ((), "@小区助手\u2005在吗", ("wxid_bot",), True),
        ((), "@小区助手 在吗", ("wxid_bot",), True),
        ((), "在吗 @小区助手", ("wxid_bot",), True),
        ((), "@李先生\u2005@3-2-501 王\u2005看", ("wxid_li", "wxid_wang"), False),
        ((), "@3-2-501 王 看", ("wxid_wang",), False),
        ((), "@李先生们 看", (), False),
        ((), "@李 先生", ("wxid_li2",), False),
        ((), "@所有人 开会", (), False),
        ((), "a@b.com", (), False),
        ((), "@", (), False),
        ((), "@@@", (), False),
    ],
)
def test_mentions_come_from_ids_else_from_names_in_the_text(
    ids: tuple[str, ...], text: str, mentioned: tuple[str, ...], bot: bool
) -> None:
    around = Around("wxid_bot", frozenset({"小区助手"}), members=MEMBERS)
    got = heard(around, mention_ids=ids, text=text)
    assert (got.mentions, got.mentions_bot) == (mentioned, bot)


def test_without_a_login_nobody_is_the_bot() -> None:
    got = heard(Around("", frozenset({"小区助手"})), from_id="wxid_bot", text="@小区助手\u2005")
    assert not got.is_self
    assert not got.mentions_bot


@pytest.mark.parametrize(
    ("fields", "room", "sender", "kind"),
    [
        ({}, ROOM, "wxid_zhang", MessageKind.TEXT),
        ({"room_id": "", "to_id": "wxid_bot"}, None, "wxid_zhang", MessageKind.TEXT),
        ({"room_id": "", "to_id": ROOM}, ROOM, "wxid_zhang", MessageKind.TEXT),
        ({"room_id": "", "to_id": "@@f00"}, "@@f00", "wxid_zhang", MessageKind.TEXT),
        ({"from_id": ROOM}, ROOM, "", MessageKind.SYSTEM),
        ({"room_id": "", "from_id": ROOM, "to_id": "wxid_bot"}, ROOM, "", MessageKind.SYSTEM),
        ({"from_id": ""}, ROOM, "", MessageKind.SYSTEM),
        ({"type": 10, "text": '"王" 邀请 "李" 加入了群聊'}, ROOM, "wxid_zhang", MessageKind.SYSTEM),
    ],
)
def test_room_and_sender_are_found_where_puppets_put_them(
    fields: dict[str, Any], room: str | None, sender: str, kind: MessageKind
) -> None:
    got = heard(**fields)
    assert (got.room_id, got.sender_id, got.kind) == (room, sender, kind)


@pytest.mark.parametrize(
    ("wire", "text", "filename", "words"),
    [
        (6, "<msg><img/></msg>", "", ""),
        (2, "<msg><voicemsg/></msg>", "", ""),
        (1, "<msg><title>收费通知.pdf</title></msg>", "", "收费通知.pdf"),
        (1, "<msg/>", "通知.pdf", "通知.pdf"),
        (14, "<appmsg><title><![CDATA[停水通知 &amp; 时间]]></title></appmsg>", "", "停水通知 & 时间"),
        (14, "<appmsg></appmsg>", "", ""),
        (8, "三号楼东侧", "", "三号楼东侧"),
        (10, "<sysmsg><x/></sysmsg>", "", ""),
        (10, "你已修改群名", "", "你已修改群名"),
    ],
)
def test_only_words_that_a_person_would_read_are_kept(wire: int, text: str, filename: str, words: str) -> None:
    assert heard(type=wire, text=text, filename=filename).text == words


def test_a_quote_given_as_xml_carries_its_id() -> None:
    xml = (
        "<msg><appmsg><title>已报修</title><type>57</type>"
        "<refermsg><type>1</type><svrid>555</svrid><content>停电了</content></refermsg></appmsg></msg>"
    )
    got = heard(type=14, text=xml)
    assert (got.text, got.quote, got.quote_text) == ("已报修", "555", "停电了")


def test_names_and_topic_come_from_around() -> None:
    got = heard(Around("wxid_bot", topic="3号楼", sender_name="张阿姨", sender_alias="3-2-301 张"))
    assert (got.room_topic, got.sender_name, got.sender_alias) == ("3号楼", "张阿姨", "3-2-301 张")


def test_what_no_database_takes_is_taken_out() -> None:
    assert clean("停\x00电\ud800了") == "停电?了"


def test_an_outgoing_mention_stands_before_the_text() -> None:
    assert with_mentions("收到", (("a", "张阿姨"), ("b", ""))) == "@张阿姨\u2005收到"


@given(
    wire=st.integers(-5, 40),
    text=st.text(max_size=300) | st.sampled_from(["「" * 200 + "：" * 200, "<refermsg>" * 200, "@" * 300]),
    stamp=st.integers(0, 2**64 - 1),
    sender=st.sampled_from(["wxid_zhang", "", ROOM]),
)
def test_nothing_that_may_arrive_raises(wire: int, text: str, stamp: int, sender: str) -> None:
    around = Around("wxid_bot", frozenset({"小区助手"}), members=MEMBERS)
    got = heard(around, type=wire, text=text, timestamp=stamp, from_id=sender)
    assert got.sent_at.tzinfo is not None
    got.text.encode()
