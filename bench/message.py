"""A message durable from heard to done, in one process on SQLite, beside a bare loop of single-row durable inserts.

.venv/bin/python -m bench.message [--lines 4000] [--groups 1500] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bench.ground import bare_inserts, lines, make_house, open_database
from bench.table import Line, printed
from bot.heap import leave_what_is_loaded
from bot.simulate.street import make_street
from domain.messages import Inbound
from handlers.classify import Classifier, load_classifier
from store.engine import Store

IN_FLIGHT = 64
"""Messages the channel hands in without waiting for the ones before, as a network that delivers a backlog does."""


async def heard_to_done(
    store: Store, classifier: Classifier, messages: list[Inbound], in_flight: int = IN_FLIGHT
) -> float:
    """Seconds a message from the channel's hand to «done», all of them durable."""
    house = make_house(store, classifier)
    await house.start()
    intake = house.pipeline.intake("replay")
    waiting = iter(messages)

    async def hand_in() -> None:
        for message in waiting:
            await intake.accept(message)

    leave_what_is_loaded()
    begin = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(hand_in())
    await house.pipeline.idle()
    each = (time.perf_counter() - begin) / len(messages)
    await house.drain()
    return each


def measure(count: int = 4000, groups: int = 1500, rounds: int = 3) -> list[Line]:
    """Both shares of matters; the best round counts, all are told."""
    classifier = load_classifier()
    classifier.votes.load()
    street, found = make_street(groups, 1), []
    with tempfile.TemporaryDirectory(prefix="louling-bench-") as name:
        for share, goal in ((0.2, 0.6), (1.0, 0.25)):
            ratios = []
            for number in range(rounds):
                bare = bare_inserts(Path(name) / "bare.db", count)
                store = open_database(Path(name) / f"message-{share}-{number}.db", street)
                each = asyncio.run(heard_to_done(store, classifier, lines(street, count, share, number)))
                ratios.append((bare / each, bare, each))
                store.close()
            best, bare, each = max(ratios)
            told = f"{best:.2f} × ({each * 1e6:.0f} µs; rounds {', '.join(f'{one[0]:.2f}' for one in ratios)})"
            what = f"a message heard → done, durable, {share:.0%} matters ({count} lines, {groups} groups)"
            found.append(Line(what, f"≥ {goal} ×", told, f"bare durable insert {bare * 1e6:.0f} µs", best >= goal))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=4000)
    parser.add_argument("--groups", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(printed(measure(chosen.lines, chosen.groups, chosen.rounds)))  # noqa: T201


if __name__ == "__main__":
    main()
