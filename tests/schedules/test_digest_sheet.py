"""The digest's spreadsheet: every line of the figures, and never a formula out of what a resident wrote."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from openpyxl import load_workbook

from domain.figures import Figures, IssueLine, Rate, Rates
from domain.words import Category, IssueState, Urgency
from schedules.digest_sheet import sheet

AT = datetime(2026, 12, 1, 10, tzinfo=UTC)


def line(number: int, text: str) -> IssueLine:
    return IssueLine(number, Category.LIGHTING, Urgency.NORMAL, IssueState.OPEN, "3号楼", text, 3600.0, "王强", AT)


def test_the_spreadsheet_has_every_line_and_keeps_what_was_written_as_text() -> None:
    waiting = tuple(line(number, "=HYPERLINK(1)" if number == 3 else "灯坏了") for number in range(1, 31))
    none = Rate(0, 0)
    day = Figures(
        chief="赵敏", communities=("文化社区",), since=AT - timedelta(days=1), until=AT, needed=(), opened=waiting,
        answered=0, waiting=waiting, in_hand=2, resolved=(), unclear=(), rates=Rates(none, none, none, 0),
        before=(4, 1), council=0, deaf=("4号楼业主群",), gaps=(), unheard=0, wordless=5,
    )  # fmt: skip
    made = sheet(day)
    assert made.name == "楼铃日报-2026-12-01.xlsx"
    book = load_workbook(io.BytesIO(made.content))
    assert book.sheetnames == ["概况", "待回应", "今日新增", "今日已解决", "待确认"]
    rows = list(book["待回应"].iter_rows(values_only=True))
    assert len(rows) == 31
    assert rows[1] == (1, "照明", "普通", "待回应", "3号楼", "灯坏了", "2026-12-01 10:00", "1小时", "王强")
    assert book["待回应"]["F4"].data_type == "s"
    summary = dict(book["概况"].iter_rows(values_only=True))
    assert (summary["听不到的群"], summary["没有文字的语音、图片"]) == ("4号楼业主群", 5)
