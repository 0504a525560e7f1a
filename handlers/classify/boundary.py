"""Boundary votes: is the edge of a word a word boundary? 暂停电梯 holds no 停电.

The words and frequencies of jieba's dictionary decide, as ``jieba.cut(HMM=False)`` would: the most probable
way to cut. A cut can only be missing where a dictionary word straddles the edge, and what lies beyond the
nearest places that no word straddles cannot change it: so only that island is cut, and a vote costs a few
look-ups. jieba itself holds its words in 70 MiB; here they are sorted numbers in 5 MiB
(``handlers/classify/dictionary.py``), and jieba is not imported.
"""

from __future__ import annotations

import threading
from pathlib import Path

from handlers.classify.dictionary import LONGEST, Dictionary, open_dictionary


class BoundaryVotes:
    """Votes out of jieba's dictionary. ``cache_dir`` is where its compact form is kept (default: in memory).

    It is opened on the first vote, or earlier in the background; a vote waits for it, so the answer never
    depends on timing.
    """

    def __init__(self, cache_dir: Path | None = None) -> None:
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._dictionary: Dictionary | None = None

    def load(self) -> Dictionary:
        """Open the dictionary now; idempotent, safe from several threads."""
        with self._lock:
            if self._dictionary is None:
                self._dictionary = open_dictionary(self._cache_dir)
            return self._dictionary

    def load_in_background(self) -> threading.Thread:
        """Start opening it in a daemon thread."""
        thread = threading.Thread(target=self.load, name="boundary-dictionary", daemon=True)
        thread.start()
        return thread

    def whole(self, clause: str, start: int, end: int) -> bool:
        """Whether both edges of ``clause[start:end]`` are word boundaries."""
        cuts = _Cuts(clause, self._dictionary or self.load())
        return cuts.at(start) and cuts.at(end)


class _Cuts:
    """Where one clause is cut."""

    def __init__(self, clause: str, dictionary: Dictionary) -> None:
        self._clause = clause
        self._dictionary = dictionary
        self._words: dict[int, list[tuple[int, float]]] = {}

    def at(self, edge: int) -> bool:
        """Whether the most probable way to cut the clause cuts at ``edge``."""
        clause = self._clause
        if edge <= 0 or edge >= len(clause):
            return True
        if not self._straddled(edge):
            return True
        if _latin(clause[edge - 1]) and _latin(clause[edge]):
            return False
        first, last = edge - 1, edge + 1
        while self._straddled(first):
            first -= 1
        while self._straddled(last):
            last += 1
        return self._cut(first, last, edge)

    def _words_from(self, begin: int) -> list[tuple[int, float]]:
        """The dictionary's words that begin at ``begin``: (end, log frequency)."""
        words = self._words.get(begin)
        if words is None:
            words = self._words[begin] = self._dictionary.words_from(self._clause, begin)
        return words

    def _straddled(self, edge: int) -> bool:
        if edge <= 0 or edge >= len(self._clause):
            return False
        return any(
            words[-1][0] > edge
            for begin in range(edge - 1, max(-1, edge - LONGEST), -1)
            if (words := self._words_from(begin))
        )

    def _cut(self, first: int, last: int, edge: int) -> bool:
        """Cut ``first`` to ``last`` as jieba does: from the right the best sum of log frequencies, then the longer."""
        total = self._dictionary.log_total
        route: dict[int, tuple[float, int]] = {last: (0.0, 0)}
        for begin in range(last - 1, first - 1, -1):
            ways = [(weight - total + route[end][0], end) for end, weight in self._words_from(begin) if end <= last]
            route[begin] = max(ways) if ways else (route[begin + 1][0] - total, begin + 1)
        at = first
        while at < edge:
            at = route[at][1]
        return at == edge


def _latin(character: str) -> bool:
    """Letters and digits, which jieba keeps together when no word claims them."""
    return character.isascii() and character.isalnum()
