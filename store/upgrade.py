"""Bring a database to this program's tables, or say plainly why not."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from domain.errors import StoreError

_HERE = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    return config


def head_revision() -> str:
    """The newest revision this program knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def known_revisions() -> frozenset[str]:
    """Every revision this program can upgrade from."""
    return frozenset(revision.revision for revision in ScriptDirectory.from_config(_config()).walk_revisions())


def current_revision(engine: Engine) -> str | None:
    """The revision a database is at; ``None`` for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


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
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, head
