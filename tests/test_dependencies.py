"""Every dependency is explained and pinned."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0].lower() for requirement in requirements]


RUN_TIME = names(PROJECT["dependencies"])
EVERY = RUN_TIME + names([one for extra in PROJECT["optional-dependencies"].values() for one in extra])


def rows() -> dict[str, list[str]]:
    """The cells of each package's line in the document."""
    lines = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0].lower(): row[1:] for row in cells if row[0] != "package"}


@pytest.mark.parametrize("name", EVERY)
def test_a_dependency_is_explained_with_its_licence(name: str) -> None:
    assert name in rows(), f"docs/dependencies.md has no line for {name}"
    assert len(rows()[name]) == 3
    assert all(rows()[name])


def test_nothing_is_explained_that_is_no_dependency() -> None:
    assert set(rows()) == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_a_dependency_is_pinned(name: str) -> None:
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    assert re.search(rf"^{re.escape(name.replace('_', '-'))}==", pinned, re.MULTILINE)
