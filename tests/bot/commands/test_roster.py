"""``louling roster check`` and ``louling roster template``, as a technician runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.commands.roster import app
from bot.roster import example_path, read_roster
from bot.roster.template import TEMPLATE, template_toml


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_good_roster_is_ok_with_its_counts() -> None:
    result = run("check", example_path())
    assert result.exit_code == 0
    assert result.stdout.endswith("ok: 2 communities, 4 grids, 12 buildings, 12 groups, 34 people\n")
    assert result.stderr == ""


def test_the_example_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert example_path().is_absolute()
    assert run("check", example_path()).exit_code == 0


def test_mistakes_go_to_stderr_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    wrong = (
        template_toml()
        .replace('grid_head = "wang-qiang"', 'grid_head = "x"')
        .replace('grid = "文化第一网格"', 'grid = "y"')
    )
    path.write_text(wrong, "utf-8")
    result = run("check", path)
    assert result.exit_code == 1
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    number = next(n for n, line in enumerate(wrong.splitlines(), 1) if line == 'grid_head = "x"')
    assert first.startswith(f'{path}: line {number}: grid "文化第一网格": grid_head "x" is nobody in [[staff]]')
    assert '"y" is not in [[grid]]' in second


def test_warnings_do_not_spoil_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(template_toml() + '[[staff]]\nid = "idle"\nname = "闲"\n', "utf-8")
    result = run("check", path)
    assert result.exit_code == 0
    assert "warning: line" in result.stderr
    assert 'staff "idle" holds no duty' in result.stderr
    assert "ok: 1 community, 1 grid, 1 building, 1 group, 11 people" in result.stdout


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    result = run("check", tmp_path / "no.xlsx")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "no such file" in result.stderr


def test_without_a_file_the_template_is_printed() -> None:
    result = run("template")
    assert result.exit_code == 0
    assert result.stdout_bytes.decode() == template_toml()


@pytest.mark.parametrize("name", ["t.toml", "t.xlsx"])
def test_a_template_is_never_overwritten_without_force(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert run("template", path).exit_code == 0
    assert read_roster(path) == TEMPLATE
    path.write_bytes(b"mine")
    result = run("template", path)
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert path.read_bytes() == b"mine"
    assert run("template", path, "--force").exit_code == 0
    assert read_roster(path) == TEMPLATE


@pytest.mark.parametrize("name", ["t.csv", "no/folder/t.toml"])
def test_what_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    result = run("template", tmp_path / name)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
