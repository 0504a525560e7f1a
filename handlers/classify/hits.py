"""Stage three: one Aho-Corasick automaton over the words of all rules, frames and speech acts.

Every distinct word is one pattern. What a pattern can mean is a small bit mask, so that most lines are
known to hold no matter after one scan and a few ``or``; then the rules are narrowed down by masks of one
bit a rule: a rule can hit when its topic bit and its sign bit are set, or its phrase bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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
"""Then one bit: the word belongs to a frame."""
RULE_BITS = FRAME_BIT << 1
"""A mask from here on up has words of rules in it."""
_KINDS = 2 * _ACTS + 1
_TOPIC_BIT, _SIGN_BIT, _PHRASE_BIT, _RAISING_BIT = (1 << (_KINDS + kind) for kind in range(4))
"""From there one bit a kind of rule word, whatever the rule."""
_PAIR_BITS = _TOPIC_BIT | _SIGN_BIT
_KIND_OF: dict[Role, int] = {
    Role.TOPIC: _TOPIC_BIT,
    Role.SIGN: _SIGN_BIT,
    Role.WEAK: _SIGN_BIT,
    Role.PHRASE: _PHRASE_BIT,
    Role.URGENT: _RAISING_BIT,
    Role.EMERGENCY: _RAISING_BIT,
    Role.EXCLUDE: 0,
    Role.UNLESS: 0,
}
_LANES = {_TOPIC_BIT: 0, _SIGN_BIT: 1, _PHRASE_BIT: 2}
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

    ``uses[p]`` are the uses of pattern p in rules (a variant such as a homophone names the word it stands
    for), ``of_rule[r][p]`` the same by rule, ``rules_of[p]`` those rules as bits, ``kinds[p]`` what the pattern
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
        self.patterns: list[str] = []
        self.uses: list[list[Use]] = []
        self.of_rule: list[dict[int, tuple[Said, ...]]] = [{} for _ in rules]
        self.nested = [False] * len(rules)
        spellings = Spellings(variants)
        for number, rule in enumerate(rules):
            self._add_rule(number, rule, spellings)
        cues = [0] * len(self.patterns)
        self.frames: dict[int, list[str]] = {}
        self.placed: dict[int, Act] = {}
        for word, name in frames:
            number = self._cue(word, FRAME_BIT, cues)
            self.frames.setdefault(number, []).append(name)
        for word, act in acts.words:
            number = self._cue(word, BIT[act], cues)
            if BIT[act] & TRACKED:
                self.placed[number] = act
        for word, act in acts.triggers:
            self._cue(word, BIT[act] << TRIGGER_SHIFT, cues)
        self._cues = cues
        self.kinds = [0] * len(self.patterns)
        self.rules_of = [0] * len(self.patterns)
        self._lanes = [0] * len(self.patterns)
        self._every = (1 << len(rules)) - 1
        for number in range(len(self.patterns)):
            self._set_masks(number)
        self.automaton = AhoCorasick(
            self.patterns,
            matchkind=MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )

    def _add_rule(self, number: int, rule: Rule, spellings: Spellings) -> None:
        boundary = set(rule.boundary)
        weak = set(rule.weak)
        spelt: dict[Role, list[str]] = {role: [] for role in Role}
        for name, role in _WORD_LISTS.items():
            for word in getattr(rule, name):
                if role is Role.SIGN and word in weak:
                    continue
                use = Use(number, role, word in boundary, word)
                for spelling in spellings.of(word):
                    pattern = self._pattern(spelling)
                    self.uses[pattern].append(use)
                    self._say(pattern, use)
                    spelt[role].append(spelling)
        topics = "\n".join(spelt[Role.TOPIC])
        self.nested[number] = any(sign in topics for sign in (*spelt[Role.SIGN], *spelt[Role.WEAK]))

    def _say(self, pattern: int, use: Use) -> None:
        said = self.of_rule[use.rule]
        said[pattern] = (*said.get(pattern, ()), (int(use.role), use.word, use.boundary))

    def _pattern(self, spelling: str) -> int:
        number = self._numbers.get(spelling)
        if number is None:
            number = self._numbers[spelling] = len(self.patterns)
            self.patterns.append(spelling)
            self.uses.append([])
        return number

    def _cue(self, word: str, bit: int, cues: list[int]) -> int:
        number = self._pattern(word)
        if number == len(cues):
            cues.append(0)
        cues[number] |= bit
        return number

    def _set_masks(self, pattern: int) -> None:
        kinds = self._cues[pattern]
        rules = lanes = 0
        for use in self.uses[pattern]:
            kind = _KIND_OF[use.role]
            kinds |= kind
            rules |= 1 << use.rule
            if kind in _LANES:
                lanes |= 1 << (use.rule + _LANES[kind] * len(self.rules))
        self.kinds[pattern] = kinds
        self.rules_of[pattern] = rules
        self._lanes[pattern] = lanes

    def set_uses(self, pattern: int, uses: list[Use]) -> None:
        """Give a pattern other uses; only for trying out what a word decides."""
        for use in self.uses[pattern]:
            self.of_rule[use.rule].pop(pattern, None)
        self.uses[pattern] = uses
        for use in uses:
            self._say(pattern, use)
        self._set_masks(pattern)

    def live(self, seen: int, hits: Sequence[tuple[int, int, int]]) -> int:
        """The rules that could hit, one bit each; ``seen`` is the ``or`` of the kinds of all hits."""
        if not seen & _PHRASE_BIT and seen & _PAIR_BITS != _PAIR_BITS:
            return 0
        lanes, found, count = self._lanes, 0, len(self.rules)
        for pattern, _, _ in hits:
            found |= lanes[pattern]
        return found & (found >> count) & self._every | found >> 2 * count

    def of_rules(self, seen: int) -> bool:
        """Whether any word of a rule was seen."""
        return seen >> _KINDS != 0


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
