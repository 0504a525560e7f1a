"""What ``louling staff`` does: days away and stand-ins, written down by the technician."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from bot.commands.opening import clock_of, opened
from domain.errors import LoulingError
from store import away
from store.tx import Cause, Tx

_OPERATOR = Cause("operator")


def put_away(config: Path | None, person: str, first: str, last: str, stand_in: str | None) -> None:
    """Write down days away. Raises ``LoulingError`` for unknown people and impossible days."""
    days = _day(first), _day(last)

    def work(tx: Tx) -> None:
        deputy = _person(tx, stand_in) if stand_in else None
        away.put_away(tx, _person(tx, person), deputy, *days, _OPERATOR)

    _change(config, work)


def come_back(config: Path | None, person: str) -> None:
    """End somebody's days away. Raises ``LoulingError`` when there are none."""

    def work(tx: Tx) -> None:
        if not away.come_back(tx, _person(tx, person), _OPERATOR):
            raise LoulingError(f"{person} is not away; see `louling staff list`")

    _change(config, work)


def print_absences(config: Path | None) -> None:
    """Who is away now or later."""
    _change(config, lambda _tx: None)


def _change(config: Path | None, work: Callable[[Tx], None]) -> None:
    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()
        store.write_now(lambda db: work(desk.tx(db, now)))
        for line in store.read_now(lambda db: _lines(desk.tx(db, now))):
            print(line)  # noqa: T201


def _lines(tx: Tx) -> list[str]:
    name, local = tx.directory.name, tx.street.local
    return [
        f"{name(each.person)} ({each.person}) {local(each.since):%Y-%m-%d} to {away.last_day(tx, each):%Y-%m-%d}: "
        + (f"{name(each.stand_in)} ({each.stand_in}) stands in" if each.stand_in else "nobody stands in")
        for each in away.known(tx)
    ] or ["nobody is away"]


def _person(tx: Tx, said: str) -> str:
    found = tx.directory.named(said)
    if not found:
        raise LoulingError(f"{said}: is no staff id or name of the imported roster")
    if len(found) > 1:
        raise LoulingError(f"{said}: {len(found)} people have this name; write the staff id: {', '.join(found)}")
    return found[0]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LoulingError(f"{text!r} is no date; write 2026-12-01") from None
