"""What the benchmarks of the running service stand on: a database, a street, a house, and the bare loop beside it."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, update

from bot.channels.replay import ReplayChannel
from bot.clock import VirtualClock
from bot.config import read_settings
from bot.database import REPLAY, open_store
from bot.house import House
from bot.simulate.street import MadeStreet
from bot.simulate.texts import Texts
from domain.messages import Inbound
from handlers.classify import Classifier
from store.directory import directory_changed
from store.engine import Store
from store.roster import import_roster
from store.tables import GroupRow, table

START = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Monday morning: every ladder is awake."""


def bare_inserts(path: Path, rows: int) -> float:
    """Seconds a row: one INSERT, one durable commit, nothing else (WAL, synchronous=FULL)."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY, external TEXT, body TEXT, at TEXT)")
    begin = time.perf_counter()
    for number in range(rows):
        values = (str(number), "今天我妈包了饺子，味道绝了", "2026-03-02 09:00:00")
        connection.execute("INSERT INTO line (external, body, at) VALUES (?, ?, ?)", values)
    each = (time.perf_counter() - begin) / rows
    connection.close()
    return each


def open_database(path: Path, street: MadeStreet, *, durable: bool = True) -> Store:
    """A migrated database with the street's roster, every group's notice posted."""
    store = open_store(f"sqlite:///{path}", REPLAY, durable=durable)
    desk = make_house(store, None).desk
    store.write_now(lambda db: import_roster(desk.tx(db, START), street.roster))
    store.write_now(post_notices)
    return store


def post_notices(db: Connection) -> None:
    """Every group has had its notice: everything is kept."""
    db.execute(update(table(GroupRow)).values(notice_at=START))
    directory_changed(db)


def make_house(store: Store, classifier: Classifier | None) -> House:
    """The service's own house over ``store`` under a clock that stands at ``START``."""
    channel = ReplayChannel()
    street = read_settings(None).as_street()
    return House(store, street, classifier, {channel.name: channel}, VirtualClock(START))  # type: ignore[arg-type]


def lines(street: MadeStreet, count: int, matters: float, seed: int, *, first: int = 0) -> list[Inbound]:
    """``count`` messages spread over the rooms, ``matters`` of them troubles; ids are random 19-digit numbers."""
    rng, texts = random.Random(f"{seed}-{first}"), Texts(seed + first)
    out = []
    for number in range(count):
        room = street.rooms[rng.randrange(len(street.rooms))]
        writer = room.residents[rng.randrange(len(room.residents))]
        text = texts.trouble().text if rng.random() < matters else texts.chatter()
        message_id = str(rng.randrange(10**18, 10**19))
        at = START + timedelta(milliseconds=number)
        out.append(
            Inbound(
                "replay",
                "main",
                message_id,
                room.key,
                writer.id,
                at,
                text,
                sender_name=writer.name,
                sender_alias=writer.alias,
            )
        )
    return out


def percent(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
