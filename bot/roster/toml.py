"""Rosters in TOML: one ``[[kind]]`` table an entry."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path

from bot.roster import lines
from bot.roster.columns import TABLES, Column, Kind, column_of_key
from bot.roster.files import bytes_of
from bot.roster.rows import UNREADABLE, Cell, Findings, RosterError, Row, Sheets, Where, quoted

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_DOTTED = re.compile(r"(?:[^\s.=\"']{1,80}[ \t]*\.[ \t]*){50}")  # tomllib takes quadratic time over such keys
_CHINESE_MARKS = {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＝": "=",
    "，": ",",
    "、": ",",
    "【": "[",
    "】": "]",
    "＃": "#",
}


def read_toml(path: Path) -> Sheets:
    """The rows of a TOML roster. Raises ``RosterError`` for a text that is no TOML."""
    text = _text(path)
    document, line_of = _parsed(path, text)
    reader = _Reader(line_of, Findings())
    rows = {kind: reader.rows(kind, document[kind.value]) for kind in Kind if kind.value in document}
    for key in document.keys() - {kind.value for kind in Kind}:
        guess = difflib.get_close_matches(key, [kind.value for kind in Kind], 1)
        mend = f"did you mean [[{guess[0]}]]?" if guess else "the tables are " + ", ".join(f"[[{k}]]" for k in Kind)
        reader.findings.mistake(reader.where((key,)), f"unknown table or key {quoted(key)}; {mend}")
    return Sheets(rows, reader.findings, lambda column: column.key, lambda kind: f"[[{kind}]]", reader.broken)


def _text(path: Path) -> str:
    data = bytes_of(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _line(1 + data.count(b"\n", 0, error.start))
        raise RosterError(path, [f"{where.text}: is not UTF-8 text; save the file with the encoding UTF-8"]) from error
    text = text.replace("\r\n", "\n")
    dotted = _DOTTED.search(text)
    if dotted:
        where = _line(1 + text.count("\n", 0, dotted.start()))
        raise RosterError(path, [f"{where.text}: holds a key of more than 50 parts; is it a roster?"])
    return text


def _parsed(path: Path, text: str) -> tuple[dict[str, object], dict[lines.Path, int]]:
    try:
        return tomllib.loads(text), lines.lines_of(text)
    except RecursionError as error:
        raise RosterError(path, ["brackets are nested too deep; is it a roster?"]) from error
    except ValueError as error:  # TOMLDecodeError, and numbers too long to be read
        raise RosterError(path, [_syntax_mistake(text, str(error))]) from error


def _syntax_mistake(text: str, message: str) -> str:
    place = _PLACE.search(message)
    if place is None:
        return f"is not TOML: {message}"
    rows = text.rstrip("\n").split("\n")
    number = int(place[1] or len(rows))
    # tomllib notices an open string or bracket only where the line is over, on the line after it.
    found = next((mark for row in rows[max(0, number - 2) : number] for mark in row if mark in _CHINESE_MARKS), None)
    mend = f"; the Chinese mark {found} may stand there for {_CHINESE_MARKS[found]}" if found else ""
    return f"{_line(number).text}: is not TOML: {message[: place.start()]}{mend}"


def _line(number: int) -> Where:
    return Where((number,), f"line {number}")


class _Reader:
    """Turns tables into rows, with the line of everything."""

    def __init__(self, line_of: dict[lines.Path, int], findings: Findings) -> None:
        self.line_of = line_of
        self.findings = findings
        self.broken: set[Kind] = set()

    def where(self, path: lines.Path) -> Where:
        while path and path not in self.line_of:
            path = path[:-1]
        return _line(self.line_of[path]) if path else Where()

    def rows(self, kind: Kind, value: object) -> list[Row]:
        if not isinstance(value, list):
            mend = (
                f"write [[{kind}]] with two brackets" if isinstance(value, dict) else f"write a [[{kind}]] table each"
            )
            self.broken.add(kind)
            self.findings.mistake(self.where((kind.value,)), f"{kind.value} must be a list of tables; {mend}")
            return []
        found: list[Row] = []
        for index, entry in enumerate(value):
            path: lines.Path = (kind.value, index)
            if isinstance(entry, dict):
                found.append(self.row(kind, path, entry))
            else:
                self.findings.mistake(self.where(path), f"{quoted(entry)} is no table; write a [[{kind}]] table")
        return found

    def row(self, kind: Kind, path: lines.Path, entry: dict[str, object]) -> Row:
        cells: dict[str, Cell] = {}
        for key, value in entry.items():
            where = self.where((*path, key))
            column = column_of_key(kind, key)
            if column is None:
                self.findings.mistake(where, f"[[{kind}]] has no key {quoted(key)}; {_key_mend(kind, key)}")
            elif column.key in cells:
                self.findings.mistake(where, f"[[{kind}]] has both {column.key} and {_twin(column)}; keep one of them")
            else:
                cells[column.key] = self.cell((*path, key), column, value)
        return Row(self.where(path), cells)

    def cell(self, path: lines.Path, column: Column, value: object) -> Cell:
        where = self.where(path)
        wrong = _wrong_type(column, value)
        if wrong:
            self.findings.mistake(where, f"{path[-1]} must be {wrong}")
            return Cell(where, UNREADABLE)
        items = tuple(self.where((*path, i)) for i in range(len(value))) if isinstance(value, list) else ()
        return Cell(where, value, items=items)


def _wrong_type(column: Column, value: object) -> str:
    """What the value must be, when it is not."""
    if isinstance(value, str):
        return ""
    if isinstance(value, list) and column.many:
        return "" if all(isinstance(item, str) for item in value) else 'a list of texts in quotes, as in ["a", "b"]'
    if isinstance(value, list):
        return f'one text, as in {column.key} = "…"; a list is not possible here'
    if isinstance(value, dict):
        return f'a text, as in {column.key} = "…"; a table is not possible here'
    return f"a text in quotes, as in {column.key} = {quoted(value)}"


def _twin(column: Column) -> str:
    return ", ".join(column.other_keys)


def _key_mend(kind: Kind, key: str) -> str:
    known = [name for column in TABLES[kind].columns for name in (column.key, *column.other_keys)]
    guess = difflib.get_close_matches(key.casefold(), known, 1)
    return f"did you mean {guess[0]}?" if guess else "its keys are " + ", ".join(known)
