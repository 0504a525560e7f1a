"""Live pages: one stream of "something happened" to every open sandbox page.

Pages read what changed themselves; a lost event costs nothing, because the next one, or the reconnect,
brings the page up to date.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from web.keys import SANDBOX, STREET

_BEAT = 15.0  # seconds between signs of life, shorter than the idle limits of proxies
_RETRY = 1500  # milliseconds a browser waits before it connects again


@dataclass
class Moving:
    """Where the clock is going, while it runs."""

    start: datetime | None = None
    until: datetime | None = None


MOVING = web.AppKey("moving", Moving)
STOPPING = web.AppKey("stopping", asyncio.Event)


async def prepare_streams(app: web.Application) -> AsyncIterator[None]:
    """Streams end when the service stops, or it would wait for every open page."""
    app[STOPPING] = asyncio.Event()
    yield


async def end_streams(app: web.Application) -> None:
    """Let every stream finish."""
    app[STOPPING].set()


async def events(request: web.Request) -> web.StreamResponse:
    """Server-sent events: one at once, then one a change, and a comment as a sign of life."""
    app = request.app
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    await response.write(f"retry: {_RETRY}\n\n".encode())
    changes = app[SANDBOX].changes()
    stopping = asyncio.ensure_future(app[STOPPING].wait())
    waiting = asyncio.ensure_future(_next(changes))
    try:
        await response.write(_event(app, 0))
        while True:
            await asyncio.wait({waiting, stopping}, timeout=_BEAT, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                break
            if not waiting.done():
                await response.write(b": beat\n\n")
                continue
            seq = waiting.result()
            if seq is None:
                break
            waiting = asyncio.ensure_future(_next(changes))
            await response.write(_event(app, seq))
    except (ConnectionResetError, asyncio.CancelledError):
        pass  # the page was closed
    finally:
        for task in (waiting, stopping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        close = getattr(changes, "aclose", None)
        if close is not None:
            await close()
    return response


async def _next(changes: AsyncIterator[int]) -> int | None:
    return await anext(changes, None)


def _event(app: web.Application, seq: int) -> bytes:
    return f"data: {json.dumps({'seq': seq, **clock(app)})}\n\n".encode()


def clock(app: web.Application) -> dict[str, str | None]:
    """The sandbox clock in the street's zone, and from where to where it is moving."""
    local, moving = app[STREET].local, app[MOVING]

    def iso(at: datetime | None) -> str | None:
        return local(at).isoformat(timespec="milliseconds") if at else None

    return {"now": iso(app[SANDBOX].now()), "start": iso(moving.start), "until": iso(moving.until)}
