"""A ``Roster`` as a file: TOML text or an Excel workbook, which read back as the same roster."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from bot.roster.columns import NOTES_SHEET, TABLES, Column, Kind
from domain.places import Building, Community, Grid, Group, Person, Roster

Values = dict[str, tuple[str, ...]]
"""The values of one entry by ``Column.key``; absent where there are none."""

SEPARATOR = "、"
WIDTH = 24
WIDTH_MANY = 36
_NOT_PLAIN = re.compile(r"[\s、,，;；]")
_HEAD = PatternFill("solid", fgColor="FFE8EEF7")


def entries(roster: Roster, kind: Kind) -> Iterator[Values]:
    """The entries of one kind, in the roster's order."""
    places: dict[Kind, tuple[Person | Community | Grid | Building | Group, ...]] = {
        Kind.STAFF: roster.staff,
        Kind.COMMUNITY: roster.communities,
        Kind.GRID: roster.grids,
        Kind.BUILDING: roster.buildings,
        Kind.GROUP: roster.groups,
    }
    for entry in places[kind]:
        found = {column.key: _values(entry, column) for column in TABLES[kind].columns}
        yield {key: values for key, values in found.items() if values}


def _values(entry: Person | Community | Grid | Building | Group, column: Column) -> tuple[str, ...]:
    if column.duty and isinstance(entry, (Community, Grid, Building)):
        return entry.duties.get(column.duty, ())
    if isinstance(entry, Group) and column.key == "building":
        return entry.buildings
    value: str | None = getattr(entry, column.key)
    return (value,) if value else ()


def toml_entry(kind: Kind, values: Values) -> str:
    """One ``[[kind]]`` table."""
    lines = [f"[[{kind}]]"]
    for column in TABLES[kind].columns:
        held = values.get(column.key, ())
        several = column.other_keys[0] if column.other_keys else column.key
        if len(held) == 1 and not column.key.endswith("s"):  # grid_members and delegates read best as lists
            lines.append(f"{column.key} = {_toml_text(held[0])}")
        elif held:
            lines.append(f"{several} = [{', '.join(map(_toml_text, held))}]")
    return "\n".join(lines) + "\n"


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_of(roster: Roster) -> str:
    """The roster as TOML."""
    return "\n".join(toml_entry(kind, values) for kind in Kind for values in entries(roster, kind))


def xlsx_of(roster: Roster, notes: tuple[tuple[str, ...], ...] = ()) -> bytes:
    """The roster as a workbook with Chinese headings, required ones starred; ``notes`` are rows of a first sheet."""
    book = Workbook()
    book.remove(book.worksheets[0])
    if notes:
        _write_notes(book.create_sheet(NOTES_SHEET), notes)
    for kind, table in TABLES.items():
        _write_sheet(book.create_sheet(table.sheet), kind, roster)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _write_sheet(sheet: Worksheet, kind: Kind, roster: Roster) -> None:
    for number, column in enumerate(TABLES[kind].columns, 1):
        _write(sheet, 1, number, column.heading + ("*" if column.required else ""))
        head = sheet.cell(1, number)
        head.font = Font(bold=True)
        head.fill = _HEAD
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = WIDTH_MANY if column.key in {"topic", "building", "grid_members"} else WIDTH
        dimension.number_format = "@"  # else Excel makes a date of building 3-2
    sheet.freeze_panes = "A2"
    separators = {
        column.key: "\n" if _torn(roster, column) else SEPARATOR for column in TABLES[kind].columns if column.many
    }
    for row, values in enumerate(entries(roster, kind), 2):
        for number, column in enumerate(TABLES[kind].columns, 1):
            if column.key in values:
                _write(sheet, row, number, separators.get(column.key, "").join(values[column.key]))


def _torn(roster: Roster, column: Column) -> bool:
    """Whether names of the column's kind hold separators themselves, so that lists take a line each."""
    if column.refers is not Kind.BUILDING:
        return False
    return any(_NOT_PLAIN.search(building.name) for building in roster.buildings)


def _write(sheet: Worksheet, row: int, column: int, text: str) -> None:
    cell = sheet.cell(row, column, text)
    cell.data_type = "s"  # openpyxl takes "=…" for a formula and "#N/A" for an error
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text="\n" in text)


def _write_notes(sheet: Worksheet, notes: tuple[tuple[str, ...], ...]) -> None:
    for row, texts in enumerate(notes, 1):
        for number, text in enumerate(texts, 1):
            _write(sheet, row, number, text)
    for letter, width in zip("ABCD", (14, 20, 8, 60), strict=True):
        sheet.column_dimensions[letter].width = width
