"""The door: host, token, origin, content type, and the headers every answer carries.

Until sign-in exists the console is for the machine it runs on. The printed link carries a token, which
becomes a cookie; a page of another site can neither read answers nor make changes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from web.errors import refused
from web.keys import ENTRY, Entry

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths for probes: without a token, and naming no group or person."""

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def cookie_name(token: str) -> str:
    """Cookies know no ports: two services on one machine must not overwrite each other's."""
    return "louling_" + hashlib.sha256(token.encode()).hexdigest()[:8]


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, streams too; a handler may have set a stricter or fitting one."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def only_known_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A name that an attacker's DNS points at this machine is not ours (DNS rebinding)."""
    name = host_name(request.headers.get("Host", ""))
    if name in LOOPBACK or name in request.app[ENTRY].hosts:
        return await handler(request)
    return refused(request, HTTPStatus.FORBIDDEN, "不接受这个主机名：请用启动时打印的链接访问")


@web.middleware
async def only_with_token(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The printed link's token becomes a cookie; everything else needs that cookie."""
    entry = request.app[ENTRY]
    if request.path in OPEN_PATHS or _guards_itself(request, entry):
        return await handler(request)
    given = request.query.get("token")
    if given is not None and request.method == "GET":
        return _welcome(request, entry) if _same(given, entry.token) else _turned_away(request)
    if _same(request.cookies.get(cookie_name(entry.token), ""), entry.token):
        return await handler(request)
    return _turned_away(request)


@web.middleware
async def only_own_changes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A change comes from our own page, as JSON: a form or script of another site cannot make one."""
    if request.method not in _CHANGING or _guards_itself(request, request.app[ENTRY]):
        return await handler(request)
    if urlsplit(request.headers.get("Origin", "")).netloc != request.headers.get("Host", ""):
        return refused(request, HTTPStatus.FORBIDDEN, "请求不是从本页面发出的（Origin 不符）")
    if request.content_type != "application/json":
        return refused(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "请求内容须为 application/json")
    return await handler(request)


def host_name(host: str) -> str:
    """The name of a ``Host`` header without its port, in small letters; empty when it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _guards_itself(request: web.Request, entry: Entry) -> bool:
    return any(request.path.startswith(prefix) for prefix in entry.self_guarded)


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _turned_away(request: web.Request) -> web.StreamResponse:
    return refused(request, HTTPStatus.FORBIDDEN, "需要访问令牌：请打开启动时终端里打印的完整链接")


def _welcome(request: web.Request, entry: Entry) -> web.StreamResponse:
    """Set the cookie and go to the clean address.

    A strict cookie is not sent on a redirect that another site's click began (a terminal in a browser
    tab, say), so there the page itself goes on.
    """
    clean = request.rel_url.without_query_params("token")
    target = "/" + str(clean).lstrip("/")  # never //host: that would leave this site
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        response = web.Response(text="正在打开……", headers={"Refresh": f"0; url={target}"})
    else:
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})
    response.set_cookie(cookie_name(entry.token), entry.token, httponly=True, samesite="Strict", path="/")
    return response
