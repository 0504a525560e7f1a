"""What a reader makes of a roster file before anything is checked: rows of cells, each with its place.

Errors of a roster::

    ValueError
    └── RosterError      all mistakes of one file, one line each
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.roster.columns import Column, Kind
from domain import errors

_AROUND = "".join(map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x3000, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F)))
_AROUND += "\u205f\u2060\ufeff"


class RosterError(errors.RosterError):
    """A roster that cannot be used. ``mistakes`` has one line each, in the order of the file."""

    def __init__(self, path: Path, mistakes: Iterable[str]) -> None:
        found = tuple(mistakes)
        super().__init__(*(placed(path, mistake) for mistake in found))
        self.path = path
        self.mistakes = found


def placed(path: Path, finding: str) -> str:
    """A finding as a person reads it: the file, then the place in it, then what is wrong."""
    return f"{printable(str(path))}: {finding}"


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in the file: ``order`` sorts places, ``text`` names one to a person ("" is the whole file)."""

    order: tuple[int, ...] = ()
    text: str = ""


class Unreadable:
    """The value of a cell whose mistake is already noted: nothing more is to be said about it."""


UNREADABLE = Unreadable()


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as found. ``packed`` texts may hold several values with separators between them.

    ``items`` are the places of a list's items where they are known.
    """

    where: Where
    value: object
    packed: bool = False
    items: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: its cells by ``Column.key``."""

    where: Where
    cells: dict[str, Cell]


@dataclass(slots=True)
class Findings:
    """Mistakes and warnings, gathered in any order and told in the order of the file."""

    mistakes: list[tuple[Where, str]] = field(default_factory=list)
    warnings: list[tuple[Where, str]] = field(default_factory=list)

    def mistake(self, where: Where, text: str) -> None:
        """Notes what makes the roster unusable."""
        self.mistakes.append((where, text))

    def warn(self, where: Where, text: str) -> None:
        """Notes what is allowed but hardly meant."""
        self.warnings.append((where, text))

    @staticmethod
    def lines(findings: list[tuple[Where, str]]) -> tuple[str, ...]:
        """One line each, by place, none twice."""
        ordered = sorted(findings, key=lambda finding: finding[0].order)
        return tuple(dict.fromkeys(f"{where.text}: {text}" if where.text else text for where, text in ordered))


@dataclass(frozen=True, slots=True)
class Sheets:
    """A file read: rows by kind, how its columns and entries are called, and what the reader found.

    Kinds in ``broken`` stand in the file in a way that gives no rows; that mistake is already noted.
    """

    rows: dict[Kind, list[Row]]
    findings: Findings
    column_label: Callable[[Column], str]
    kind_label: Callable[[Kind], str]
    broken: set[Kind] = field(default_factory=set)


def trimmed(text: str) -> str:
    """A text without what spreadsheets and chats leave around it: spaces, full-width ones too, and invisible marks."""
    return text.strip(_AROUND)


def printable(text: str) -> str:
    """A text for a one-line message: what does not print is escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in text
    )


def quoted(value: object) -> str:
    """A value for a one-line message: cut short, quoted, what does not print escaped."""
    try:
        text = str(value)
    except ValueError:  # a number of thousands of digits
        text = "…"
    return f'"{printable(text[:40])}{"…" if len(text) > 40 else ""}"'
