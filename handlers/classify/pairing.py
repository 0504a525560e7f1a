"""Stage five: topic and sign find each other.

A sign takes the nearest topic of its clause; what stands between 和 or 、 is taken together. A clause that
begins with the sign (又坏了) looks back for its subject, then forward. The subject may also stand in the
sender's message just before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from handlers.classify.clauses import Clauses

BEFORE = 18
"""Most code points between a topic and the sign after it, within a clause."""
AFTER = 10
"""Most code points between a sign and the topic after it."""
BACK = 3
"""Clauses a sign without subject looks back over."""
_AFTER_COST = 6
_LEADING = re.compile(
    r"^[又还都也老总就一直今昨前天现在已经常好几多两三四五六七八九十个半月次小时分钟年周星期了是的啊到底竟然居真根本而且而但并这那它它们有点太特别很非常早上午下晚中\d]*$"
)
_JOINED = re.compile(r"^[和跟与及同以、/]|^还有|^以及")


class Word(NamedTuple):
    """One word of one rule, found in a text."""

    rule: int
    role: int
    word: str
    start: int
    end: int
    clause: int


class Pair(NamedTuple):
    """A topic and its sign. ``distance`` orders pairs of one sign; ``near`` is how: clause, across, message."""

    topic: Word
    sign: Word
    distance: int
    near: str


def pairs_of(topics: list[Word], signs: list[Word], anywhere: bool, clauses: Clauses) -> list[Pair]:
    """The pairs of one rule: for every sign its best topic."""
    found = []
    for sign in signs:
        best = _best(topics, sign, _in_clause) or _across(topics, sign, clauses)
        if best is None and anywhere:
            best = _best(topics, sign, _anywhere)
        if best is not None:
            found.append(best)
    return found


def _best(topics: list[Word], sign: Word, measure: Callable[[Word, Word], int | None]) -> Pair | None:
    best: Word | None = None
    least = 1 << 30
    for topic in topics:
        distance = measure(topic, sign)
        if distance is not None and distance < least:
            best, least = topic, distance
    if best is None:
        return None
    return Pair(best, sign, least, "clause" if measure is _in_clause else "message")


def _in_clause(topic: Word, sign: Word) -> int | None:
    if topic.clause != sign.clause:
        return None
    gap = sign.start - topic.end
    if 0 <= gap <= BEFORE:
        return gap
    gap = topic.start - sign.end
    return gap + _AFTER_COST if 0 <= gap <= AFTER else None


def _anywhere(topic: Word, sign: Word) -> int | None:
    if topic.start < sign.end and sign.start < topic.end:
        return None
    return abs(sign.start - topic.start)


def _across(topics: list[Word], sign: Word, clauses: Clauses) -> Pair | None:
    """A subject in a clause before or just after, for a clause that begins with its sign."""
    begin = clauses.starts[sign.clause]
    if not _LEADING.match(clauses.text[begin : sign.start]):
        return None
    best: Word | None = None
    for topic in topics:
        ahead = sign.clause - topic.clause
        if 0 < ahead <= BACK and (best is None or topic.start > best.start):
            best = topic
    if best is None:
        best = next((topic for topic in topics if topic.clause == sign.clause + 1), None)
    return None if best is None else Pair(best, sign, 40 + abs(sign.start - best.end), "across")


def joined(text: str, left: Word, right: Word) -> bool:
    """Whether two topics are taken together (路灯和电梯都坏了)."""
    first, second = (left, right) if left.start <= right.start else (right, left)
    between = text[first.end : second.start]
    return len(between) <= 8 and _JOINED.match(between) is not None
