"""What the pages hold in their hands: typed keys of the application, and one way to look at the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from domain.ports import HealthPort, SandboxPort
from domain.privacy import masked
from domain.street import Street
from store.directory import Directories
from store.engine import Store
from store.tx import Tx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may come in: the token of the printed link, further host names, and paths that guard themselves."""

    token: str
    hosts: frozenset[str] = frozenset()
    self_guarded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """Where the time comes from (aware UTC): the sandbox's own clock, or the service's."""

    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class View:
    """One consistent look at the street. ``shown`` is applied to every text a person wrote before a page shows it."""

    tx: Tx
    shown: Callable[[str], str]

    def iso(self, at: datetime | None) -> str | None:
        """An instant in the street's zone, to the second."""
        return self.tx.street.local(at).isoformat(timespec="seconds") if at else None


STORE = web.AppKey("store", Store)
STREET = web.AppKey("street", Street)
HEALTH = web.AppKey("health", HealthPort)
SANDBOX = web.AppKey("sandbox", SandboxPort)
ENTRY = web.AppKey("entry", Entry)
WATCH = web.AppKey("watch", Watch)
DIRECTORIES = web.AppKey("directories", Directories)


def plain(text: str) -> str:
    """A text as it was written: only the sandbox, where everybody is invented, shows it so."""
    return text


def in_sandbox(app: web.Application) -> bool:
    """Whether these pages play an invented street."""
    return SANDBOX in app


async def look(app: web.Application, work: Callable[[View], T]) -> T:
    """Run ``work`` on a consistent snapshot of the store, with private numbers masked outside the sandbox."""
    now, shown = app[WATCH].now(), plain if in_sandbox(app) else masked
    street, directories = app[STREET], app[DIRECTORIES]
    return await app[STORE].read(lambda db: work(View(Tx(db, now, street, directories.current(db)), shown)))


async def change(app: web.Application, work: Callable[[Tx], T]) -> T:
    """Run ``work`` in one write transaction; returns after the commit."""
    now, street, directories = app[WATCH].now(), app[STREET], app[DIRECTORIES]
    return await app[STORE].write(lambda db: work(Tx(db, now, street, directories.current(db))))
