"""Statements of the hot paths, compiled once.

They are written with SQLAlchemy like all others. On PostgreSQL they run through it. On SQLite, where a look at a row
costs a few microseconds and SQLAlchemy's way to it ten times as many, they go straight to the driver: same SQL, same
types, same errors.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn, cast

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable
from sqlalchemy.types import TypeEngine

from store.tables import Instant, Word

Processor = Callable[[Any], Any]


class Found:
    """Rows that were found, with the names SQLAlchemy's own result has for what is asked of it."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Every row."""
        return self._rows

    def first(self) -> Any | None:
        """The first row, ``None`` when there is none."""
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Any | None:
        """The only row, if there is one. Raises ``MultipleResultsFound``."""
        if len(self._rows) > 1:
            raise MultipleResultsFound("several rows were found where at most one was asked for")
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """The only row. Raises ``NoResultFound`` and ``MultipleResultsFound``."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("no row was found where one was asked for")
        return row

    def scalar(self) -> Any:
        """The first value of the first row, ``None`` when there is none."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        """The first value of the only row. Raises ``NoResultFound`` and ``MultipleResultsFound``."""
        return self.one()[0]

    def scalars(self) -> list[Any]:
        """The first value of every row."""
        return [row[0] for row in self._rows]


class Prepared:
    """One statement. ``on(db, values)`` runs it; which columns an insert or update sets follows from ``values``."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def on(self, db: Connection, values: Mapping[str, Any] | None = None) -> Found:
        """Run it. Raises what SQLAlchemy raises."""
        values = values or {}
        if db.dialect.name != "sqlite":
            return cast("Found", db.execute(self.statement, values))
        keys = tuple(values)
        compiled = self._compiled.get(keys)
        if compiled is None:
            compiled = self._compiled[keys] = _Compiled(self.statement, db.dialect, keys)
        return compiled.run(db, values)


class _Compiled:
    """The SQL for SQLite, in what order it takes its values, and how they and what is found are converted."""

    def __init__(self, statement: Executable, dialect: Dialect, keys: Sequence[str]) -> None:
        compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=list(keys)))  # type: ignore[attr-defined]
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError("a statement whose SQL depends on its values cannot be prepared")
        self.sql = compiled.string
        fixed = {c.key: cast("Any", c.default).arg for c in compiled.insert_prefetch}  # the tables' own defaults
        self._binds = [
            _bind(compiled, dialect, name, keys, fixed) for name in cast("list[str]", compiled.positiontup or [])
        ]
        columns = compiled._result_columns if compiled._result_columns else []
        self._row: Any = namedtuple("_row", [column.keyname for column in columns]) if columns else None
        self._results = [
            (index, processor)
            for index, column in enumerate(columns)
            if (processor := _on_the_way_out(column.type, dialect)) is not None
        ]

    def run(self, db: Connection, values: Mapping[str, Any]) -> Found:
        taken = [
            constant if name is None else values[name] if convert is None else convert(values[name])
            for name, convert, constant in self._binds
        ]
        raw = _driver(db)
        try:
            cursor = raw.execute(self.sql, taken)
            rows = cursor.fetchall() if self._row is not None else []
        except sqlite3.Error as error:
            _fail(db, self.sql, error)
        return Found([self._made(row) for row in rows], cursor.rowcount)

    def _made(self, row: Any) -> Any:
        if self._results:
            row = list(row)
            for index, convert in self._results:
                if row[index] is not None:
                    row[index] = convert(row[index])
        return self._row._make(row)


def say(db: Connection, sql: str) -> None:
    """Run a statement without values or rows (a savepoint), on SQLite straight through the driver."""
    if db.dialect.name != "sqlite":
        db.exec_driver_sql(sql)
        return
    try:
        _driver(db).execute(sql)
    except sqlite3.Error as error:
        _fail(db, sql, error)


def _driver(db: Connection) -> sqlite3.Connection:
    if not db.in_transaction():
        db.begin()  # as SQLAlchemy does by itself at a connection's first statement
    return cast("sqlite3.Connection", db.connection.dbapi_connection)


def _fail(db: Connection, sql: str, error: sqlite3.Error) -> NoReturn:
    """The driver's error as SQLAlchemy would raise it; without the values, which may be what somebody wrote."""
    gone = db.dialect.is_disconnect(cast("Any", error), None, None)
    if gone:
        db.invalidate(error)
    raise DBAPIError.instance(
        sql, (), error, sqlite3.Error, hide_parameters=True, connection_invalidated=gone, dialect=db.dialect
    ) from error


def _bind(
    compiled: SQLCompiler, dialect: Dialect, name: str, keys: Sequence[str], fixed: Mapping[str, Any]
) -> tuple[str | None, Processor | None, Any]:
    """Where one value comes from and how it is converted: from the caller, else a constant, converted here once."""
    bind = compiled.binds[name]
    convert = _on_the_way_in(bind.type, dialect)
    if name in keys:
        return name, convert, None
    value = fixed.get(name, bind.effective_value)
    return None, None, convert(value) if convert is not None else value


def _on_the_way_in(of: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(of, Instant):
        return _instant_in
    if isinstance(of, Word):
        return _Words(of).__getitem__
    return of._cached_bind_processor(dialect)


def _on_the_way_out(of: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(of, Instant):
        return _instant_out
    if isinstance(of, Word):
        return {word.value: word for word in of.words}.__getitem__
    return cast("Processor | None", of._cached_result_processor(dialect, None))


class _Words(dict[Any, str | None]):
    """Words and their values as they are stored; what is neither is refused as ``Word`` refuses it."""

    def __init__(self, of: Word) -> None:
        super().__init__({word: word.value for word in of.words})
        self[None] = None
        self._of = of

    def __missing__(self, said: Any) -> str | None:
        return self._of.words(said).value


@lru_cache(maxsize=512)  # a change writes the same few instants into row after row
def _instant_in(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it on SQLite, so that both compare as text."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError(f"an instant without a zone: {value}")
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _instant_out(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)
