"""Where in a TOML text each key and value stands; ``tomllib`` does not say.

Runs only on a text that ``tomllib`` has accepted, so it looks for places and never for mistakes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and list positions from the top, as in ``("grid", 0, "grid_members", 1)``."""

_TOKEN = re.compile(
    r"""
    (?P<gap>[ \t\r]+|\#[^\n]*)
  | (?P<newline>\n)
  | (?P<string>
        \"{3}(?:\\.|[^\\])*?\"{3,5}
      | '{3}.*?'{3,5}
      | "(?:\\.|[^"\\\n])*"
      | '[^'\n]*'
    )
  | (?P<mark>[\[\]{},=])
  | (?P<bare>[^\s\[\]{},=\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


_END = _Token("end", "", 0)


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind not in {"gap", "newline"}:
            yield _Token(kind, match.group(), line)
        line += match.group().count("\n")


def _keys(raw: str) -> tuple[str, ...]:
    """The parts of a key as written; quoted and dotted ones are left to ``tomllib``."""
    if _BARE_KEY.fullmatch(raw):
        return (raw,)
    found: list[str] = []
    value: object = tomllib.loads(f"{raw} = 0")
    while isinstance(value, dict):
        key, value = next(iter(value.items()))
        found.append(key)
    return tuple(found)


class _Scan:
    """One walk over the text. ``lines`` is the result; ``last`` the newest index of each array of tables."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.last: dict[Path, int] = {}
        self.table: Path = ()
        self.tokens = _tokens(text)
        self.ahead = next(self.tokens, _END)

    def take(self) -> _Token:
        token, self.ahead = self.ahead, next(self.tokens, _END)
        return token

    def run(self) -> dict[Path, int]:
        while self.ahead is not _END:
            if self.ahead.text == "[":
                self.header()
            else:
                self.key_and_value(self.table)
        return self.lines

    def raw_key(self, stop: str) -> str:
        parts: list[str] = []
        while self.ahead is not _END and self.ahead.text != stop:
            parts.append(self.take().text)
        self.take()
        return "".join(parts)

    def header(self) -> None:
        line = self.take().line
        many = self.ahead.text == "["
        if many:
            self.take()
        path: Path = ()
        keys = _keys(self.raw_key("]"))
        if many:
            self.take()
        for key in keys[:-1]:
            path = self.inside((*path, key))
        path = (*path, keys[-1])
        if many:
            self.last[path] = self.last.get(path, -1) + 1
        self.lines.setdefault(path, line)
        self.table = self.inside(path)
        self.lines.setdefault(self.table, line)

    def inside(self, path: Path) -> Path:
        """The table that a header's path means: of an array of tables, the newest."""
        return (*path, self.last[path]) if path in self.last else path

    def key_and_value(self, table: Path) -> None:
        line = self.ahead.line
        path = table
        for key in _keys(self.raw_key("=")):
            path = (*path, key)
            self.lines.setdefault(path, line)
        self.value(path)

    def value(self, path: Path) -> None:
        token = self.take()
        self.lines.setdefault(path, token.line)
        if token.text == "[":
            self.items(path)
        elif token.text == "{":
            self.pairs(path)
        elif token.kind == "bare":
            while self.ahead.kind == "bare" and self.ahead.line == token.line:  # a date, a space, a time
                self.take()

    def items(self, path: Path) -> None:
        index = 0
        while self.ahead.text not in {"]", ""}:
            self.value((*path, index))
            index += 1
            if self.ahead.text == ",":
                self.take()
        self.take()

    def pairs(self, path: Path) -> None:
        while self.ahead.text not in {"}", ""}:
            self.key_and_value(path)
            if self.ahead.text == ",":
                self.take()
        self.take()


def lines_of(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every table, key and list item of a valid TOML text."""
    return _Scan(text).run()
