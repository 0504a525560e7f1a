"""The same message with millions stored before it, beside the same without any.

.venv/bin/python -m bench.stored [--stored 5000000] [--lines 2000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from statistics import median

from bench.filled import store_messages
from bench.ground import START, lines, open_database
from bench.message import IN_FLIGHT, heard_to_done
from bench.table import Line, printed
from bot.database import REPLAY, open_store
from bot.simulate.street import make_street
from handlers.classify import load_classifier

GROUPS = 1500


def measure(stored: int = 5_000_000, count: int = 2000, rounds: int = 3) -> list[Line]:
    """Chatter with a fifth of matters, one by one and in batches; both databases in turn."""
    classifier = load_classifier()
    classifier.votes.load()
    street, found = make_street(GROUPS, 1), []
    with tempfile.TemporaryDirectory(prefix="louling-bench-") as name:
        paths = {"none": Path(name) / "none.db", "stored": Path(name) / "stored.db"}
        for path in paths.values():
            open_database(path, street, durable=False).close()
        filling = open_store(f"sqlite:///{paths['stored']}", REPLAY, durable=False)
        store_messages(filling, stored, START, groups=GROUPS)
        filling.close()
        stores = {key: open_store(f"sqlite:///{path}", REPLAY) for key, path in paths.items()}
        for said, in_flight, goal, seed in (("one by one", 1, 1.3, 1), ("in batches", IN_FLIGHT, 2.0, 100)):
            ratios, costs = [], []
            for number in range(rounds):
                took = {
                    key: asyncio.run(
                        heard_to_done(store, classifier, lines(street, count, 0.2, seed + number), in_flight)
                    )
                    for key, store in stores.items()
                }
                ratios.append(took["stored"] / took["none"])
                costs.append((took["stored"], took["none"]))
            ratio, (full, empty) = median(ratios), sorted(costs)[len(costs) // 2]
            told = f"{ratio:.2f} × ({full * 1e6:.0f} µs; rounds {', '.join(f'{one:.2f}' for one in ratios)})"
            what = f"a message with {stored:,} stored, {said} (80/20, {count} lines a round)"
            found.append(Line(what, f"≤ {goal} ×", told, f"none stored: {empty * 1e6:.0f} µs", ratio <= goal))
        for store in stores.values():
            store.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=5_000_000)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(printed(measure(chosen.stored, chosen.lines, chosen.rounds)))  # noqa: T201


if __name__ == "__main__":
    main()
