"""A line of the table of numbers, and how it is printed and kept in docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- the service: written by `python -m bench` -->", "<!-- end of the service -->"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure beside its goal and the bare baseline of the same run."""

    what: str
    goal: str
    measured: str
    beside: str
    reached: bool | None = None

    def cells(self) -> str:
        """As a row of a Markdown table."""
        said = {True: "yes", False: "no", None: "–"}[self.reached]
        return f"| {self.what} | {self.goal} | {self.measured} | {self.beside} | {said} |"


def printed(lines: Sequence[Line]) -> str:
    """The whole table."""
    head = ["| what | goal | measured | beside it, same run | reached |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(line.cells() for line in lines)])


def keep(lines: Sequence[Line], said: str) -> None:
    """Put the table into docs/performance.md in place of the one before."""
    page = PAGE.read_text(encoding="utf-8")
    block = f"{BEGIN}\n{said}\n\n{printed(lines)}\n{END}"
    if BEGIN in page:
        before, _, rest = page.partition(BEGIN)
        page = before + block + rest.partition(END)[2]
    else:
        page = f"{page.rstrip()}\n\n## The service (`.venv/bin/python -m bench`)\n\n{block}\n"
    PAGE.write_text(page, encoding="utf-8")
