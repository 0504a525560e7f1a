"""The pages of the residents' council and of reception days and activities, and what is done from them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy import func, select

from domain.gatherings import Draft
from domain.lifecycle import UNSETTLED
from domain.words import CouncilState, GatheringKind, SignupState, zh
from handlers import council as council_room
from handlers.council import Meeting
from handlers.gatherings import announced_words
from store import council, gatherings, issues
from store.council import Resolution
from store.gatherings import GATHERING, SIGNUP
from store.issues import ISSUE
from store.tx import Cause, Tx
from web import outages
from web.actions import BY
from web.bodies import Act, Call, Decide, Invite, ahead, body, chosen_groups, number
from web.console import frame
from web.errors import Refusal
from web.keys import View, change, look
from web.names import identity_names

_SHOWN_BACK = timedelta(days=30)  # how long a gathering stays on the page after its day
_MOST = 50


def add_together(app: web.Application) -> None:
    """Routes of both pages and of their changes."""
    app.router.add_get("/council", council_page)
    app.router.add_get("/gatherings", gatherings_page)
    app.router.add_post("/api/council/meeting", call_meeting)
    app.router.add_post("/api/council/{issue}/resolution", write_resolution)
    app.router.add_post("/api/gatherings", invite)
    app.router.add_post("/api/gatherings/{gathering}/cancel", call_off)


async def council_page(request: web.Request) -> web.Response:
    """The agenda of every community that has one, and the people who can carry a resolution out."""

    def work(view: View) -> dict[str, Any]:
        directory = view.tx.directory
        found: dict[int, list[dict[str, Any]]] = {}
        for item, issue in council.agenda(view.tx, directory.communities):
            found.setdefault(item.community_id, []).append(_item(view, item, issue))
        agendas = [{"id": key, "name": directory.communities[key], "agenda": items} for key, items in found.items()]
        return {"agendas": agendas, "people": sorted(directory.people.items(), key=lambda one: one[1])}

    shown = {**frame(request), "place": "council", **await look(request.app, work)}
    return aiohttp_jinja2.render_template("council.html", request, shown)


def _item(view: View, item: Any, issue: Any) -> dict[str, Any]:
    building = view.tx.directory.buildings.get(issue.building_id)
    return {
        "issue": issue.id,
        "number": issue.number,
        "category": zh(issue.category),
        "building": building.name if building else "",
        "summary": view.shown(issue.summary),
        "state": item.state.value,
        "state_zh": zh(item.state),
        "decided": item.state is CouncilState.DECIDED,
        "listed_at": view.iso(item.listed_at),
        "meeting_at": view.iso(item.meeting_at),
        "place": item.place,
        "resolution": view.shown(item.resolution),
        "carrier": view.tx.directory.name(item.carrier_id) if item.carrier_id else "",
        "due_at": view.iso(item.due_at),
        "late": item.due_at is not None and item.due_at < view.tx.now,
    }


async def gatherings_page(request: web.Request) -> web.Response:
    """What is ahead and what was lately, with the sign-ups; three queries whatever their number."""

    def work(view: View) -> dict[str, Any]:
        recent = select(GATHERING).where(GATHERING.c.starts_at > view.tx.now - _SHOWN_BACK)
        rows = view.tx.db.execute(recent.order_by(GATHERING.c.starts_at.desc()).limit(_MOST)).all()
        ids = [row.id for row in rows]
        signed = view.tx.db.execute(
            select(SIGNUP).where(SIGNUP.c.gathering_id.in_(ids)).order_by(SIGNUP.c.gathering_id, SIGNUP.c.number)
        ).all()
        names = identity_names(view, {row.identity_id for row in signed})
        counted = select(gatherings.GROUP.c.gathering_id, func.count()).group_by(gatherings.GROUP.c.gathering_id)
        told = view.tx.db.execute(counted.where(gatherings.GROUP.c.gathering_id.in_(ids))).all()
        groups = {row[0]: int(row[1]) for row in told}
        shown = [
            _gathering(view, row, [one for one in signed if one.gathering_id == row.id], names, groups.get(row.id, 0))
            for row in rows
        ]
        known = sorted(view.tx.directory.groups.values(), key=lambda group: group.topic)
        topics = [(group.id, group.topic) for group in known]
        return {"gatherings": shown, "groups": topics, "outages": outages.shown(view), "supplies": outages.KINDS}

    kinds = [(kind.value, zh(kind)) for kind in GatheringKind]
    shown = {**frame(request), "place": "gatherings", "kinds": kinds, **await look(request.app, work)}
    return aiohttp_jinja2.render_template("gatherings.html", request, shown)


def _gathering(view: View, row: Any, signed: list[Any], names: dict[int, str], groups: int) -> dict[str, Any]:
    here = [one for one in signed if one.state is not SignupState.CANCELLED]
    state = "已取消" if row.cancelled_at else "已结束" if row.starts_at <= view.tx.now else "接受报名"
    return {
        "id": row.id,
        "kind": zh(row.kind),
        "title": row.title,
        "place": row.place,
        "way": ("线上" if row.online else "线下") if row.kind is GatheringKind.RECEPTION else "",
        "starts_at": view.iso(row.starts_at),
        "places": row.places,
        "state": state,
        "open": state == "接受报名",
        "groups": groups,
        "booked": sum(one.people for one in here if one.state is SignupState.BOOKED),
        "waiting": sum(one.people for one in here if one.state is SignupState.WAITING),
        "list": [
            {
                "number": one.number,
                "name": view.shown(names.get(one.identity_id) or "居民"),
                "people": one.people,
                "waiting": one.state is SignupState.WAITING,
                "words": view.shown(one.words),
                "issue": one.issue_id,
            }
            for one in here
        ],
    }


async def call_meeting(request: web.Request) -> web.Response:
    """A day for what stands on a community's agenda."""
    given = await body(request, Call)
    at = ahead(request, given.at)
    meeting = Meeting(frozenset({given.community}), at, given.place[:60])
    said = await change(request.app, lambda tx: council_room.call(tx, meeting, Cause(BY)))
    return web.json_response({"said": said})


async def write_resolution(request: web.Request) -> web.Response:
    """A resolution on one matter."""
    wanted, given = number(request.match_info["issue"], "没有这件诉求"), await body(request, Decide)
    due = ahead(request, datetime.combine(given.due, time(18)))

    def work(tx: Tx) -> str:
        row = tx.db.execute(select(ISSUE.c.state).where(ISSUE.c.id == wanted)).one_or_none()
        if row is None or row.state not in UNSETTLED:
            raise Refusal(HTTPStatus.CONFLICT, "这件诉求的状态已经变了，请刷新页面再看")
        if given.carrier not in tx.directory.people:
            raise Refusal(HTTPStatus.BAD_REQUEST, "carrier：请选一个人")
        made = Resolution(given.text, given.carrier, due)
        return council_room.decide(tx, issues.load(tx, wanted), made, Cause(BY))

    return web.json_response({"said": await change(request.app, work)})


async def invite(request: web.Request) -> web.Response:
    """Announce a reception day or an activity."""
    given = await body(request, Invite)
    starts = ahead(request, given.starts_at)

    def work(tx: Tx) -> str:
        groups = chosen_groups(tx, given.groups)
        draft = Draft(given.kind, given.title, given.place, starts, given.online, "", given.places)
        return announced_words(tx, gatherings.announce(tx, draft, groups, Cause(BY)))

    return web.json_response({"said": await change(request.app, work)})


async def call_off(request: web.Request) -> web.Response:
    """Take an announcement back."""
    wanted = number(request.match_info["gathering"], "没有这个接访或活动")
    await body(request, Act)

    def work(tx: Tx) -> None:
        one = gatherings.find(tx, wanted)
        if one is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "没有这个接访或活动")
        if not gatherings.is_open(tx, one):
            raise Refusal(HTTPStatus.CONFLICT, "已经取消或结束了")
        gatherings.cancel(tx, one, Cause(BY))

    await change(request.app, work)
    return web.json_response({"done": True})
