"""``louling db backup | restore | check``: a copy while the service runs, the way back, and whether all is well."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from bot.commands.opening import database_url
from bot.config import read_settings
from bot.database import LIVE, SANDBOX
from domain.errors import StoreError
from store.audit import broken_promises
from store.engine import lock_single_run, open_engine
from store.upgrade import current_revision, head_revision, known_revisions

_MAGIC = b"SQLite format 3\x00"


def back_up(file: Path, config: Path | None, *, force: bool) -> None:
    """Copy the SQLite database to FILE while others write to it; the copy is checked before it gets its name."""
    database = _sqlite_file(config, "pg_dump --format=custom --file {file} {database}", file)
    file = file.resolve()
    if file == database:
        raise StoreError(f"{file} is the database itself; name another file")
    if file.exists() and not force:
        raise StoreError(f"{file} exists already; name another file, or replace it with --force")
    if not database.exists():
        raise StoreError(f"there is no database at {database} yet; nothing to back up")
    with _beside(file) as copy:
        _copy_online(database, copy)
        _check_integrity(copy)
        _into_place(copy, file, force=force)
    print(f"backup: {file} ({file.stat().st_size:,} bytes, integrity ok)")  # noqa: T201


def restore(file: Path, config: Path | None) -> None:
    """Put FILE in the place of the SQLite database, which is kept beside; refused while a service runs on it."""
    database = _sqlite_file(config, "pg_restore --clean --if-exists --dbname {database} {file}", file)
    _check_restorable(file, LIVE if not read_settings(config).is_sandbox else SANDBOX)
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_single_run(Path(f"{database}.lock"))
    try:
        with _beside(database) as copy:
            shutil.copyfile(file, copy)
            _flushed(copy)
            kept = _set_aside(database)
            copy.replace(database)
            _flushed(database.parent)
    finally:
        os.close(lock)
    print(f"restored: {database} is now {file}" + (f"; the one before is kept as {kept}" if kept else ""))  # noqa: T201


def check(config: Path | None) -> int:
    """Print what is wrong with the database, one line each; the exit code is 1 when anything is."""
    url = database_url(read_settings(config), config)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        raise StoreError(f"there is no database at {parsed.database} yet; nothing to check")
    problems = []
    if parsed.get_backend_name() == "sqlite":
        problems += _integrity(Path(parsed.database or ""))
    if not problems:  # a broken file answers no further question truthfully
        problems += _promises(url)
    for problem in problems:
        print(f"database: {problem}")  # noqa: T201
    if not problems:
        print(f"database: integrity ok, revision {head_revision()}, every live issue has a next step")  # noqa: T201
    return int(bool(problems))


def _promises(url: str) -> list[str]:
    engine = open_engine(url)
    try:
        revision = current_revision(engine)
        if revision != head_revision():
            return [f"is at revision {revision or 'none'}, this program at {head_revision()}; run louling db upgrade"]
        with engine.connect() as connection:
            return broken_promises(connection)
    except DBAPIError as error:
        raise StoreError(f"the database cannot be read: {str(error.orig).strip().splitlines()[0]}") from None
    finally:
        engine.dispose()


def _sqlite_file(config: Path | None, on_postgres: str, file: Path) -> Path:
    """The SQLite file of the config; for PostgreSQL a line that names its own tool."""
    url = make_url(database_url(read_settings(config), config))
    if url.get_backend_name() != "sqlite" or not url.database:
        command = on_postgres.format(file=file, database=_without_password(url))
        raise StoreError(f"the database is PostgreSQL, which brings its own tool; run: {command}")
    return Path(url.database)


def _without_password(url: URL) -> str:
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """The path of a private temporary file in the folder of ``file``; gone at the end unless it was renamed."""
    copy = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise StoreError(f"{file.parent} cannot be written to ({error.strerror})") from None
    os.close(handle)
    try:
        yield copy
    finally:
        for leftover in (copy, Path(f"{copy}-journal"), Path(f"{copy}-wal"), Path(f"{copy}-shm")):
            leftover.unlink(missing_ok=True)


def _copy_online(database: Path, copy: Path) -> None:
    """SQLite's backup of one snapshot, in one step: in WAL mode it makes no writer wait."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, no companions
    except sqlite3.Error as error:
        raise StoreError(f"the copy failed: {error}") from None
    _flushed(copy)


def _into_place(copy: Path, file: Path, *, force: bool) -> None:
    if force:
        copy.replace(file)
    else:
        try:
            os.link(copy, file)  # unlike a rename it never replaces what somebody else has just put there
        except FileExistsError:
            raise StoreError(f"{file} exists already; name another file, or replace it with --force") from None
    _flushed(file.parent)


def _integrity(file: Path) -> list[str]:
    """What SQLite finds wrong with a file; empty when it is sound."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
            strays = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    except sqlite3.Error as error:
        return [f"cannot be read: {error}"]
    bad = [] if found == ["ok"] else [line for text in found for line in text.splitlines()]
    return bad + [f"a row of {stray[0]} points at a row of {stray[2]} that is not there" for stray in strays]


def _check_integrity(file: Path) -> None:
    problems = _integrity(file)
    if problems:
        raise StoreError(f"{file.name} is damaged: {problems[0]}; the database needs a look: louling db check")


def _check_restorable(file: Path, kind: str) -> None:
    """Sound, of this program or an older one, and of the kind that the config serves."""
    try:
        with file.open("rb") as opened:
            head = opened.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(f"{file} cannot be read ({error.strerror}); give the path of a backup") from None
    if head != _MAGIC:
        raise StoreError(f"{file} is no SQLite database; give a file made by louling db backup")
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
            sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            marked = connection.execute("SELECT value FROM setting WHERE name = 'kind'").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{file} is no backup of Louling or is damaged: {error}") from None
    if sound != "ok":
        raise StoreError(f"{file} is damaged: {sound}; take an older backup")
    if revision is None or revision[0] not in known_revisions():
        said = revision[0] if revision else "none"
        raise StoreError(f"{file} is at revision {said}, which this program does not know; upgrade the program first")
    if marked is not None and marked[0] != kind:
        raise StoreError(f"{file} is a {marked[0]} database and this config serves a {kind} one; give its own config")


def _set_aside(database: Path) -> Path | None:
    """Rename the database with its companions; returns its new name, ``None`` when there was none."""
    companions = [Path(f"{database}{end}") for end in ("-wal", "-shm")]
    if not database.exists():
        for companion in companions:  # of a database that is gone: they would be read into the restored one
            companion.unlink(missing_ok=True)
        return None
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a damaged one is kept as it is
    kept = database.with_name(f"{database.name}.replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for path in (*companions, database):
        if path.exists():
            path.rename(Path(str(path).replace(str(database), str(kept), 1)))
    return kept


def _flushed(path: Path) -> None:
    """What was written to a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
