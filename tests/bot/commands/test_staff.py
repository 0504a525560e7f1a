"""``louling staff``: days away as the technician writes them down."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.roster import example_path
from domain.errors import LoulingError


@pytest.fixture(autouse=True)
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["roster", "import", str(example_path())]).exit_code == 0


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["staff", *words])


TODAY = date.today()  # noqa: DTZ011  the command reads the machine's clock
NEXT_WEEK = str(TODAY + timedelta(days=7))


def test_days_away_are_written_listed_and_ended() -> None:
    assert run("list").stdout == "nobody is away\n"
    done = run("away", "王强", str(TODAY), NEXT_WEEK, "--stand-in", "li-na")
    assert done.stdout == f"王强 (wang-qiang) {TODAY} to {NEXT_WEEK}: 李娜 (li-na) stands in\n"
    assert run("away", "li-na", NEXT_WEEK, NEXT_WEEK).stdout.endswith(f"{NEXT_WEEK}: nobody stands in\n")
    run("back", "li-na")
    assert run("back", "wang-qiang").stdout == "nobody is away\n"


def test_the_doctor_warns_of_days_for_which_nobody_stands_in() -> None:
    run("away", "王强", NEXT_WEEK, NEXT_WEEK)
    shown = CliRunner().invoke(app, ["doctor"]).stdout
    assert f"warn  days away: nobody is on duty in 文化第一网格 from {NEXT_WEEK[5:]}" in shown
    run("away", "王强", NEXT_WEEK, NEXT_WEEK, "--stand-in", "li-na")
    assert "days away" not in CliRunner().invoke(app, ["doctor"]).stdout
    run("away", "li-na", str(TODAY), NEXT_WEEK)
    assert f"文化第一网格 from {NEXT_WEEK[5:]}" in CliRunner().invoke(app, ["doctor"]).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("away", "王墙", "2030-01-01", "2030-01-02"), "王墙: is no staff id or name"),
        (("away", "王强", "1.1", "2030-01-02"), "'1.1' is no date"),
        (("away", "王强", "2030-01-02", "2030-01-01"), "the last day is before the first"),
        (("away", "王强", "2020-01-02", "2020-01-03"), "these days are over"),
        (("away", "王强", "2030-01-02", "2030-01-03", "--stand-in", "王强"), "nobody stands in for themselves"),
        (("back", "王强"), "王强 is not away"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], said: str) -> None:
    error = run(*words).exception
    assert isinstance(error, LoulingError)
    assert said in str(error)
    assert "\n" not in str(error)
