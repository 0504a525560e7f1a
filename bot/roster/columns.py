"""The format of a roster file: the kinds of entry and their columns, the same for TOML and spreadsheets.

A TOML file has one ``[[kind]]`` table an entry and one key a column; a workbook has one sheet a kind and
one heading a column. Sheets and headings may be Chinese or English.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from domain.words import Duty, zh


class Kind(StrEnum):
    """What an entry of a roster is; the value is the TOML table's name."""

    STAFF = "staff"
    COMMUNITY = "community"
    GRID = "grid"
    BUILDING = "building"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind.

    ``refers`` names the kind whose entries the values must be; ``many`` columns hold any number of
    values, the others one; ``other_keys`` are further TOML keys, ``other_headings`` further headings.
    """

    key: str
    heading: str
    hint: str
    required: bool = False
    many: bool = False
    refers: Kind | None = None
    duty: Duty | None = None
    other_keys: tuple[str, ...] = ()
    other_headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One kind: its sheet's name, its columns, and the column that names an entry."""

    kind: Kind
    sheet: str
    columns: tuple[Column, ...]
    other_sheets: tuple[str, ...] = ()

    @property
    def ident(self) -> Column:
        """The column by which an entry is known: always the first."""
        return self.columns[0]


def _duty(
    duty: Duty, hint: str, *, key: str = "", required: bool = False, other_headings: tuple[str, ...] = ()
) -> Column:
    return Column(
        key=key or duty.value,
        heading=zh(duty),
        hint=hint,
        required=required,
        many=True,
        refers=Kind.STAFF,
        duty=duty,
        other_headings=other_headings,
    )


TABLES: dict[Kind, Table] = {
    Kind.STAFF: Table(
        Kind.STAFF,
        "人员",
        (
            Column(
                "id", "编号", "自定的短编号，全街道不重复，如 wang-qiang", required=True, other_headings=("人员编号",)
            ),
            Column("name", "姓名", "真实姓名", required=True),
        ),
        ("工作人员",),
    ),
    Kind.COMMUNITY: Table(
        Kind.COMMUNITY,
        "社区",
        (
            Column("name", "社区名称", "社区的名称", required=True, other_headings=("社区", "名称")),
            _duty(Duty.SECTION_CHIEF, "每天收到摘要的领导，填人员编号", other_headings=("科级领导",)),
            _duty(Duty.COMMUNITY_SECRETARY, "填人员编号", other_headings=("书记",)),
        ),
    ),
    Kind.GRID: Table(
        Kind.GRID,
        "网格",
        (
            Column("name", "网格名称", "网格的名称，全街道不重复", required=True, other_headings=("网格", "名称")),
            Column(
                "community",
                "所属社区",
                "社区表里的社区名称",
                required=True,
                refers=Kind.COMMUNITY,
                other_headings=("社区",),
            ),
            _duty(Duty.GRID_HEAD, "填人员编号，每个网格必须有", required=True),
            _duty(Duty.GRID_MEMBER, "填人员编号，可填多人", key="grid_members"),
            _duty(Duty.POLICE, "填人员编号", other_headings=("民警",)),
            _duty(Duty.MEDIATOR, "填人员编号", other_headings=("调解员",)),
            _duty(Duty.DELEGATE, "填人员编号，可填多人", key="delegates", other_headings=("代表",)),
        ),
    ),
    Kind.BUILDING: Table(
        Kind.BUILDING,
        "楼栋",
        (
            Column("name", "楼栋名称", "楼栋的名称，全街道不重复", required=True, other_headings=("楼栋", "名称")),
            Column("grid", "所属网格", "网格表里的网格名称", required=True, refers=Kind.GRID, other_headings=("网格",)),
            _duty(Duty.BUILDING_LEAD, "填人员编号"),
            _duty(Duty.PROPERTY_STEWARD, "填人员编号", other_headings=("物业", "物业管家")),
        ),
        ("楼",),
    ),
    Kind.GROUP: Table(
        Kind.GROUP,
        "群",
        (
            Column("topic", "群名称", "微信群的群名", required=True, other_headings=("群名", "微信群")),
            Column(
                "building",
                "所属楼栋",
                "楼栋表里的楼栋名称，可填多栋(须同一网格)",
                required=True,
                many=True,
                refers=Kind.BUILDING,
                other_keys=("buildings",),
                other_headings=("楼栋",),
            ),
            Column("id", "群编号", "一般不填；两个群同名时填群ID以区分", other_headings=("群ID",)),
        ),
        ("微信群",),
    ),
}

IGNORED_HEADINGS = frozenset({"序号", "备注", "说明"})
"""Columns that people keep in every spreadsheet and that say nothing to the bot."""

NOTES_SHEET = "填写说明"
IGNORED_SHEETS = frozenset({NOTES_SHEET, "说明", "notes"})

_BRACKETED = re.compile(r"\([^)]*\)")
_FILLER = re.compile(r"[\s*_:]+")


def folded(text: str) -> str:
    """A text without what people mix up: case, full-width forms, spaces, underscores, ``*``, remarks in brackets."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _FILLER.sub("", _BRACKETED.sub("", plain))


def column_of_key(kind: Kind, key: str) -> Column | None:
    """The column of a TOML key, spelt exactly."""
    return next((column for column in TABLES[kind].columns if key == column.key or key in column.other_keys), None)


def column_of_heading(kind: Kind, heading: str) -> Column | None:
    """The column of a spreadsheet heading, Chinese or English, however it is spaced or starred."""
    wanted = folded(heading)
    for column in TABLES[kind].columns:
        if wanted in map(folded, (column.heading, column.key, *column.other_keys, *column.other_headings)):
            return column
    return None


def kind_of_sheet(title: str) -> Kind | None:
    """The kind that a sheet holds, by its Chinese or English name."""
    wanted = folded(title)
    for kind, table in TABLES.items():
        if wanted in map(folded, (kind.value, table.sheet, *table.other_sheets)):
            return kind
    return None
