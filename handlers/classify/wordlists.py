"""Word lists with a name, written once and used by many rules: ``unless = ["@fiction", "楼盘"]``.

They stand in ``_lists.toml`` of a pack, ``[fiction] words = ["电影", …]``. A list of a local pack takes the
place of the shipped one of the same name, for the shipped rules too. A list holds words, never other lists.

A word of a rule may be put together from lists: ``{drop}{pit}`` is every word of ``drop`` followed by every word of
``pit`` (掉进井, 掉进河, 摔进井, …).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from handlers.classify.normalise import normalise

MARK = "@"
"""Begins the name of a list where a word could stand."""
TABLE = "lists"
"""The shared table they stand in, ``_lists.toml``."""
MOST = 2000
"""Words that one composed word may stand for."""
_PART = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TABLE_KEYS = ("words", "unless")
"""Keys of ``_frames.toml`` and ``_cues.toml`` that hold words."""


@dataclass(slots=True)
class WordLists:
    """The lists of a pack by name, words normalised, and the file each comes from."""

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    source: dict[str, Path] = field(default_factory=dict)

    def read(self, path: Path, document: Mapping[str, Any], mistakes: list[str]) -> None:
        """Take over the lists of one ``_lists.toml``; what is wrong is added to ``mistakes``, one line each."""
        for name, entry in document.items():
            place = f"{path}:{line_of(path, f'[{name}]')}: list {name}"
            if not _NAME.fullmatch(name):
                mistakes.append(f"{place}: the name must be small letters, digits and _; give it another")
            elif not isinstance(entry, dict) or entry.keys() != {"words"}:
                mistakes.append(f'{place}: must hold `words` and nothing else; write words = ["…"]')
            elif not isinstance(entry["words"], list) or not all(isinstance(word, str) for word in entry["words"]):
                mistakes.append(f'{place}: words must be a list of words; write words = ["…"]')
            else:
                self._take(path, place, name, entry["words"], mistakes)

    def _take(self, path: Path, place: str, name: str, values: list[str], mistakes: list[str]) -> None:
        words = tuple(dict.fromkeys(normalise(word).text.strip() for word in values))
        mistakes.extend(
            f"{place}: holds the list {word}; a list holds words only, name both where they are used"
            for word in values
            if word.startswith(MARK)
        )
        if not words or not all(words):
            mistakes.append(f"{place}: is empty or has an empty word; take it out")
        self.words[name] = words
        self.source[name] = path

    def spread(
        self, values: list[str], path: Path, place: str, key: str, after: int, mistakes: list[str]
    ) -> tuple[list[str], list[str]]:
        """``values`` with the words of each named list in its place, and the names.

        ``after`` is the line of ``path`` from which a wrong name is looked for.
        """
        words: list[str] = []
        names: list[str] = []
        for value in values:
            parts = ["", value[1:], ""] if value.startswith(MARK) else _PART.split(value)
            unknown = [name for name in parts[1::2] if name not in self.words]
            names += parts[1::2]
            if not unknown:
                made = list(self._composed(parts))
                if len(made) <= MOST:
                    words += made
                else:
                    line = line_of(path, f'"{value}"', after)
                    mistakes.append(
                        f"{path}:{line}: {place}{key}: {value} is {len(made)} words; at most {MOST} are taken"
                    )
                continue
            near = get_close_matches(unknown[0], self.words, 1)
            hint = f"write {value.replace(unknown[0], near[0])}, or " if near else ""
            line = line_of(path, f'"{value}"', after)
            mistakes.append(
                f"{path}:{line}: {place}{key} names the list {value}, which is nowhere; "
                f"{hint}add [{unknown[0] or 'name'}] with words to _lists.toml"
            )
        return words, names

    def _composed(self, parts: list[str]) -> Iterator[str]:
        """Text and names of lists by turns: every word that comes of them."""
        choices = [self.words[part] if number % 2 else (part,) for number, part in enumerate(parts)]
        return map("".join, product(*choices))

    def spread_table(self, path: Path, table: Mapping[str, Any], mistakes: list[str]) -> dict[str, Any]:
        """A shared table with the named lists of its ``words`` and ``unless`` in their places."""
        return {name: self._spread_entry(path, name, entry, mistakes) for name, entry in table.items()}

    def _spread_entry(self, path: Path, name: str, entry: object, mistakes: list[str]) -> object:
        if not isinstance(entry, dict):
            return entry
        spread = dict(entry)
        for key in _TABLE_KEYS:
            values = entry.get(key)
            if isinstance(values, list) and any(isinstance(value, str) and value.startswith(MARK) for value in values):
                spread[key] = self.spread(values, path, f"[{name}] ", key, 1, mistakes)[0]
        return spread


def line_of(path: Path, written: str, after: int = 1) -> int:
    """The first line of ``path`` from line ``after`` on that holds ``written``; ``after`` when none does."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if number >= after and written in line), after)
