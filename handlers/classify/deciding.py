"""What the words of a pack decide, proved by mutation.

A word *decides* when some example turns red as soon as the word is taken out of its list in its rule, with all its
spellings in ``_variants.toml``. A *boundary* decides when an example turns red as soon as the word may be cut out of
another one. Proof is asked of every sign, weak sign, phrase, exclusion, ``unless`` and boundary: these are what an
author adds to widen or narrow a rule. Topics name the subject and words of danger come from a closed stock; they are
not asked.

A word that stands in no example decides nothing; the others are tried, but only on the examples where their rule has
all the words it needs, for elsewhere the rule is silent with the word and without it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from domain.words import Category
from handlers.classify.checking import Heard
from handlers.classify.classifier import Classifier
from handlers.classify.hits import Role, Use
from handlers.classify.normalise import normalise
from handlers.classify.pack import Rule

PROVED: dict[Role, str] = {
    Role.SIGN: "signs",
    Role.WEAK: "weak",
    Role.PHRASE: "phrases",
    Role.EXCLUDE: "exclude",
    Role.UNLESS: "unless",
}
"""The lists whose every word must decide an example; boundaries must too."""

Progress = Callable[[int, int], None]
"""Called with (done, all) now and then."""
_Entry = tuple[int, Role, str, bool]
"""Rule, role, word, whether its boundary is on trial."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A word of a rule that no example depends on. ``stands``: it does occur in an example of some kind."""

    rule: Rule
    into: str
    word: str
    stands: bool

    def __str__(self) -> str:
        why = "decides no example" if self.stands else "stands in no example"
        return f"rule {self.rule.id}: {self.into} {self.word} {why}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was asked (words by category) and what was not answered, in the order of the rules."""

    asked: Counter[Category]
    undecided: tuple[Undecided, ...]

    def open_of(self, category: Category) -> tuple[int, int]:
        """Of a category the words in no example, and the words in examples that decide none."""
        mine = [one for one in self.undecided if one.rule.category is category]
        standing = sum(one.stands for one in mine)
        return len(mine) - standing, standing


def prove(
    classifier: Classifier,
    heard: Sequence[Heard],
    wanted: Callable[[Rule], bool] = lambda rule: True,
    progress: Progress | None = None,
) -> Proof:
    """Try every word of the ``wanted`` rules against the examples."""
    rules = classifier.pack.rules
    holding = _holding(classifier, heard)
    reach = [
        classifier.reach(one.example.text) | classifier.reach(one.example.text, one.example.context) for one in heard
    ]
    asked: Counter[Category] = Counter()
    out = []
    entries = _entries(classifier, {number for number, rule in enumerate(rules) if wanted(rule)})
    for done, (entry, patterns) in enumerate(entries.items()):
        if progress is not None and done % 200 == 0:
            progress(done, len(entries))
        rule, role, word, boundary = entry
        asked[rules[rule].category] += 1
        texts = {index for pattern in patterns for index in holding.get(pattern, ())}
        reached = sorted(index for index in texts if reach[index] >> rule & 1 and not heard[index].mistake)
        if not reached or not _decides(classifier, entry, patterns, [heard[index] for index in reached]):
            out.append(Undecided(rules[rule], "boundary" if boundary else PROVED[role], word, bool(texts)))
    return Proof(asked, tuple(sorted(out, key=lambda one: (str(one.rule.source), one.rule.line, one.into))))


def _decides(classifier: Classifier, entry: _Entry, patterns: Sequence[int], held: Sequence[Heard]) -> bool:
    rule, role, _, boundary = entry

    def change(use: Use) -> Use | None:
        if (use.rule, use.role) != (rule, role):
            return use
        return use._replace(boundary=False) if boundary else None

    with _changed(classifier, patterns, change):
        return any(one.example.mistake(classifier.hear(one.example.text, context=one.example.context)) for one in held)


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


def _entries(classifier: Classifier, rules: set[int]) -> dict[_Entry, list[int]]:
    """Every word on trial → its patterns, a word and its spellings together."""
    found: dict[_Entry, list[int]] = defaultdict(list)
    for rule in sorted(rules):
        for pattern, said in classifier.lexicon.of_rule[rule].items():
            for number, word, edges in said:
                role = Role(number)
                if role in PROVED:
                    found[rule, role, word, False].append(pattern)
                if edges:
                    found[rule, role, word, True].append(pattern)
    return found


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
