"""A process to kill: feeds a chat through the house on a file database, as a network that redelivers everything would.

    python feeder.py URL CHAT.json SENT.log [POINT:NUMBER]

The last word kills it by itself the NUMBERth time it passes a point: ``commit`` (after any commit), ``handling``
and ``handled`` (before and after the commit of a message that changed something), ``post`` and ``direct`` (the
network has taken a group's post or a direct message, and the house does not know yet). It prints ``ready`` once
the house is started and ``end`` when the chat and the hours after it are over. What the network takes is written
to SENT.log, durably, before the house hears of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

import bot.pipeline
from bot.clock import VirtualClock
from bot.config import Settings
from bot.house import House
from bot.roster import read_roster_checked
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt, TargetKind
from handlers.classify import load_classifier
from handlers.router import UNHANDLED
from store.directory import directory_changed
from store.engine import Store
from store.messages import MESSAGE
from store.roster import import_roster
from store.tables import Event, GroupRow, table
from store.upgrade import upgrade

ROSTER = Path(__file__).parents[2] / "roster.example.toml"
AFTER = timedelta(hours=3)


class Crash:
    """kill -9 at a named point, the ``number``th time it is passed."""

    def __init__(self, where: str) -> None:
        self.point, _, number = where.partition(":")
        self.left = int(number or 0)

    def passed(self, point: str) -> None:
        """Die here if it is the moment."""
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, store: Store) -> None:
        """Stand around the handlers and every commit of the writer."""
        commit, route, changed = store.engine.dialect.do_commit, bot.pipeline.route, False

        def watched_route(case: Any) -> str:
            nonlocal changed
            handler = route(case)
            changed = changed or handler != UNHANDLED
            return handler

        def watched_commit(connection: Any) -> None:
            nonlocal changed
            if changed:
                self.passed("handling")
            commit(connection)
            if changed:
                self.passed("handled")
            changed = False
            self.passed("commit")

        bot.pipeline.route = watched_route  # type: ignore[attr-defined]
        store.engine.dialect.do_commit = watched_commit  # type: ignore[method-assign]


class LoggingNetwork:
    """Takes every message and keeps its own durable log of them."""

    name = "replay"

    def __init__(self, log: Path, crash: Crash) -> None:
        self._crash = crash
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def run(self, intake: Intake) -> None:
        """The feeder feeds."""

    async def send(self, message: Outbound) -> Receipt:
        """Arrived for certain, whatever becomes of this process."""
        os.write(self._log, f"{message.key} {message.target.value}\n".encode())
        os.fsync(self._log)
        self._crash.passed("post" if message.target is TargetKind.GROUP else "direct")
        await asyncio.sleep(0)
        return Receipt(Outcome.SENT, f"out-{message.key}-{os.getpid()}")

    def state(self) -> dict[str, ChannelState]:
        """Up."""
        return {"main": ChannelState(LinkState.UP)}


async def feed(url: str, chat: list[dict[str, str]], log: Path, crash: Crash) -> None:
    """Everything from the beginning: what was heard before is known by its id."""
    store = Store(url)
    upgrade(store.engine)
    lines = [Inbound(**{**line, "sent_at": datetime.fromisoformat(line["sent_at"])}) for line in chat]  # type: ignore[arg-type]
    heard = store.read_now(lambda db: db.execute(select(func.max(MESSAGE.c.heard_at))).scalar())
    happened = store.read_now(lambda db: db.execute(select(func.max(table(Event).c.at))).scalar())
    clock = VirtualClock(max(at for at in (lines[0].sent_at, heard, happened) if at is not None))
    network = LoggingNetwork(log, crash)
    house = House(store, Settings().as_street(), load_classifier(None), {network.name: network}, clock)
    if happened is None:
        roster = read_roster_checked(ROSTER)[0]

        def prepare(db) -> None:  # type: ignore[no-untyped-def]
            import_roster(house.desk.tx(db, clock.now()), roster)
            db.execute(update(table(GroupRow)).values(notice_at=clock.now()))
            directory_changed(db)

        store.write_now(prepare)
    crash.watch(store)
    await house.start()
    print("ready", flush=True)  # noqa: T201
    due = await house.settle()
    for line in lines:
        while due is not None and due <= line.sent_at:
            clock.move_to(due)
            due = await house.settle()
        clock.move_to(line.sent_at)
        if await house.pipeline.intake(network.name).accept(line):
            due = await house.settle()
    while due is not None and due <= lines[-1].sent_at + AFTER:
        clock.move_to(due)
        due = await house.settle()
    await house.stop()
    print("end", flush=True)  # noqa: T201


if __name__ == "__main__":
    script = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    asyncio.run(feed(sys.argv[1], script, Path(sys.argv[3]), Crash(*sys.argv[4:] or [""])))
