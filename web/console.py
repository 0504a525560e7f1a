"""The console: issues as a list with filters and one page each, for the sandbox and for real channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy import ColumnElement, Select, and_, or_, select

from domain.lifecycle import LIVE
from domain.messages import LinkState
from domain.wording import waited
from domain.words import Category, IssueState, Urgency, zh
from web import issue_view
from web.bodies import number
from web.errors import Refusal
from web.issue_view import ISSUE
from web.keys import HEALTH, STREET, View, in_sandbox, look

_PAGE = 50
_ALL = "all"

E = TypeVar("E", bound=StrEnum)

LINK_NAMES = {
    LinkState.STARTING: "启动中",
    LinkState.UP: "在线",
    LinkState.WAITING: "等待人工处理",
    LinkState.DOWN: "断开",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list shows. Without a state: everything unsettled. ``after`` is (opened_at, id) of the page before."""

    community: int | None = None
    grid: int | None = None
    state: IssueState | None = None
    every_state: bool = False
    category: Category | None = None
    urgency: Urgency | None = None
    after: tuple[datetime, int] | None = None

    @property
    def states(self) -> tuple[IssueState, ...]:
        """The states that are listed."""
        if self.every_state:
            return tuple(IssueState)
        return (self.state,) if self.state else issue_view.live_states()

    @property
    def oldest_first(self) -> bool:
        """The longest waiting first, as long as anybody waits; what is over reads newest first."""
        return set(self.states) <= LIVE - {IssueState.RESOLVED}


def add_console(app: web.Application) -> None:
    """Routes of the console; without a sandbox the list is the first page."""
    app.router.add_get("/issues", issues_page)
    app.router.add_get("/issues/{issue}", issue_page)
    if not in_sandbox(app):
        app.router.add_get("/", first_page)


async def first_page(_request: web.Request) -> web.Response:
    """On to the list."""
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": "/issues"})


async def issues_page(request: web.Request) -> web.Response:
    """The list of issues."""
    chosen = parse_filter(request.query)

    def work(view: View) -> dict[str, Any]:
        rows = view.tx.db.execute(listed(chosen)).all()
        shown, more = issue_view.cards(view, rows[:_PAGE], steps=False), len(rows) > _PAGE
        last = rows[_PAGE - 1] if more else None
        after = f"{last.opened_at.isoformat()}|{last.id}" if last is not None else None
        return {"issues": shown, "next": _address(request, after) if after else None, **_choices(view)}

    found = await look(request.app, work)
    shown = {**frame(request), **found, "chosen": request.query, "first": _address(request, None), "filter": chosen}
    return aiohttp_jinja2.render_template("issues.html", request, shown)


async def issue_page(request: web.Request) -> web.Response:
    """One issue."""
    wanted = number(request.match_info["issue"], "没有这件诉求")
    found = await look(request.app, lambda view: issue_view.detail(view, wanted))
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "没有这件诉求")
    return aiohttp_jinja2.render_template("issue.html", request, {**frame(request), "issue": found})


def listed(chosen: Filter) -> Select[Any]:
    """The rows of one page and one more, to know whether another page follows."""
    equal = {
        "community_id": chosen.community,
        "grid_id": chosen.grid,
        "category": chosen.category,
        "urgency": chosen.urgency,
    }
    where = [ISSUE.c[name] == value for name, value in equal.items() if value is not None]
    if not chosen.every_state:
        where.append(ISSUE.c.state.in_(list(chosen.states)))
    if set(chosen.states) <= LIVE:
        live = ISSUE.alias("live")
        where.append(ISSUE.c.id.in_(select(live.c.id).where(live.c.next_at.is_not(None))))  # the narrow index
    if chosen.after is not None:
        where.append(_beyond(chosen.after, oldest_first=chosen.oldest_first))
    order = [ISSUE.c.opened_at, ISSUE.c.id] if chosen.oldest_first else [ISSUE.c.opened_at.desc(), ISSUE.c.id.desc()]
    return select(ISSUE).where(*where).order_by(*order).limit(_PAGE + 1)


def _beyond(after: tuple[datetime, int], *, oldest_first: bool) -> ColumnElement[bool]:
    at, last = after
    if oldest_first:
        return or_(ISSUE.c.opened_at > at, and_(ISSUE.c.opened_at == at, ISSUE.c.id > last))
    return or_(ISSUE.c.opened_at < at, and_(ISSUE.c.opened_at == at, ISSUE.c.id < last))


def parse_filter(query: Mapping[str, str]) -> Filter:
    """The filter of an address. Raises ``Refusal`` (400) for a value the page never offers."""
    state = query.get("state") or None
    return Filter(
        community=_place(query.get("community")),
        grid=_place(query.get("grid")),
        state=None if state == _ALL else _word(IssueState, state, "state"),
        every_state=state == _ALL,
        category=_word(Category, query.get("category") or None, "category"),
        urgency=_word(Urgency, query.get("urgency") or None, "urgency"),
        after=_after(query.get("after")),
    )


def _word(words: type[E], value: str | None, name: str) -> E | None:
    try:
        return words(value) if value is not None else None
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{name}：没有这个选项") from None


def _place(value: str | None) -> int | None:
    return number(value, "没有这个社区或网格") if value else None


def _after(value: str | None) -> tuple[datetime, int] | None:
    if not value:
        return None
    try:
        at, last = value.split("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return moment, int(last)
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "after：不是本页面给出的位置") from None


def _address(request: web.Request, after: str | None) -> str:
    kept = {name: value for name, value in request.query.items() if name not in ("after", "token") and value}
    query = urlencode({**kept, "after": after} if after else kept)
    return "/issues" + (f"?{query}" if query else "")


def _choices(view: View) -> dict[str, Any]:
    directory = view.tx.directory
    in_community = {building.grid_id: building.community_id for building in directory.buildings.values()}
    return {
        "communities": directory.communities,
        "grids": [(key, name, in_community.get(key)) for key, name in directory.grids.items()],
        "states": [(state.value, zh(state)) for state in IssueState],
        "categories": [(category.value, zh(category)) for category in Category],
        "urgencies": [(urgency.value, zh(urgency)) for urgency in Urgency],
    }


def frame(request: web.Request) -> dict[str, Any]:
    """What every console page shows around its content."""
    channels = [
        {"name": name, "link": state.link.value, "link_zh": LINK_NAMES[state.link], "detail": state.detail}
        for name, state in request.app[HEALTH].channels().items()
    ]
    return {
        "street": request.app[STREET].name,
        "sandbox": in_sandbox(request.app),
        "channels": channels,
        "waited": waited,
    }
