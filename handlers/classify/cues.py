"""Cues: words that show a text to be about a home, a place, an office or a grievance, whatever its topic.

Formal rules (电梯 with 没有, 快递 with 服务态度) are needed for tickets and titles, and would find matters in reviews
and in small talk too. Such a rule ``needs`` a cue near its words: a named place, somebody responsible. The cues and the
rules that need them stand in ``handlers/rules/_cues.toml``; a rule may say otherwise by its own key ``needs``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from domain.errors import RuleError
from handlers.classify.normalise import normalise
from handlers.classify.pack import Rule

REACH = 40
"""Most code points between a cue and the words that need it."""
NEEDS = "need"
"""The table of ``_cues.toml`` that says which rules need which cues; every other one is a kind of cue."""


class Cues:
    """The cues of one pack, and per rule what it needs. Raises ``RuleError`` for a table that cannot be used."""

    def __init__(self, table: Mapping[str, Any], rules: Sequence[Rule]) -> None:
        mistakes: list[str] = []
        self._kinds: dict[str, re.Pattern[str]] = {}
        for name, entry in table.items():
            if name == NEEDS:
                continue
            try:
                words = [re.escape(normalise(word).text) for word in entry.get("words", ())]
                self._kinds[name] = re.compile(
                    "|".join([*sorted(words, key=len, reverse=True), *entry.get("patterns", ())])
                )
            except (AttributeError, TypeError, re.error) as error:
                mistakes.append(f"_cues.toml: [{name}]: {error}; see the head of the shipped table")
        asked = table.get(NEEDS, ())
        for rule in rules:
            mistakes += [
                f"{rule.source}:{rule.line}: rule {rule.id}: needs unknown cue {name}; known are {self.known}"
                for name in rule.needs or ()
                if name not in self._kinds
            ]
        mistakes += [
            f"_cues.toml: [[{NEEDS}]] names unknown cue {name}; known are {self.known}"
            for entry in asked
            for name in entry["cues"]
            if name not in self._kinds
        ]
        if mistakes:
            raise RuleError(*mistakes)
        found = {rule.id: _needs(rule, asked) for rule in rules}
        self.needs = {name: needs for name, needs in found.items() if needs}.get
        """Of a rule's id the kinds of cue of which it needs one; nothing when it speaks for itself."""

    @property
    def known(self) -> str:
        """The kinds of cue, for messages."""
        return ", ".join(self._kinds)

    def unknown(self, kinds: Sequence[str]) -> list[str]:
        """Those of ``kinds`` that the table does not have."""
        return [kind for kind in kinds if kind not in self._kinds]

    def near(self, kinds: Sequence[str], text: str, start: int, end: int) -> bool:
        """Whether a cue of one of ``kinds`` stands within ``REACH`` of ``text[start:end]``."""
        return self.within(kinds, text, max(0, start - REACH), end + REACH)

    def within(self, kinds: Sequence[str], text: str, start: int, end: int) -> bool:
        """Whether a cue of one of ``kinds`` stands in ``text[start:end]``."""
        return any(self._kinds[kind].search(text, start, end) is not None for kind in kinds)


def _needs(rule: Rule, asked: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    if rule.needs is not None:
        return rule.needs
    for entry in asked:
        if any(fnmatchcase(rule.id, pattern) for pattern in entry["rules"]):
            return tuple(entry["cues"])
    return ()
