"""A small good roster to spoil, as TOML text and as the rows of a workbook."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

GOOD = """\
[[staff]]
id = "zhao"
name = "赵敏"
[[staff]]
id = "wang"
name = "王强"
[[community]]
name = "文化社区"
section_chief = "zhao"
[[grid]]
name = "一网格"
community = "文化社区"
grid_head = "wang"
[[building]]
name = "1号楼"
grid = "一网格"
[[group]]
topic = "1号楼群"
building = "1号楼"
"""

Rows = dict[str, list[list[object]]]


def good_rows() -> Rows:
    """The same as ``GOOD``, as a technician types it into Excel."""
    return {
        "人员": [["编号", "姓名"], ["zhao", "赵敏"], ["wang", "王强"]],
        "社区": [["社区名称", "分包科级领导"], ["文化社区", "zhao"]],
        "网格": [["网格名称", "所属社区", "网格长"], ["一网格", "文化社区", "wang"]],
        "楼栋": [["楼栋名称", "所属网格"], ["1号楼", "一网格"]],
        "群": [["群名称", "所属楼栋"], ["1号楼群", "1号楼"]],
    }


def book_of(rows: Rows) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, lines in rows.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    return book


def book_bytes(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes a TOML roster and returns its path."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "r.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture
def rows() -> Rows:
    return good_rows()


@pytest.fixture
def xlsx(tmp_path: Path) -> Callable[[Rows | Workbook | bytes], Path]:
    """Writes a workbook and returns its path."""

    def write(content: Rows | Workbook | bytes) -> Path:
        path = tmp_path / "r.xlsx"
        if isinstance(content, dict):
            content = book_of(content)
        path.write_bytes(content if isinstance(content, bytes) else book_bytes(content))
        return path

    return write
