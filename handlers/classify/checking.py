"""Proving a pack: every example heard as it asks, none claimed twice, no rule shadowed.

What the single words decide stands in ``handlers/classify/deciding.py``. Nothing here prints; the command does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.hearing import Hearing
from handlers.classify.classifier import Classifier
from handlers.classify.examples import Example
from handlers.classify.normalise import normalise
from handlers.classify.pack import Rule


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
    topics = {rule.id: {*rule.topics} for rule in rules}
    signs = {rule.id: {*rule.signs, *rule.weak} if rule.topics else set() for rule in rules}
    for rule in rules:
        by = next(
            (
                other
                for other in rules
                if topics[rule.id] <= topics[other.id]
                and signs[rule.id] <= signs[other.id]
                and other.id != rule.id
                and _covers(other, rule)
            ),
            None,
        )
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
    """Whether every phrase of ``narrow`` holds one of ``wide``; topics and signs are compared already."""
    if not all(any(phrase in longer for phrase in wide.phrases) for longer in (*narrow.phrases, *narrow.whole)):
        return False
    return bool(narrow.topics or narrow.phrases or narrow.whole)
