"""The web application: console, sandbox page, JSON API, health and metrics, behind one door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from domain.ports import HealthPort, SandboxPort
from domain.street import Street
from store.directory import Directories
from store.engine import Store
from web.accounts import add_accounts
from web.actions import add_actions
from web.console import add_console
from web.errors import tell_errors
from web.guard import add_headers, only_known_hosts, only_own_changes, only_with_token
from web.health import add_health
from web.keys import DIRECTORIES, ENTRY, HEALTH, SANDBOX, STORE, STREET, WATCH, Entry, Watch
from web.live import end_streams, prepare_streams
from web.outages import add_outages
from web.play import add_sandbox
from web.together import add_together

_HERE = Path(__file__).parent
_LARGEST_BODY = 64 * 1024  # bytes: a line of 1,000 characters with quote and mentions is far below


def make_app(
    store: Store,
    street: Street,
    health: HealthPort,
    *,
    token: str,
    clock: Callable[[], datetime],
    sandbox: SandboxPort | None = None,
    allowed_hosts: frozenset[str] = frozenset(),
    self_guarded: tuple[str, ...] = (),
) -> web.Application:
    """Build the application; nothing runs before it is served.

    ``token`` is what the printed link carries. ``clock`` gives aware UTC; in the sandbox its own clock is
    used instead. ``allowed_hosts`` are names besides loopback, without ports. ``self_guarded`` are path
    prefixes of routes that a channel mounts and guards itself (signed webhooks): no token, no origin.
    Raises ``ValueError`` for an empty token.
    """
    if not token:
        raise ValueError("the console needs a token")
    guards = [tell_errors, only_known_hosts, only_with_token, only_own_changes]
    app = web.Application(middlewares=guards, client_max_size=_LARGEST_BODY)
    app[STORE], app[STREET], app[HEALTH] = store, street, health
    app[WATCH], app[DIRECTORIES] = Watch(sandbox.now if sandbox else clock), Directories()
    app[ENTRY] = Entry(token, frozenset(name.lower() for name in allowed_hosts), self_guarded)
    app.on_response_prepare.append(add_headers)
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True)
    app.router.add_static("/static", _HERE / "static")
    add_health(app)
    if sandbox is not None:
        app[SANDBOX] = sandbox
        app.cleanup_ctx.append(prepare_streams)
        app.on_shutdown.append(end_streams)
        add_sandbox(app)
    else:
        add_accounts(app)
    add_console(app)
    add_actions(app)
    add_together(app)
    add_outages(app)
    return app
