"""What most commands begin with: the config, and the database it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bot.channels.sandbox import OFFSET
from bot.clock import Clock, SandboxClock, SystemClock
from bot.config import Settings, read_settings
from bot.database import LIVE, open_store, resolve_url, sandbox_url
from store.desk import Desk
from store.directory import get_setting
from store.engine import Store


def database_url(settings: Settings, config: Path | None) -> str:
    """Where the database is: with no config the sandbox's, in ``./data``; else the one the config names."""
    folder = config.resolve().parent if config else Path.cwd()
    url = resolve_url(settings.database.url.get_secret_value(), folder)
    return sandbox_url(url) if settings.is_sandbox else url


def clock_of(store: Store, settings: Settings) -> Clock:
    """The clock a command looks at: in the sandbox the sandbox's own, which may be days ahead."""
    if not settings.is_sandbox:
        return SystemClock()
    offset = store.read_now(lambda db: get_setting(db, OFFSET))
    return SandboxClock(timedelta(seconds=float(offset or 0)))


@contextmanager
def opened(config: Path | None) -> Iterator[tuple[Settings, Store, Desk]]:
    """Settings, store and desk of a command; closed at the end."""
    settings = read_settings(config)
    kind = "sandbox" if settings.is_sandbox else LIVE
    store = open_store(database_url(settings, config), kind)
    try:
        yield settings, store, Desk(store, settings.as_street())
    finally:
        store.close()
