"""Proposals out of what people said of what was heard: words to add, with the gain and the harm of each.

A text judged to be no matter, but heard as one, proposes words that silence the rule (``unless``, ``exclude``);
a text judged to be of a category, but not heard as it, proposes the half that a rule of the category lacks
(``topics``, ``signs``). Every proposal is tried out on all stored texts that hold the word. A person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ahocorasick_rs import AhoCorasick

from domain.hearing import Hearing
from domain.words import Category, Verdict
from handlers.classify.classifier import Classifier
from handlers.classify.hits import Role
from handlers.classify.normalise import normalise
from handlers.classify.pack import Pack, Rule

MOST = 24
"""Words tried out; each costs the time of compiling the rules once, a third of a second."""
MOST_LINES = 2000
"""Stored lines looked at per word."""
_CLAUSE = re.compile(r"[\u4e00-\u9fa5]{2,}")
_LENGTHS = (2, 3, 4)
_AROUND = 2  # code points an exclusion is longer than the word inside it, at either side at most

Key = tuple[str, str, str]
"""Rule, list, word."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One word for one list of one rule.

    ``gain`` judged texts would be heard as they were judged, ``harm`` others no longer would, or are lines of no
    issue that would be heard as one.
    """

    rule: str
    into: str
    word: str
    gain: int
    harm: int


def proposals(
    classifier: Classifier, judged: Sequence[tuple[str, Category | None]], lines: Iterable[str]
) -> list[Proposal]:
    """The words worth a person's look, most gain first. ``lines`` are stored lines of no issue."""
    told = [(normalise(text).text, category) for text, category in judged]
    found: Counter[Key] = Counter()
    for text, category in told:
        hearing = classifier.hear(text)
        if not _right(hearing, category):
            wanted = _silencing(classifier, hearing) if category is None else _lacking(classifier, text, category)
            found.update(set(wanted))
    known = {rule.id: rule for rule in classifier.pack.rules}
    tried = [key for key, _ in sorted(found.items(), key=_promise) if key[2] not in getattr(known[key[0]], key[1])]
    tried = _fairly(tried)[:MOST]
    holding = _holding([word for _, _, word in tried], lines)
    out = []
    for key in tried:
        gain, harm = _weigh(classifier, key, told, holding[key[2]])
        if gain > harm:
            out.append(Proposal(*key, gain, harm))
    return sorted(out, key=lambda one: (-one.gain, one.harm, one.rule, -len(one.word), one.word))


def _right(hearing: Hearing, category: Category | None) -> bool:
    first = hearing.gravest
    if category is None:
        return first is None
    return any(matter.category is category and matter.verdict is Verdict.ISSUE for matter in hearing.matters)


def _promise(counted: tuple[Key, int]) -> tuple[int, int, Key]:
    """Words of many texts first, then the longer, which do less harm."""
    key, count = counted
    return -count, -len(key[2]), key


def _fairly(tried: Sequence[Key]) -> list[Key]:
    """The first of every kind of proposal, then the second of every kind, and on: none crowds another out."""
    before: Counter[str] = Counter()
    ranked = []
    for key in tried:
        ranked.append((before[key[1]], key))
        before[key[1]] += 1
    return [key for _, key in sorted(ranked, key=lambda one: one[0])]


def _silencing(classifier: Classifier, hearing: Hearing) -> Iterator[Key]:
    """Words that would silence each rule that heard something in a text of no matter."""
    text = hearing.text
    for matter in hearing.matters:
        core = [one for one in matter.evidence if one.role not in ("urgent", "emergency")]
        for clause in _CLAUSE.finditer(text):
            inside = [one for one in core if clause.start() <= one.start < clause.end()]
            if not inside:
                continue
            for start, end in _words(classifier, clause):
                if not any(one.start < end and start < one.end for one in inside):
                    yield inside[0].rule, "unless", text[start:end]
            for one in inside:
                for start in range(max(clause.start(), one.start - _AROUND), one.start + 1):
                    for end in range(one.end, min(clause.end(), one.end + _AROUND) + 1):
                        if end - start > one.end - one.start and _whole(classifier, clause, start, end):
                            yield one.rule, "exclude", text[start:end]


def _lacking(classifier: Classifier, text: str, category: Category) -> Iterator[Key]:
    """Words beside a topic, or a sign, of rules of the category that found only that half."""
    lexicon = classifier.lexicon
    for pattern, first, last in lexicon.automaton.find_matches_as_indexes(text, overlapping=True):
        for use in lexicon.uses(pattern):
            rule = lexicon.rules[use.rule]
            if rule.category is not category or use.role not in (Role.TOPIC, Role.SIGN):
                continue
            into = "signs" if use.role is Role.TOPIC else "topics"
            for clause in _CLAUSE.finditer(text):
                if clause.start() <= first < clause.end() and rule.topics:
                    for start, end in _words(classifier, clause):
                        if end <= first or last <= start:
                            yield rule.id, into, text[start:end]


def _words(classifier: Classifier, clause: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Spans of a clause whose edges are word boundaries."""
    for start in range(clause.start(), clause.end() - 1):
        for length in _LENGTHS:
            if start + length <= clause.end() and _whole(classifier, clause, start, start + length):
                yield start, start + length


def _whole(classifier: Classifier, clause: re.Match[str], start: int, end: int) -> bool:
    return classifier.votes.whole(clause.group(), start - clause.start(), end - clause.start())


def _holding(words: Sequence[str], lines: Iterable[str]) -> dict[str, list[str]]:
    """The lines that hold each word, one pass over them all."""
    out: dict[str, list[str]] = {word: [] for word in words}
    if not words:
        return out
    automaton = AhoCorasick(list(out))
    names = list(out)
    for line in lines:
        text = normalise(line).text
        for number in {hit[0] for hit in automaton.find_matches_as_indexes(text, overlapping=True)}:
            kept = out[names[number]]
            if len(kept) < MOST_LINES:
                kept.append(text)
    return out


def _weigh(
    classifier: Classifier, key: Key, told: Sequence[tuple[str, Category | None]], lines: Sequence[str]
) -> tuple[int, int]:
    """How many judged texts the word would set right; how many it would set wrong, or lines it would open."""
    trial = Classifier(_with(classifier.pack, key), classifier.votes)
    gain = harm = 0
    for text, category in told:
        if key[2] in text:
            before, after = _right(classifier.hear(text), category), _right(trial.hear(text), category)
            gain += after and not before
            harm += before and not after
    for line in lines:
        harm += not classifier.hear(line).matters and bool(trial.hear(line).matters)
    return gain, harm


def _with(pack: Pack, key: Key) -> Pack:
    rule_id, into, word = key
    return replace(pack, rules=tuple(_widened(rule, into, word) if rule.id == rule_id else rule for rule in pack.rules))


def _widened(rule: Rule, into: str, word: str) -> Rule:
    match into:
        case "unless":
            return replace(rule, unless=(*rule.unless, word))
        case "exclude":
            return replace(rule, exclude=(*rule.exclude, word))
        case "topics":
            return replace(rule, topics=(*rule.topics, word))
        case _:
            return replace(rule, signs=(*rule.signs, word))
