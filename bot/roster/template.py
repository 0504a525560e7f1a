"""The empty form of a roster: one example entry a kind, to be overwritten by the street's own."""

from __future__ import annotations

from pathlib import Path

from bot.roster.columns import TABLES, Kind
from bot.roster.files import write_whole
from bot.roster.write import entries, toml_entry, xlsx_of
from domain.places import Building, Community, Grid, Group, Person, Roster
from domain.words import Duty

TEMPLATE = Roster(
    staff=(
        Person("zhao-min", "赵敏"),
        Person("sun-li", "孙丽"),
        Person("wang-qiang", "王强"),
        Person("li-na", "李娜"),
        Person("zhou-jie", "周杰"),
        Person("ma-jun", "马军"),
        Person("hu-guiying", "胡桂英"),
        Person("zheng-aiguo", "郑爱国"),
        Person("liu-shulan", "刘淑兰"),
        Person("gao-peng", "高鹏"),
    ),
    communities=(Community("文化社区", {Duty.SECTION_CHIEF: ("zhao-min",), Duty.COMMUNITY_SECRETARY: ("sun-li",)}),),
    grids=(
        Grid(
            "文化第一网格",
            "文化社区",
            {
                Duty.GRID_HEAD: ("wang-qiang",),
                Duty.GRID_MEMBER: ("li-na", "zhou-jie"),
                Duty.POLICE: ("ma-jun",),
                Duty.MEDIATOR: ("hu-guiying",),
                Duty.DELEGATE: ("zheng-aiguo",),
            },
        ),
    ),
    buildings=(
        Building(
            "文化小区3号楼",
            "文化第一网格",
            {Duty.BUILDING_LEAD: ("liu-shulan",), Duty.PROPERTY_STEWARD: ("gao-peng",)},
        ),
    ),
    groups=(Group("文化小区3号楼业主群", ("文化小区3号楼",)),),
)
"""What both templates read as."""

_HEAD = """\
# The roster of a street 街道花名册, for `louling roster check FILE`.
#
# Replace the example entries by your own; repeat a [[table]] for every person and place. Save as UTF-8.
# 把示例改成本街道的人员和楼栋；每个人、每个社区、网格、楼栋、群各写一段。标“必填”的不能空。
# A duty takes the id of one person, or a list: grid_members = ["li-na", "zhou-jie"]. 职责填人员编号(id)，多人用方括号。
"""

_NOTES = (
    ("街道花名册填写说明",),
    ("每张表的第二行起是示例，请改成本街道的内容；每人、每个社区、网格、楼栋、群各占一行。",),
    ("标题带 * 的列必填。职责一列填“人员”表里的编号；一格里有多人或多栋时用顿号（、）隔开。",),
    ("请不要改工作表名和标题；需要记事可以加一列“备注”。填好后用 louling roster check 检查。",),
    (),
    ("工作表", "列", "必填", "填什么"),
)


def template_toml() -> str:
    """The TOML template: every key explained, an example of each table."""
    return "\n".join([_HEAD, *(_section(kind) for kind in Kind)])


def _section(kind: Kind) -> str:
    table = TABLES[kind]
    lines = [f"# ---- {kind} {table.sheet} ----"]
    for column in table.columns:
        keys = " / ".join((column.key, *column.other_keys))
        lines.append(f"# {keys:<21} {column.heading}{'（必填）' if column.required else ''}：{column.hint}")
    return "\n".join(lines) + "\n" + "\n".join(toml_entry(kind, values) for values in entries(TEMPLATE, kind))


def template_xlsx() -> bytes:
    """The workbook template: a sheet of notes, then one sheet a kind with headings and an example."""
    columns = tuple(
        (table.sheet, column.heading, "是" if column.required else "", column.hint)
        for table in TABLES.values()
        for column in table.columns
    )
    return xlsx_of(TEMPLATE, _NOTES + columns)


def template_written(path: Path, *, overwrite: bool) -> None:
    """Writes the template that the suffix asks for, whole or not at all.

    Raises ``ValueError`` for another suffix, ``FileExistsError`` unless ``overwrite``, ``OSError`` from the disk.
    """
    suffix = path.suffix.lower()
    if suffix not in {".toml", ".xlsx"}:
        raise ValueError("a template is a .toml or an .xlsx file")
    write_whole(path, template_xlsx() if suffix == ".xlsx" else template_toml().encode(), overwrite=overwrite)
