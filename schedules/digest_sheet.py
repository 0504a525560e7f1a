"""The digest as a spreadsheet: the same figures with every line of them, for chiefs whose network takes files."""

from __future__ import annotations

import io
from collections.abc import Sequence

from domain.figures import Figures, IssueLine
from domain.messages import Attachment
from domain.wording import BOT, waited
from domain.words import zh

Value = str | int
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = ("编号", "类别", "紧急程度", "状态", "楼栋", "内容", "登记时间", "已等", "负责人")
_WIDTHS = (8, 12, 10, 10, 14, 44, 18, 12, 12)


def sheet(day: Figures) -> Attachment:
    """The workbook. A cell never holds a formula: what residents wrote stays text."""
    from openpyxl import Workbook  # heavy, and needed once a day

    book = Workbook()
    del book[book.sheetnames[0]]
    _fill(book.create_sheet("概况"), ("项目", "数值"), _summary(day), (30, 60))
    lists = {"待回应": day.waiting, "今日新增": day.opened, "今日已解决": day.resolved, "待确认": day.unclear}
    for title, issues in lists.items():
        _fill(book.create_sheet(title), _HEAD, [_line(issue) for issue in issues], _WIDTHS)
    out = io.BytesIO()
    book.save(out)
    return Attachment(f"{BOT}日报-{day.until:%Y-%m-%d}.xlsx", MEDIA_TYPE, out.getvalue())


def _summary(day: Figures) -> list[tuple[Value, ...]]:
    rates = day.rates
    return [
        ("社区", "、".join(day.communities)),
        ("时段", f"{day.since:%Y-%m-%d %H:%M}至{day.until:%Y-%m-%d %H:%M}"),
        ("需要您过问", len(day.needed)),
        ("今日新增", len(day.opened)),
        ("待回应", len(day.waiting)),
        ("处理中", day.in_hand),
        ("今日已解决", len(day.resolved)),
        ("议事中", day.council),
        ("此前遗留", day.before[0]),
        ("此前遗留今日办结", day.before[1]),
        ("回应率", str(rates.response)),
        ("办结率", str(rates.resolution)),
        ("满意率", f"{rates.satisfaction}，问了{rates.asked}人"),
        ("听不到的群", "、".join(day.deaf)),
        ("断线", "；".join(day.gaps)),
        ("读不出的消息", day.unheard),
        ("没有文字的语音、图片", day.wordless),
    ]


def _line(issue: IssueLine) -> tuple[Value, ...]:
    return (
        issue.number,
        zh(issue.category),
        zh(issue.urgency),
        zh(issue.state),
        issue.building,
        issue.text,
        f"{issue.opened:%Y-%m-%d %H:%M}",
        waited(issue.waiting),
        issue.assignee,
    )


def _fill(page: object, head: Sequence[str], rows: Sequence[Sequence[Value]], widths: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.worksheet import Worksheet

    assert isinstance(page, Worksheet)
    for number, row in enumerate([head, *rows], start=1):
        for column, value in enumerate(row, start=1):
            cell = page.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # "=…" would be a formula
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.font = Font(bold=number == 1)
    for column, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.freeze_panes = "A2"
