"""Words of danger that whole categories share (``_urgency.toml``): they raise whatever rule of theirs has hit.

A rule names what is wrong; how bad it is often stands beside it in words that fit every rule of the category: water
that cannot be turned off, a branch about to fall, somebody who is bleeding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.words import Category
from handlers.classify.normalise import normalise
from handlers.classify.wordlists import WordLists, line_of

TABLE = "raise"
_KEYS = frozenset({"categories", "urgent", "emergency"})


@dataclass(frozen=True, slots=True)
class Raise:
    """Words that raise the urgency of every rule of ``categories``, wherever they stand in the message."""

    categories: frozenset[Category]
    urgent: tuple[str, ...]
    emergency: tuple[str, ...]


def raises_of(path: Path, table: Mapping[str, Any], lists: WordLists, mistakes: list[str]) -> tuple[Raise, ...]:
    """The ``[[raise]]`` entries of one ``_urgency.toml``; what is wrong is added to ``mistakes``, one line each."""
    found: list[Raise] = []
    line = 0
    for number, entry in enumerate(table.get(TABLE, ()), 1):
        line = line_of(path, f"[[{TABLE}]]", line + 1)
        place = f"{path}:{line}: {TABLE} {number}"
        known = {str(category): category for category in Category}
        if not isinstance(entry, dict) or entry.keys() - _KEYS or not entry.get("categories"):
            mistakes.append(f"{place}: write categories, and urgent or emergency, each a list of words")
            continue
        wrong = [name for name in entry["categories"] if name not in known]
        if wrong:
            mistakes.append(f"{place}: unknown category {wrong[0]}; known are {', '.join(known)}")
            continue
        urgent, emergency = (
            _words(path, place, line, entry, name, lists, mistakes) for name in ("urgent", "emergency")
        )
        found.append(Raise(frozenset(known[name] for name in entry["categories"]), urgent, emergency))
    return tuple(found)


def _words(
    path: Path, place: str, line: int, entry: Mapping[str, Any], name: str, lists: WordLists, mistakes: list[str]
) -> tuple[str, ...]:
    values = entry.get(name, [])
    if not isinstance(values, list) or not all(isinstance(word, str) for word in values):
        mistakes.append(f'{place}: {name} must be a list of words; write {name} = ["…"]')
        return ()
    words, _ = lists.spread(values, path, f"{TABLE}: ", name, line, mistakes)
    return tuple(dict.fromkeys(normalise(word).text for word in words))
