"""``louling db backup | restore | check`` on a SQLite file: a copy while others write, the way back, what is wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.database import SANDBOX, open_store
from domain.errors import StoreError
from store.directory import get_setting, put_setting
from store.engine import lock_single_run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path) -> Path:
    """A folder with a sandbox database, as `louling run` without a config leaves it; commands run in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copyfile(migrated_sqlite, tmp_path / "data" / "sandbox.db")
    write(tmp_path / "data" / "sandbox.db", "word", "before")
    return tmp_path


def write(database: Path, name: str, value: str) -> None:
    store = open_store(f"sqlite:///{database}", SANDBOX)
    store.write_now(lambda db: put_setting(db, name, value))
    store.close()


def read(database: Path, name: str) -> str | None:
    store = open_store(f"sqlite:///{database}", SANDBOX)
    try:
        return store.read_now(lambda db: get_setting(db, name))
    finally:
        store.close()


def louling(*words: str) -> Result:
    return CliRunner().invoke(app, ["db", *words])


def refused(*words: str) -> str:
    result = louling(*words)
    assert isinstance(result.exception, StoreError), result.output
    return str(result.exception)


def test_a_copy_made_while_others_write_holds_what_was_committed(home: Path) -> None:
    store = open_store(f"sqlite:///{home / 'data' / 'sandbox.db'}", SANDBOX)
    store.write_now(lambda db: put_setting(db, "word", "committed, still in the log"))
    result = louling("backup", "copy.db")
    store.write_now(lambda db: put_setting(db, "word", "after"))
    store.close()
    assert result.exit_code == 0, result.output
    assert "integrity ok" in result.output
    assert sorted(path.name for path in home.iterdir()) == ["copy.db", "data"]
    assert (home / "copy.db").stat().st_mode & 0o777 == 0o600
    assert read(home / "copy.db", "word") == "committed, still in the log"


def test_an_existing_file_is_replaced_only_by_force(home: Path) -> None:
    (home / "copy.db").write_text("mine")
    assert "--force" in refused("backup", "copy.db")
    assert (home / "copy.db").read_text() == "mine"
    assert louling("backup", "copy.db", "--force").exit_code == 0
    assert read(home / "copy.db", "word") == "before"


def test_the_database_is_no_backup_of_itself(home: Path) -> None:
    assert "itself" in refused("backup", "data/sandbox.db", "--force")


def test_nothing_to_back_up_is_said(home: Path) -> None:
    (home / "data" / "sandbox.db").unlink()
    assert "no database" in refused("backup", "copy.db")
    assert not (home / "data" / "sandbox.db").exists()


def test_a_restore_brings_the_copy_back_and_keeps_what_was_there(home: Path) -> None:
    louling("backup", "copy.db")
    write(home / "data" / "sandbox.db", "word", "after")
    result = louling("restore", "copy.db")
    assert result.exit_code == 0, result.output
    (kept,) = (home / "data").glob("sandbox.db.replaced-*[0-9]")
    assert kept.name in result.output
    assert read(home / "data" / "sandbox.db", "word") == "before"
    assert read(kept, "word") == "after"
    assert (home / "copy.db").exists()


def test_a_restore_into_an_empty_folder_is_a_move(home: Path) -> None:
    louling("backup", "copy.db")
    shutil.rmtree(home / "data")
    assert louling("restore", "copy.db").exit_code == 0
    assert read(home / "data" / "sandbox.db", "word") == "before"


def test_no_restore_while_a_run_holds_the_database(home: Path) -> None:
    louling("backup", "copy.db")
    write(home / "data" / "sandbox.db", "word", "after")
    handle = lock_single_run(home / "data" / "sandbox.db.lock")
    try:
        assert "already served" in refused("restore", "copy.db")
    finally:
        os.close(handle)
    assert read(home / "data" / "sandbox.db", "word") == "after"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text("hello, this is text"), "no SQLite database"),
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:8192]), "damaged"),
        (lambda path: execute(path, "UPDATE alembic_version SET version_num = '9999'"), "upgrade the program"),
        (lambda path: execute(path, "UPDATE setting SET value = 'live' WHERE name = 'kind'"), "live database"),
        (lambda path: execute(path, "DROP TABLE alembic_version"), "no backup of Louling"),
    ],
)
def test_a_file_that_cannot_be_served_is_not_restored(home: Path, spoil: object, said: str) -> None:
    louling("backup", "copy.db")
    assert callable(spoil)
    spoil(home / "copy.db")
    assert said in refused("restore", "copy.db")
    assert read(home / "data" / "sandbox.db", "word") == "before"
    assert not list((home / "data").glob("*replaced*"))


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_postgresql_is_pointed_to_its_own_tools(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[database]\nurl = "postgresql://me:secret@host/louling"\n\n'
        '[[wechaty]]\nendpoint = "127.0.0.1:1"\ntoken = "t"\n'
    )
    for command, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        said = refused(command, "x", "--config", str(config))
        assert tool in said
        assert "host/louling" in said
        assert "secret" not in said


def test_a_sound_database_says_so(home: Path) -> None:
    result = louling("check")
    assert result.exit_code == 0, result.output
    assert "integrity ok" in result.output


def test_what_breaks_a_promise_is_told(home: Path) -> None:
    execute(
        home / "data" / "sandbox.db",
        "INSERT INTO message (channel, account, external_id, state, sender_id, sender_name, sender_alias, body,"
        " heard_at, failures, kept) VALUES ('sandbox', 'main', '1', 'set_aside', '', '', '', '', '2026-03-02', 3, 0)",
    )
    execute(
        home / "data" / "sandbox.db",
        "INSERT INTO issue_report (issue_id, message_id, identity_id, at) VALUES (77, 1, 88, '2026-03-02')",
    )
    result = louling("check")
    assert result.exit_code == 1
    assert "points at a row" in result.output
    execute(home / "data" / "sandbox.db", "DELETE FROM issue_report")
    result = louling("check")
    assert result.exit_code == 1
    assert "1 messages that were set aside" in result.output


def test_an_older_revision_is_told(home: Path) -> None:
    execute(home / "data" / "sandbox.db", "UPDATE alembic_version SET version_num = '0000'")
    result = louling("check")
    assert result.exit_code == 1
    assert "louling db upgrade" in result.output
