"""Migrations: they make exactly today's tables, go back, refuse a newer database, and never stop half-way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event
from sqlmodel import SQLModel

import store.tables
import store.upgrade
from domain.errors import StoreError
from store.engine import open_engine
from store.upgrade import current_revision, head_revision, known_revisions, upgrade

MIGRATIONS = Path(store.upgrade.__file__).parent / "migrations"


@pytest.fixture
def engine(blank_database_url: str) -> Iterator[Engine]:
    engine = open_engine(blank_database_url)
    yield engine
    engine.dispose()


def _tables(engine: Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def _same_type(_context: Any, _column: Any, _meta: Any, inspected: Any, wanted: Any) -> bool | None:
    """Words are text of 24 and instants are times with a zone: that is how migrations write them."""
    if isinstance(wanted, store.tables.Word):
        return not (isinstance(inspected, sa.String) and inspected.length == 24)
    if isinstance(wanted, store.tables.Instant):
        return not isinstance(inspected, sa.DateTime)
    return None


def test_an_empty_database_becomes_exactly_the_tables_of_the_code(engine: Engine) -> None:
    assert current_revision(engine) is None
    assert upgrade(engine) == (None, head_revision())
    assert _tables(engine) == set(SQLModel.metadata.tables) | {"alembic_version"}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_files_numbers_are_the_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert head_revision() == script.get_current_head()
    assert known_revisions() == {revision.revision for revision in script.walk_revisions()}


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    assert upgrade(engine) == (head_revision(), head_revision())


def test_the_way_back_leaves_nothing_behind_and_up_again_works(engine: Engine) -> None:
    upgrade(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert _tables(engine) == {"alembic_version"}
    upgrade(engine)
    assert current_revision(engine) == head_revision()


def test_revisions_are_one_line_of_descent() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_a_newer_database_is_refused_in_one_clear_line_and_left_alone(engine: Engine) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="written by a newer Louling: upgrade the program") as caught:
        upgrade(engine)
    assert len(str(caught.value).splitlines()) == 1
    assert current_revision(engine) == "9999"


@pytest.mark.parametrize("statement", [2, 9, 25])
def test_a_migration_that_is_interrupted_rolls_back_whole(engine: Engine, statement: int) -> None:
    seen = 0

    def interrupt(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        nonlocal seen
        seen += text.lstrip().upper().startswith("CREATE")
        if seen == statement:
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        upgrade(engine)
    event.remove(engine, "before_cursor_execute", interrupt)
    assert _tables(engine) == set()
    assert upgrade(engine) == (None, head_revision())


@pytest.mark.parametrize("content", [b"this is no database, only text that somebody saved here" * 50, b"\x00" * 4096])
def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "louling.db"
    path.write_bytes(content)
    engine = open_engine(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        upgrade(engine)
    engine.dispose()
    assert len(str(caught.value).splitlines()) == 1
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be made"):
        open_engine(f"sqlite:///{tmp_path}/file/data/louling.db")
