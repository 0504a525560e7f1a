"""Proving a pack: every example heard as it asks, every word decided by some example.

A word is decided by an example when taking the word out makes the example fail (mutation). Nothing here
prints; the command does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.hearing import Hearing
from handlers.classify.classifier import Classifier
from handlers.classify.examples import Example
from handlers.classify.hits import Role, Use
from handlers.classify.normalise import normalise
from handlers.classify.pack import Rule

Progress = Callable[[int, int], None]
"""Called with (done, all) now and then."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. ``line`` is 0 when the place has none."""

    source: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.what}" if self.line else f"{self.source}: {self.what}"


@dataclass(frozen=True, slots=True)
class Heard:
    """One example as it was heard."""

    example: Example
    hearing: Hearing
    mistake: str


def heard_examples(classifier: Classifier, examples: Sequence[Example]) -> list[Heard]:
    """Hear every example."""
    out = []
    for example in examples:
        hearing = classifier.hear(example.text, context=example.context)
        out.append(Heard(example, hearing, example.mistake(hearing)))
    return out


def mistakes(heard: Sequence[Heard]) -> list[Finding]:
    """The examples that are not heard as they ask."""
    return [
        Finding(one.example.source, one.example.line, f"{one.example.kind} 「{one.example.text}」 {one.mistake}")
        for one in heard
        if one.mistake
    ]


def claimed_twice(examples: Sequence[Example]) -> list[Finding]:
    """Texts that two examples want heard differently, or that stand twice."""
    first: dict[tuple[str, tuple[str, ...]], Example] = {}
    out = []
    for example in examples:
        key = normalise(example.text).text.strip(), example.context
        other = first.setdefault(key, example)
        if other is example:
            continue
        where = f"{other.source.name}:{other.line}"
        if _contradict(example, other):
            out.append(Finding(example.source, example.line, f"「{example.text}」 is claimed otherwise by {where}"))
        elif example.of is other.of:
            out.append(Finding(example.source, example.line, f"「{example.text}」 stands already at {where}"))
    return out


def _contradict(one: Example, other: Example) -> bool:
    (verdict, category), (other_verdict, other_category) = one.expected, other.expected
    return verdict is not other_verdict or category is not other_category


def shadowed(rules: Sequence[Rule], heard: Sequence[Heard]) -> list[Finding]:
    """Rules whose every way to hit belongs to another rule too, and rules that win no example."""
    out = []
    for rule in rules:
        by = next((other for other in rules if other.id != rule.id and _covers(other, rule)), None)
        if by is not None:
            out.append(
                Finding(rule.source, rule.line, f"rule {rule.id} is shadowed by {by.id}: all it finds, that finds")
            )
    winners = {evidence.rule for one in heard for matter in one.hearing.matters for evidence in matter.evidence}
    for rule in rules:
        if rule.id not in winners:
            out.append(Finding(rule.source, rule.line, f"rule {rule.id} wins no example; add one or drop the rule"))
    return out


def _covers(wide: Rule, narrow: Rule) -> bool:
    if not all(any(phrase in longer for phrase in wide.phrases) for longer in narrow.phrases):
        return False
    if not narrow.topics:
        return bool(narrow.phrases)
    return {*narrow.topics} <= {*wide.topics} and {*narrow.signs, *narrow.weak} <= {*wide.signs, *wide.weak}


def undecided(classifier: Classifier, heard: Sequence[Heard], progress: Progress | None = None) -> list[Finding]:
    """Words of rules, and word boundaries, that no example depends on."""
    holding = _holding(classifier, heard)
    entries = _entries(classifier)
    out = []
    for number, (entry, patterns) in enumerate(entries.items()):
        if progress is not None and number % 50 == 0:
            progress(number, len(entries))
        texts = {index for pattern in patterns for index in holding.get(pattern, ())}
        rule, role, word, boundary = entry
        changed = _unbound if boundary else _removed
        with changed(classifier, patterns, rule, role):
            decided = any(_turns_red(classifier, heard[index]) for index in sorted(texts))
        if not decided:
            of = classifier.pack.rules[rule]
            name = "boundary" if boundary else role.label
            out.append(Finding(of.source, of.line, f"rule {of.id}: {name} {word} decides no example"))
    return out


def _turns_red(classifier: Classifier, one: Heard) -> bool:
    if one.mistake:
        return False
    return bool(one.example.mistake(classifier.hear(one.example.text, context=one.example.context)))


def _holding(classifier: Classifier, heard: Sequence[Heard]) -> dict[int, list[int]]:
    """Pattern → the examples that hold it."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(heard):
        texts = "\n".join(normalise(text).text for text in (*one.example.context, one.example.text))
        for pattern in {
            hit[0] for hit in classifier.lexicon.automaton.find_matches_as_indexes(texts, overlapping=True)
        }:
            found[pattern].append(index)
    return found


def _entries(classifier: Classifier) -> dict[tuple[int, Role, str, bool], list[int]]:
    """(rule, role, word, whether the boundary is on trial) → patterns, a word and its variants together."""
    found: dict[tuple[int, Role, str, bool], list[int]] = defaultdict(list)
    lexicon = classifier.lexicon
    for pattern in range(len(lexicon.patterns)):
        for use in lexicon.uses(pattern):
            found[use.rule, use.role, use.word, False].append(pattern)
            if use.boundary:
                found[use.rule, use.role, use.word, True].append(pattern)
    return found


@contextmanager
def _removed(classifier: Classifier, patterns: Sequence[int], rule: int, role: Role) -> Iterator[None]:
    with _changed(classifier, patterns, lambda use: None if (use.rule, use.role) == (rule, role) else use):
        yield


@contextmanager
def _unbound(classifier: Classifier, patterns: Sequence[int], rule: int, role: Role) -> Iterator[None]:
    def free(use: Use) -> Use:
        return use._replace(boundary=False) if (use.rule, use.role) == (rule, role) else use

    with _changed(classifier, patterns, free):
        yield


@contextmanager
def _changed(classifier: Classifier, patterns: Sequence[int], change: Callable[[Use], Use | None]) -> Iterator[None]:
    lexicon = classifier.lexicon
    before = {pattern: lexicon.uses(pattern) for pattern in patterns}
    try:
        for pattern, uses in before.items():
            changed = [change(use) for use in uses]
            lexicon.set_uses(pattern, [use for use in changed if use is not None])
        yield
    finally:
        for pattern, uses in before.items():
            lexicon.set_uses(pattern, uses)
