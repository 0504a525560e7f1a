"""The street's roster as its office writes it down: a TOML file or an Excel workbook, read into a ``Roster``."""

from __future__ import annotations

from pathlib import Path

import bot
from bot.roster.check import checked
from bot.roster.rows import Findings, RosterError, Sheets
from bot.roster.toml import read_toml
from domain.places import Roster

__all__ = ["RosterError", "example_path", "read_roster", "read_roster_checked"]


def _read_xlsx(path: Path) -> Sheets:
    from bot.roster.xlsx import read_xlsx  # heavy, and no part of serving

    return read_xlsx(path)


_READERS = {".toml": read_toml, ".xlsx": _read_xlsx}


def read_roster_checked(path: Path) -> tuple[Roster, tuple[str, ...]]:
    """The roster of a ``.toml`` or ``.xlsx`` file and its warnings, one line each with its place.

    Raises ``RosterError`` with every mistake of the file.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise RosterError(path, ["is neither .toml nor .xlsx; save the roster as one of them"])
    sheets = read(path)
    roster = checked(sheets)
    if roster is None:
        raise RosterError(path, Findings.lines(sheets.findings.mistakes))
    return roster, Findings.lines(sheets.findings.warnings)


def read_roster(path: Path) -> Roster:
    """The roster of a file. Raises ``RosterError`` with every mistake of the file."""
    return read_roster_checked(path)[0]


def example_path() -> Path:
    """The shipped example street, ``roster.example.toml`` beside the package ``bot``."""
    return Path(bot.__file__).resolve().parent.parent / "roster.example.toml"
