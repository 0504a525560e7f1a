"""Stage five: topic and sign find each other.

A sign takes the nearest topic of its clause; what stands between 和 or 、 is taken together. A clause that
begins with the sign (又坏了) looks back for its subject, then forward. The subject may also stand in the
sender's message just before.
"""

from __future__ import annotations

import re
from typing import Final

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


Word = tuple[int, int, int, int, str, bool, int]
"""One word of one rule, found in a text: start, end, clause, role, the word, whether its edges must be word
boundaries, number of the rule. Plain tuples, taken apart where they are used: a message with matters makes dozens."""
START: Final = 0
END: Final = 1
CLAUSE: Final = 2
ROLE: Final = 3
WORD: Final = 4
BOUND: Final = 5
RULE: Final = 6
Pair = tuple[Word, Word, int, str]
"""A topic, its sign, a distance that orders the pairs of one sign, and how they are near: clause, across, message."""


def pairs_of(
    topics: list[Word], signs: list[Word], anywhere: bool, clauses: Clauses, within: int | None = None
) -> list[Pair]:
    """The pairs of one rule: for every sign the nearest topic of its clause, before it rather than after.

    Without one, a topic of a clause nearby, or ``anywhere`` in the message; ``within`` a number of code points,
    when given, and then in one clause only unless ``anywhere``.
    """
    reach = BEFORE if within is None else min(within, BEFORE)
    found: list[Pair] = []
    for sign in signs:
        start, end, clause, *_ = sign
        best: Word | None = None
        least = reach + 1
        for topic in topics:
            if topic[CLAUSE] == clause:
                gap = start - topic[END]
                if gap < 0:
                    gap = topic[START] - end
                    if gap < 0 or gap > AFTER or gap > reach:
                        continue
                    gap += _AFTER_COST
                elif gap > reach:
                    continue
                if best is None or gap < least:
                    best, least = topic, gap
        if best is not None:
            found.append((best, sign, least, "clause"))
        else:
            pair = _across(topics, sign, clauses) if within is None else None
            if pair is None and anywhere:
                pair = _anywhere(topics, sign, within)
            if pair is not None:
                found.append(pair)
    return found


def _anywhere(topics: list[Word], sign: Word, within: int | None) -> Pair | None:
    """The nearest topic of the message, at most ``within`` code points away when that is given."""
    start, end, *_ = sign
    apart = [topic for topic in topics if topic[END] <= start or end <= topic[START]]
    if within is not None:
        apart = [topic for topic in apart if max(start - topic[END], topic[START] - end) <= within]
    if not apart:
        return None
    best = min(apart, key=lambda topic: abs(start - topic[START]))
    return best, sign, abs(start - best[START]), "message"


def _across(topics: list[Word], sign: Word, clauses: Clauses) -> Pair | None:
    """A subject in a clause before or just after, for a clause that begins with its sign."""
    start, _, clause, *_ = sign
    best: Word | None = None
    following: Word | None = None
    for topic in topics:
        ahead = clause - topic[CLAUSE]
        if 0 < ahead <= BACK:
            if best is None or topic[START] > best[START]:
                best = topic
        elif ahead == -1 and following is None:
            following = topic
    best = best or following
    if best is None or not _LEADING.match(clauses.text[clauses.starts[clause] : start]):
        return None
    return best, sign, 40 + abs(start - best[END]), "across"


def joined(text: str, left: Word, right: Word) -> bool:
    """Whether two topics are taken together (路灯和电梯都坏了)."""
    first, second = (left, right) if left[START] <= right[START] else (right, left)
    between = text[first[END] : second[START]]
    return len(between) <= 8 and _JOINED.match(between) is not None
