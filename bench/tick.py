"""A tick with a hundred due, beside the same tick with a thousand issues stored.

.venv/bin/python -m bench.tick [--stored 1000000] [--rounds 8]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, func, select, update

from bench.filled import store_issues
from bench.ground import START, lines, make_house, open_database
from bench.message import heard_to_done
from bench.table import Line, printed
from bot.simulate.street import make_street
from handlers.classify import load_classifier
from schedules.tick import tick
from store.desk import Desk
from store.engine import Store
from store.issues.rows import ISSUE

DUE = 100
FEW = 1000


def _exactly_due(db: Connection, at: datetime) -> None:
    """A hundred open issues are due at ``at``, and no other."""
    open_ones = select(ISSUE.c.id).where(ISSUE.c.next_at.is_not(None))
    chosen = open_ones.where(ISSUE.c.state == "open").order_by(ISSUE.c.id).limit(DUE)
    db.execute(update(ISSUE).where(ISSUE.c.id.in_(open_ones)).values(next_at=at + timedelta(days=300)))
    db.execute(update(ISSUE).where(ISSUE.c.id.in_(chosen)).values(next_at=at, rung=0, ladder_at=at, ladder_from=0))
    assert db.execute(select(func.count()).where(ISSUE.c.next_at <= at)).scalar_one() == DUE


async def _took(desk: Desk, at: datetime) -> float:
    begin = time.perf_counter()
    done = await tick(desk, at)
    took = time.perf_counter() - begin
    assert done.steps == DUE, f"{done.steps} steps instead of {DUE}"
    return took


def measure(stored: int = 1_000_000, rounds: int = 8) -> list[Line]:
    """Both databases in turn, the median of the rounds' ratios."""
    classifier = load_classifier()
    classifier.votes.load()
    street = make_street(300, 1)
    with tempfile.TemporaryDirectory(prefix="louling-bench-") as name:
        stores: list[Store] = []
        for count in (FEW, stored):
            store = open_database(Path(name) / f"tick-{count}.db", street, durable=False)
            asyncio.run(heard_to_done(store, classifier, lines(street, 400, 1.0, 1)))
            store_issues(store, count, START)
            stores.append(store)
        desks = [make_house(store, classifier).desk for store in stores]
        found: list[list[float]] = [[], []]
        for number in range(rounds):
            at = START + timedelta(minutes=31 + number)
            for store, desk, costs in zip(stores, desks, found, strict=True):
                store.write_now(lambda db, at=at: _exactly_due(db, at - timedelta(minutes=30)))
                costs.append(asyncio.run(_took(desk, at)))
        for store in stores:
            store.close()
    few, many = (median(costs[1:]) for costs in found)  # the first round also does the day's housekeeping
    ratio = median(b / a for a, b in list(zip(*found, strict=True))[1:])
    what = f"tick with {stored:,} issues stored, {DUE} due"
    beside = f"{FEW:,} stored: {few * 1e3:.0f} ms"
    return [Line(what, "≤ 1.2 ×", f"{ratio:.2f} × ({many * 1e3:.0f} ms)", beside, ratio <= 1.2)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=8)
    chosen = parser.parse_args()
    print(printed(measure(chosen.stored, chosen.rounds)))  # noqa: T201


if __name__ == "__main__":
    main()
