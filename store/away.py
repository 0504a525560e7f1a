"""Days away and stand-ins. People are looked up when a rung is due, so an absence applies to old issues too."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import update

from domain.errors import LoulingError
from store.directory import Absence, directory_changed
from store.tables import AwayRow, table
from store.tx import Cause, Tx, record

_AWAY = table(AwayRow)

LONGEST = timedelta(days=184)  # half a year; who is away longer is replaced in the roster


def put_away(tx: Tx, person: str, stand_in: str | None, first: date, last: date, cause: Cause) -> None:
    """``person`` is away from ``first`` to ``last`` (local days, both included). A new entry replaces what it overlaps.

    Raises ``LoulingError`` with one line that a person can act upon.
    """
    since, until = _midnight(tx, first), _midnight(tx, last + timedelta(days=1))
    if until <= since:
        raise LoulingError("the last day is before the first")
    if until <= tx.now:
        raise LoulingError("these days are over")
    if until - since > LONGEST:
        raise LoulingError("longer than half a year; change the roster instead")
    if stand_in == person:
        raise LoulingError("nobody stands in for themselves")
    for other in tx.directory.absences:
        if other.person == person and other.since < until and since < other.until:
            _cancel(tx, other.id)
    values = {"person_id": person, "stand_in_id": stand_in, "since": since, "until": until}
    tx.db.execute(_AWAY.insert().values(**values))
    directory_changed(tx.db)
    said = {"person": person, "stand_in": stand_in, "since": since.isoformat(), "until": until.isoformat()}
    record(tx, "away", cause, data=said)


def come_back(tx: Tx, person: str, cause: Cause) -> int:
    """End what is left of a person's days away, now and later; returns how many entries."""
    left = [each for each in tx.directory.absences if each.person == person and each.until > tx.now]
    for each in left:
        _cancel(tx, each.id)
    if left:
        directory_changed(tx.db)
        record(tx, "back", cause, data={"person": person})
    return len(left)


def known(tx: Tx) -> list[Absence]:
    """All absences of today and later, the earliest first."""
    return sorted((each for each in tx.directory.absences if each.until > tx.now), key=lambda each: each.since)


def last_day(tx: Tx, absence: Absence) -> date:
    """The last local day of an absence."""
    return tx.street.local(absence.until - timedelta(seconds=1)).date()


def _cancel(tx: Tx, row: int) -> None:
    tx.db.execute(update(_AWAY).where(_AWAY.c.id == row).values(cancelled_at=tx.now))


def _midnight(tx: Tx, day: date) -> datetime:
    return datetime.combine(day, time.min, tx.street.calendar.zone)
