"""The accounts' page: how each account hears, and the code of one that waits for a scan."""

from __future__ import annotations

from typing import Any

import aiohttp_jinja2
import segno
from aiohttp import web

from domain.messages import ChannelState
from web.console import LINK_NAMES, frame
from web.keys import HEALTH, STREET


def add_accounts(app: web.Application) -> None:
    """The page's routes; a sandbox has no accounts."""
    app.router.add_get("/accounts", accounts_page)


async def accounts_page(request: web.Request) -> web.Response:
    """Every account of the config."""
    accounts = [_account(request, name, state) for name, state in request.app[HEALTH].channels().items()]
    scanning = any(account["code"] for account in accounts)
    shown = {**frame(request), "place": "accounts", "accounts": accounts, "scanning": scanning}
    return aiohttp_jinja2.render_template("accounts.html", request, shown)


def _account(request: web.Request, name: str, state: ChannelState) -> dict[str, Any]:
    since = request.app[STREET].local(state.since) if state.since else None
    return {
        "name": name.partition(":")[2] or name,
        "link": state.link.value,
        "link_zh": LINK_NAMES[state.link],
        "detail": state.detail,
        "since": since.isoformat(timespec="seconds") if since else None,
        "code": login_code(state.qrcode) if state.qrcode else "",
    }


def login_code(code: str) -> str:
    """The QR code of a login as inline SVG: dark on light in either colour scheme, with its margin of four modules."""
    drawn = segno.make(code, error="m", micro=False)
    return drawn.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title="登录二维码")
