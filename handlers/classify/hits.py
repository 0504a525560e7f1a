"""Stage three: one Aho-Corasick automaton over the words of all rules, frames and speech acts.

Every distinct word is one pattern. What a pattern can mean is a bit mask, so that a line is known to
hold no matter after one scan and a few ``or``: rule r can hit when its topic bit and its sign bit are
set, or its phrase bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

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
_LANES = 4
"""Bit lanes of a mask: topic, sign, phrase, raising word; the cue bit stands above them."""


@dataclass(frozen=True, slots=True)
class Use:
    """One word in one rule."""

    rule: int
    role: Role
    boundary: bool
    word: str


class Lexicon:
    """All words in force and what each may mean.

    ``uses[p]`` are the uses of pattern p in rules (a variant such as a homophone names the word it stands
    for), ``cues[p]`` its names in the frame and speech-act tables.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        cues: Iterable[tuple[str, str]],
        variants: Mapping[str, Sequence[str]],
    ) -> None:
        self.rules = rules
        self._numbers: dict[str, int] = {}
        self.patterns: list[str] = []
        self.uses: list[list[Use]] = []
        self.cues: list[list[str]] = []
        for number, rule in enumerate(rules):
            self._add_rule(number, rule, variants)
        for word, cue in cues:
            names = self.cues[self._pattern(word)]
            if cue not in names:
                names.append(cue)
        self.masks = [self._mask(number) for number in range(len(self.patterns))]
        self.automaton = AhoCorasick(
            self.patterns,
            matchkind=MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )
        self.lane = max(1, len(rules))
        self.rule_bits = (1 << len(rules)) - 1
        self.cue_bit = 1 << (self.lane * _LANES)

    def _add_rule(self, number: int, rule: Rule, variants: Mapping[str, Sequence[str]]) -> None:
        boundary = set(rule.boundary)
        weak = set(rule.weak)
        for name, role in _WORD_LISTS.items():
            for word in getattr(rule, name):
                if role is Role.SIGN and word in weak:
                    continue
                use = Use(number, role, word in boundary, word)
                for spelling in spellings(word, variants):
                    self.uses[self._pattern(spelling)].append(use)

    def _pattern(self, spelling: str) -> int:
        number = self._numbers.get(spelling)
        if number is None:
            number = self._numbers[spelling] = len(self.patterns)
            self.patterns.append(spelling)
            self.uses.append([])
            self.cues.append([])
        return number

    def _mask(self, number: int) -> int:
        lane = max(1, len(self.rules))
        mask = 0
        for use in self.uses[number]:
            shift = _LANE_OF[use.role]
            if shift is not None:
                mask |= 1 << (use.rule + shift * lane)
        if self.cues[number]:
            mask |= 1 << (lane * _LANES)
        return mask

    def set_uses(self, pattern: int, uses: list[Use]) -> None:
        """Give a pattern other uses; only for trying out what a word decides."""
        self.uses[pattern] = uses
        self.masks[pattern] = self._mask(pattern)

    def live(self, seen: int) -> int:
        """The rules that could hit, given the ``or`` of the masks of all hits."""
        lane = self.lane
        return ((seen & (seen >> lane)) | (seen >> (2 * lane))) & self.rule_bits


_LANE_OF: dict[Role, int | None] = {
    Role.TOPIC: 0,
    Role.SIGN: 1,
    Role.WEAK: 1,
    Role.PHRASE: 2,
    Role.URGENT: 3,
    Role.EMERGENCY: 3,
    Role.EXCLUDE: None,
    Role.UNLESS: None,
}


def spellings(word: str, variants: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """``word`` and its reviewed variants: each entry of the table that stands in it, one replaced at a time."""
    found = [word]
    for right, wrongs in variants.items():
        if right in word:
            found.extend(word.replace(right, wrong) for wrong in wrongs)
    return tuple(dict.fromkeys(found))
