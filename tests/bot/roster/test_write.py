"""What is written reads back the same: templates, the example, and any roster at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.roster import example_path, read_roster, read_roster_checked
from bot.roster.names import alike
from bot.roster.template import TEMPLATE, template_toml, template_written, template_xlsx
from bot.roster.write import toml_of, xlsx_of
from domain.places import (
    BUILDING_DUTIES,
    COMMUNITY_DUTIES,
    GRID_DUTIES,
    Building,
    Community,
    Duties,
    Grid,
    Group,
    Person,
    Roster,
)
from domain.words import Duty

CHARS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")) | st.sampled_from(
    "、,; 　=#1号楼\"'\\"
)
ID_CHARS = st.sampled_from("abcxyzABC0123456789-_.=#'\"王强@")


def names(chars: st.SearchStrategy[str], size: int = 8) -> st.SearchStrategy[list[str]]:
    """Some names that no two people could mix up; a list of one kind."""
    name = (
        st.text(chars, min_size=1, max_size=12)
        .map(str.strip)
        .filter(lambda text: alike(text) and text[0] not in "\u2800")
    )
    return st.lists(name, min_size=1, max_size=size, unique_by=alike)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    ids = draw(names(ID_CHARS))
    holders = st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True).map(tuple)

    def duties(possible: tuple[Duty, ...]) -> Duties:
        held = {duty: draw(st.none() | holders) for duty in possible}
        if Duty.GRID_HEAD in held:
            held[Duty.GRID_HEAD] = draw(holders)
        return {duty: people for duty, people in held.items() if people}

    name = names(CHARS, 1).map(lambda found: found[0])
    communities = tuple(Community(n, duties(COMMUNITY_DUTIES)) for n in draw(names(CHARS, 3)))
    grids = tuple(Grid(n, draw(st.sampled_from(communities)).name, duties(GRID_DUTIES)) for n in draw(names(CHARS, 4)))
    buildings = tuple(
        Building(n, draw(st.sampled_from(grids)).name, duties(BUILDING_DUTIES)) for n in draw(names(CHARS))
    )
    groups = []
    for number, topic in enumerate(draw(names(CHARS))):
        grid = draw(st.sampled_from(buildings)).grid
        same = [building.name for building in buildings if building.grid == grid]
        some = draw(st.lists(st.sampled_from(same), min_size=1, unique=True))
        group_id = draw(st.none() | name)
        groups.append(Group(topic, tuple(some), group_id and f"{number}{group_id}"))
    return Roster(tuple(Person(i, draw(name)) for i in ids), communities, grids, buildings, tuple(groups))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rosters())
def test_any_roster_reads_back_equal_from_toml_and_from_a_workbook(roster: Roster) -> None:
    with tempfile.TemporaryDirectory() as folder:
        toml, xlsx = Path(folder, "r.toml"), Path(folder, "r.xlsx")
        toml.write_text(toml_of(roster), encoding="utf-8", newline="")
        xlsx.write_bytes(xlsx_of(roster))
        assert read_roster(toml) == roster
        assert read_roster(xlsx) == roster


def test_the_example_is_a_small_street_with_every_duty_held(tmp_path: Path) -> None:
    roster, warnings = read_roster_checked(example_path())
    assert warnings == ()
    counts = (len(roster.communities), len(roster.grids), len(roster.buildings), len(roster.groups))
    assert counts == (2, 4, 12, 12)
    for places, duties in (
        (roster.communities, COMMUNITY_DUTIES),
        (roster.grids, GRID_DUTIES),
        (roster.buildings, BUILDING_DUTIES),
    ):
        assert all(set(place.duties) == set(duties) for place in places)
    book = tmp_path / "example.xlsx"
    book.write_bytes(xlsx_of(roster))
    assert read_roster(book) == roster


@pytest.mark.parametrize("name", ["t.toml", "t.xlsx", "T.XLSX"])
def test_a_template_reads_as_the_template_street(tmp_path: Path, name: str) -> None:
    template_written(tmp_path / name, overwrite=False)
    assert read_roster_checked(tmp_path / name) == (TEMPLATE, ())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_toml_template_explains_every_key() -> None:
    comments = [line for line in template_toml().splitlines() if line.startswith("#")]
    for key in ("section_chief", "grid_members", "delegates", "property_steward", "building / buildings", "topic"):
        assert any(line.startswith(f"# {key} ") for line in comments)


def test_the_workbook_template_is_ready_to_type_into(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(template_xlsx())
    book = load_workbook(path)
    assert book.sheetnames == ["填写说明", "人员", "社区", "网格", "楼栋", "群"]
    grid = book["网格"]
    assert [cell.value for cell in grid[1]][:3] == ["网格名称*", "所属社区*", "网格长*"]
    assert grid["D2"].value == "li-na、zhou-jie"
    assert grid.freeze_panes == "A2"
    assert grid.column_dimensions["A"].width >= 20
    assert grid.column_dimensions["A"].number_format == "@"


def test_the_building_that_excel_takes_for_a_date_stays_text(tmp_path: Path) -> None:
    roster = Roster(
        TEMPLATE.staff,
        TEMPLATE.communities,
        TEMPLATE.grids,
        (Building("3-2", TEMPLATE.grids[0].name),),
        (Group("=1+1", ("3-2",)),),
    )
    path = tmp_path / "r.xlsx"
    path.write_bytes(xlsx_of(roster))
    assert load_workbook(path)["群"]["A2"].data_type == "s"
    assert read_roster(path) == roster
