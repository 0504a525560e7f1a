"""Stages four to six over the rules that could hit: exclusions, boundaries, negation, frames, pairing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.words import Category
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.clauses import Clauses
from handlers.classify.frames import Standing
from handlers.classify.hits import Role, Use
from handlers.classify.negation import negated
from handlers.classify.pack import Rule
from handlers.classify.pairing import Pair, Word, joined, pairs_of
from handlers.classify.score import ASKED, BASE, WEAK, Hit

Found = dict[int, dict[int, list[tuple[str, int, int, bool]]]]
"""Rule → role → (word, start, end, boundary)."""
MOST_WORDS = 16
"""Words of one role looked at per rule and message: bounds the pairing of hostile text."""
_ASKED_AFTER = re.compile(r"(?:了|的|啊|过|着|呀)?(?:吗|么|没有|没|不)(?:[?？。！!，,\s啊呀哈~]|$)")
_TOLD = re.compile(r"怎么|咋|为什么|为啥|凭什么|又")
"""Words that make a question of a complaint (怎么又停水了吗): it is told, not asked."""
_ASKED_BEFORE = re.compile(r"(?:有没有|有无)[^，。！!]{0,3}$")
_SIGNS = (Role.SIGN, Role.WEAK)
_RAISING = (Role.URGENT, Role.EMERGENCY)


@dataclass(slots=True)
class Dropped:
    """A word that was found and does not count."""

    word: Word
    why: str
    by: str


@dataclass(slots=True)
class Listening:
    """One message under analysis. ``base`` is where the message itself begins; before it stands its context."""

    text: str
    base: int
    rules: Sequence[Rule]
    votes: BoundaryVotes
    clauses: Clauses
    standing: Sequence[Standing]
    settled_until: int
    dropped: list[Dropped] = field(default_factory=list)

    def hits(self, found: Found) -> list[Hit]:
        """The hits of every rule; ``found`` has rule → role → (word, start, end, boundary)."""
        words = {number: self._counting(number, roles) for number, roles in found.items()}
        pairs = {number: self._pairs(number, roles) for number, roles in words.items()}
        self._take_nearest(pairs)
        hits = []
        for number, roles in words.items():
            hit = self._hit(number, roles, pairs[number])
            if hit is not None:
                hits.append(hit)
        return hits

    def _counting(
        self, number: int, roles: Mapping[int, Sequence[tuple[str, int, int, bool]]]
    ) -> dict[int, list[Word]]:
        """The words of one rule that are neither excluded, silenced by ``unless`` nor cut out of another word."""
        starts = self.clauses.starts
        swallowing = roles.get(Role.EXCLUDE)
        silencing: dict[int, str] = {}
        for text, start, _, _ in roles.get(Role.UNLESS, ()):
            silencing[bisect_right(starts, start) - 1] = text
        out: dict[int, list[Word]] = {}
        for role, entries in roles.items():
            if role >= Role.EXCLUDE:
                continue
            within = roles.get(Role.TOPIC) if role in _SIGNS else None
            kept = []
            for text, start, end, boundary in entries[:MOST_WORDS]:
                word = Word(number, role, text, start, end, bisect_right(starts, start) - 1)
                if (swallowing and (over := _swallower(swallowing, start, end))) or (
                    within and (over := _swallower(within, start, end, longer=1))
                ):
                    self._drop(word, "excluded", over)
                elif silencing and word.clause in silencing and role not in _RAISING:
                    self._drop(word, "unless", silencing[word.clause])
                elif boundary and not self._whole(word):
                    self._drop(word, "boundary", "")
                else:
                    kept.append(word)
            if kept:
                out[role] = kept
        return out

    def _whole(self, word: Word) -> bool:
        begin = self.clauses.starts[word.clause]
        clause = self.text[begin : self.clauses.ends[word.clause]]
        return self.votes.whole(clause, word.start - begin, word.end - begin)

    def _drop(self, word: Word, why: str, by: str) -> None:
        self.dropped.append(Dropped(word, why, by))

    def _affirmed(self, word: Word) -> bool:
        by = negated(self.text, word.start, self.clauses.starts[word.clause])
        if by:
            self._drop(word, "negated", by)
        return not by

    def _pairs(self, number: int, roles: Mapping[int, list[Word]]) -> list[Pair]:
        topics = roles.get(Role.TOPIC)
        if not topics:
            return []
        signs = [word for role in _SIGNS for word in roles.get(role, ()) if self._affirmed(word)]
        if not signs:
            return []
        return pairs_of(topics, signs, self.rules[number].near == "message", self.clauses)

    def _take_nearest(self, pairs: dict[int, list[Pair]]) -> None:
        """Of several topics of different categories a sign takes the nearest, unless they are taken together."""
        if sum(1 for found in pairs.values() if found) < 2:
            return
        nearest: dict[tuple[int, int], Pair] = {}
        for found in pairs.values():
            for pair in found:
                key = (pair.sign.start, pair.sign.end)
                rival = nearest.get(key)
                if rival is None or _closer(pair, rival):
                    nearest[key] = pair
        for number, found in pairs.items():
            kept = []
            for pair in found:
                best = nearest[(pair.sign.start, pair.sign.end)]
                if self._loses(pair, best):
                    self._drop(pair.topic, "nearer", best.topic.word)
                else:
                    kept.append(pair)
            pairs[number] = kept

    def _loses(self, pair: Pair, best: Pair) -> bool:
        if pair.near == "message" or best.near == "message" or self._category(pair) == self._category(best):
            return False
        if (pair.topic.start, pair.topic.end) == (best.topic.start, best.topic.end):
            return False
        return not joined(self.text, pair.topic, best.topic)

    def _category(self, pair: Pair) -> Category:
        return self.rules[pair.topic.rule].category

    def _hit(self, number: int, roles: Mapping[int, list[Word]], pairs: Sequence[Pair]) -> Hit | None:
        rule = self.rules[number]
        best: Hit | None = None
        for pair in pairs:
            near = "context" if pair.topic.start < self.base or pair.sign.start < self.base else pair.near
            factor = WEAK if pair.sign.role == Role.WEAK else 1.0
            best = self._better(best, rule, (pair.topic, pair.sign), BASE[near] * factor, pair.distance)
        for word in roles.get(Role.PHRASE, ()):
            if self._affirmed(word):
                factor = WEAK if word.word in rule.weak else 1.0
                best = self._better(best, rule, (word,), BASE["phrase"] * factor, 0)
        if best is None:
            return None
        for role in _RAISING:
            for word in roles.get(role, ()):
                if self._affirmed(word) and self._framed(word, rule) is None:
                    best.raising.append(word)
        return best if self._of_this_message(best) else None

    def _of_this_message(self, hit: Hit) -> bool:
        """Context alone is an earlier message's matter; this one must add a core word or a word of danger."""
        if not self.base:
            return True
        added = (*hit.core, *(word for word in hit.raising if word.role == Role.EMERGENCY))
        return any(word.start >= self.base for word in added)

    def _better(self, best: Hit | None, rule: Rule, core: tuple[Word, ...], score: float, distance: int) -> Hit | None:
        score *= self._factor(rule, core)
        if score <= 0:
            return best
        hit = Hit(rule, score, core, distance)
        if best is None or (hit.score, hit.matched, -distance) > (best.score, best.matched, -best.distance):
            return hit
        return best

    def _factor(self, rule: Rule, core: tuple[Word, ...]) -> float:
        last = core[-1]
        frame = self._framed(last, rule)
        if frame is not None:
            for word in core:
                self._drop(word, frame.frame.name, frame.word)
            return frame.frame.factor
        if last.end <= self.settled_until:
            for word in core:
                self._drop(word, "resolved", "")
            return 0.0
        if rule.category is not Category.CONSULT and self._asked(core):
            return ASKED
        return 1.0

    def _framed(self, word: Word, rule: Rule) -> Standing | None:
        if not self.standing:
            return None
        for standing in self.standing:
            if standing.first <= word.clause <= standing.last:
                spares = standing.frame.spares
                if rule.category not in spares and rule.urgency not in spares:
                    return standing
        return None

    def _asked(self, core: tuple[Word, ...]) -> bool:
        end = max(word.end for word in core)
        begin = self.clauses.starts[core[-1].clause]
        if _ASKED_AFTER.match(self.text, end) and not _TOLD.search(self.text[begin:end]):
            return True
        start = core[-1].start
        return _ASKED_BEFORE.search(self.text[max(0, start - 6) : start]) is not None


def _swallower(entries: Sequence[tuple[str, int, int, bool]], start: int, end: int, longer: int = 0) -> str:
    """The word among ``entries`` whose span holds this one, ``longer`` code points longer at least."""
    for word, first, last, _ in entries:
        if first <= start and end <= last and last - first >= end - start + longer:
            return word
    return ""


def _closer(pair: Pair, rival: Pair) -> bool:
    return (pair.distance, pair.topic.start - pair.topic.end) < (rival.distance, rival.topic.start - rival.topic.end)


def grouped(hits: Sequence[tuple[int, int, int]], of_rule: Sequence[Mapping[int, Sequence[Use]]], live: int) -> Found:
    """The found words of the live rules."""
    out: Found = {}
    while live:
        bit = live & -live
        live ^= bit
        rule = bit.bit_length() - 1
        known = of_rule[rule]
        roles: dict[int, list[tuple[str, int, int, bool]]] = {}
        for pattern, start, end in hits:
            uses = known.get(pattern)
            if uses is not None:
                for _, role, boundary, word in uses:
                    if role in roles:
                        roles[role].append((word, start, end, boundary))
                    else:
                        roles[role] = [(word, start, end, boundary)]
        out[rule] = roles
    return out
