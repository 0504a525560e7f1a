"""The self-audit's questions cost what lives, not what ended: every one of them goes by an index."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event, text

from store import vitals
from web.health import _count

BIG = ("issue", "message", "outbox", "event")


@pytest.mark.parametrize(
    "ask",
    [lambda office, db: vitals.numbers(office.desk.tx(db, office.now)), lambda _office, db: _count(db)],
    ids=["health", "metrics"],
)
def test_no_table_that_grows_for_ever_is_read_through(office: Any, ask: Any) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    engine = office.store.engine
    with engine.connect() as db:
        event.listen(engine, "before_cursor_execute", note)
        try:
            ask(office, db)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    assert asked
    through = []
    with engine.connect() as db:
        if not office.store.is_sqlite:
            db.execute(text("SET enable_seqscan = off"))
            db.execute(text("SET enable_bitmapscan = on"))
        for statement, parameters in asked:
            if not statement.lstrip().upper().startswith("SELECT"):
                continue
            if "ORDER BY message.id DESC" in statement:
                continue  # goes back from the newest message to the beginning of the last day, no farther
            how = "EXPLAIN QUERY PLAN " if office.store.is_sqlite else "EXPLAIN "
            plan = "\n".join(str(row[-1]) for row in db.exec_driver_sql(how + statement, parameters))
            found = re.findall(r"SCAN (\w+)$|Seq Scan on (\w+)", plan, re.MULTILINE)
            through += [(statement, name) for pair in found for name in pair if name in BIG]
    assert through == []
