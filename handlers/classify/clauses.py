"""Stage two: where a message breathes. Clauses end at a comma or a space, sentences at a stop."""

from __future__ import annotations

import re
from bisect import bisect_right

_BREAK = re.compile(r"[。！？!?；;\n…，,：:~～ —]+")
"""A normalised text has no white space but blanks and new lines; a class of single characters is twice as fast."""
_STOP = frozenset("。！？!?；;\n")


class Clauses:
    """The clauses of one normalised text; every position belongs to exactly one."""

    __slots__ = ("_sentences", "ends", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts, ends = [0], []
        for found in _BREAK.finditer(text):
            end, start = found.span()
            ends.append(end)
            starts.append(start)
        ends.append(len(text))
        self.starts, self.ends = starts, ends
        self._sentences: list[int] | None = None

    def at(self, position: int) -> int:
        """The number of the clause a position stands in; a mark belongs to the clause it ends."""
        return bisect_right(self.starts, position) - 1

    def sentence(self, clause: int) -> tuple[int, int]:
        """First and last clause of the sentence a clause stands in."""
        if self._sentences is None:
            self._sentences = self._numbered()
        sentences = self._sentences
        number, first, last = sentences[clause], clause, clause
        while first and sentences[first - 1] == number:
            first -= 1
        while last + 1 < len(sentences) and sentences[last + 1] == number:
            last += 1
        return first, last

    def _numbered(self) -> list[int]:
        """The sentence each clause belongs to."""
        numbers = [0]
        for end, start in zip(self.ends, self.starts[1:], strict=False):
            numbers.append(numbers[-1] + (not _STOP.isdisjoint(self.text[end:start])))
        return numbers
