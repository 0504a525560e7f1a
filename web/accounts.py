"""The accounts' page: how each account hears and sends, login codes that wait, groups and staff nobody reaches."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import aiohttp_jinja2
import segno
from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from domain.messages import ChannelState
from store import rooms, sends
from store.deafness import DeafGroup, deaf_groups
from store.figures import unheard_lately
from store.tx import Cause, Tx
from web.bodies import body
from web.console import LINK_NAMES, frame
from web.keys import DIRECTORIES, HEALTH, STORE, STREET, WATCH, View, look

_CONSOLE = Cause("operator", reason="console")
_SHOWN = 200  # deaf groups in one table; the command lists them all


class Account(BaseModel):
    """A button's account, by the name in the config; without one all are meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    account: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")] | None = None


def add_accounts(app: web.Application) -> None:
    """The page's routes; a sandbox has no accounts."""
    app.router.add_get("/accounts", accounts_page)
    app.router.add_post("/api/groups/assign", assign)
    app.router.add_post("/api/sending/stop", stop)
    app.router.add_post("/api/sending/resume", resume)


async def accounts_page(request: web.Request) -> web.Response:
    """Every account of the config, and what they do not reach."""
    states = request.app[HEALTH].channels()
    found = await look(request.app, _found)
    accounts = [_account(request, name, state, found) for name, state in states.items()]
    scanning = any(account["code"] for account in accounts)
    shown = {**frame(request), **found, "place": "accounts", "accounts": accounts, "scanning": scanning}
    return aiohttp_jinja2.render_template("accounts.html", request, shown)


async def assign(request: web.Request) -> web.Response:
    """The account hears from now on for every deaf group in whose room it stands by."""
    wanted = (await body(request, Account)).account

    def work(tx: Tx) -> int:
        chosen = [each for each in deaf_groups(tx) if wanted in each.stand_by or (wanted is None and each.stand_by)]
        for each in chosen:
            rooms.assign(tx, each.group_id, wanted or each.stand_by[0], _CONSOLE)
        return len(chosen)

    return web.json_response({"assigned": await _write(request.app, work)})


async def stop(request: web.Request) -> web.Response:
    """The kill switch."""
    account = (await body(request, Account)).account or sends.EVERY
    await _write(request.app, lambda tx: sends.stop(tx, _CONSOLE, account))
    return web.json_response({"stopped": account})


async def resume(request: web.Request) -> web.Response:
    """Send again."""
    account = (await body(request, Account)).account or sends.EVERY
    await _write(request.app, lambda tx: sends.resume(tx, _CONSOLE, account))
    return web.json_response({"resumed": account})


async def _write(app: web.Application, work: Any) -> Any:
    now, street, directories = app[WATCH].now(), app[STREET], app[DIRECTORIES]
    return await app[STORE].write(lambda db: work(Tx(db, now, street, directories.current(db))))


def _found(view: View) -> dict[str, Any]:
    """What the store knows: limits, rooms, groups and staff nobody reaches."""
    tx = view.tx
    hears: dict[str, int] = {}
    for external in tx.directory.rooms:
        hears[external[1]] = hears.get(external[1], 0) + 1
    deaf = deaf_groups(tx)
    missing = [name for person, name in tx.directory.people.items() if person not in tx.directory.reach]
    stopped = sends.stopped(tx.db)
    unreadable, wordless = unheard_lately(tx, tx.now - timedelta(days=1))
    return {
        "unreadable": unreadable,
        "wordless": wordless,
        "hears": hears,
        "sent": sends.today(tx),
        "stopped": stopped,
        "all_stopped": sends.EVERY in stopped,
        "sending": tx.street.sending,
        "deaf": [_deaf(view, each) for each in deaf[:_SHOWN]],
        "deaf_count": len(deaf),
        "spares": sorted({each.stand_by[0] for each in deaf if each.stand_by}),
        "unreachable": missing,
        "staff_count": len(tx.directory.people),
    }


def _deaf(view: View, group: DeafGroup) -> dict[str, Any]:
    why = f"账号{group.account}断开" if group.account else "没有登记房间"
    return {"topic": group.topic, "why": why, "since": view.iso(group.since), "stand_by": "、".join(group.stand_by)}


def _account(request: web.Request, name: str, state: ChannelState, found: dict[str, Any]) -> dict[str, Any]:
    street, account = request.app[STREET], name.partition(":")[2] or name
    since, pace = street.local(state.since) if state.since else None, street.pace_of(account)
    return {
        "name": account,
        "link": state.link.value,
        "link_zh": LINK_NAMES[state.link],
        "detail": state.detail,
        "since": since.isoformat(timespec="seconds") if since else None,
        "code": login_code(state.qrcode) if state.qrcode else "",
        "groups": found["hears"].get(account, 0),
        "sent": found["sent"].get(name, 0),
        "cap": pace.daily_cap,
        "reserve": pace.emergency_reserve,
        "off": not pace.enabled,
        "stopped": account in found["stopped"],
    }


def login_code(code: str) -> str:
    """The QR code of a login as inline SVG: dark on light in either colour scheme, with its margin of four modules."""
    drawn = segno.make(code, error="m", micro=False)
    return drawn.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title="登录二维码")
