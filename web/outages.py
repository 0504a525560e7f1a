"""Announced outages on the page of announcements: what is off or will be, announcing it, taking it back."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from aiohttp import web

from domain.wording_outages import ANNOUNCED
from handlers import outages as notices
from store import outages
from store.outages import Planned as PlannedOutage
from store.tables import Outage
from store.tx import Cause, Tx
from web.actions import BY
from web.bodies import Act, Planned, ahead, body, chosen_groups, instant, number
from web.errors import Refusal
from web.keys import View, change
from web.names import actor

_SHOWN_BACK = timedelta(days=7)  # how long an outage stays on the page after its end
_MOST = 50
_LONGEST = timedelta(days=7)

KINDS = [(category.value, off) for category, off in ANNOUNCED.items()]
"""What can be announced to be off, for the form."""


def add_outages(app: web.Application) -> None:
    """Routes of both changes."""
    app.router.add_post("/api/outages", announce)
    app.router.add_post("/api/outages/{outage}/cancel", call_off)


def shown(view: View) -> list[dict[str, Any]]:
    """What is off, will be, or was lately, in one query."""
    return [_outage(view, one) for one in outages.lately(view.tx, view.tx.now - _SHOWN_BACK, _MOST)]


def _outage(view: View, one: Outage) -> dict[str, Any]:
    told, group = notices.words(view.tx, one), view.tx.directory.groups.get(one.group_id)
    over = one.ends_at <= view.tx.now
    begun = one.starts_at <= view.tx.now
    state = "已取消" if one.cancelled_at else "已结束" if over else "进行中" if begun else "未开始"
    return {
        "id": one.id,
        "what": told.off,
        "when": told.when,
        "group": group.topic if group else "",
        "by": actor(view, one.announced_by),
        "words": view.shown(one.body),
        "asked": one.asked,
        "state": state,
        "open": state in ("进行中", "未开始"),
    }


async def announce(request: web.Request) -> web.Response:
    """Post a notice in the chosen groups; questions about it open no issue until its end."""
    given = await body(request, Planned)
    starts, ends = instant(request, given.starts_at), instant(request, given.ends_at)
    if given.category not in ANNOUNCED:
        raise Refusal(HTTPStatus.BAD_REQUEST, "category：这一类不能发停用通知")
    if not starts < ends <= starts + _LONGEST:
        raise Refusal(HTTPStatus.BAD_REQUEST, "ends_at：要晚于开始，最多七天")
    ahead(request, ends)

    def work(tx: Tx) -> str:
        groups, silent = chosen_groups(tx, given.groups), []
        for group in groups:
            planned = PlannedOutage(group, given.category, starts, ends, True, "")
            if not notices.post_notice(tx, planned, given.reason, Cause(BY)):
                silent.append(tx.directory.groups[group].topic)
        left = f"这些群设为不发言，请自己转发：{'、'.join(silent[:5])}。" if silent else ""
        return f"通知已登记，发到{len(groups) - len(silent)}个群。{left}"

    return web.json_response({"said": await change(request.app, work)})


async def call_off(request: web.Request) -> web.Response:
    """It does not take place, or is over early; a group that had the bot's notice is told."""
    wanted = number(request.match_info["outage"], "没有这个通知")
    await body(request, Act)

    def work(tx: Tx) -> None:
        one = outages.find(tx, wanted)
        if one is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "没有这个通知")
        if one.cancelled_at is not None or one.ends_at <= tx.now:
            raise Refusal(HTTPStatus.CONFLICT, "已经取消或结束了")
        notices.take_back(tx, one, Cause(BY))

    await change(request.app, work)
    return web.json_response({"done": True})
