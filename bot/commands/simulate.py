"""``louling simulate``: an invented street's days through the whole house, under a virtual clock at full speed."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select

from bot.config import read_settings
from bot.database import REPLAY, open_store, resolve_url
from bot.heap import leave_what_is_loaded
from bot.simulate.account import Account, account, shown
from bot.simulate.days import LINES
from bot.simulate.driver import Simulation, Told
from bot.simulate.street import make_street
from domain.errors import StoreError
from handlers.classify import load_classifier
from store.engine import Store
from store.tables import Event, table


def simulate_street(
    config: Path | None, days: int, groups: int, seed: int, database: str | None, *, as_json: bool
) -> int:
    """Play and print. The exit code is 1 when something is not accounted for."""
    settings = read_settings(config)
    rules_dir = Path(settings.rules.dir) if settings.rules.dir else None
    classifier = load_classifier(rules_dir)
    classifier.votes.load()
    with _opened(database) as store:
        leave_what_is_loaded()
        simulation = Simulation(store, settings.as_street(), classifier, make_street(groups, seed), seed)
        told = asyncio.run(_played(simulation, days, days * groups * LINES))
        found = store.read_now(lambda db: account(db, told, simulation.end))
    if as_json:
        speed = {"seconds": round(told.seconds, 1), "lines_per_second": round(told.lines / told.seconds)}
        numbers = {"days": days, "groups": groups, "seed": seed, "lines": told.lines, **speed, **found.as_json()}
        print(json.dumps(numbers, ensure_ascii=False))  # noqa: T201
    else:
        _print(days, groups, told, found)
    return int(bool(found.problems))


@contextmanager
def _opened(database: str | None) -> Iterator[Store]:
    """A throw-away database, or the named one, which must be empty."""
    with tempfile.TemporaryDirectory(prefix="louling-simulate-") as folder:
        url = resolve_url(database, Path.cwd()) if database else f"sqlite:///{folder}/simulate.db"
        store = open_store(url, REPLAY, durable=database is not None, alone=True)
        try:
            if store.read_now(lambda db: db.execute(select(func.max(table(Event).c.id))).scalar()) is not None:
                raise StoreError("--db: this database has a story already; give an empty one")
            yield store
        finally:
            store.close()


async def _played(simulation: Simulation, days: int, expected: int) -> Told:
    if not sys.stderr.isatty():
        return await simulation.run(days)
    columns = (TextColumn("simulate"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("simulate", total=expected)
        return await simulation.run(days, lambda lines: progress.update(task, completed=lines))


def _print(days: int, groups: int, told: Told, found: Account) -> None:
    troubles, rates = found.troubles, found.rates
    states = ", ".join(f"{count} {state}" for state, count in found.issues.items()) or "none"
    lines = [
        f"{groups} groups, {days} days: {told.lines:,} lines in {told.seconds:.1f} s,"
        f" {told.lines / told.seconds:,.0f} lines a second",
        f"troubles: {troubles['told']} told = {troubles['opened']} opened an issue + {troubles['joined']} joined one"
        f" + {troubles['not_heard']} not heard",
        f"issues:   {sum(found.issues.values())} = {states}; {found.live} live; {found.opened_by_chatter} from chatter",
        "prompts:  " + ", ".join(f"{count} {name}" for name, count in found.prompts.items()),
        f"sends:    {', '.join(f'{count} {state}' for state, count in found.sends.items())}; {found.digests} digests",
        f"response {shown(rates.response)}, resolution {shown(rates.resolution)},"
        f" satisfaction {shown(rates.satisfaction)} of {rates.asked} asked",
        *([f"NOT ACCOUNTED FOR: {problem}" for problem in found.problems] or ["every issue is accounted for"]),
    ]
    print("\n".join(lines))  # noqa: T201
