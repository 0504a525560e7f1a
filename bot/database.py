"""Open a database for a purpose: migrated, marked, and never mixed up (sandbox, live, replay)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from domain.errors import StoreError
from store.directory import get_setting, put_setting
from store.engine import Store, parse_url
from store.upgrade import upgrade

LIVE, SANDBOX, REPLAY = "live", "sandbox", "replay"


def resolve_url(url: str, folder: Path) -> str:
    """A relative SQLite path is taken from ``folder`` (the config file's, else the current one)."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return url
    return parsed.set(database=str((folder / parsed.database).resolve())).render_as_string(hide_password=False)


def sandbox_url(url: str) -> str:
    """The sandbox's own database: ``sandbox.db`` beside the live one."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreError("the sandbox plays on SQLite only; leave database.url out, or configure a real channel")
    return parsed.set(database=str(Path(parsed.database).with_name("sandbox.db"))).render_as_string(hide_password=False)


def open_store(url: str, kind: str, *, durable: bool = True, alone: bool = False) -> Store:
    """Open and migrate. Raises ``StoreError`` when the database cannot be reached or belongs to something else."""
    store = Store(url, durable=durable, alone=alone)
    try:
        upgrade(store.engine)
        store.write_now(lambda db: _mark(db, kind))
    except OperationalError as error:
        store.close()
        raise StoreError(f"the database cannot be opened: {str(error.orig).strip().splitlines()[0]}") from None
    except StoreError:
        store.close()
        raise
    return store


def _mark(db: Connection, kind: str) -> None:
    found = get_setting(db, "kind")
    if found is None:
        put_setting(db, "kind", kind)
    elif found != kind:
        raise StoreError(f"this database is a {found} database and cannot be used as {kind}; give another database.url")
