"""How long it takes after kill -9 with a hundred thousand messages waiting, on SQLite, beside bare durable inserts.

.venv/bin/python -m bench.recovery [--waiting 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from bench.filled import store_messages
from bench.ground import START, bare_inserts, make_house, open_database
from bench.table import Line, printed
from bot.database import REPLAY, open_store
from bot.heap import leave_what_is_loaded
from bot.simulate.street import make_street
from handlers.classify import load_classifier
from store.engine import open_engine
from store.messages import MESSAGE
from store.tables import MessageState, written

ROOT = Path(__file__).parents[1]
GROUPS = 1500


async def serve(path: str) -> None:
    """The house on this database until nothing waits."""
    classifier = load_classifier()
    classifier.votes.load()
    store = open_store(f"sqlite:///{path}", REPLAY)
    house = make_house(store, classifier)
    leave_what_is_loaded()
    await house.start()
    print("ready", flush=True)  # noqa: T201
    await house.pipeline.idle()
    await house.drain()
    store.close()


class Life:
    """One run of the service on a database, by a process of its own."""

    def __init__(self, path: Path) -> None:
        self._engine = open_engine(f"sqlite:///{path}", read_only=True)
        self.began = time.perf_counter()
        self.left = self.waiting()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.recovery", "--serve", str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def waiting(self) -> int:
        """Messages that are not done."""
        undone = select(func.count()).where(written(MESSAGE.c.state, MessageState.HEARD, MessageState.READ))
        with self._engine.connect() as db:
            return int(db.execute(undone).scalar_one())

    def ready(self) -> float:
        """Seconds until the rooms were at work."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        return time.perf_counter() - self.began

    def until(self, most: int) -> float:
        """Seconds until at most so many waited."""
        while self.waiting() > most:
            assert self.process.poll() in (None, 0), "the service ended by itself"
            time.sleep(0.02)
        return time.perf_counter() - self.began

    def end(self) -> None:
        """Gone, if it is not yet."""
        self.process.kill()
        self.process.wait()
        self._engine.dispose()


def measure(waiting: int = 100_000) -> list[Line]:
    """Killed once while it works, started again, and timed until nothing waits."""
    with tempfile.TemporaryDirectory(prefix="louling-bench-") as name:
        path = Path(name) / "recovery.db"
        store = open_database(path, make_street(GROUPS, 1), durable=False)
        store_messages(store, waiting, START, groups=GROUPS, state="read")
        store.close()
        bare = bare_inserts(Path(name) / "bare.db", min(waiting, 5000))
        first = Life(path)
        first.ready()
        first.until(waiting - waiting // 50)
        first.end()
        second = Life(path)
        left = second.left
        ready, handled, done = second.ready(), second.until(left - 1), second.until(0)
        second.process.wait(30)
        second.end()
    each, beside = (done - ready) / left, f"bare durable insert {bare * 1e6:.0f} µs"
    return [
        Line(
            f"after kill −9 with {waiting:,} waiting: the first is handled",
            "–",
            f"{handled:.1f} s",
            f"of that start {ready:.1f} s",
        ),
        Line(
            f"the same: nothing waits any more ({left:,} left by the kill)",
            "–",
            f"{done:.0f} s; {bare / each:.2f} × ({each * 1e6:.0f} µs a message)",
            beside,
        ),
    ]


def main() -> None:
    """Measure and print; or be the service."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve(chosen.serve))
        return
    print(printed(measure(chosen.waiting)))  # noqa: T201


if __name__ == "__main__":
    main()
