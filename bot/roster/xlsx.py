"""Rosters in Excel workbooks: one sheet a kind, a row of headings, one row an entry."""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils import get_column_letter, range_boundaries

from bot.roster.columns import (
    IGNORED_HEADINGS,
    IGNORED_SHEETS,
    TABLES,
    Column,
    Kind,
    column_of_heading,
    folded,
    kind_of_sheet,
)
from bot.roster.files import bytes_of
from bot.roster.rows import UNREADABLE, Cell, Findings, RosterError, Row, Sheets, Where, printable, quoted, trimmed

MAX_UNPACKED = 16 * 1024 * 1024
MAX_MARKS = 2_000_000
"""``<`` in all parts of a workbook: a cell has about four, so some 500,000 cells; read in seconds."""
MAX_PARTS = 2_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
"""Columns further right are not read."""
EXCEL_ROWS = 1_048_576
EXACT_NUMBER = 10**15
"""Excel keeps 15 digits of a number; longer ones have lost their end."""
HEADING_ROWS = 10
"""Headings are looked for in so many rows: street offices put a title above."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_DECLARATION = re.compile(rb"<!DOCTYPE|<!ENTITY|\0")  # the NUL is UTF-16, in which the others would hide
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]+)[\"']")

Values = dict[tuple[int, int], object]
"""What stands in a sheet, by row and column, both from 1; empty cells are absent."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    number: int
    title: str
    values: Values

    def cell(self, row: int, column: int) -> Where:
        return Where((self.number, row, column), f"sheet {self.title}, cell {get_column_letter(column)}{row}")

    def row(self, row: int) -> Where:
        return Where((self.number, row, 0), f"sheet {self.title}, row {row}")

    def whole(self) -> Where:
        return Where((self.number,), f"sheet {self.title}")


def read_xlsx(path: Path) -> Sheets:
    """The rows of a roster in a workbook. Raises ``RosterError`` for what is no workbook, or not a sane one."""
    data = bytes_of(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of drawings and styles it drops; none matters here
            sheets = _sheets(path, data, _parts(path, data))
    except RosterError:
        raise
    except Exception as error:  # over a damaged part zipfile and openpyxl raise anything
        mend = "open it in Excel or WPS and save it as .xlsx"
        raise RosterError(path, [f"is damaged or no Excel workbook; {mend}"]) from error
    findings = Findings()
    rows: dict[Kind, list[Row]] = {}
    broken: set[Kind] = set()
    for sheet in sheets:
        kind = kind_of_sheet(sheet.title)
        if kind is not None:
            found = _SheetReader(sheet, kind, findings).rows()
            if found is None:
                broken.add(kind)
            rows.setdefault(kind, []).extend(found or [])
        elif sheet.values and folded(sheet.title) not in IGNORED_SHEETS:
            names = ", ".join(table.sheet for table in TABLES.values())
            findings.warn(sheet.whole(), f"is not read; the sheets of a roster are {names}")
    return Sheets(
        rows,
        findings,
        lambda column: f"{column.heading} ({column.key})",
        lambda kind: f"sheet {TABLES[kind].sheet} ({kind})",
        broken,
    )


def _parts(path: Path, data: bytes) -> dict[str, bytes]:
    """The parts of the workbook, unpacked within limits before any parser sees them."""
    if data.startswith(_OLD_OFFICE):
        raise RosterError(path, ["is an old .xls or has a password; save it as .xlsx without a password"])
    parts: dict[str, bytes] = {}
    left = MAX_UNPACKED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if len(archive.infolist()) > MAX_PARTS:
            raise _too_big(path)
        for info in archive.infolist():
            if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise zipfile.BadZipFile  # Excel writes no other, and these unpack without a limit
            with archive.open(info) as part:
                content = part.read(left + 1)
            left -= len(content)
            if left < 0:
                raise _too_big(path)
            parts[info.filename] = content
    if sum(content.count(b"<") for content in parts.values()) > MAX_MARKS:
        raise _too_big(path)
    if any(name.endswith((".xml", ".rels")) and _DECLARATION.search(content) for name, content in parts.items()):
        raise RosterError(path, ["holds what no spreadsheet program writes (an XML DOCTYPE); it is not opened"])
    return parts


def _too_big(path: Path) -> RosterError:
    return RosterError(path, ["unpacks to far more than a roster; delete what does not belong to it"])


def _sheets(path: Path, data: bytes, parts: dict[str, bytes]) -> list[_Sheet]:
    workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        found: list[_Sheet] = []
        for number, sheet in enumerate(workbook.worksheets, 1):
            if kind_of_sheet(sheet.title) is None and folded(sheet.title) in IGNORED_SHEETS:
                continue
            sheet.reset_dimensions()  # the declared ones may lie
            title = printable(sheet.title)
            values = _values(path, title, sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
            _fill_merged(values, parts.get(str(getattr(sheet, "_worksheet_path", "")), b""))
            found.append(_Sheet(number, title, values))
        return found
    finally:
        workbook.close()


def _values(path: Path, title: str, rows: Iterable[Sequence[object]]) -> Values:
    values: Values = {}
    for number, row in enumerate(rows, 1):
        if row.count(None) == len(row):
            if number > EXCEL_ROWS:  # a row number beyond Excel's would keep openpyxl filling the gap for hours
                raise _too_big(path)
            continue
        filled = {(number, column): value for column, value in enumerate(row, 1) if not _blank(value)}
        if filled and number > MAX_ROWS:
            raise RosterError(path, [f"sheet {title}, row {number}: a roster has at most {MAX_ROWS} rows a sheet"])
        values.update(filled)
    return values


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not trimmed(value))


def _fill_merged(values: Values, xml: bytes) -> None:
    """Gives every filled row of a merged cell its value: people merge the community over its grids."""
    filled = {row for row, _ in values}
    for match in _MERGED.finditer(xml):
        left, top, right, bottom = range_boundaries(match[1].decode())
        if left is None or top is None or bottom is None or left != right or (top, left) not in values:
            continue  # a title over several columns is no value of each
        for row in filled.intersection(range(top + 1, bottom + 1)):
            values.setdefault((row, left), values[top, left])


class _SheetReader:
    """The rows of one sheet."""

    def __init__(self, sheet: _Sheet, kind: Kind, findings: Findings) -> None:
        self.sheet = sheet
        self.kind = kind
        self.findings = findings

    def rows(self) -> list[Row] | None:
        """One row for every filled line under the headings; None without headings."""
        if not self.sheet.values:
            return []
        top, texts = self.headings()
        columns = self.columns(top, texts)
        if not columns:
            names = ", ".join(column.heading for column in TABLES[self.kind].columns)
            self.findings.mistake(self.sheet.whole(), f"has no row of headings at its top; they are {names}")
            return None
        lines: dict[int, set[int]] = {}
        for row, column in self.sheet.values:
            if row > top:
                lines.setdefault(row, set()).add(column)
        self.orphans(top, texts)
        return [self.row(number, columns) for number, filled in sorted(lines.items()) if filled & set(columns)]

    def headings(self) -> tuple[int, dict[int, str]]:
        """The row near the top that has most known headings, and its texts by column."""
        texts: dict[int, dict[int, str]] = {row: {} for row in range(1, HEADING_ROWS + 1)}
        for (row, column), value in sorted(self.sheet.values.items(), key=lambda item: item[0]):
            if row <= HEADING_ROWS:
                texts[row][column] = str(value)
        top = max(
            texts, key=lambda row: sum(column_of_heading(self.kind, text) is not None for text in texts[row].values())
        )
        return top, texts[top]

    def columns(self, top: int, texts: dict[int, str]) -> dict[int, Column]:
        """The known columns by number; unknown, double and missing headings are noted. Empty: these are no headings."""
        found: dict[int, Column] = {}
        unknown: dict[int, str] = {}
        for number, text in texts.items():
            column = column_of_heading(self.kind, text)
            twin = next((other for other, known in found.items() if known == column), None)
            if column is None:
                unknown[number] = text
            elif twin is not None:
                mend = f"means the same as cell {get_column_letter(twin)}{top}; keep one of the two columns"
                self.findings.mistake(self.sheet.cell(top, number), f"heading {quoted(text)} {mend}")
            else:
                found[number] = column
        if not found:
            return {}
        names = ", ".join(column.heading for column in TABLES[self.kind].columns)
        for number, text in unknown.items():
            if folded(text) not in IGNORED_HEADINGS:
                mend = f"is not known; the headings are {names}; a column 备注 is passed over"
                self.findings.mistake(self.sheet.cell(top, number), f"heading {quoted(text)} {mend}")
        return found

    def orphans(self, top: int, texts: dict[int, str]) -> None:
        """Notes the first value of every column without a heading."""
        told: set[int] = set(texts)
        for row, column in sorted(self.sheet.values):
            if row > top and column not in told:
                told.add(column)
                self.findings.mistake(self.sheet.cell(row, column), "stands under no heading; give one or delete it")

    def row(self, number: int, columns: dict[int, Column]) -> Row:
        cells: dict[str, Cell] = {}
        for column_number, column in columns.items():
            where = self.sheet.cell(number, column_number)
            value = self.sheet.values.get((number, column_number), "")
            text = _text(value)
            if text is None:
                self.findings.mistake(where, f"{column.heading} {_not_text(value)}")
            cells[column.key] = Cell(where, UNREADABLE if text is None else text, packed=True)
        for column in TABLES[self.kind].columns:
            if column.required and column.key not in cells:
                self.missing(column)
                cells[column.key] = Cell(self.sheet.row(number), UNREADABLE)
        return Row(self.sheet.row(number), cells)

    def missing(self, column: Column) -> None:
        mend = "every row needs it; add the column"
        self.findings.mistake(self.sheet.whole(), f"has no column {column.heading} ({column.key}); {mend}")


def _text(value: object) -> str | None:
    """The text of a cell; a whole number counts as its digits. None for what is no text."""
    if isinstance(value, str):
        return None if value in ERROR_CODES else value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    if value != int(value) or abs(value) >= EXACT_NUMBER:
        return None
    return str(int(value))


def _not_text(value: object) -> str:
    """What a cell without a text holds, and how to mend it."""
    if isinstance(value, str):
        return f"holds the error {value}; mend the formula or type the text"
    if isinstance(value, (date, time, timedelta)):
        return "is a date for Excel; format the cell as text (文本) and type it again"
    return f"holds the number {quoted(value)}; format the cell as text (文本) and type it again"
