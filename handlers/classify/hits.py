"""Stage three: one Aho-Corasick automaton over the words of all rules, frames and speech acts.

Every distinct word is one pattern. What a pattern can mean is a small bit mask, so that most lines are
known to hold no matter after one scan and a few ``or``; then the rules are narrowed down by masks of one
bit a rule: a rule can hit when its topic bit and its sign bit are set, or its phrase bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from enum import IntEnum
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from domain.words import Act
from handlers.classify.acts import BIT, TRACKED, ActTable
from handlers.classify.pack import Rule


class Role(IntEnum):
    """What a word does in a rule; the names in small letters are the evidence roles of docs/rules.md."""

    TOPIC = 0
    SIGN = 1
    WEAK = 2
    PHRASE = 3
    URGENT = 4
    EMERGENCY = 5
    EXCLUDE = 6
    UNLESS = 7

    @property
    def label(self) -> str:
        """The role as evidence prints it."""
        return self.name.lower()


_WORD_LISTS = {
    "topics": Role.TOPIC,
    "signs": Role.SIGN,
    "weak": Role.WEAK,
    "phrases": Role.PHRASE,
    "whole": Role.PHRASE,
    "urgent": Role.URGENT,
    "emergency": Role.EMERGENCY,
    "exclude": Role.EXCLUDE,
    "unless": Role.UNLESS,
}
_ACTS = len(Act)
ACT_BITS = (1 << _ACTS) - 1
"""A mask's lowest bits: the speech acts its word speaks for."""
TRIGGER_SHIFT = _ACTS
"""Above them: the acts whose patterns it calls for."""
CUE_BITS = (1 << (2 * _ACTS)) - 1
"""All bits of speech acts."""
FRAME_BIT = 1 << (2 * _ACTS)
"""Then one bit: the word sets a frame up."""
RULE_BITS = FRAME_BIT << 1
"""A mask from here on up has words of rules in it."""
_KINDS = 2 * _ACTS + 1
_TOPIC_BIT, _SIGN_BIT, PHRASE_BIT, _RAISING_BIT = (1 << (_KINDS + kind) for kind in range(4))
"""From there one bit a kind of rule word, whatever the rule."""
PAIR_BITS = _TOPIC_BIT | _SIGN_BIT
"""Without both of these, and without ``PHRASE_BIT``, no rule can hit."""
_KIND_OF: dict[Role, int] = {
    Role.TOPIC: _TOPIC_BIT,
    Role.SIGN: _SIGN_BIT,
    Role.WEAK: _SIGN_BIT,
    Role.PHRASE: PHRASE_BIT,
    Role.URGENT: _RAISING_BIT,
    Role.EMERGENCY: _RAISING_BIT,
    Role.EXCLUDE: 0,
    Role.UNLESS: 0,
}
_LANES = {_TOPIC_BIT: 0, _SIGN_BIT: 1, PHRASE_BIT: 2}
"""A second mask has three lanes of one bit a rule: rules with this word for topic, for sign, for phrase."""
Said = tuple[int, str, bool]
"""A word as one rule uses it: role, the word itself, whether its edges must be word boundaries."""


class Use(NamedTuple):
    """One word in one rule."""

    rule: int
    role: Role
    boundary: bool
    word: str


class Lexicon:
    """All words in force and what each may mean.

    ``of_rule[r][p]`` is what pattern p says in rule r (a variant such as a homophone names the word it stands
    for), ``rules_of[p]`` the rules it belongs to as bits, ``kinds[p]`` what the pattern
    can be, ``frames[p]`` the frames it belongs to, ``placed[p]`` the act whose position matters.
    ``nested[r]`` says whether a sign of rule r stands inside one of its topics (来水 in 自来水).
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        frames: Iterable[tuple[str, str]],
        acts: ActTable,
        variants: Mapping[str, Sequence[str]],
    ) -> None:
        self.rules = rules
        self._numbers: dict[str, int] = {}
        self._masks: dict[int, int] = {}
        self._said: dict[tuple[Said, ...], tuple[Said, ...]] = {}
        self.patterns: list[str] = []
        self.of_rule: list[dict[int, tuple[Said, ...]]] = [{} for _ in rules]
        self.nested = [False] * len(rules)
        spellings = Spellings(variants)
        for number, rule in enumerate(rules):
            self._add_rule(number, rule, spellings)
        self.kinds = [0] * len(self.patterns)
        self.frames: dict[int, list[str]] = {}
        self.placed: dict[int, Act] = {}
        for word, name in frames:
            self.frames.setdefault(self._cue(word, 0 if name.startswith("-") else FRAME_BIT), []).append(name)
        for word, act in acts.words:
            number = self._cue(word, BIT[act])
            if BIT[act] & TRACKED:
                self.placed[number] = act
        for word, act in acts.triggers:
            self._cue(word, BIT[act] << TRIGGER_SHIFT)
        self.rules_of = [0] * len(self.patterns)
        self._lanes = [0] * len(self.patterns)
        self._every = (1 << len(rules)) - 1
        for number, said in enumerate(self.of_rule):
            for pattern, words in said.items():
                self._mark(pattern, number, words)
        self._numbers.clear()
        self._masks.clear()
        self._said.clear()
        self.automaton = AhoCorasick(
            self.patterns,
            matchkind=MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )

    def _add_rule(self, number: int, rule: Rule, spellings: Spellings) -> None:
        boundary = set(rule.boundary)
        weak = set(rule.weak)
        said = self.of_rule[number]
        spelt: dict[Role, list[str]] = {role: [] for role in Role}
        for name, role in _WORD_LISTS.items():
            for word in getattr(rule, name):
                if role is Role.SIGN and word in weak:
                    continue
                says: tuple[Said, ...] = ((int(role), word, word in boundary),)
                for spelling in spellings.of(word):
                    pattern = self._pattern(spelling)
                    all_said = said[pattern] + says if pattern in said else says
                    said[pattern] = self._said.setdefault(all_said, all_said)
                    spelt[role].append(spelling)
        topics = "\n".join(spelt[Role.TOPIC])
        self.nested[number] = any(sign in topics for sign in (*spelt[Role.SIGN], *spelt[Role.WEAK]))

    def _pattern(self, spelling: str) -> int:
        number = self._numbers.get(spelling)
        if number is None:
            number = self._numbers[spelling] = len(self.patterns)
            self.patterns.append(spelling)
        return number

    def _cue(self, word: str, bit: int) -> int:
        number = self._pattern(word)
        if number == len(self.kinds):
            self.kinds.append(0)
        self.kinds[number] |= bit
        return number

    def _mark(self, pattern: int, rule: int, said: Sequence[Said]) -> None:
        """Set the bits of what a pattern says in a rule. Equal masks are one object: there are few different ones."""
        lanes = self._lanes[pattern]
        for role, _, _ in said:
            kind = _KIND_OF[Role(role)]
            self.kinds[pattern] |= kind
            if kind in _LANES:
                lanes |= 1 << (rule + _LANES[kind] * len(self.rules))
        one = self._masks.setdefault
        self._lanes[pattern] = one(lanes, lanes)
        rules = self.rules_of[pattern] | 1 << rule
        self.rules_of[pattern] = one(rules, rules)

    def uses(self, pattern: int) -> list[Use]:
        """The uses of a pattern in rules."""
        found = []
        rest = self.rules_of[pattern]
        while rest:
            bit = rest & -rest
            rest ^= bit
            rule = bit.bit_length() - 1
            found += [Use(rule, Role(role), edges, word) for role, word, edges in self.of_rule[rule].get(pattern, ())]
        return found

    @contextmanager
    def without(
        self, patterns: Iterable[int], uses: Set[tuple[int, Role]], *, boundary: bool = False
    ) -> Iterator[None]:
        """For trying out what a word decides: its ``patterns`` do not have these ``uses`` (rule, role) meanwhile.

        With ``boundary`` they keep them, but may be cut out of another word.
        """
        before: list[tuple[int, int, dict[int, tuple[Said, ...]]]] = []
        for pattern in patterns:
            said_in = {rule: self.of_rule[rule][pattern] for rule, _ in uses if pattern in self.of_rule[rule]}
            before.append((pattern, self._lanes[pattern], said_in))
            for rule, said in said_in.items():
                self._say(pattern, rule, tuple(_changed(said, rule, uses, boundary)))
        try:
            yield
        finally:
            for pattern, lanes, said_in in before:
                self._lanes[pattern] = lanes
                for rule, said in said_in.items():
                    self.of_rule[rule][pattern] = said

    def _say(self, pattern: int, rule: int, said: tuple[Said, ...]) -> None:
        """What a pattern says in a rule from now on; its lanes follow, its kinds may claim more than there is."""
        self.of_rule[rule][pattern] = said
        lanes = self._lanes[pattern]
        kinds = {_KIND_OF[Role(role)] for role, _, _ in said}
        for kind, lane in _LANES.items():
            bit = 1 << (rule + lane * len(self.rules))
            lanes = lanes | bit if kind in kinds else lanes & ~bit
        self._lanes[pattern] = lanes

    def live(self, seen: int, hits: Sequence[tuple[int, int, int]]) -> int:
        """The rules that could hit, one bit each; ``seen`` is the ``or`` of the kinds of all hits."""
        if not seen & PHRASE_BIT and seen & PAIR_BITS != PAIR_BITS:
            return 0
        lanes, found, count = self._lanes, 0, len(self.rules)
        for pattern, _, _ in hits:
            found |= lanes[pattern]
        return found & (found >> count) & self._every | found >> 2 * count


def _changed(said: Iterable[Said], rule: int, uses: Set[tuple[int, Role]], boundary: bool) -> Iterator[Said]:
    for role, word, edges in said:
        if (rule, Role(role)) not in uses:
            yield role, word, edges
        elif boundary:
            yield role, word, False


class Spellings:
    """The reviewed variants of words: each entry of the table that stands in a word, one replaced at a time."""

    def __init__(self, variants: Mapping[str, Sequence[str]]) -> None:
        self._variants = variants
        self._any = re.compile("|".join(map(re.escape, variants))) if variants else None

    def of(self, word: str) -> list[str]:
        """``word`` itself, then its variants."""
        if self._any is None or self._any.search(word) is None:
            return [word]
        found = [word]
        for right, wrongs in self._variants.items():
            if right in word:
                found.extend(word.replace(right, wrong) for wrong in wrongs)
        return list(dict.fromkeys(found))
