"""Stage two: where a message breathes. Clauses end at a comma or a space, sentences at a stop."""

from __future__ import annotations

import re
from bisect import bisect_right

_BREAK = re.compile(r"[。！？!?；;\n…，,：:~～\s—]+|(?<!\d)\.+|\.+(?!\d)")
_STOP = frozenset("。！？!?；;\n")
_QUESTION = frozenset("？?")


class Clauses:
    """The clauses of one normalised text; every position belongs to exactly one."""

    __slots__ = ("asked", "ends", "sentences", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts, ends, sentences, asked = [0], [], [0], []
        sentence = 0
        for found in _BREAK.finditer(text):
            marks = found.group()
            ends.append(found.start())
            asked.append(not _QUESTION.isdisjoint(marks))
            if not _STOP.isdisjoint(marks):
                sentence += 1
            starts.append(found.end())
            sentences.append(sentence)
        ends.append(len(text))
        asked.append(False)
        self.starts, self.ends, self.sentences, self.asked = starts, ends, sentences, asked

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
