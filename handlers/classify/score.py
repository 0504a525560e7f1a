"""Stage eight: from word hits to matters with score, verdict, tier and urgency."""

from __future__ import annotations

from collections.abc import Set

from domain.words import URGENCY_RANK, Category, Urgency, Verdict
from handlers.classify.hits import Role
from handlers.classify.pack import Rule
from handlers.classify.pairing import CLAUSE, END, ROLE, START, Word

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


class Hit:
    """One rule that hit.

    ``core`` are the words that made it, ``matched`` their code points (the more, the more exactly the rule
    speaks of this text), ``raising`` the urgent and emergency words, ``urgency`` the rule's, raised by them,
    ``verdict`` what score and urgency make of it.
    """

    __slots__ = ("core", "distance", "matched", "raising", "rule", "score", "urgency", "verdict")

    def __init__(self, rule: Rule, score: float, core: tuple[Word, ...], matched: int, distance: int) -> None:
        self.rule = rule
        self.score = score
        self.core = core
        self.matched = matched
        self.distance = distance
        self.raising: tuple[Word, ...] = ()
        self.urgency = rule.urgency
        self.verdict = verdict_of(score, rule.urgency)

    def doubt(self) -> None:
        """Suspected at most."""
        self.score = min(self.score, WEAK)
        self.verdict = verdict_of(self.score, self.urgency)

    def raise_by(self, words: tuple[Word, ...]) -> None:
        """Urgent and emergency words raise the urgency, never lower it."""
        self.raising = words
        rank = max(2 if word[ROLE] == Role.EMERGENCY else 1 for word in words)
        self.urgency = _RANKED[max(rank, URGENCY_RANK[self.rule.urgency])]
        self.verdict = verdict_of(self.score, self.urgency)


_RANKED = tuple(Urgency)
_TOPIC = int(Role.TOPIC)
_EMERGENCY = Urgency.EMERGENCY
_ISSUE, _SUSPECTED, _NONE = Verdict.ISSUE, Verdict.SUSPECTED, Verdict.NONE


def verdict_of(score: float, urgency: Urgency) -> Verdict:
    """Words of danger are never merely suspected."""
    if score <= 0:
        return _NONE
    if score >= ISSUE or urgency is _EMERGENCY:
        return _ISSUE
    return _SUSPECTED if score >= SUSPECTED else _NONE


def strength(hit: Hit) -> tuple[bool, float, int, int, int]:
    """Order of hits that speak of the same words; the greatest wins."""
    urgency = hit.urgency
    return (
        urgency is _EMERGENCY,
        hit.score,
        hit.matched,
        -hit.distance,
        URGENCY_RANK[urgency],
    )


def gravity(hit: Hit) -> tuple[bool, int, float, int]:
    """Order of the matters of one message; the greatest comes first."""
    urgency = hit.urgency
    return hit.verdict is _ISSUE, URGENCY_RANK[urgency], hit.score, hit.matched


def _precedence(hit: Hit) -> tuple[object, ...]:
    """Order of the hits of one category: the graver, then the stronger."""
    return *gravity(hit), *strength(hit)


def same_matter(one: Hit, other: Hit, together: Set[tuple[int, int]] = frozenset()) -> bool:
    """Whether two hits speak of the same thing: they share a sign or phrase, or a topic within one clause.

    A sign in ``together`` is said of several topics and may be shared.
    """
    for a in one.core:
        start, end = a[START], a[END]
        for b in other.core:
            if start < b[END] and b[START] < end and (start, end) not in together:
                if a[ROLE] != _TOPIC or b[ROLE] != _TOPIC:
                    return True
                if one.core[-1][CLAUSE] == other.core[-1][CLAUSE]:
                    return True
    return False


def _without_fallbacks(hits: list[Hit]) -> tuple[list[Hit], list[tuple[Hit, Hit]]]:
    """A fallback rule yields to any certain hit of another: it is there for what no other rule names.

    An emergency yields to another emergency only.
    """
    firm = [hit for hit in hits if not hit.rule.fallback]
    if len(firm) == len(hits):
        return hits, []
    certain = [hit for hit in firm if hit.verdict is _ISSUE]
    if not certain:
        return hits, []
    winner = max(certain, key=strength)
    spared = winner.urgency is not _EMERGENCY
    lost = [hit for hit in hits if hit.rule.fallback and not (spared and hit.urgency is _EMERGENCY)]
    return [hit for hit in hits if hit not in lost], [(hit, winner) for hit in lost]


def matters_of(hits: list[Hit], together: Set[tuple[int, int]]) -> tuple[list[Hit], list[tuple[Hit, Hit]]]:
    """The hits that stand, gravest first, one per category, and (loser, winner) of those outranked."""
    if len(hits) < 2:
        return hits, []
    hits, lost = _without_fallbacks(hits)
    first = hits[0].rule.category
    if all(hit.rule.category is first for hit in hits):
        return [max(hits, key=_precedence)], lost
    standing: list[Hit] = []
    for hit in sorted(hits, key=strength, reverse=True):
        category = hit.rule.category
        for kept in standing:
            if kept.rule.category is not category and same_matter(kept, hit, together):
                lost.append((hit, kept))
                break
        else:
            standing.append(hit)
    if len(standing) == 1:
        return standing, lost
    by_category: dict[Category, Hit] = {}
    for hit in sorted(standing, key=gravity, reverse=True):
        by_category.setdefault(hit.rule.category, hit)
    return list(by_category.values()), lost
