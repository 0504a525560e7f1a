"""Rosters in workbooks: what is read, and what is said of every mistake."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.roster import RosterError, read_roster, read_roster_checked
from domain.words import Duty

Rows = dict[str, list[list[object]]]
Write = Callable[[Rows | Workbook | bytes], Path]


def mistakes(path: Path) -> tuple[str, ...]:
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert all("\n" not in line for line in caught.value.mistakes)
    return caught.value.mistakes


def repacked(path: Path, change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    """The workbook with its parts changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return buffer.getvalue()


def test_a_workbook_reads_as_the_same_toml(xlsx: Write, rows: Rows, toml: Callable[[str], Path], good: str) -> None:
    assert read_roster_checked(xlsx(rows)) == (read_roster(toml(good)), ())


def english(rows: Rows) -> Rows:
    kinds = dict(zip(rows, ("staff", "Community", "GRID", "building", "group"), strict=True))
    heads = {"编号": "ID", "姓名": "name", "社区名称": "name", "分包科级领导": "Section chief", "网格名称": "name"}
    heads |= {"所属社区": "community", "网格长": "grid_head", "楼栋名称": "Name", "所属网格": "grid", "群名称": "topic"}
    heads |= {"所属楼栋": "buildings"}
    return {kinds[title]: [[heads[str(head)] for head in lines[0]], *lines[1:]] for title, lines in rows.items()}


def titled(rows: Rows) -> Rows:
    """As street offices make them: a title, an empty row, starred headings, a running number, remarks, gaps."""
    return {
        f" {title} ": [
            ["平原街道一览表"],
            [],
            ["序号", *(f"{head}*（必填）" for head in lines[0]), None, "备注"],
            *([n, *line, None, "记"] for n, line in enumerate(lines[1:], 1)),
            [None] * 3,
            [None, " ", "\u3000"],
        ]
        for title, lines in rows.items()
    }


def synonyms(rows: Rows) -> Rows:
    rows["网格"][0] = ["网格", "社区", "网 格 长"]
    rows["楼栋"][0] = ["楼栋", "网格"]
    rows["群"][0] = ["群名", "楼栋"]
    return rows | {"填写说明": [["随便写"]], "Sheet1": []}


@pytest.mark.parametrize("spelt", [english, titled, synonyms])
def test_sheets_and_headings_have_several_spellings(xlsx: Write, rows: Rows, spelt: Callable[[Rows], Rows]) -> None:
    expected = read_roster(xlsx(rows))
    assert read_roster_checked(xlsx(spelt(rows))) == (expected, ())


@pytest.mark.parametrize(
    "text", ["zhao、wang", "zhao,wang", "zhao， wang", "zhao；wang;", "zhao wang", "zhao\nwang\n", "zhao　wang"]
)
def test_several_people_stand_in_one_cell(xlsx: Write, rows: Rows, text: str) -> None:
    rows["网格"] = [[*rows["网格"][0], "网格员"], [*rows["网格"][1], text]]
    assert read_roster(xlsx(rows)).grids[0].duties[Duty.GRID_MEMBER] == ("zhao", "wang")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东区 2号楼", ("东区 2号楼",)),
        ("1号楼、东区 2号楼", ("1号楼", "东区 2号楼")),
        ("1号楼\n3、4号楼", ("1号楼", "3、4号楼")),
        ("1号楼 5号楼", ("1号楼", "5号楼")),
    ],
)
def test_known_names_are_not_torn_apart(xlsx: Write, rows: Rows, text: str, expected: tuple[str, ...]) -> None:
    rows["楼栋"] += [[name, "一网格"] for name in ("东区 2号楼", "3、4号楼", "5号楼")]
    rows["群"].append(["大群", text])
    assert read_roster(xlsx(rows)).groups[1].buildings == expected


def test_whole_numbers_are_read_as_written(xlsx: Write, rows: Rows) -> None:
    rows["人员"][2][0] = 1001
    rows["网格"][1][2] = 1001.0
    rows["楼栋"][1][0] = 3
    rows["群"][1][1] = "3"
    roster = read_roster(xlsx(rows))
    assert roster.staff[1].id == "1001"
    assert roster.grids[0].duties == {Duty.GRID_HEAD: ("1001",)}
    assert roster.buildings[0].name == "3"


def test_a_merged_cell_counts_for_all_its_rows(xlsx: Write, rows: Rows, tmp_path: Path) -> None:
    rows["网格"] += [["二网格", None, "zhao"], ["三网格", None, "zhao"]]
    book = load_workbook(xlsx(rows))
    book["网格"].merge_cells("B2:B9")
    grids = read_roster(xlsx(book)).grids
    assert [(grid.name, grid.community) for grid in grids] == [
        (name, "文化社区") for name in ("一网格", "二网格", "三网格")
    ]


def test_formulas_count_by_their_last_result(xlsx: Write, rows: Rows) -> None:
    rows["人员"][2][1] = '="王"&"强"'
    path = xlsx(rows)
    assert mistakes(path) == ('sheet 人员, cell B3: staff "wang": 姓名 (name) is empty; every staff needs one',)
    value = b'<f>"\xe7\x8e\x8b"&amp;"\xe5\xbc\xba"</f><v>\xe7\x8e\x8b\xe5\xbc\xba</v>'
    empty = value[: value.index(b"<v>")] + b"<v />"
    data = repacked(path, lambda _, content: content.replace(empty, value).replace(b'r="B3"', b'r="B3" t="str"'))
    assert read_roster(xlsx(data)).staff[1].name == "王强"


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "said"),
    [
        (
            "楼栋",
            1,
            1,
            "二网格",
            'sheet 楼栋, cell B2: building "1号楼": 所属网格 (grid) "二网格" is not in sheet 网格 (grid)',
        ),
        ("楼栋", 1, 1, None, 'sheet 楼栋, cell B2: building "1号楼": 所属网格 (grid) is empty'),
        ("网格", 1, 2, None, 'sheet 网格, cell C2: grid "一网格": 网格长 (grid_head) is empty; every grid needs one'),
        (
            "网格",
            1,
            2,
            "wang;li",
            'sheet 网格, cell C2: grid "一网格": 网格长 (grid_head) "li" is nobody in sheet 人员',
        ),
        ("网格", 1, 2, "王强", 'write the id instead of the name: "wang"'),
        ("人员", 2, 0, "zhao", 'sheet 人员, cell A3: staff "zhao": 编号 (id) is already at sheet 人员, cell A2'),
        ("人员", 2, 1, date(2026, 3, 2), "sheet 人员, cell B3: 姓名 is a date for Excel; format the cell as text"),
        ("人员", 2, 1, 3.5, 'sheet 人员, cell B3: 姓名 holds the number "3.5"; format the cell as text'),
        ("人员", 2, 1, 1234567890123456789, "sheet 人员, cell B3: 姓名 holds the number"),
        ("人员", 2, 1, True, 'sheet 人员, cell B3: 姓名 holds the number "True"'),
        ("人员", 2, 1, "#N/A", "sheet 人员, cell B3: 姓名 holds the error #N/A; mend the formula"),
        ("人员", 2, 1, "王\n强", 'sheet 人员, cell B3: staff "wang": 姓名 (name) "王\\n强" holds a line break'),
        ("人员", 2, 4, "x", "sheet 人员, cell E3: stands under no heading; give one or delete it"),
        (
            "网格",
            0,
            2,
            "网格张",
            'sheet 网格, cell C1: heading "网格张" is not known; the headings are 网格名称, 所属社区, 网格长',
        ),
        ("网格", 0, 2, None, "sheet 网格: has no column 网格长 (grid_head); every row needs it"),
        ("网格", 0, 2, "所属社区", 'sheet 网格, cell C1: heading "所属社区" means the same as cell B1'),
    ],
)
def test_a_mistake_has_its_sheet_and_cell(
    xlsx: Write, rows: Rows, sheet: str, row: int, column: int, value: object, said: str
) -> None:
    line = rows[sheet][row]
    line += [None] * (column + 1 - len(line))
    line[column] = value
    found = mistakes(xlsx(rows))
    assert any(said in text for text in found), found


def test_mistakes_come_in_the_order_of_the_sheets(xlsx: Write, rows: Rows) -> None:
    rows["群"][1][1] = "x"
    rows["网格"] += [["网格2", "y", "wang"], ["网格3", "z", None]]
    assert [line.split(": ")[0] for line in mistakes(xlsx(rows))] == [
        "sheet 网格, cell B3",
        "sheet 网格, cell B4",
        "sheet 网格, cell C4",
        "sheet 群, cell B2",
    ]


def test_a_missing_sheet_and_one_without_headings(xlsx: Write, rows: Rows) -> None:
    del rows["群"]
    rows["社区"] = [["哈哈"]]
    rows["楼"] = rows.pop("楼栋")[:1]
    assert mistakes(xlsx(rows)) == (
        "sheet 楼栋 (building) is missing or empty; a roster needs it",
        "sheet 群 (group) is missing or empty; a roster needs it",
        "sheet 社区: has no row of headings at its top; they are 社区名称, 分包科级领导, 社区书记",
    )


def test_a_sheet_of_another_name_is_a_warning(xlsx: Write, rows: Rows) -> None:
    (warning,) = read_roster_checked(xlsx(rows | {"电话": [["1"]]}))[1]
    assert warning == "sheet 电话: is not read; the sheets of a roster are 人员, 社区, 网格, 楼栋, 群"


def test_a_value_far_below_is_found_and_a_row_too_far_refused(xlsx: Write, rows: Rows) -> None:
    book = load_workbook(xlsx(rows))
    book["人员"]["A20001"] = "li"
    assert "sheet 人员, row 20001: a roster has at most 20000 rows" in mistakes(xlsx(book))[0]
    book["人员"]["A20001"] = None
    book["人员"]["A9000"] = "li"
    assert mistakes(xlsx(book))[0].startswith('sheet 人员, cell B9000: staff "li": 姓名 (name) is empty')


def test_a_format_on_the_last_row_costs_little(xlsx: Write, rows: Rows) -> None:
    book = load_workbook(xlsx(rows))
    book["人员"]["A1048576"].number_format = "@"
    assert len(read_roster(xlsx(book)).staff) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no Excel workbook"),
        (b"id,name\n", "no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is an old .xls or has a password"),
        (b"PK\x03\x04" + b"\0" * 100, "no Excel workbook"),
        (b"\0" * 5_000_000, "is larger than 4 MiB"),
    ],
)
def test_what_is_no_workbook_is_refused(xlsx: Write, data: bytes, said: str) -> None:
    (line,) = mistakes(xlsx(data))
    assert said in line


def in_sheet(content: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, part: part.replace(b"<sheetData>", b"<sheetData>" + content) if "sheet1.xml" in name else part


HOSTILE: dict[str, tuple[Callable[[str, bytes], bytes], dict[str, bytes], str]] = {
    "zip bomb": (lambda _, part: part, {"xl/media/a.png": b"\0" * 300_000_000}, "unpacks to far more than a roster"),
    "bomb in a sheet": (in_sheet(b" " * 20_000_000), {}, "unpacks to far more than a roster"),
    "cells": (in_sheet(b"<row>" + b"<c/>" * 3_000_000 + b"</row>"), {}, "unpacks to far more than a roster"),
    "parts": (lambda _, part: part, {f"a{n}.xml": b"" for n in range(3000)}, "unpacks to far more than a roster"),
    "row number": (in_sheet(b'<row r="99999999999999"><c t="b"><v>1</v></c></row>'), {}, "unpacks to far more"),
    "column": (in_sheet(b'<row r="1"><c r="ZZZZZZZZ1"><v>1</v></c></row>'), {}, "is damaged"),
    "entities": (
        lambda name, part: b'<!DOCTYPE a [<!ENTITY b "bb">]>' + part if "workbook.xml" in name else part,
        {},
        "DOCTYPE",
    ),
    "UTF-16": (lambda name, part: part.decode().encode("utf-16") if "sheet1.xml" in name else part, {}, "DOCTYPE"),
    "no XML": (lambda name, part: b"<a" if "sheet1.xml" in name else part, {}, "is damaged"),
    "string out of range": (in_sheet(b'<row r="1"><c r="A1" t="s"><v>999</v></c></row>'), {}, "is damaged"),
    "no workbook": (lambda name, part: b"" if "Content_Types" in name else part, {}, "is damaged"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_workbooks_are_refused_at_once(xlsx: Write, rows: Rows, case: str) -> None:
    change, extra, said = HOSTILE[case]
    path = xlsx(repacked(xlsx(rows), change, extra))
    begin = time.perf_counter()
    (line,) = mistakes(path)
    assert said in line
    assert time.perf_counter() - begin < 10


def test_any_truncated_or_altered_workbook_is_refused_or_read(xlsx: Write, rows: Rows) -> None:
    data = xlsx(rows).read_bytes()
    for place in range(0, len(data), 97):
        for spoilt in (data[:place], data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]):
            path = xlsx(spoilt)
            with contextlib.suppress(RosterError):  # anything else fails the test
                read_roster(path)


def test_packing_without_a_limit_is_refused(xlsx: Write, rows: Rows) -> None:
    path = xlsx(rows)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("xl/a.xml", b" " * 100_000_000)
    begin = time.perf_counter()
    assert "no Excel workbook" in mistakes(path)[0]
    assert time.perf_counter() - begin < 1
