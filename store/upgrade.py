"""Bring a database to this program's tables, or say plainly why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError

from domain.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"
"""Alembic is imported only where there is something to migrate: a start of every day does without its 10 MiB."""


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    return config


def head_revision() -> str:
    """The newest revision this program knows: migrations are one line, in files that begin with their number."""
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    """Every revision this program can upgrade from."""
    return frozenset(path.name.partition("_")[0] for path in (_HERE / "versions").glob("[0-9]*_*.py"))


def current_revision(engine: Engine) -> str | None:
    """The revision a database is at; ``None`` for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return str(found) if found else None


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Migrate to the newest revision in one transaction. Returns (before, after).

    Raises ``StoreError`` when it cannot be opened, or was written by a newer program.
    """
    try:
        return _upgrade(engine)
    except DBAPIError as error:
        said = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
        raise StoreError(f"the database cannot be opened: {said}; see database.url in the config") from None


def _upgrade(engine: Engine) -> tuple[str | None, str]:
    before, head = current_revision(engine), head_revision()
    if before == head:
        return before, head
    if before is not None and before not in known_revisions():
        raise StoreError(
            f"this database is at revision {before}, which this program does not know; "
            "it was written by a newer Louling: upgrade the program, or restore an older backup"
        )
    from alembic import command

    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, head
