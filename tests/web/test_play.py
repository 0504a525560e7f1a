"""The sandbox API: what it shows, what it does, and every body it refuses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import ClientSession

from domain.ports import Line
from store.engine import Store
from tests.web.conftest import GROUP, START, STREET, TOKEN, FakeHealth, FakeSandbox, Site, recall_of, resident, serve
from web.app import make_app
from web.chat_view import Cursor, parse_cursor
from web.play import next_time

SAY = "/api/sandbox/say"
GOOD = {"sender": "r1", "group": GROUP, "text": "你好"}


async def lines(site: Site, group: int = 1) -> list[dict[str, Any]]:
    """The newest lines of a group."""
    _, page = await site.get(f"/api/sandbox/groups/{group}/messages")
    return page["lines"]  # type: ignore[no-any-return]


async def test_the_state_lays_out_the_street(site: Site) -> None:
    status, said = await site.get("/api/sandbox/state")
    assert status == HTTPStatus.OK
    assert [one["topic"] for one in said["groups"]] == [GROUP, "二号楼群"]
    assert [one["noticed"] for one in said["groups"]] == [True, False]
    first = said["groups"][0]
    assert (first["community"], first["grid"], first["building"]) == ("文化社区", "文化第一网格", "一号楼")
    assert first["staff"][:3] == [
        {"id": "wang", "duty": "网格长"},
        {"id": "li", "duty": "网格员"},
        {"id": "liu", "duty": "楼栋长"},
    ]
    assert {"id": "zhao", "name": "赵敏", "duty": "分包科级领导", "places": ["文化社区"]} in said["people"]
    assert said["residents"][0]["alias"] == "3-2-501 王芳"
    assert said["clock"]["now"] == "2026-03-10T09:30:00.000+08:00"


async def test_a_line_is_delivered_as_its_writer(site: Site, sandbox: FakeSandbox) -> None:
    status, said = await site.post(SAY, {**GOOD, "mentions": ["wang", "louling"]})
    assert (status, said["kept"]) == (HTTPStatus.OK, True)
    expected = Line("r1", "你好", GROUP, "王芳", "3-2-501 王芳", mentions=("wang", "louling"))
    assert sandbox.lines == [expected]
    shown = await lines(site)
    assert [(one["sender"]["name"], one["text"], one["bot"]) for one in shown] == [("3-2-501 王芳", "你好", False)]


async def test_a_staff_member_is_shown_with_their_duty_there(site: Site) -> None:
    await site.post(SAY, {"sender": "wang", "group": GROUP, "text": "大家好"})
    assert (await lines(site))[0]["sender"] == {"id": "wang", "name": "王强", "duty": "网格长"}


async def test_the_bots_posts_stand_after_what_caused_them(site: Site) -> None:
    await site.post(SAY, {**GOOD, "text": "三单元电梯又停了"})
    written, posted = await lines(site)
    assert written["issues"] == posted["issues"] == [{"id": 1, "number": 1}]
    assert posted["bot"] is True
    assert posted["mentions"] == ["3-2-501 王芳"]
    assert "已登记 #1" in posted["text"]


async def test_a_quote_shows_whom_and_what(site: Site) -> None:
    await site.post(SAY, {**GOOD, "text": "三单元电梯又停了"})
    first, post = await lines(site)
    await site.post(SAY, {**GOOD, "sender": "r2", "quote": first["id"]})
    await site.post(SAY, {**GOOD, "sender": "r2", "quote": post["id"]})
    to_resident, to_bot = [one["quote"] for one in await lines(site) if one.get("quote")]
    assert to_resident == {"name": "3-2-501 王芳", "text": "三单元电梯又停了"}
    assert to_bot["name"] == "楼铃"


async def test_a_line_before_the_notice_is_said_not_to_be_kept(site: Site) -> None:
    status, said = await site.post(SAY, {"sender": "r3", "group": "二号楼群", "text": "你好"})
    assert (status, said["kept"]) == (HTTPStatus.OK, False)
    assert await lines(site, 2) == []


async def test_a_recall_leaves_no_text(site: Site, sandbox: FakeSandbox) -> None:
    _, said = await site.post(SAY, {**GOOD, "text": "不该说的话"})
    status, _ = await site.post("/api/sandbox/recall", {"sender": "r1", "group": GROUP, "message": said["id"]})
    assert status == HTTPStatus.OK
    assert sandbox.lines[-1] == recall_of(Line("r1", "", GROUP), said["id"])
    shown = await lines(site)
    assert (shown[0]["recalled"], shown[0]["text"]) == (True, "")
    assert [one["command"] for one in shown] == [False, True]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"sender": "nobody"}, "sender：没有这个人"),
        ({"group": "no group"}, "group：没有这个群"),
        ({"group": "二号楼群"}, "group：这位居民不在这个群里"),
        ({"quote": "no message"}, "quote：没有这条消息"),
        ({"mentions": ["nobody"]}, "mentions：没有这个人"),
        ({"mentions": ["wang"] * 21}, "mentions：太多"),
        ({"text": "  "}, "text：不能为空"),
        ({"text": "长" * 1001}, "text：太长"),
        ({"kind": "system"}, "kind：多余的字段"),
        ({"sender": ""}, "sender：不能为空"),
    ],
)
async def test_a_wrong_line_is_refused_in_one_line(
    site: Site, sandbox: FakeSandbox, changes: dict[str, Any], line: str
) -> None:
    status, said = await site.post(SAY, {**GOOD, **changes})
    assert (status, said) == (HTTPStatus.BAD_REQUEST, {"error": line})
    assert sandbox.lines == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"\xff\xfe", b'"text"', b"[" * 60_000, b"null"])
async def test_bad_json_is_refused(site: Site, raw: bytes) -> None:
    headers = {**site.headers, "Content-Type": "application/json"}
    async with site.visitor.post(site.url + SAY, data=raw, headers=headers) as answer:
        assert answer.status == HTTPStatus.BAD_REQUEST
        assert len((await answer.json())["error"].splitlines()) == 1


async def test_a_missing_field_is_named(site: Site) -> None:
    status, said = await site.post(SAY, {"sender": "r1"})
    assert (status, said) == (HTTPStatus.BAD_REQUEST, {"error": "text：缺少"})


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"sender": "r1", "message": "none"}, "message：没有这条消息"),
        ({"sender": "r2", "message": "in-1"}, "message：只能撤回自己的消息"),
        ({"sender": "r1"}, "message：缺少"),
    ],
)
async def test_a_wrong_recall_is_refused(site: Site, body: dict[str, str], line: str) -> None:
    await site.post(SAY, GOOD)
    assert await site.post("/api/sandbox/recall", body) == (HTTPStatus.BAD_REQUEST, {"error": line})


async def test_a_message_is_recalled_once(site: Site) -> None:
    await site.post(SAY, GOOD)
    body = {"sender": "r1", "group": GROUP, "message": "in-1"}
    assert (await site.post("/api/sandbox/recall", body))[0] == HTTPStatus.OK
    status, said = await site.post("/api/sandbox/recall", body)
    assert (status, said) == (HTTPStatus.BAD_REQUEST, {"error": "message：已经撤回了"})


async def test_pages_of_a_chat_fit_together_even_at_one_instant(site: Site) -> None:
    for index in range(130):
        await site.post(SAY, {**GOOD, "text": f"第{index}句"})
    found, path = [], "/api/sandbox/groups/1/messages"
    before: str | None = ""
    while before is not None:
        _, page = await site.get(path + (f"?before={before.replace('+', '%2B')}" if before else ""))
        found = [one["text"] for one in page["lines"]] + found
        before = page["before"]
    assert found == [f"第{index}句" for index in range(130)]


@pytest.mark.parametrize("before", ["x", "2026-03-10T09:30:00|0|1", "2026-03-10T09:30:00Z|7|1", "||"])
async def test_a_strange_cursor_is_refused(site: Site, before: str) -> None:
    status, said = await site.get(f"/api/sandbox/groups/1/messages?before={before}")
    assert (status, said) == (HTTPStatus.BAD_REQUEST, {"error": "before：不是本页面给出的位置"})


def test_a_cursor_reads_back_as_it_was_written() -> None:
    cursor = Cursor(datetime(2026, 3, 10, 1, 2, 3, 4, tzinfo=UTC), 1, 42)
    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize("path", ["groups/99/messages", "groups/x/messages", "issues/99", "issues/x"])
async def test_what_does_not_exist_is_404(site: Site, path: str) -> None:
    status, said = await site.get(f"/api/sandbox/{path}")
    assert status == HTTPStatus.NOT_FOUND
    assert said["error"].startswith("没有这")


async def test_direct_messages_by_person_with_digits_to_press(site: Site) -> None:
    await site.post(SAY, {**GOOD, "text": "三单元电梯又停了"})
    _, found = await site.get("/api/sandbox/directs")
    assert [(one["person"], one["count"], one["bot"]) for one in found["people"]] == [("wang", 1, True)]
    _, page = await site.get("/api/sandbox/directs/wang/messages")
    prompt = page["lines"][0]["prompt"]
    assert (prompt["of"], prompt["open"]) == ("wang", True)
    assert [(one["digit"], one["label"]) for one in prompt["options"]][:2] == [(1, "已解决"), (2, "处理中")]


async def test_a_digit_answers_and_quiets(site: Site) -> None:
    await site.post(SAY, {**GOOD, "text": "三单元电梯又停了"})
    await site.post(SAY, {"sender": "wang", "text": "2"})
    _, said = await site.get("/api/sandbox/issues/1")
    assert said["state"] == {"code": "answered", "zh": "处理中"}
    assert said["prompts"][0]["state_zh"] == "已回答"
    assert "回答“处理得怎样”：处理中" in [event["text"] for event in said["timeline"]]


async def test_an_issue_tells_why_and_what_comes_next(site: Site) -> None:
    await site.post(SAY, {**GOOD, "text": "三单元电梯又停了"})
    _, listed = await site.get("/api/sandbox/issues")
    assert [one["id"] for one in listed["issues"]] == [1]
    _, said = await site.get("/api/sandbox/issues/1")
    assert said["evidence"]["pieces"] == [
        {"text": "三单元", "role": ""},
        {"text": "电梯", "role": "topic"},
        {"text": "又", "role": ""},
        {"text": "停", "role": "sign"},
        {"text": "了", "role": ""},
    ]
    assert said["evidence"]["words"][0]["rule"] == "elevator.stopped"
    assert said["next"] == said["ahead"][0]
    assert said["ahead"][0]["to"] == ["王强", "李娜", "刘淑兰"]
    assert [step["what"] for step in said["ahead"] if step["escalation"]] == ["升级到社区书记", "升级到分包科级领导"]
    assert said["ahead"][-1]["what"].startswith("之后每")
    assert said["assignee"] == "王强"
    assert said["timeline"][0]["text"] == "登记为诉求 #1，由王强负责"


async def test_the_clock_moves_and_the_bell_rings(site: Site, sandbox: FakeSandbox) -> None:
    await site.post(SAY, {**GOOD, "text": "三单元电梯又停了"})
    status, said = await site.post("/api/sandbox/advance", {"minutes": 30})
    assert status == HTTPStatus.OK
    assert said["clock"] == {"now": "2026-03-10T10:00:00.000+08:00", "start": None, "until": None}
    _, found = await site.get("/api/sandbox/directs")
    assert {"wang", "li", "liu", "sun"} <= {one["person"] for one in found["people"]}


async def test_the_clock_goes_to_an_hour_of_the_street(site: Site, sandbox: FakeSandbox) -> None:
    await site.post("/api/sandbox/advance", {"to": "18:00"})
    assert sandbox.now() == datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
    await site.post("/api/sandbox/advance", {"to": "08:30"})
    assert sandbox.now() == datetime(2026, 3, 11, 0, 30, tzinfo=UTC)


def test_the_next_time_is_always_ahead() -> None:
    here = next_time(STREET, START, time(9, 30))
    assert here - START == timedelta(days=1)
    assert next_time(STREET, START, time(9, 31)) - START == timedelta(minutes=1)


@pytest.mark.parametrize(
    "body",
    [{}, {"minutes": 5, "to": "18:00"}, {"minutes": 0}, {"minutes": 10**9}, {"to": "25:00"}, {"hours": 1}],
)
async def test_a_wrong_move_of_the_clock_is_refused(site: Site, sandbox: FakeSandbox, body: dict[str, Any]) -> None:
    status, said = await site.post("/api/sandbox/advance", body)
    assert status == HTTPStatus.BAD_REQUEST
    assert len(said["error"].splitlines()) == 1
    assert sandbox.now() == START


async def test_the_clock_is_moved_by_one_at_a_time(site: Site, sandbox: FakeSandbox) -> None:
    sandbox.hold = asyncio.Event()
    async with site.visitor.get(f"{site.url}/api/sandbox/events") as stream:
        await stream.content.readuntil(b"\n\n")
        first = asyncio.create_task(site.post("/api/sandbox/advance", {"minutes": 30}))
        clock = {"until": None}
        while clock["until"] is None:
            clock = (await site.get("/api/sandbox/state"))[1]["clock"]
        assert await site.post("/api/sandbox/advance", {"minutes": 5}) == (
            HTTPStatus.CONFLICT,
            {"error": "时钟正在走，请等它停下"},
        )
        sandbox.hold.set()
        assert (await first)[0] == HTTPStatus.OK


async def test_the_stream_tells_of_changes_and_ends_with_the_page(site: Site, sandbox: FakeSandbox) -> None:
    async with site.visitor.get(f"{site.url}/api/sandbox/events") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Content-Type-Options"] == "nosniff"
        assert b"retry" in await stream.content.readuntil(b"\n\n")
        assert b'"seq": 0' in await stream.content.readuntil(b"\n\n")
        await sandbox.say(resident(0, "你好"))
        assert b'"seq": 1' in await stream.content.readuntil(b"\n\n")
    while sandbox.listeners:
        await sandbox.say(resident(0, "还在吗"))
        await asyncio.sleep(0)


async def test_a_stop_of_the_service_ends_open_streams(
    store: Store, health: FakeHealth, sandbox: FakeSandbox, visitor: ClientSession
) -> None:
    """A page that is open somewhere must not hold the service up."""
    app = make_app(store, STREET, health, token=TOKEN, clock=sandbox.now, sandbox=sandbox)
    runner, url = await serve(app, shutdown_seconds=600)
    async with visitor.get(f"{url}/?token={TOKEN}") as answer:
        assert answer.status == HTTPStatus.OK
    async with visitor.get(f"{url}/api/sandbox/events") as stream, asyncio.timeout(20):
        await stream.content.readuntil(b"\n\n")
        await asyncio.gather(runner.cleanup(), stream.content.read())
