"""Processes to kill: each feeds a chat through the house on a database, as a network that redelivers everything would.

    python feeder.py        then, line by line on its input: {"url", "chat", "log", "crash", "seed"}

One process imports everything once and forks a child for each line, which it names (``pid N``) and whose end it
tells (``exit CODE``, negative for a signal). ``crash`` is POINT:NUMBER: the child kills itself (-9) the NUMBERth
time it passes that point: ``before-X`` and ``after-X`` stand around the commit of X (``SEAMS``), ``commit`` after
any commit, ``post`` and ``direct`` where the network has taken a group's post or a direct message and the house
does not know yet. A child prints ``ready`` once the house is started and ``end`` when the chat and the hours after
it are over. What the network takes is written to the log, durably, before the house hears of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

import bot.pipeline
import schedules.digest
import schedules.ladder
import store.messages
import store.outbox
from bot.clock import VirtualClock
from bot.config import Settings
from bot.house import House
from bot.roster import read_roster_checked
from domain.decide import Action
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt, TargetKind
from handlers.classify import Classifier, load_classifier
from handlers.router import UNHANDLED
from store.directory import directory_changed
from store.engine import Store
from store.messages import MESSAGE
from store.roster import import_roster
from store.tables import Event, GroupRow, table
from store.upgrade import upgrade

ROSTER = Path(__file__).parents[2] / "roster.example.toml"
AFTER = timedelta(hours=4)


SEAMS: dict[str, tuple[Any, str]] = {
    "take": (store.messages, "put_whole"),
    "handle": (bot.pipeline, "route"),
    "claim": (store.outbox, "claim"),
    "settle": (store.outbox, "settle"),
    "step": (schedules.ladder, "take_step"),
    "digest": (schedules.digest, "digest_figures"),
}
"""What a commit may be about: the function that ran inside it."""


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

    def watch(self, opened: Store) -> None:
        """Stand around every commit of the writer, and know what it is about."""
        commit, about = opened.engine.dialect.do_commit, set[str]()

        def noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                result = function(*args, **kwargs)
                if name == "settle" or result not in (UNHANDLED, None, Action.NONE):
                    about.add(name)
                return result

            return call

        for name, (module, function) in SEAMS.items():
            setattr(module, function, noted(name, getattr(module, function)))

        def watched_commit(connection: Any) -> None:
            now, _ = set(about), about.clear()
            for name in now:
                self.passed(f"before-{name}")
            commit(connection)
            for name in now:
                self.passed(f"after-{name}")
            self.passed("commit")

        opened.engine.dialect.do_commit = watched_commit  # type: ignore[method-assign]


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


async def feed(url: str, chat: list[dict[str, str]], log: Path, crash: Crash, classifier: Classifier) -> None:
    """Everything from the beginning: what was heard before is known by its id."""
    opened = Store(url)
    upgrade(opened.engine)
    lines = [Inbound(**{**line, "sent_at": datetime.fromisoformat(line["sent_at"])}) for line in chat]  # type: ignore[arg-type]
    heard = opened.read_now(lambda db: db.execute(select(func.max(MESSAGE.c.heard_at))).scalar())
    happened = opened.read_now(lambda db: db.execute(select(func.max(table(Event).c.at))).scalar())
    clock = VirtualClock(max(at for at in (lines[0].sent_at, heard, happened) if at is not None))
    network = LoggingNetwork(log, crash)
    house = House(opened, Settings().as_street(), classifier, {network.name: network}, clock)
    if happened is None:
        roster = read_roster_checked(ROSTER)[0]

        def prepare(db) -> None:  # type: ignore[no-untyped-def]
            import_roster(house.desk.tx(db, clock.now()), roster)
            db.execute(update(table(GroupRow)).values(notice_at=clock.now()))
            directory_changed(db)

        opened.write_now(prepare)
    crash.watch(opened)
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


def child(order: dict[str, Any], classifier: Classifier) -> None:
    """One life of the service."""
    script = json.loads(Path(order["chat"]).read_text(encoding="utf-8"))
    asyncio.run(feed(order["url"], script, Path(order["log"]), Crash(order["crash"]), classifier))


def nursery() -> None:
    """Fork a child for every order that comes in."""
    classifier = load_classifier(None)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                child(json.loads(line), classifier)
                code = 0
            except BaseException:  # noqa: BLE001  whatever it was, it is shown and the child ends
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        print(f"pid {pid}", flush=True)  # noqa: T201
        print(f"exit {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}", flush=True)  # noqa: T201


if __name__ == "__main__":
    nursery()
