"""Stages four to six over the rules that could hit: exclusions, boundaries, negation, frames, pairing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from domain.words import Category, Urgency
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.clauses import Clauses
from handlers.classify.frames import Standing
from handlers.classify.hits import Lexicon, Role
from handlers.classify.negation import NEGATING, WINDOW, negated
from handlers.classify.pack import Rule
from handlers.classify.pairing import BOUND, CLAUSE, END, ROLE, RULE, START, WORD, Pair, Word, joined, pairs_of
from handlers.classify.score import ASKED, BASE, WEAK, Hit

Words = list[list[Word]]
"""The words of one rule found in a text, by role."""
Candidate = tuple[int, Words, list[Pair]]
"""A rule that may hit: its number, its words by role, its pairs."""
MOST_WORDS = 16
"""Words of one role looked at per rule and message: bounds the pairing of hostile text."""
_ASKED_AFTER = re.compile(r"(?:了|的|啊|过|着|呀)?(?:吗|么|没有|没|不)(?:[?？。！!，,\s啊呀哈~]|$)")
_TOLD = re.compile(r"怎么|咋|为什么|为啥|凭什么|又")
"""Words that make a question of a complaint (怎么又停水了吗): it is told, not asked."""
_LEAD = re.compile(
    r"(?:快|又|啊|哎呀|天啊|天哪|不好了|不好|救命|大家|这里|这边|那边|那里|好像|真的|是|有地方|@\S{1,20})*\s*"
)
"""What may stand before a word that is a clause by itself …"""
_TAIL = re.compile(r"[了啦啊呀哦喽\s]*")
"""… and after it."""
_ASKED_BEFORE = re.compile(r"(?:有没有|有无)[^，。！!]{0,3}$")
_ASKING = frozenset("吗么没不")
_TOPIC, _SIGN, _WEAK, _PHRASE, _URGENT, _EMERGENCY, _EXCLUDE, _UNLESS = map(int, Role)
_COUNTING = range(_TOPIC, _EXCLUDE)
_CONSULT = Category.CONSULT
_DANGER = Urgency.EMERGENCY
_RAISING = (_URGENT, _EMERGENCY)
_SIGNS = (_SIGN, _WEAK)


Dropped = tuple[Word, str, str]
"""A word that was found and does not count, why, and by what."""


class Listening:
    """One message under analysis. ``base`` is where the message itself begins; before it stands its context.

    ``settled_until`` is the end of the words that say it is over, 0 when none do. ``dropped`` are the words
    that did not count, ``together`` the signs said of several topics at once (路灯和电梯都坏了).
    """

    __slots__ = (
        "base",
        "clauses",
        "dropped",
        "lexicon",
        "lowering",
        "negating",
        "rules",
        "settled_until",
        "standing",
        "text",
        "together",
        "votes",
    )

    def __init__(
        self,
        lexicon: Lexicon,
        votes: BoundaryVotes,
        clauses: Clauses,
        base: int,
        standing: Sequence[Standing],
        settled_until: int,
    ) -> None:
        self.lexicon = lexicon
        self.rules = lexicon.rules
        self.votes = votes
        self.text = clauses.text
        self.negating = not NEGATING.isdisjoint(clauses.text)
        self.clauses = clauses
        self.base = base
        self.standing = [one for one in standing if not one.frame.lowers] if standing else standing
        self.lowering = [one for one in standing if one.frame.lowers] if standing else standing
        self.settled_until = settled_until
        self.dropped: list[Dropped] = []
        self.together: set[tuple[int, int]] = set()

    def hits(self, found: Sequence[tuple[int, int, int]], live: int) -> list[Hit]:
        """The hits of the ``live`` rules; ``found`` are all words found (pattern, start, end)."""
        candidates: list[Candidate] = []
        categories = set()
        rules, rules_of, starts = self.rules, self.lexicon.rules_of, self.clauses.starts
        placed = [
            (pattern, start, end, bisect_right(starts, start) - 1)
            for pattern, start, end in found
            if rules_of[pattern] & live
        ]
        while live:
            bit = live & -live
            live ^= bit
            number = bit.bit_length() - 1
            words = self._words(number, placed)
            topics, signs, weak = words[_TOPIC], words[_SIGN], words[_WEAK]
            if weak:
                signs = signs + weak
            pairs: list[Pair] = []
            if signs and topics:
                rule = rules[number]
                pairs = pairs_of(topics, signs, rule.near == "message", self.clauses, rule.within)
                categories.add(rule.category)
            if pairs or words[_PHRASE]:
                candidates.append((number, words, pairs))
        if len(categories) > 1:
            candidates = self._nearest(candidates)
        hits = []
        for number, words, pairs in candidates:
            hit = self._hit(rules[number], words, pairs)
            if hit is not None:
                hits.append(hit)
        return hits

    def _words(self, number: int, placed: Sequence[tuple[int, int, int, int]]) -> Words:
        """The words of one rule that count, by role; ``placed`` are (pattern, start, end, clause)."""
        words: Words = [[], [], [], [], [], [], [], []]
        said_of = self.lexicon.of_rule[number]
        bound = False
        for pattern, start, end, clause in placed:
            if pattern in said_of:
                for role, word, edges in said_of[pattern]:
                    words[role].append((start, end, clause, role, word, edges, number))
                    if edges:
                        bound = True
        if len(placed) > MOST_WORDS:
            words[:_EXCLUDE] = [of_role[:MOST_WORDS] for of_role in words[:_EXCLUDE]]
        if (
            bound
            or words[_UNLESS]
            or (words[_EXCLUDE] and (words[_TOPIC] or words[_PHRASE]))
            or (self.lexicon.nested[number] and words[_TOPIC] and (words[_SIGN] or words[_WEAK]))
        ):
            self._strike(words, self.rules[number].unless_scope)
        return words

    def _strike(self, words: Words, scope: str) -> None:
        """Strike out words that are excluded, silenced by ``unless`` or cut out of another word."""
        swallowing, topics = words[_EXCLUDE], words[_TOPIC]
        if not (swallowing or words[_UNLESS] or any(word[BOUND] for of_role in words[:_EXCLUDE] for word in of_role)):
            self._strike_nested(words, topics)
            return
        silencing = {held: word for _, _, at, _, word, *_ in words[_UNLESS] for held in self._silenced(at, scope)}
        for role in _COUNTING:
            if not words[role]:
                continue
            kept: list[Word] = []
            nesting = topics if role in _SIGNS else ()
            for word in words[role]:
                if (swallowing and (over := _swallower(swallowing, word, 0))) or (
                    nesting and (over := _swallower(nesting, word, 1))
                ):
                    self._drop(word, "excluded", over)
                elif silencing and word[CLAUSE] in silencing and role < _URGENT:
                    self._drop(word, "unless", silencing[word[CLAUSE]])
                elif word[BOUND] and not self._whole(word):
                    self._drop(word, "boundary", "")
                else:
                    kept.append(word)
            words[role] = kept

    def _strike_nested(self, words: Words, topics: Sequence[Word]) -> None:
        """Strike out signs that are part of a topic, where nothing else strikes."""
        for role in _SIGNS:
            for word in words[role]:
                if over := _swallower(topics, word, 1):
                    self._drop(word, "excluded", over)
                    words[role] = [kept for kept in words[role] if kept is not word]

    def _silenced(self, clause: int, scope: str) -> Sequence[int]:
        """The clauses that an ``unless`` word of this one silences."""
        if scope == "clause":
            return (clause,)
        if scope == "message":
            return range(len(self.clauses.starts))
        first, last = self.clauses.sentence(clause)
        return range(first, last + 1)

    def _whole(self, word: Word) -> bool:
        start, end, number, *_ = word
        begin = self.clauses.starts[number]
        if start > begin and self.text[start - 1] in "不没":
            begin = start  # a negator is no part of the word after it, though 不停 is a word too
        clause = self.text[begin : self.clauses.ends[number]]
        return self.votes.whole(clause, start - begin, end - begin)

    def _drop(self, word: Word, why: str, by: str) -> None:
        self.dropped.append((word, why, by))

    def _affirmed(self, word: Word) -> bool:
        start = word[START]
        if not self.negating or NEGATING.isdisjoint(self.text[max(0, start - WINDOW) : start]):
            return True
        by = negated(self.text, start, self.clauses.starts[word[CLAUSE]])
        if by:
            self._drop(word, "negated", by)
        return not by

    def _nearest(self, candidates: list[Candidate]) -> list[Candidate]:
        """Of several topics of different categories a sign takes the nearest, unless they are taken together."""
        nearest: dict[tuple[int, int], Pair] = {}
        for _, _, pairs in candidates:
            for pair in pairs:
                key = pair[1][:2]
                rival = nearest.get(key)
                if rival is None or _closer(pair, rival):
                    nearest[key] = pair
        out = []
        for number, words, pairs in candidates:
            kept = []
            for pair in pairs:
                best = nearest[pair[1][:2]]
                if best is not pair and self._loses(pair, best):
                    self._drop(pair[0], "nearer", best[0][WORD])
                else:
                    kept.append(pair)
            out.append((number, words, kept))
        return out

    def _loses(self, pair: Pair, best: Pair) -> bool:
        topic, sign, _, near = pair
        rival, _, _, rival_near = best
        if near == "message" or rival_near == "message" or self._category(topic) is self._category(rival):
            return False
        if topic[:2] == rival[:2]:
            return False
        if not joined(self.text, topic, rival):
            return True
        self.together.add(sign[:2])
        return False

    def _category(self, word: Word) -> Category:
        return self.rules[word[RULE]].category

    def _hit(self, rule: Rule, words: Words, pairs: list[Pair]) -> Hit | None:
        best: Hit | None = None
        for word in words[_PHRASE]:
            if rule.whole and word[WORD] in rule.whole and not self._alone(word):
                continue
            score = WEAK if word[WORD] in rule.weak else 1.0
            best = self._better(best, rule, (word,), score, 0)
        if len(pairs) > 1:
            pairs.sort(key=_by_sureness)
        base = self.base
        for topic, sign, distance, near in pairs:
            sure = BASE["context" if base and (topic[START] < base or sign[START] < base) else near]
            score = sure * WEAK if sign[ROLE] == _WEAK else sure
            if best is None or score >= best.score:
                best = self._better(best, rule, (topic, sign), score, distance)
        if best is None:
            return None
        if words[_URGENT] or words[_EMERGENCY]:
            raising = [
                word
                for word in words[_URGENT] + words[_EMERGENCY]
                if self._affirmed(word) and self._framed(word, rule) is None
            ]
            if raising:
                best.raise_by(tuple(raising))
        if self.lowering and best.urgency is Urgency.URGENT:
            self._lower(best)
        return best if not self.base or self._of_this_message(best) else None

    def _lower(self, hit: Hit) -> None:
        """What is urgent becomes normal where a frame says that it is no matter of hours (每年都停水)."""
        clause = hit.core[-1][CLAUSE]
        for standing in self.lowering:
            frame = standing.frame
            if standing.first <= clause <= standing.last and hit.rule.category not in frame.spares:
                self.drop_all(hit.raising or hit.core[-1:], frame.name, standing.word)
                hit.raising = ()
                hit.urgency = Urgency.NORMAL
                return

    def _alone(self, word: Word) -> bool:
        """Whether a clause is this word and nothing else that matters."""
        start, end, clause, *_ = word
        before = self.text[self.clauses.starts[clause] : start]
        after = self.text[end : self.clauses.ends[clause]]
        return _LEAD.fullmatch(before) is not None and _TAIL.fullmatch(after) is not None

    def _of_this_message(self, hit: Hit) -> bool:
        """Context alone is an earlier message's matter; this one must add a core word or a word of danger."""
        added = (*hit.core, *(word for word in hit.raising if word[ROLE] == _EMERGENCY))
        return any(word[START] >= self.base for word in added)

    def _better(self, best: Hit | None, rule: Rule, core: tuple[Word, ...], score: float, distance: int) -> Hit | None:
        """``best``, or this hit when it says more: a better score, then more words matched, then nearer."""
        first, last = core[0], core[-1]
        matched = last[END] - last[START]
        if first is not last:
            matched += first[END] - first[START]
        if best is not None and (score < best.score or (score == best.score and matched <= best.matched)):
            return best
        if not self._affirmed(last):
            return best
        if self.standing and (frame := self._framed(last, rule)) is not None:
            self.drop_all(core, frame.frame.name, frame.word)
            score *= frame.frame.factor
        elif last[END] <= self.settled_until:
            self.drop_all(core, "resolved", "")
            return best
        elif rule.category is not _CONSULT and self._asked(core):
            score *= ASKED
        if score <= 0 or (best is not None and score < best.score):
            return best
        return Hit(rule, score, core, matched, distance)

    def drop_all(self, core: tuple[Word, ...], why: str, by: str) -> None:
        """None of these words counts."""
        for word in core:
            self.dropped.append((word, why, by))

    def _framed(self, word: Word, rule: Rule) -> Standing | None:
        for standing in self.standing:
            if standing.first <= word[CLAUSE] <= standing.last:
                frame = standing.frame
                if rule.category in frame.spares or rule.urgency in frame.spares:
                    continue
                urgency = _DANGER if word[ROLE] in _RAISING else rule.urgency
                if not frame.only or rule.category in frame.only or urgency in frame.only:
                    return standing
        return None

    def _asked(self, core: tuple[Word, ...]) -> bool:
        text, last = self.text, core[-1]
        end = max(core[0][END], last[END])
        if end < len(text) and not _ASKING.isdisjoint(text[end : end + 3]) and _ASKED_AFTER.match(text, end):
            return not _TOLD.search(text[self.clauses.starts[last[CLAUSE]] : end])
        before = text[max(0, last[START] - 6) : last[START]]
        return "有" in before and _ASKED_BEFORE.search(before) is not None


def _swallower(over: Sequence[Word], word: Word, longer: int) -> str:
    """The word among ``over`` whose span holds this one, ``longer`` code points longer at least."""
    start, end, *_ = word
    for first, last, _, _, name, _, _ in over:
        if first <= start and end <= last and last - first >= end - start + longer:
            return name
    return ""


def _closer(pair: Pair, rival: Pair) -> bool:
    topic, _, distance, _ = pair
    other, _, least, _ = rival
    return (distance, topic[START] - topic[END]) < (least, other[START] - other[END])


def _by_sureness(pair: Pair) -> tuple[bool, float, int]:
    _, sign, distance, near = pair
    return sign[ROLE] == _WEAK, -BASE[near], distance
