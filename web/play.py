"""Playing the street: the page at ``/`` and its JSON API. These routes exist only in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy import select

from domain.ports import Line
from domain.street import Street
from domain.words import MessageKind
from store.tables import MessageRow, Outbox, table
from web import chat_view, issue_view, street_view
from web.bodies import Advance, Recall, Say, body, number
from web.chat_view import Cursor
from web.errors import Refusal
from web.keys import SANDBOX, STREET, View, look
from web.live import MOVING, Moving, clock, events

_MESSAGE, _OUTBOX = table(MessageRow), table(Outbox)

BOT_MENTION = "louling"
"""The id by which a line of the page mentions the bot."""

_dumps = partial(json.dumps, ensure_ascii=False)
_PAGE = 60
_ISSUES = 80


def add_sandbox(app: web.Application) -> None:
    """The page and its API."""
    app[MOVING] = Moving()
    add = app.router.add_route
    add("GET", "/", sandbox_page)
    for method, path, handler in (
        ("GET", "state", state),
        ("GET", "groups/{group}/messages", group_messages),
        ("GET", "directs", direct_list),
        ("GET", "directs/{person}/messages", direct_messages),
        ("GET", "issues", issue_list),
        ("GET", "issues/{issue}", issue_detail),
        ("GET", "events", events),
        ("POST", "say", say),
        ("POST", "recall", recall),
        ("POST", "advance", advance),
    ):
        add(method, f"/api/sandbox/{path}", handler)


def answer(value: Mapping[str, Any]) -> web.Response:
    """JSON with Chinese as it is."""
    return web.json_response(value, dumps=_dumps)


async def sandbox_page(request: web.Request) -> web.Response:
    """The page; everything in it comes through the API."""
    return aiohttp_jinja2.render_template("sandbox.html", request, {"street": request.app[STREET].name})


async def state(request: web.Request) -> web.Response:
    """Groups, people, residents, examples and the clock."""
    residents = tuple(request.app[SANDBOX].residents)
    found = await look(request.app, lambda view: street_view.street(view, residents))
    return answer({**found, "clock": clock(request.app)})


async def group_messages(request: web.Request) -> web.Response:
    """A page of a group's chat; ``before`` pages back."""
    wanted, before = number(request.match_info["group"], "没有这个群"), _before(request)

    def work(view: View) -> dict[str, Any]:
        if wanted not in view.tx.directory.groups:
            raise Refusal(HTTPStatus.NOT_FOUND, "没有这个群")
        return chat_view.page(view, chat_view.group_talk(view, wanted), before, _PAGE)

    return answer(await look(request.app, work))


async def direct_list(request: web.Request) -> web.Response:
    """Who has direct messages with the bot, newest first."""
    return answer({"people": await look(request.app, chat_view.directs)})


async def direct_messages(request: web.Request) -> web.Response:
    """A page of one person's direct messages with the bot."""
    person, before = request.match_info["person"], _before(request)
    return answer(
        await look(request.app, lambda view: chat_view.page(view, chat_view.direct_talk(view, person), before, _PAGE))
    )


async def issue_list(request: web.Request) -> web.Response:
    """The newest issues of the whole street."""

    def work(view: View) -> list[dict[str, Any]]:
        newest = select(issue_view.ISSUE).order_by(issue_view.ISSUE.c.id.desc()).limit(_ISSUES)
        return issue_view.cards(view, view.tx.db.execute(newest).all(), steps=True)

    return answer({"issues": await look(request.app, work)})


async def issue_detail(request: web.Request) -> web.Response:
    """One issue with evidence, timeline, the ladder ahead, prompts and sends."""
    wanted = number(request.match_info["issue"], "没有这件诉求")
    found = await look(request.app, lambda view: issue_view.detail(view, wanted))
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "没有这件诉求")
    return answer(found)


async def say(request: web.Request) -> web.Response:
    """Deliver a line; answers once it is handled."""
    asked = await body(request, Say)
    name, alias = await look(request.app, lambda view: _writer(request.app, view, asked))
    line = Line(
        sender=asked.sender,
        text=asked.text,
        group=asked.group,
        sender_name=name,
        sender_alias=alias,
        quote=asked.quote,
        mentions=asked.mentions,
    )
    message = await request.app[SANDBOX].say(line)
    return answer({"id": message, "kept": await look(request.app, _kept(message))})


async def recall(request: web.Request) -> web.Response:
    """Take a message back, as its writer."""
    asked = await body(request, Recall)

    def work(view: View) -> None:
        chosen = select(_MESSAGE.c.sender_id, _MESSAGE.c.kind).where(_MESSAGE.c.external_id == asked.message).limit(1)
        row = view.tx.db.execute(chosen).one_or_none()
        if row is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "message：没有这条消息")
        if row.sender_id != asked.sender:
            raise Refusal(HTTPStatus.BAD_REQUEST, "message：只能撤回自己的消息")
        if row.kind is MessageKind.RECALL:
            raise Refusal(HTTPStatus.BAD_REQUEST, "message：已经撤回了")

    await look(request.app, work)
    line = Line(asked.sender, "", asked.group, kind=MessageKind.RECALL, recall_of=asked.message)
    return answer({"id": await request.app[SANDBOX].say(line)})


async def advance(request: web.Request) -> web.Response:
    """Move the clock and answer when it has arrived; the stream tells where it is."""
    asked, sandbox, moving = await body(request, Advance), request.app[SANDBOX], request.app[MOVING]
    if moving.until is not None:
        raise Refusal(HTTPStatus.CONFLICT, "时钟正在走，请等它停下")
    now = sandbox.now()
    until = now + timedelta(minutes=asked.minutes) if asked.minutes else next_time(request.app[STREET], now, asked.to)
    moving.start, moving.until = now, until
    try:
        await sandbox.advance(until)
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "时钟只能向前走，一次最多走 60 天") from None
    finally:
        moving.start = moving.until = None
    return answer({"clock": clock(request.app)})


def next_time(street: Street, now: datetime, to: time | None) -> datetime:
    """The next instant after ``now`` at which it is ``to`` in the street's zone."""
    local, wanted = street.local(now), to or time.min
    day = local.date() if wanted > local.time() else local.date() + timedelta(days=1)
    return datetime.combine(day, wanted, local.tzinfo)


def _before(request: web.Request) -> Cursor | None:
    text = request.query.get("before")
    try:
        return chat_view.parse_cursor(text) if text else None
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "before：不是本页面给出的位置") from None


def _writer(app: web.Application, view: View, asked: Say) -> tuple[str, str]:
    """Name and alias of whoever writes. Raises ``Refusal`` (400) for a person, group or quote nobody knows."""
    directory, residents = view.tx.directory, {one.id: one for one in app[SANDBOX].residents}
    resident = residents.get(asked.sender)
    if resident is None and asked.sender not in directory.people:
        raise Refusal(HTTPStatus.BAD_REQUEST, "sender：没有这个人")
    if asked.group is not None and asked.group not in directory.group_by_key:
        raise Refusal(HTTPStatus.BAD_REQUEST, "group：没有这个群")
    if resident is not None and asked.group not in (None, resident.group):
        raise Refusal(HTTPStatus.BAD_REQUEST, "group：这位居民不在这个群里")
    known = {*directory.people, *residents, BOT_MENTION}
    if not known.issuperset(asked.mentions):
        raise Refusal(HTTPStatus.BAD_REQUEST, "mentions：没有这个人")
    if asked.quote is not None and not _exists(view, asked.quote):
        raise Refusal(HTTPStatus.BAD_REQUEST, "quote：没有这条消息")
    return (resident.name, resident.alias) if resident else (directory.name(asked.sender), "")


def _exists(view: View, message: str) -> bool:
    written = select(_MESSAGE.c.id).where(_MESSAGE.c.external_id == message).limit(1)
    posted = select(_OUTBOX.c.id).where(_OUTBOX.c.external_id == message).limit(1)
    return any(view.tx.db.execute(chosen).first() is not None for chosen in (written, posted))


def _kept(message: str) -> Callable[[View], bool]:
    """Whether a line was stored: not before the group's notice, and not of somebody who opted out."""
    return lambda view: _exists(view, message)
