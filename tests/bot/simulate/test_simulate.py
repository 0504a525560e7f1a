"""``louling simulate``: a street small enough for a test, its story told twice the same and accounted for."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import read_settings
from bot.replay.driver import Happening
from bot.simulate.days import LINES, Days
from bot.simulate.people import People
from bot.simulate.street import COMMUNITIES, GRIDS, make_street
from bot.simulate.texts import Texts
from domain.errors import StoreError
from domain.words import Duty

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)


def simulated(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["simulate", "--json", *words])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


def test_a_street_has_its_places_and_everybody_on_duty() -> None:
    made = make_street(120, seed=3)
    roster = made.roster
    assert (len(roster.communities), len(roster.grids), len(roster.groups)) == (COMMUNITIES, GRIDS, 120)
    assert all(Duty.GRID_HEAD in grid.duties for grid in roster.grids)
    assert all(
        community.duties.keys() == {Duty.SECTION_CHIEF, Duty.COMMUNITY_SECRETARY} for community in roster.communities
    )
    ids = [person.id for person in roster.staff] + [one.id for room in made.rooms for one in room.residents]
    assert len(set(ids)) == len(ids)
    assert len({building.name for building in roster.buildings}) == len(roster.buildings) > 120
    assert make_street(120, seed=3) == made != make_street(120, seed=4)


def test_a_small_street_leaves_no_grid_without_a_building() -> None:
    roster = make_street(3, seed=1).roster
    assert {building.grid for building in roster.buildings} == {grid.name for grid in roster.grids}
    with pytest.raises(ValueError, match="at least one group"):
        make_street(0, seed=1)


def test_a_day_has_its_rhythm_and_its_troubles() -> None:
    day = Days(make_street(100, seed=1), Texts(1), ZONE, seed=1).day(MONDAY)
    assert [said.at for said in day] == sorted(said.at for said in day)
    assert abs(len(day) - 100 * LINES) < 100 * LINES * 0.2
    night = sum(said.at.hour < 6 for said in day)
    evening = sum(18 <= said.at.hour < 21 for said in day)
    assert night * 5 < evening
    assert 0 < sum(said.kind == "trouble" for said in day) < len(day) * 0.05


def test_people_react_to_an_opening_in_their_own_time() -> None:
    made = make_street(60, seed=1)
    people = People(made, read_settings(None).as_street(), seed=1)
    room = made.rooms[0]
    at = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
    for number in range(1, 40):
        data = {
            "number": number,
            "category": "water",
            "urgency": "urgent",
            "group": room.topic,
            "reporter": room.residents[0].id,
            "messages": [f"m{number}"],
            "assignee": "head29",
        }
        opened = Happening(number, at, "issue_opened", number, "x", f"m{number}", "", data)
        for said in people.react(opened):
            assert at < said.at < at + timedelta(days=4)
            assert said.quote in (f"m{number}", None)
    unknown = Happening(99, at, "digest_made", None, "clock", None, "", {})
    assert list(people.react(unknown)) == []


def test_the_same_seed_tells_the_same_story_and_accounts_for_all_of_it() -> None:
    first, second = (simulated("--days", "2", "--groups", "12", "--seed", "5") for _ in range(2))
    for told in (first, second):
        assert told.pop("seconds") is not None
        assert told.pop("lines_per_second")
    assert first == second
    assert first["accounted_for"] is True
    assert first["problems"] == []
    troubles = first["troubles"]
    assert isinstance(troubles, dict)
    assert troubles["told"] == troubles["opened"] + troubles["joined"] + troubles["not_heard"]
    assert first != simulated("--days", "2", "--groups", "12", "--seed", "6")


@pytest.mark.soak
def test_thirty_days_end_with_every_issue_accounted_for() -> None:
    told = simulated("--days", "30", "--groups", "12", "--seed", "11")
    assert told["problems"] == []
    assert told["accounted_for"] is True
    troubles, found = told["troubles"], told["issues"]
    assert isinstance(troubles, dict)
    assert isinstance(found, dict)
    assert troubles["told"] == troubles["opened"] + troubles["joined"] + troubles["not_heard"]
    assert found["closed"] > told["live"] > 0
    assert told["digests"] == 30 * 12  # one a day to each section chief


def test_the_people_who_read_get_a_summary() -> None:
    result = CliRunner().invoke(app, ["simulate", "--days", "1", "--groups", "5"])
    assert result.exit_code == 0, result.output
    assert "every issue is accounted for" in result.output
    assert "response" in result.output


def test_a_named_database_is_kept_and_must_be_empty(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    told = simulated("--days", "1", "--groups", "5", "--db", url)
    with closing(sqlite3.connect(tmp_path / "kept.db")) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM issue").fetchone()
    issues = told["issues"]
    assert isinstance(issues, dict)
    assert stored == sum(issues.values())
    again = CliRunner().invoke(app, ["simulate", "--days", "1", "--groups", "5", "--db", url])
    assert isinstance(again.exception, StoreError)
    assert "empty" in str(again.exception)
