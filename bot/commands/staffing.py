"""``louling roster import`` and ``louling roster codes``: what the technician does with a checked roster."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.clock import SystemClock
from bot.commands.opening import opened
from bot.roster import read_roster_checked
from domain.errors import RosterError
from store.people import issue_codes
from store.roster import import_roster

_KINDS = {"staff": "staff", "community": "communities", "grid": "grids", "building": "buildings", "group": "groups"}


def import_file(file: Path, config: Path | None) -> None:
    """Read, check, then import in one transaction."""
    roster, warnings = read_roster_checked(file)
    for warning in warnings:
        print(f"warning: {file}: {warning}", file=sys.stderr)  # noqa: T201
    now = SystemClock().now()
    with opened(config) as (settings, store, desk):
        done = store.write_now(lambda db: import_roster(desk.tx(db, now), roster))
        directory = store.read_now(lambda db: desk.tx(db, now).directory)
    missing = sum(person not in directory.reach for person in directory.people)
    added = ", ".join(f"{len(names)} {_KINDS[kind]}" for kind, names in done.added.items() if names) or "nothing"
    gone = ", ".join(f"{len(names)} {_KINDS[kind]}" for kind, names in done.gone.items() if names) or "nothing"
    print(f"{file}: imported; new: {added}; gone: {gone}; issues re-assigned: {done.reassigned}")  # noqa: T201
    if missing and not settings.is_sandbox:
        print(f"{missing} staff cannot be written to yet; run `louling roster codes`")  # noqa: T201


def print_codes(people: Sequence[str], config: Path | None) -> None:
    """Fresh codes for these people, or for everybody who is not bound; older unused ones stop working."""
    now = SystemClock().now()
    with opened(config) as (settings, store, desk):
        directory = store.read_now(lambda db: desk.tx(db, now).directory)
        unknown = [person for person in people if person not in directory.people]
        if unknown:
            raise RosterError(*(f"{person}: is no staff id of the imported roster" for person in unknown))
        chosen = list(people) or [person for person in directory.people if person not in directory.reach]
        if not directory.people:
            raise RosterError("the database has no staff yet; run `louling roster import FILE` first")
        expires = now + settings.enrolment.code_valid.delta
        codes = store.write_now(lambda db: issue_codes(db, chosen, expires))
        street = settings.as_street()
    table = Table("工号", "姓名", "绑定码", "有效至", box=None, pad_edge=False)
    for person, code in codes.items():
        table.add_row(person, directory.name(person), code, f"{street.local(expires):%m-%d %H:%M}")
    Console(highlight=False).print(table)
    if not codes:
        print("everybody is bound already", file=sys.stderr)  # noqa: T201
