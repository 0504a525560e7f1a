"""The directory's version: every change raises it, also when two processes change at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, event

from store.directory import directory_changed, directory_version
from store.engine import Store


@pytest.mark.parametrize("before", [0, 1])
def test_two_processes_that_change_at_once_raise_the_version_twice(database_url: str, before: int) -> None:
    one, other = Store(database_url), Store(database_url)
    for _ in range(before):
        one.write_now(directory_changed)
    other_waits = threading.Event()

    def begun(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        # SQLite keeps the second writer at its BEGIN, PostgreSQL at the statement that touches the same row.
        if text.startswith(("BEGIN IMMEDIATE", "UPDATE setting", "INSERT INTO setting")):
            other_waits.set()

    event.listen(other.engine, "before_cursor_execute", begun)
    with ThreadPoolExecutor(1) as pool:

        def change_first(db: Connection) -> Any:
            directory_changed(db)
            second = pool.submit(other.write_now, directory_changed)
            assert other_waits.wait(10)
            return second

        one.write_now(change_first).result(timeout=20)
    assert one.read_now(directory_version) == before + 2
    one.close()
    other.close()
