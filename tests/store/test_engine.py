"""The writer thread: group commits, durability, poisoned members, locks, a full disk, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from domain.errors import StoreError
from domain.words import Category, Urgency
from store.directory import get_setting, put_setting
from store.engine import Store, lock_single_run, open_engine
from store.tables import Instant, Setting, Word, table

SETTING = table(Setting)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def file(migrated_sqlite: Path, tmp_path: Path) -> Path:
    path = tmp_path / "louling.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return path


@pytest.fixture
def sqlite(file: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{file}")
    yield store
    store.close()


def put(name: str, value: str = "x") -> Callable[[Connection], None]:
    return lambda db: put_setting(db, name, value)


def names(store: Store) -> set[str]:
    """What another connection sees."""
    other = open_engine(store.url)
    with other.connect() as connection:
        found = set(connection.execute(select(SETTING.c.name)).scalars())
    other.dispose()
    return found


class Gate:
    """Holds the writer thread inside a change until it is opened."""

    def __init__(self) -> None:
        self.inside = threading.Event()
        self.open = threading.Event()

    def __call__(self, _db: Connection) -> None:
        self.inside.set()
        self.open.wait(10)


async def grouped(store: Store, *works: Callable[[Connection], Any]) -> list[Any]:
    """Have ``works`` share one commit: they queue up behind a change that holds the writer."""
    gate = Gate()
    first = asyncio.ensure_future(store.write(gate))
    await asyncio.to_thread(gate.inside.wait, 10)
    rest = [asyncio.ensure_future(store.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.open.set()
    await first
    return await asyncio.gather(*rest, return_exceptions=True)


async def test_a_caller_resumes_only_when_another_connection_sees_the_change(store: Store) -> None:
    for number in range(5):
        await store.write(put(f"n{number}"))
        assert f"n{number}" in await asyncio.to_thread(names, store)


async def test_waiting_changes_share_one_commit(store: Store) -> None:
    commits = []
    sa.event.listen(store.engine, "commit", lambda _connection: commits.append(1))
    await grouped(store, *(put(f"n{number}") for number in range(50)))
    assert len(commits) == 2
    assert len(names(store) & {f"n{number}" for number in range(50)}) == 50


async def test_a_poisoned_member_rolls_back_alone(store: Store) -> None:
    def poisoned(db: Connection) -> None:
        put_setting(db, "poison", "half written")
        raise ValueError("poison")

    outcomes = await grouped(store, put("before"), poisoned, put("after"))
    assert outcomes[0] is None
    assert outcomes[2] is None
    assert isinstance(outcomes[1], ValueError)
    assert {"before", "after"} <= names(store)
    assert "poison" not in names(store)


async def test_a_statement_the_database_refuses_rolls_back_alone(store: Store) -> None:
    def twice(db: Connection) -> None:
        db.execute(SETTING.insert().values(name="twice", value=""))
        db.execute(SETTING.insert().values(name="twice", value=""))

    outcomes = await grouped(store, put("before"), twice, put("after"))
    assert isinstance(outcomes[1], IntegrityError)
    assert names(store) & {"before", "twice", "after"} == {"before", "after"}


async def test_a_poisoned_change_alone_leaves_nothing_and_the_next_works(store: Store) -> None:
    def poisoned(db: Connection) -> None:
        put_setting(db, "poison", "half written")
        raise KeyError("poison")

    with pytest.raises(KeyError):
        await store.write(poisoned)
    await store.write(put("next"))
    assert names(store) & {"poison", "next"} == {"next"}


async def test_a_failed_commit_fails_every_member(store: Store) -> None:
    fail = True

    def refuse(_connection: Connection) -> None:
        if fail:
            raise RuntimeError("the commit failed")

    sa.event.listen(store.engine, "commit", refuse)
    gate = Gate()
    works = [asyncio.ensure_future(store.write(work)) for work in (gate, put("a"), put("b"))]
    await asyncio.to_thread(gate.inside.wait, 10)
    gate.open.set()
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [RuntimeError] * 3
    fail = False
    await store.write(put("c"))
    assert names(store) & {"a", "b", "c"} == {"c"}


async def test_a_cancelled_change_that_has_not_begun_never_happens(store: Store) -> None:
    gate = Gate()
    first = asyncio.ensure_future(store.write(gate))
    await asyncio.to_thread(gate.inside.wait, 10)
    given_up = asyncio.ensure_future(store.write(put("given up")))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    gate.open.set()
    await first
    await store.write(put("next"))
    assert "given up" not in names(store)


async def test_a_cancelled_caller_never_stops_the_writer(store: Store) -> None:
    gate = Gate()
    first = asyncio.ensure_future(store.write(gate))
    await asyncio.to_thread(gate.inside.wait, 10)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    gate.open.set()
    await store.write(put("next"))
    assert "next" in names(store)


def test_closing_finishes_what_was_handed_in_and_takes_no_more(database_url: str) -> None:
    store = Store(database_url)
    gate = Gate()
    pending = [store._submit(gate), *(store._submit(put(f"n{number}")) for number in range(300))]
    gate.inside.wait(10)
    gate.open.set()
    store.close()
    assert all(future.done() and future.exception() is None for future in pending)
    assert len(names(store) & {f"n{number}" for number in range(300)}) == 300
    with pytest.raises(StoreError, match="closed"):
        store.write_now(put("late"))
    store.close()


async def test_readers_see_one_snapshot_while_others_write(store: Store) -> None:
    await store.write(put("value", "old"))

    def look_twice(db: Connection) -> tuple[str | None, str | None]:
        first = get_setting(db, "value")
        store.write_now(put("value", "new"))
        return first, get_setting(db, "value")

    if store.is_sqlite:
        assert await store.read(look_twice) == ("old", "old")
    assert await store.read(lambda db: get_setting(db, "value")) in ("old", "new")


def test_a_reader_of_sqlite_cannot_write(sqlite: Store) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        sqlite.read_now(put("x"))
    assert "x" not in names(sqlite)


def test_sqlite_is_opened_for_safety(sqlite: Store) -> None:
    def look(db: Connection) -> dict[str, Any]:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "query_only", "busy_timeout")
        return {name: db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}

    assert sqlite.write_now(look) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "query_only": 0,
        "busy_timeout": 15000,
    }
    assert sqlite.read_now(look)["query_only"] == 1


def test_a_row_that_points_nowhere_is_refused(store: Store) -> None:
    def orphan(db: Connection) -> None:
        db.execute(sa.text("INSERT INTO grid (name, community_id, last_number, active) VALUES ('g', 77, 0, true)"))

    with pytest.raises(IntegrityError):
        store.write_now(orphan)


def test_a_write_transaction_holds_the_lock_from_its_first_moment(sqlite: Store, file: Path) -> None:
    def try_to_write(_db: Connection) -> str:
        with sqlite3.connect(file, timeout=0) as other, pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("INSERT INTO setting (name, value) VALUES ('other', '')")
        other.close()
        return str(caught.value)

    assert "locked" in sqlite.write_now(try_to_write)


HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
db.execute("COMMIT")
"""


async def test_a_lock_of_another_process_is_waited_for(sqlite: Store, file: Path) -> None:
    holder = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waiting = asyncio.ensure_future(sqlite.write(put("waited")))
        done, _ = await asyncio.wait({waiting}, timeout=0.1)
        assert not done
        await asyncio.to_thread(holder.stdin.write, "go\n")
        holder.stdin.flush()
        await waiting
    assert "waited" in names(sqlite)


def test_a_full_disk_writes_nothing_half_and_later_goes_on(file: Path) -> None:
    store = Store(f"sqlite:///{file}")

    def limit(pages: int) -> Callable[[Connection], None]:
        return lambda db: db.exec_driver_sql(f"PRAGMA max_page_count={pages}").close()

    used = store.write_now(lambda db: int(db.exec_driver_sql("PRAGMA page_count").scalar_one()))
    store.write_now(limit(used + 5))

    def big(db: Connection) -> None:
        put_setting(db, "first half", "")
        for number in range(200):
            put_setting(db, f"big{number}", "x" * 4000)

    with pytest.raises(OperationalError, match="full"):
        store.write_now(big)
    store.write_now(put("small"))
    store.write_now(limit(1_000_000))
    store.write_now(put("later"))
    assert {"small", "later"} <= names(store)
    assert not {name for name in names(store) if name.startswith(("first", "big"))}
    store.close()


async def test_a_full_disk_in_a_group_fails_no_member_silently(file: Path) -> None:
    """SQLite may roll back the whole transaction when it is full: then nobody may be told that it was done."""
    store = Store(f"sqlite:///{file}")
    used = store.write_now(lambda db: int(db.exec_driver_sql("PRAGMA page_count").scalar_one()))
    store.write_now(lambda db: db.exec_driver_sql(f"PRAGMA max_page_count={used + 3}").close())
    works = [put(f"n{number}", "x" * 3000) for number in range(20)]
    outcomes = await grouped(store, *works)
    told = {f"n{number}" for number, outcome in enumerate(outcomes) if outcome is None}
    assert names(store) & {f"n{number}" for number in range(20)} == told
    assert any(isinstance(outcome, OperationalError) and "full" in str(outcome) for outcome in outcomes)
    store.write_now(lambda db: db.exec_driver_sql("PRAGMA max_page_count=1000000").close())
    store.write_now(put("later"))
    assert "later" in names(store)
    store.close()


@pytest.mark.parametrize("others", [0, 2])
async def test_a_change_that_swallows_a_full_disk_is_not_acknowledged(file: Path, others: int) -> None:
    store = Store(f"sqlite:///{file}")
    used = store.write_now(lambda db: int(db.exec_driver_sql("PRAGMA page_count").scalar_one()))
    store.write_now(lambda db: db.exec_driver_sql(f"PRAGMA max_page_count={used + 1}").close())

    def swallow(db: Connection) -> None:
        with contextlib.suppress(OperationalError):
            db.execute(SETTING.insert(), [{"name": f"s{number}", "value": "x" * 3000} for number in range(20)])

    outcomes = await grouped(store, *(put(f"o{number}") for number in range(others)), swallow)
    assert all(isinstance(outcome, OperationalError | StoreError) for outcome in outcomes), outcomes
    assert not {name for name in names(store) if name.startswith(("s", "o"))}
    store.close()


def test_a_second_run_on_one_file_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    import os

    lock = tmp_path / "louling.db.lock"
    held = lock_single_run(lock)
    with pytest.raises(StoreError, match=r"louling\.db is already served by another `louling run`"):
        lock_single_run(lock)
    os.close(held)
    os.close(lock_single_run(lock))


LOCKER = "import sys; from pathlib import Path; from store.engine import lock_single_run as l; l(Path(sys.argv[1]));"


def test_the_lock_of_a_killed_run_is_gone_with_it(tmp_path: Path) -> None:
    import os

    lock = tmp_path / "louling.db.lock"
    code = LOCKER + "print('held', flush=True); sys.stdin.readline()"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError):
            lock_single_run(lock)
        holder.kill()
        holder.wait()
    os.close(lock_single_run(lock))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="names no file"):
        open_engine(url)


MOMENT = sa.Table("moment", sa.MetaData(), sa.Column("at", Instant), sa.Column("word", Word(Urgency)))


def test_instants_come_back_aware_in_utc_whatever_zone_they_had(store: Store) -> None:
    at = datetime(2026, 3, 29, 3, 30, 1, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    def there_and_back(db: Connection) -> Any:
        MOMENT.create(db)
        db.execute(MOMENT.insert().values(at=at, word=Urgency.URGENT))
        return db.execute(select(MOMENT).where(MOMENT.c.at == at.astimezone(UTC))).one()

    row = store.write_now(there_and_back)
    assert row.at == at
    assert row.at.tzinfo is UTC
    assert row.word is Urgency.URGENT


@pytest.mark.parametrize(
    "values",
    [{"at": datetime(2026, 3, 29, 3, 30)}, {"word": Category.WATER}, {"word": "soon"}],  # noqa: DTZ001
)
def test_a_naive_instant_and_a_foreign_word_are_refused(store: Store, values: dict[str, Any]) -> None:
    def wrong(db: Connection) -> None:
        MOMENT.create(db)
        db.execute(MOMENT.insert().values(**values))

    with pytest.raises(StatementError):
        store.write_now(wrong)
