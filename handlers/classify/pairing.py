"""Stage five: topic and sign find each other.

A sign takes the nearest topic of its clause; what stands between 和 or 、 is taken together. A clause that
begins with the sign (又坏了) looks back for its subject, then forward. The subject may also stand in the
sender's message just before.
"""

from __future__ import annotations

import re
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
    """One word of one rule, found in a text; ``bound``: its edges must be word boundaries."""

    rule: int
    role: int
    word: str
    start: int
    end: int
    clause: int
    bound: bool


class Pair(NamedTuple):
    """A topic and its sign. ``distance`` orders pairs of one sign; ``near`` is how: clause, across, message."""

    topic: Word
    sign: Word
    distance: int
    near: str


def pairs_of(
    topics: list[Word], signs: list[Word], anywhere: bool, clauses: Clauses, within: int | None = None
) -> list[Pair]:
    """The pairs of one rule: for every sign the nearest topic of its clause, before it rather than after.

    Without one, a topic of a clause nearby, or ``anywhere`` in the message; ``within`` a number of code points,
    when given, and then in one clause only.
    """
    reach = BEFORE if within is None else min(within, BEFORE)
    found: list[Pair] = []
    for sign in signs:
        _, _, _, start, end, clause, _ = sign
        best: Word | None = None
        least = reach + 1
        for topic in topics:
            if topic.clause == clause:
                gap = start - topic.end
                if gap < 0:
                    gap = topic.start - end
                    if gap < 0 or gap > AFTER or gap > reach:
                        continue
                    gap += _AFTER_COST
                elif gap > reach:
                    continue
                if best is None or gap < least:
                    best, least = topic, gap
        if best is not None:
            found.append(Pair(best, sign, least, "clause"))
        elif (
            within is None
            and (pair := _across(topics, sign, clauses) or (_anywhere(topics, sign) if anywhere else None)) is not None
        ):
            found.append(pair)
    return found


def _anywhere(topics: list[Word], sign: Word) -> Pair | None:
    apart = [topic for topic in topics if topic.end <= sign.start or sign.end <= topic.start]
    if not apart:
        return None
    best = min(apart, key=lambda topic: abs(sign.start - topic.start))
    return Pair(best, sign, abs(sign.start - best.start), "message")


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
