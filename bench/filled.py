"""Databases with a past: millions of stored messages, years of issues. Written by SQL, not message by message."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, text

from store.engine import Store
from store.issues.rows import ISSUE

DAY = 60_000  # a street's lines a day
SEEN_DAYS = 7
YEAR = 100_000  # a street's issues a year

_COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
_RANDOM_ID = "CAST(1000000000000000000 + abs(random() % 8000000000000000000) AS TEXT)"
_AGO = "strftime('%Y-%m-%d %H:%M:%S.000000', :now, '-' || CAST(i * :apart AS INTEGER) || ' seconds')"


def store_messages(store: Store, count: int, now: datetime, *, groups: int, state: str = "done") -> None:
    """``count`` messages heard before ``now`` with random 19-digit ids; dedup keys of the last seven days."""
    values = {"count": count, "groups": groups, "now": now.strftime("%Y-%m-%d %H:%M:%S"), "apart": 86400 / DAY}
    columns = (
        "channel, account, external_id, state, kind, room_id, lane, group_id, sender_id, sender_name, sender_alias, "
        "body, sent_at, heard_at, failures, kept"
    )
    lines = (
        f"INSERT INTO message ({columns}) {_COUNT} SELECT 'replay', 'main', {_RANDOM_ID}, '{state}', 'text', "
        "g.key, 1 + i % :groups, g.id, 'r' || i % 50, '王芳', '3-2-501 王芳', '今天我妈包了饺子，味道绝了', "
        f"{_AGO}, {_AGO}, 0, 0 FROM n JOIN residents_group g ON g.id = 1 + i % :groups"
    )
    keys = (
        f"INSERT OR IGNORE INTO seen (account, message_id, heard_at) {_COUNT} "
        f"SELECT 'replay:main', {_RANDOM_ID}, {_AGO} FROM n ORDER BY 2"
    )

    def fill(db: Connection) -> None:
        db.execute(text(lines), values)
        db.execute(text(keys), values | {"count": min(count, DAY * SEEN_DAYS)})

    store.write_now(fill)


def store_issues(store: Store, count: int, now: datetime, *, events: int = 1) -> None:
    """``count`` closed issues like the one that is there, opened evenly over the years before ``now``."""
    apart = 365 * 86400 / YEAR
    values = {"count": count, "now": now.strftime("%Y-%m-%d %H:%M:%S"), "apart": apart, "events": events}
    changed = {
        "id": "b.id + i",
        "state": "'closed'",
        "next_at": "NULL",
        "number": "1 + i % 999",
        "group_id": "1 + i % (SELECT count(*) FROM residents_group)",
        **dict.fromkeys(("opened_at", "ladder_at", "resolved_at", "ended_at"), _AGO),
    }
    names = [column.name for column in ISSUE.columns]
    row = ", ".join(changed.get(name, f"b.{name}") for name in names)
    issues = (
        f"INSERT INTO issue ({', '.join(names)}) {_COUNT} "
        f"SELECT {row} FROM n, (SELECT * FROM issue ORDER BY id DESC LIMIT 1) b"
    )
    trail = (
        f"INSERT INTO event (at, what, issue_id, by, reason) {_COUNT} "
        f"SELECT {_AGO}, 'issue_closed', :first + 1 + i / :events, 'clock', 'no objection' FROM n"
    )

    def fill(db: Connection) -> None:
        first = db.execute(select(ISSUE.c.id).order_by(ISSUE.c.id.desc()).limit(1)).scalar_one()
        db.execute(text(issues), values)
        if events:
            db.execute(text(trail), values | {"count": count * events, "first": first, "apart": apart / events})

    store.write_now(fill)
