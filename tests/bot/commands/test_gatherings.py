"""``louling gatherings``: announced, listed and called off from the command line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.roster import example_path
from domain.errors import LoulingError

WHEN = f"{date.today() + timedelta(days=7)}T09:00"  # noqa: DTZ011  the command reads the machine's clock


@pytest.fixture(autouse=True)
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["roster", "import", str(example_path())]).exit_code == 0


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["gatherings", *words])


def test_it_is_announced_listed_and_closed() -> None:
    assert "no reception or activity is ahead" in run("list").stdout
    done = run(
        "announce", "activity", WHEN, "--title", "义诊", "--place", "小广场", "--places", "30", "--group", "1号楼"
    )
    assert done.exit_code == 0, done.exception
    assert "活动1 义诊已登记" in done.stdout
    assert run("list").stdout.startswith(f"活动1 义诊 {WHEN.replace('T', ' ')} 小广场: 0/30 signed up, ")
    assert "活动1 义诊" in run("names", "1").stdout
    assert "called off" in run("close", "1").stdout
    assert "no reception or activity is ahead" in run("list").stdout
    assert run("list", "--all").stdout.endswith("called off\n")


def test_a_reception_for_every_group() -> None:
    assert "接访日1已登记" in run("announce", "reception", WHEN, "--online").stdout
    assert "线上" in run("list").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("announce", "activity", "tomorrow"), "'tomorrow' is no time; write 2026-12-03T14:00"),
        (("announce", "activity", "2020-01-01T09:00"), "this time is past"),
        (("announce", "activity", WHEN, "--group", "火星"), "火星: no group's topic holds this"),
        (("close", "7"), "7: no gathering has this number"),
        (("names", "7"), "7: no gathering has this number"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], said: str) -> None:
    error = run(*words).exception
    assert isinstance(error, LoulingError)
    assert said in str(error)
    assert "\n" not in str(error)


def test_what_is_called_off_is_not_called_off_again() -> None:
    run("announce", "activity", WHEN)
    run("close", "1")
    assert "is over or called off already" in str(run("close", "1").exception)
