"""A chat is checked as a whole: every mistake with its line and its mend, whatever the file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.replay.chat import Chat, parse_lines, read_chat
from bot.replay.export import parse_export
from bot.roster import read_roster_checked
from domain.errors import ChatError
from domain.places import Group, Roster
from domain.words import MessageKind

ROSTER = read_roster_checked(Path(__file__).parents[3] / "roster.example.toml")[0]
GROUP = "文化小区1号楼业主群"


def line(**changes: Any) -> str:
    values = {"id": "m1", "at": "2026-12-01T08:00:00+08:00", "group": GROUP, "sender": "r1", "text": "电梯坏了"}
    return json.dumps({key: value for key, value in (values | changes).items() if value != "absent"})


def parsed(*lines: str) -> Chat:
    return parse_lines(lines, "chat.jsonl", ROSTER)


def mistakes(*lines: str) -> list[str]:
    with pytest.raises(ChatError) as caught:
        parsed(*lines)
    assert all("\n" not in mistake for mistake in caught.value.mistakes)
    return list(caught.value.mistakes)


def test_only_id_at_sender_and_text_are_needed() -> None:
    (message,) = parsed(line(group="absent")).messages
    assert message.room_id is None
    assert message.kind is MessageKind.TEXT
    assert message.sent_at.isoformat() == "2026-12-01T00:00:00+00:00"


@pytest.mark.parametrize("key", ["group", "name", "alias", "mentions", "quote", "kind"])
@pytest.mark.parametrize("empty", [None, "", "absent"])
def test_everything_else_may_be_absent_or_empty(key: str, empty: object) -> None:
    assert len(parsed(line(**{key: empty})).messages) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "absent"}, "id is missing; every line needs id, at, sender and text"),
        ({"id": ""}, "id is empty"),
        ({"id": "  "}, "id is empty"),
        ({"id": ["m1"]}, "id must be text, not list"),
        ({"id": True}, "id must be text, not bool"),
        ({"id": 1.5}, "id must be text, not float"),
        ({"at": "absent"}, "at is missing"),
        ({"at": "yesterday"}, "no ISO 8601 time; write for example 2026-12-01T08:00:00+08:00"),
        ({"at": "2026-12-01T08:00:00"}, "has no offset"),
        ({"at": "2026-02-30T08:00:00+08:00"}, "no ISO 8601 time"),
        ({"at": "0001-01-01T00:00:00+08:00"}, "out of range"),
        ({"at": "9999-12-31T23:59:59-08:00"}, "out of range"),
        ({"at": 1796083200}, "at must be text, not int"),
        ({"sender": None}, "sender is missing"),
        ({"text": "absent"}, "text is missing"),
        ({"text": {"a": 1}}, "text must be text, not dict"),
        ({"group": "没有这个群"}, "unknown group '没有这个群'; it must be a topic or an id of a [[group]]"),
        ({"kind": "sticker"}, "kind 'sticker' is unknown; use one of text, image, voice"),
        ({"mentions": "wang-qiang"}, "mentions must be a list of ids"),
        ({"mentions": [1]}, "mentions must be a list of ids"),
    ],
)
def test_a_mistake_has_its_line_and_its_mend(changes: dict[str, Any], why: str) -> None:
    found = mistakes(line(), line(**{"id": "m2"} | changes), "")
    assert len(found) == 1
    assert found[0].startswith("chat.jsonl: line 2: ")
    assert why in found[0]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "not valid JSON"),
        ("电梯坏了", "not valid JSON"),
        ("[1, 2]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("NaN", "not a JSON object"),
        ("[" * 200_000, "not valid JSON"),
        ('{"a":' * 200_000, "not valid JSON"),
        ("9" * 10_000, "not valid JSON"),
        ('{"id": ' + "9" * 10_000 + "}", "not valid JSON"),
        (line().replace('"m1"', "NaN"), "id must be text, not float"),
        ("{'id': 'm1'}", "not valid JSON"),
    ],
)
def test_what_is_no_json_object_is_named_by_line(bad: str, why: str) -> None:
    found = mistakes(line(), "", bad)
    assert len(found) == 1
    assert found[0].startswith("chat.jsonl: line 3: ")
    assert why in found[0]
    assert len(found[0]) < 300


def test_an_id_used_twice_names_both_lines() -> None:
    assert mistakes(line(), line(id="m2"), line()) == [
        "chat.jsonl: line 3: id 'm1' was already used in line 1; give every message its own id"
    ]


def test_time_never_goes_back_whatever_the_offset() -> None:
    assert (
        "line 2: at is earlier than in the line before"
        in mistakes(line(), line(id="m2", at="2026-12-01T00:59:59+01:00"))[0]
    )
    assert len(parsed(line(), line(id="m2", at="2026-12-01T00:00:00Z")).messages) == 2


def test_all_mistakes_are_told_and_very_many_are_counted() -> None:
    assert len(mistakes("{", "{", line(id=""))) == 3
    many = mistakes(*["{"] * 500)
    assert len(many) == 51
    assert "450 more" in many[-1]


def test_a_quote_of_nothing_is_a_warning_with_its_line() -> None:
    chat = parsed(
        line(), line(id="m2", quote="m1"), line(id="m3", quote="m9"), line(id="m4", quote="m5"), line(id="m5")
    )
    assert [warning.split(":")[1].strip() for warning in chat.warnings] == ["line 3", "line 4"]
    assert len(chat.messages) == 5


def test_a_quote_of_the_bots_own_post_is_no_message_of_the_file() -> None:
    chat = parsed(line(), line(id="m2", kind="recall", quote="m1", text=""))
    assert chat.messages[1].recall_of == "m1"
    assert chat.messages[1].quote is None


def test_numbers_are_taken_as_ids() -> None:
    chat = parsed(line(id=17, sender=5), line(id=18, sender=5, quote=17))
    assert [(m.message_id, m.sender_id, m.quote) for m in chat.messages] == [("17", "5", None), ("18", "5", "17")]
    assert chat.warnings == ()


def test_the_bot_may_be_mentioned_by_any_of_its_names() -> None:
    for mentions, text in ((["bot"], "x"), (["louling", "r2"], "x"), (["楼铃"], "x"), ([], "@楼铃 1")):
        assert parsed(line(mentions=mentions, text=text)).messages[0].mentions_bot
    assert not parsed(line(mentions=["r2"])).messages[0].mentions_bot


def test_halves_of_surrogate_pairs_and_nul_do_not_stop_the_file() -> None:
    raw = line().replace("r1", "r\\ud83d1").replace("电梯坏了".encode("unicode_escape").decode(), "\\udc00\\u0000坏了")
    (message,) = parsed(raw).messages
    message.text.encode("utf-8")
    message.sender_id.encode("utf-8")


def test_two_groups_of_one_topic_need_the_id() -> None:
    twice = Roster(
        ROSTER.staff,
        ROSTER.communities,
        ROSTER.grids,
        ROSTER.buildings,
        (Group("业主群", ("文化小区1号楼",), "g1"), Group("业主群", ("文化小区2号楼",), "g2")),
    )
    with pytest.raises(ChatError, match="topic of 2 groups; name its id"):
        parse_lines([line(group="业主群")], "chat", twice)
    assert parse_lines([line(group="g2")], "chat", twice).messages[0].room_id == "g2"


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "chat.jsonl"
    path.write_bytes(content)
    return path


def test_byte_order_mark_windows_lines_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    content = "\ufeff" + line() + "\r\n\r\n   \r\n" + line(id="m2") + "\r\n"
    assert len(read_chat(write(tmp_path, content.encode()), ROSTER).messages) == 2


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    content = json.dumps(json.loads(line(text="一\u2028二\u0085三\x0b四")), ensure_ascii=False)
    (message,) = read_chat(write(tmp_path, content.encode()), ROSTER).messages
    assert message.text == "一\u2028二\u0085三\x0b四".replace("\x0b", "\x0b")


def test_bytes_that_are_no_utf_8_are_named_by_line(tmp_path: Path) -> None:
    with pytest.raises(ChatError, match=r"line 2: is not UTF-8 text"):
        read_chat(write(tmp_path, line().encode() + b"\n" + "电梯".encode("gbk")), ROSTER)


@pytest.mark.parametrize("name", ["none.jsonl", "."])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(ChatError, match="cannot be read"):
        read_chat(tmp_path / name, ROSTER)


def test_a_huge_line_is_read(tmp_path: Path) -> None:
    (message,) = read_chat(write(tmp_path, line(text="长" * 3_000_000).encode()), ROSTER).messages
    assert len(message.text) == 3_000_000


@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_text_breaks_the_reader(lines: list[str]) -> None:
    try:
        parsed(*lines)
    except ChatError as error:
        assert all(mistake.startswith("chat.jsonl: line ") for mistake in error.mistakes)  # noqa: PT017


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["id", "at", "group", "sender", "text", "kind", "mentions", "quote", "name", "alias"]), json_values
)
def test_no_value_breaks_the_reader(key: str, value: Any) -> None:
    try:
        parsed(line(**{key: value}))
    except ChatError as error:
        assert len(error.mistakes) == 1  # noqa: PT017


EXPORT = """
2026-12-01 08:00:12 张三
电梯坏了
快来人

李四(wxid_abc123) 2026/12/1 8:01
[图片]
[2026年12月1日 08:02:00] 王强: 收到，马上到
2026.12.01 08:03 系统消息
"张三"撤回了一条消息
"""


def test_the_forms_of_a_plain_text_export() -> None:
    chat = parse_export(EXPORT.strip("\n"), "chat.txt", ROSTER, GROUP)
    assert [(m.message_id, m.sender_id, m.kind.value, m.text) for m in chat.messages] == [
        ("line-1", "张三", "text", "电梯坏了\n快来人"),
        ("line-5", "wxid_abc123", "image", ""),
        ("line-7", "wang-qiang", "text", "收到，马上到"),
        ("line-8", "系统消息", "system", ""),
    ]
    assert chat.messages[0].sent_at.isoformat() == "2026-12-01T00:00:12+00:00"
    assert all(message.room_id == GROUP for message in chat.messages)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no message found"),
        ("大家好\n2026-12-01 08:00 张三\n你好", "line 1: text before the first message"),
        ("2026-02-30 08:00 张三\n你好", "line 1: no such date or time"),
        ("2026-12-01 28:00 张三\n你好", "line 1: no such date or time"),
        ("2026-12-01 08:00 张三\n早\n2026-12-01 07:00 李四\n晚", "line 3: the time is earlier"),
    ],
)
def test_a_mistake_in_an_export_has_its_line(text: str, why: str) -> None:
    with pytest.raises(ChatError, match=why):
        parse_export(text, "chat.txt", ROSTER, GROUP)


def test_an_export_of_an_unknown_group_names_the_option() -> None:
    with pytest.raises(ChatError, match="--group: unknown group"):
        parse_export(EXPORT, "chat.txt", ROSTER, "没有")
