"""Stages four to six over the rules that could hit: exclusions, boundaries, negation, frames, pairing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.words import Category
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.clauses import Clauses
from handlers.classify.frames import Standing
from handlers.classify.hits import Lexicon, Role
from handlers.classify.negation import NEGATING, WINDOW, negated
from handlers.classify.pack import Rule
from handlers.classify.pairing import Pair, Word, joined, pairs_of
from handlers.classify.score import ASKED, BASE, WEAK, Hit

Found = tuple[list[tuple[str, int, int, bool]], ...]
"""The words of one rule, indexed by role: (word, start, end, boundary)."""
Candidate = tuple[int, list[list[Word]], list[Pair]]
"""A rule that may hit: its number, its words by role, its pairs."""
MOST_WORDS = 16
"""Words of one role looked at per rule and message: bounds the pairing of hostile text."""
_ASKED_AFTER = re.compile(r"(?:了|的|啊|过|着|呀)?(?:吗|么|没有|没|不)(?:[?？。！!，,\s啊呀哈~]|$)")
_TOLD = re.compile(r"怎么|咋|为什么|为啥|凭什么|又")
"""Words that make a question of a complaint (怎么又停水了吗): it is told, not asked."""
_ASKED_BEFORE = re.compile(r"(?:有没有|有无)[^，。！!]{0,3}$")
_ASKING = frozenset("吗么没不")
_TOPIC, _SIGN, _WEAK, _PHRASE, _URGENT, _EMERGENCY, _EXCLUDE, _UNLESS = map(int, Role)
_NO_WORDS: list[Word] = []
_COUNTING = range(_TOPIC, _EXCLUDE)
_RAISING = (_URGENT, _EMERGENCY)
_SIGNS = (_SIGN, _WEAK)


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
    together: set[tuple[int, int]] = field(default_factory=set)
    """Signs said of several topics at once (路灯和电梯都坏了)."""

    def hits(self, found: Sequence[tuple[int, Found]]) -> list[Hit]:
        """The hits of every rule; ``found`` are the live rules with their words by role."""
        candidates: list[Candidate] = []
        paired = 0
        for number, roles in found:
            words = self._counting(number, roles)
            signs = words[_SIGN] + words[_WEAK] if words[_WEAK] else words[_SIGN]
            pairs: list[Pair] = []
            if signs and words[_TOPIC]:
                pairs = pairs_of(words[_TOPIC], signs, self.rules[number].near == "message", self.clauses)
                paired += 1
            if pairs or words[_PHRASE]:
                candidates.append((number, words, pairs))
        if paired > 1:
            candidates = self._nearest(candidates)
        hits = []
        for number, words, pairs in candidates:
            hit = self._hit(self.rules[number], words, pairs)
            if hit is not None:
                hits.append(hit)
        return hits

    def _counting(self, number: int, roles: Found) -> list[list[Word]]:
        """The words of one rule that are neither excluded, silenced by ``unless`` nor cut out of another word."""
        starts = self.clauses.starts
        swallowing, topics = roles[_EXCLUDE], roles[_TOPIC]
        silencing: dict[int, str] = {}
        for text, start, _, _ in roles[_UNLESS]:
            silencing[bisect_right(starts, start) - 1] = text
        out: list[list[Word]] = []
        for role in _COUNTING:
            entries = roles[role]
            if not entries:
                out.append(_NO_WORDS)
                continue
            kept: list[Word] = []
            out.append(kept)
            if len(entries) > MOST_WORDS:
                entries = entries[:MOST_WORDS]
            for text, start, end, boundary in entries:
                clause = bisect_right(starts, start) - 1
                word = Word(number, role, text, start, end, clause)
                if (swallowing and (over := _swallower(swallowing, start, end, 0))) or (
                    role in _SIGNS and (over := _swallower(topics, start, end, 1))
                ):
                    self._drop(word, "excluded", over)
                elif silencing and clause in silencing and role < _URGENT:
                    self._drop(word, "unless", silencing[clause])
                elif boundary and not self._whole(word):
                    self._drop(word, "boundary", "")
                else:
                    kept.append(word)
        return out

    def _whole(self, word: Word) -> bool:
        begin = self.clauses.starts[word.clause]
        if word.start > begin and self.text[word.start - 1] in "不没":
            begin = word.start  # a negator is no part of the word after it, though 不停 is a word too
        clause = self.text[begin : self.clauses.ends[word.clause]]
        return self.votes.whole(clause, word.start - begin, word.end - begin)

    def _drop(self, word: Word, why: str, by: str) -> None:
        self.dropped.append(Dropped(word, why, by))

    def _affirmed(self, word: Word) -> bool:
        start = word.start
        if NEGATING.isdisjoint(self.text[max(0, start - WINDOW) : start]):
            return True
        by = negated(self.text, start, self.clauses.starts[word.clause])
        if by:
            self._drop(word, "negated", by)
        return not by

    def _nearest(self, candidates: list[Candidate]) -> list[Candidate]:
        """Of several topics of different categories a sign takes the nearest, unless they are taken together."""
        nearest: dict[tuple[int, int], Pair] = {}
        for _, _, pairs in candidates:
            for pair in pairs:
                key = (pair.sign.start, pair.sign.end)
                rival = nearest.get(key)
                if rival is None or _closer(pair, rival):
                    nearest[key] = pair
        out = []
        for number, words, pairs in candidates:
            kept = []
            for pair in pairs:
                best = nearest[pair.sign.start, pair.sign.end]
                if best is not pair and self._loses(pair, best):
                    self._drop(pair.topic, "nearer", best.topic.word)
                else:
                    kept.append(pair)
            out.append((number, words, kept))
        return out

    def _loses(self, pair: Pair, best: Pair) -> bool:
        if pair.near == "message" or best.near == "message" or self._category(pair) == self._category(best):
            return False
        if (pair.topic.start, pair.topic.end) == (best.topic.start, best.topic.end):
            return False
        if not joined(self.text, pair.topic, best.topic):
            return True
        self.together.add((pair.sign.start, pair.sign.end))
        return False

    def _category(self, pair: Pair) -> Category:
        return self.rules[pair.topic.rule].category

    def _hit(self, rule: Rule, words: list[list[Word]], pairs: list[Pair]) -> Hit | None:
        best: Hit | None = None
        for word in words[_PHRASE]:
            score = WEAK if word.word in rule.weak else 1.0
            best = self._better(best, rule, (word,), score, 0)
        if len(pairs) > 1:
            pairs.sort(key=_by_sureness)
        for pair in pairs:
            topic, sign, distance, near = pair
            if topic.start < self.base or sign.start < self.base:
                near = "context"
            score = BASE[near] * WEAK if sign.role == _WEAK else BASE[near]
            best = self._better(best, rule, (topic, sign), score, distance)
        if best is None:
            return None
        for role in _RAISING:
            for word in words[role]:
                if self._affirmed(word) and self._framed(word, rule) is None:
                    best.raising.append(word)
        return best if self._of_this_message(best) else None

    def _of_this_message(self, hit: Hit) -> bool:
        """Context alone is an earlier message's matter; this one must add a core word or a word of danger."""
        if not self.base:
            return True
        added = (*hit.core, *(word for word in hit.raising if word.role == _EMERGENCY))
        return any(word.start >= self.base for word in added)

    def _better(self, best: Hit | None, rule: Rule, core: tuple[Word, ...], score: float, distance: int) -> Hit | None:
        """``best``, or this hit when it says more: a better score, then more words matched, then nearer."""
        if best is not None and (score < best.score or (score == best.score and _length(core) <= best.matched)):
            return best
        if not self._affirmed(core[-1]):
            return best
        score *= self._factor(rule, core)
        if score <= 0 or (best is not None and score < best.score):
            return best
        return Hit(rule, score, core, distance)

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
        text, last = self.text, core[-1]
        end = max(word.end for word in core) if len(core) > 1 else last.end
        if not _ASKING.isdisjoint(text[end : end + 3]) and _ASKED_AFTER.match(text, end):
            return not _TOLD.search(text[self.clauses.starts[last.clause] : end])
        before = text[max(0, last.start - 6) : last.start]
        return "有" in before and _ASKED_BEFORE.search(before) is not None


def _swallower(entries: Sequence[tuple[str, int, int, bool]], start: int, end: int, longer: int) -> str:
    """The word among ``entries`` whose span holds this one, ``longer`` code points longer at least."""
    for word, first, last, _ in entries:
        if first <= start and end <= last and last - first >= end - start + longer:
            return word
    return ""


def _closer(pair: Pair, rival: Pair) -> bool:
    return (pair.distance, pair.topic.start - pair.topic.end) < (rival.distance, rival.topic.start - rival.topic.end)


def _length(core: tuple[Word, ...]) -> int:
    return sum(word.end - word.start for word in core)


def _by_sureness(pair: Pair) -> tuple[bool, float, int]:
    return pair.sign.role == _WEAK, -BASE[pair.near], pair.distance


def grouped(hits: Sequence[tuple[int, int, int]], lexicon: Lexicon, live: int) -> list[tuple[int, Found]]:
    """The live rules with their words found."""
    out: list[tuple[int, Found]] = []
    rows = []
    rest = live
    while rest:
        bit = rest & -rest
        rest ^= bit
        rule = bit.bit_length() - 1
        roles: Found = ([], [], [], [], [], [], [], [])
        out.append((rule, roles))
        rows.append((lexicon.of_rule[rule], roles))
    rules_of = lexicon.rules_of
    for pattern, start, end in hits:
        if rules_of[pattern] & live:
            for known, roles in rows:
                for _, role, boundary, word in known.get(pattern, ()):
                    roles[role].append((word, start, end, boundary))
    return out
