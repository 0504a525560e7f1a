"""One way to say no: a JSON line to scripts, a designed page to people."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp_jinja2
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)
_STYLE = (Path(__file__).parent / "templates" / "plain.css").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Page:
    """What an error page says besides its one line."""

    title: str
    advice: str


_PAGES = {
    HTTPStatus.FORBIDDEN: Page(
        "需要从打印的链接进入",
        "楼铃启动时会在终端里打印一条带令牌的链接。请复制那条完整的链接，在这台电脑的浏览器里打开。",
    ),
    HTTPStatus.NOT_FOUND: Page("没有这个页面", "可能是地址写错了，或者这件诉求不存在。"),
    HTTPStatus.INTERNAL_SERVER_ERROR: Page("页面出了问题", "错误已写入日志。消息和诉求不受影响，稍后刷新再试。"),
}
_OTHER = Page("请求没有被接受", "请回到上一页再试。")

_LINES = {
    HTTPStatus.NOT_FOUND: "没有这个地址",
    HTTPStatus.METHOD_NOT_ALLOWED: "这个地址不支持该请求方法",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "请求内容太大",
    HTTPStatus.INTERNAL_SERVER_ERROR: "服务内部出错，已写入日志",
}


class Refusal(Exception):
    """A request that cannot be done, told in one line."""

    def __init__(self, status: HTTPStatus, line: str) -> None:
        super().__init__(line)
        self.status = status
        self.line = line


def refused(request: web.Request, status: HTTPStatus, line: str) -> web.Response:
    """The answer to a request that is not done: JSON under ``/api/``, a page elsewhere."""
    if request.path.startswith("/api/"):
        body = json.dumps({"error": line}, ensure_ascii=False)
        return web.Response(status=status, text=body, content_type="application/json")
    page, nonce = _PAGES.get(status, _OTHER), secrets.token_urlsafe(16)
    shown = {"status": int(status), "title": page.title, "advice": page.advice, "line": line}
    response = aiohttp_jinja2.render_template(
        "plain.html", request, {**shown, "style": _STYLE, "nonce": nonce}, status=status
    )
    # the page carries its own style: before the token is given nothing else is served
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure becomes one clear line; an unexpected one is logged and shows no trace to the page."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refused(request, refusal.status, refusal.line)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        status = HTTPStatus(error.status)
        return refused(request, status, _LINES.get(status, status.phrase))
    except Exception:  # noqa: BLE001  the page must say something, whatever broke
        _log.exception("page failed", extra={"action": "web_error", "path": request.path})
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return refused(request, status, _LINES[status])
