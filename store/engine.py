"""The open database: one writer thread that commits in groups, and readers beside it.

Every change goes through ``Store.write``. Waiting changes share one transaction, each in a savepoint,
so a poisoned one rolls back alone and a commit's fsync is paid once for many. A caller resumes only
after the commit. SQLite and PostgreSQL run the same code.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from domain.errors import StoreError
from store.prepared import say
from store.waking import Waking

T = TypeVar("T")
Work = Callable[[Connection], T]

_GROUP = 128  # changes that may share one commit: bounds how long the first of them waits
_FORGETS = "forgets"
_MEMBER = "member"  # the savepoint of one change in a group
_BUSY_SECONDS = 15  # how long another process (a roster import) may hold SQLite's write lock

_POSTGRES = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # a server that is gone without a word is noticed
    # A process that is frozen within a transaction must not keep its rows from the others: the server ends it.
    "options": "-c idle_in_transaction_session_timeout=5000",
}


def open_engine(url: str, *, durable: bool = True, read_only: bool = False, pool_size: int = 4) -> Engine:
    """An engine for a SQLite or PostgreSQL URL. Raises ``StoreError`` for any other.

    ``durable=False`` skips fsync on SQLite: only for throw-away databases.
    """
    parsed = parse_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreError("database.url names no file; write sqlite:///data/louling.db")
        return _sqlite(parsed, durable=durable, read_only=read_only)
    if backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        given = {name: value for name, value in _POSTGRES.items() if name not in parsed.query}
        return sa.create_engine(parsed, pool_size=pool_size, max_overflow=2, pool_pre_ping=True, connect_args=given)
    raise StoreError(f"database.url: {backend} is not supported; use sqlite:///… or postgresql://…")


def parse_url(url: str) -> sa.URL:
    """A database URL in its parts. Raises ``StoreError`` without repeating it: it may hold a password."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "database.url is not a database URL; write sqlite:///data/louling.db "
            "or postgresql://user:password@host/louling"
        ) from None


def _sqlite(url: sa.URL, *, durable: bool, read_only: bool) -> Engine:
    assert url.database is not None
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"database.url: the folder {folder} cannot be made ({error.strerror})") from None
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by the hook below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA secure_delete=ON")  # recalled and expired texts leave no trace in free pages
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: the write lock is taken at once, so state read in a transaction cannot change under it.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def forgets(db: Connection) -> None:
    """This change blanks or deletes what somebody wrote: after its commit nothing of it shall stand in any file."""
    db.info[_FORGETS] = True


class Store:
    """An open database. ``await write(work)`` changes it, ``await read(work)`` looks at it."""

    def __init__(self, url: str, *, durable: bool = True, alone: bool = False) -> None:
        """``alone``: all work is done in the caller's own thread, for a driver that nobody else waits beside (a
        replay, a simulation): there a hop to a writer thread costs more than the work."""
        self.url = url
        self._alone = alone
        self.engine = open_engine(url, durable=durable)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._readers = open_engine(url, durable=durable, read_only=True) if self.is_sqlite else self.engine
        self._jobs: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="store-reader")
        self._closed = False
        self._held: Connection | None = None  # SQLite's one writing connection
        self._waking: Waking | None = None
        self._writer = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._writer.start()

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a write transaction; return after its commit. Its exception rolls back it alone."""
        if self._alone:
            return self._submit(work).result()
        loop = asyncio.get_running_loop()
        if self._waking is None or self._waking.loop is not loop:
            self._waking = Waking(loop)
        return await self._waking.result(self._submit(work))

    def write_now(self, work: Work[T]) -> T:
        """As ``write``, from a thread without a loop (the command line, tests)."""
        return self._submit(work).result()

    async def read(self, work: Work[T]) -> T:
        """Run ``work`` on a consistent snapshot; it must not change anything."""
        if self._alone:
            return self.read_now(work)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, work)

    def read_now(self, work: Work[T]) -> T:
        """As ``read``, from a thread without a loop."""
        with self._readers.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what was handed in, then close. Nothing can be written afterwards."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._writer.join()
        self._pool.shutdown(wait=True)
        self._let_go()
        self._readers.dispose()
        self.engine.dispose()

    def _submit(self, work: Work[T]) -> Future[T]:
        if self._closed:
            raise StoreError("the database is closed")
        future: Future[T] = Future()
        if self._alone:
            future.set_running_or_notify_cancel()
            self._commit_group([(work, future)])
        else:
            self._jobs.put((work, future))
        return future

    def _write_forever(self) -> None:
        open_for_more = True
        while open_for_more:
            first = self._jobs.get()
            if first is None:
                return
            group = [first]
            while len(group) < _GROUP:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    open_for_more = False
                    break
                group.append(job)
            self._commit_group([job for job in group if job[1].set_running_or_notify_cancel()])

    def _commit_group(self, group: list[tuple[Work[Any], Future[Any]]]) -> None:
        """One transaction for the group. A failed commit fails every member: none of them happened."""
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._writing() as connection, connection.begin():
                if len(group) == 1:  # alone, the transaction is its own savepoint
                    work, future = group[0]
                    outcomes.append((future, work(connection), None))
                else:
                    outcomes.extend((future, *self._in_savepoint(connection, work)) for work, future in group)
                if not self._still_open(connection):
                    raise StoreError("the database gave the transaction up before its commit")
            self._clear_log()
        except BaseException as error:  # noqa: BLE001  the caller's loop must hear of it, whatever it is
            self._let_go()
            first = _first_fault(error)
            outcomes = [(future, None, first) for _work, future in group]
        for future, result, failure in outcomes:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A connection to write on. SQLite's is kept: fetching it from the pool costs more than a short change."""
        if not self.is_sqlite:
            with self.engine.connect() as connection:
                yield connection
            return
        if self._held is None:
            self._held = self.engine.connect()
        yield self._held

    def _clear_log(self) -> None:
        """Empty SQLite's log after a change that forgot something. Where somebody reads, after one of the next."""
        if self._held is None or not self._held.info.get(_FORGETS):
            return
        driver: Any = self._held.connection.dbapi_connection
        with suppress(sqlite3.Error):
            driver.execute("PRAGMA busy_timeout=0")
            try:
                busy, *_pages = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    self._held.info.pop(_FORGETS)
            finally:
                driver.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")

    def _let_go(self) -> None:
        """After a fault the next change begins on a fresh connection."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(SQLAlchemyError):
                held.close()

    def _in_savepoint(self, connection: Connection, work: Work[Any]) -> tuple[Any, Exception | None]:
        """Result or failure of one member. Raises when the whole transaction went with it (disk full, link lost)."""
        say(connection, f"SAVEPOINT {_MEMBER}")  # SQLAlchemy's own costs twenty times as much
        try:
            result = work(connection)
            say(connection, f"RELEASE SAVEPOINT {_MEMBER}")
        except Exception as error:
            if connection.invalidated or not self._still_open(connection):
                raise
            say(connection, f"ROLLBACK TO SAVEPOINT {_MEMBER}")
            say(connection, f"RELEASE SAVEPOINT {_MEMBER}")
            return None, error
        return result, None

    def _still_open(self, connection: Connection) -> bool:
        """SQLite by itself rolls a whole transaction back when the disk is full; the next runs outside it."""
        return not self.is_sqlite or bool(getattr(connection.connection.dbapi_connection, "in_transaction", True))


def _first_fault(error: BaseException) -> BaseException:
    """What the database said first: a savepoint that went with the transaction is only what came of it."""
    first, before = error, error.__context__
    while isinstance(error, OperationalError) and before is not None:
        first = before if isinstance(before, OperationalError) else first
        before = before.__context__
    return first


def lock_single_run(path: Path) -> int:
    """Take the lock of a SQLite file for one ``run``. Returns the descriptor to keep open.

    Raises ``StoreError`` when another run holds it. The lock goes with the process, also on kill -9.
    """
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise StoreError(
            f"{path.with_suffix('')} is already served by another `louling run`; "
            "stop that one, or give this one its own database"
        ) from None
    return handle
