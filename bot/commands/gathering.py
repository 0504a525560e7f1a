"""What ``louling gatherings`` does: the same as a staff member's command and the console's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.commands.opening import clock_of, opened
from domain.errors import LoulingError
from domain.gatherings import Draft
from domain.wording_gatherings import sign_up_list
from handlers.gatherings import announced_words
from store import gatherings
from store.tables import Gathering
from store.tx import Cause, Tx

T = TypeVar("T")

_OPERATOR = Cause("operator")
NOT_SAID = datetime.max.replace(tzinfo=UTC)
"""In a draft whose time is still words: they are read in the street's zone, which the config names."""


def announce_gathering(config: Path | None, draft: Draft, starts: str) -> None:
    """Announce to the groups whose topic holds one of the draft's words; ``starts`` is local time.

    Raises ``LoulingError`` for a time that is none or past, and for words that no topic holds.
    """

    def work(tx: Tx) -> str:
        at = _moment(starts, tx)
        done = gatherings.announce(tx, replace(draft, starts_at=at), _groups(tx, draft.groups), _OPERATOR)
        return announced_words(tx, done)

    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()
        print(store.write_now(lambda db: work(desk.tx(db, now))).splitlines()[0])  # noqa: T201


def print_gatherings(config: Path | None, *, every: bool) -> None:
    """One line each, the soonest first."""
    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()
        for line in store.read_now(lambda db: _lines(desk.tx(db, now), every=every)):
            print(line)  # noqa: T201


def print_names(config: Path | None, number: int) -> None:
    """Who has a place, who waits, and what they want to talk about. Raises ``LoulingError`` for an unknown number."""

    def work(tx: Tx) -> str:
        _known(tx, number)
        lines = [
            (row.number, row.name or "居民", row.state, row.people, row.words, row.issue_number)
            for row in gatherings.signed_up(tx, number)
        ]
        return sign_up_list(gatherings.words(tx, gatherings.load(tx, number)), lines)

    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()
        print(store.write_now(lambda db: work(desk.tx(db, now))))  # noqa: T201


def close_gathering(config: Path | None, number: int) -> None:
    """Call it off. Raises ``LoulingError`` for an unknown number, and for one that is over or called off already."""

    def work(tx: Tx) -> str:
        one = _known(tx, number)
        if not gatherings.is_open(tx, one):
            raise LoulingError(f"{number}: is over or called off already; see `louling gatherings list --all`")
        gatherings.cancel(tx, one, _OPERATOR)
        return f"{gatherings.words(tx, one).name}: called off; groups that had the announcement are told"

    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()
        print(store.write_now(lambda db: work(desk.tx(db, now))))  # noqa: T201


def _known(tx: Tx, number: int) -> Gathering:
    one = gatherings.find(tx, number)
    if one is None:
        raise LoulingError(f"{number}: no gathering has this number; see `louling gatherings list --all`")
    return one


def _lines(tx: Tx, *, every: bool) -> list[str]:
    lines = []
    for one in gatherings.every(tx):
        if not every and not gatherings.is_open(tx, one):
            continue
        told = gatherings.words(tx, one)
        state = "called off" if one.cancelled_at else "over" if one.starts_at <= tx.now else "open"
        limit = f"/{told.places}" if told.places else ""
        waiting = f", {told.waiting} waiting" if told.waiting else ""
        groups = len(gatherings.groups_of(tx, int(one.id)))
        said = f"{told.name} {told.starts:%Y-%m-%d %H:%M} {told.where}".rstrip()
        lines.append(f"{said}: {told.booked}{limit} signed up{waiting}, {groups} groups, {state}")
    return lines or ["no reception or activity is ahead; announce one with `louling gatherings announce`"]


def _groups(tx: Tx, words: Sequence[str]) -> list[int]:
    known = tx.directory.groups.values()
    for word in words:
        if not any(word in group.topic for group in known):
            raise LoulingError(f"{word}: no group's topic holds this; see `louling groups`")
    chosen = [group.id for group in known if not words or any(word in group.topic for word in words)]
    if not chosen:
        raise LoulingError("the database has no groups yet; run `louling roster import FILE` first")
    return sorted(chosen)


def _moment(text: str, tx: Tx) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise LoulingError(f"{text!r} is no time; write 2026-12-03T14:00") from None
    local = at if at.tzinfo else at.replace(tzinfo=tx.street.calendar.zone)
    if local <= tx.now:
        raise LoulingError(f"{text}: this time is past; write one that is ahead")
    return local.astimezone(UTC)
