"""Stage two: where a message breathes. Clauses end at a comma or a space, sentences at a stop."""

from __future__ import annotations

import re
from bisect import bisect_right

_BREAK = re.compile(r"[。！？!?；;\n…，,：:~～\s—]+")
_STOP = frozenset("。！？!?；;\n")


class Clauses:
    """The clauses of one normalised text; every position belongs to exactly one."""

    __slots__ = ("ends", "sentences", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts, ends, sentences = [0], [], [0]
        sentence = 0
        for found in _BREAK.finditer(text):
            ends.append(found.start())
            starts.append(found.end())
            if not _STOP.isdisjoint(found.group()):
                sentence += 1
            sentences.append(sentence)
        ends.append(len(text))
        self.starts, self.ends, self.sentences = starts, ends, sentences

    def at(self, position: int) -> int:
        """The number of the clause a position stands in; a mark belongs to the clause it ends."""
        return bisect_right(self.starts, position) - 1

    def sentence(self, clause: int) -> tuple[int, int]:
        """First and last clause of the sentence a clause stands in."""
        number, first, last = self.sentences[clause], clause, clause
        while first and self.sentences[first - 1] == number:
            first -= 1
        while last + 1 < len(self.sentences) and self.sentences[last + 1] == number:
            last += 1
        return first, last
