"""Stage eight: from word hits to matters with score, verdict, tier and urgency."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from domain.words import URGENCY_RANK, Category, Urgency, Verdict
from handlers.classify.hits import Role
from handlers.classify.pack import Rule
from handlers.classify.pairing import Word

ISSUE = 0.7
"""Score from which a matter is an issue."""
SUSPECTED = 0.4
"""Score from which a matter is suspected."""

BASE = {"phrase": 1.0, "clause": 1.0, "across": 0.85, "message": 0.85, "context": 0.75}
"""How sure topic and sign belong together, by how they stand to each other."""
WEAK = 0.55
"""Factor of a weak sign."""
ASKED = 0.6
"""Factor of a hit that is asked for, not told (停水了吗)."""


@dataclass(slots=True)
class Hit:
    """One rule that hit. ``core`` are the words that made it, ``raising`` the urgent and emergency words."""

    rule: Rule
    score: float
    core: tuple[Word, ...]
    distance: int
    raising: list[Word] = field(default_factory=list)

    @property
    def urgency(self) -> Urgency:
        """The rule's urgency, raised by its words."""
        if not self.raising:
            return self.rule.urgency
        rank = URGENCY_RANK[self.rule.urgency]
        for word in self.raising:
            rank = max(rank, 2 if word.role == Role.EMERGENCY else 1)
        return _RANKED[rank]

    @property
    def matched(self) -> int:
        """Code points of the core words: the more, the more exactly the rule speaks of this text."""
        return sum(word.end - word.start for word in self.core)


_RANKED = tuple(Urgency)


def verdict_of(score: float, urgency: Urgency) -> Verdict:
    """Words of danger are never merely suspected."""
    if score <= 0:
        return Verdict.NONE
    if score >= ISSUE or urgency is Urgency.EMERGENCY:
        return Verdict.ISSUE
    return Verdict.SUSPECTED if score >= SUSPECTED else Verdict.NONE


def strength(hit: Hit) -> tuple[bool, float, int, int, int]:
    """Order of hits that speak of the same words; the greatest wins."""
    urgency = hit.urgency
    return (
        urgency is Urgency.EMERGENCY,
        hit.score,
        hit.matched,
        -hit.distance,
        URGENCY_RANK[urgency],
    )


def gravity(hit: Hit) -> tuple[bool, int, float, int]:
    """Order of the matters of one message; the greatest comes first."""
    urgency = hit.urgency
    certain = verdict_of(hit.score, urgency) is Verdict.ISSUE
    return certain, URGENCY_RANK[urgency], hit.score, hit.matched


def same_matter(one: Hit, other: Hit, together: Set[tuple[int, int]] = frozenset()) -> bool:
    """Whether two hits speak of the same thing: they share a sign or phrase, or a topic within one clause.

    A sign in ``together`` is said of several topics and may be shared.
    """
    for a in one.core:
        for b in other.core:
            if a.start < b.end and b.start < a.end and (a.start, a.end) not in together:
                if a.role != Role.TOPIC or b.role != Role.TOPIC:
                    return True
                if one.core[-1].clause == other.core[-1].clause:
                    return True
    return False


def matters_of(hits: list[Hit], together: Set[tuple[int, int]]) -> tuple[list[Hit], list[tuple[Hit, Hit]]]:
    """The hits that stand, gravest first, one per category, and (loser, winner) of those outranked."""
    standing: list[Hit] = []
    lost: list[tuple[Hit, Hit]] = []
    if len(hits) == 1:
        return hits, lost
    for hit in sorted(hits, key=strength, reverse=True):
        rival = next(
            (kept for kept in standing if kept.rule.category != hit.rule.category and same_matter(kept, hit, together)),
            None,
        )
        if rival is not None:
            lost.append((hit, rival))
        else:
            standing.append(hit)
    by_category: dict[Category, Hit] = {}
    for hit in sorted(standing, key=gravity, reverse=True):
        by_category.setdefault(hit.rule.category, hit)
    return list(by_category.values()), lost
