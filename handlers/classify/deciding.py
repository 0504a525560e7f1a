"""What the words of a pack decide, proved by mutation.

A word *decides* when some example turns red as soon as it is taken away, with all its spellings in ``_variants.toml``:
out of every rule of its category whose list of that kind holds it, for rules of one category overlap on purpose and the
next one would hear it still; a word of a named list out of the list, and so out of all rules that name it. A *boundary*
decides when an example turns red as soon as the word may be cut out of another one. Proof is asked of every sign, weak
sign, phrase, exclusion, ``unless`` and boundary: these are what an author adds to widen or narrow a rule. Topics name
the subject; words of danger, the lists an emergency is put together from among them, and composed words come from a
closed stock; they are not asked.

A word that stands in no example decides nothing. The others are tried, but only on the examples where one of their
rules has all the words it needs, for elsewhere the rule is silent with the word and without it; and a word that
silences is tried only where it is named as the cause, for elsewhere it silences nothing, or another one does too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from domain.words import Category, Urgency
from handlers.classify.checking import Heard
from handlers.classify.classifier import Classifier
from handlers.classify.hits import Role
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
_SILENCING = frozenset({Role.EXCLUDE, Role.UNLESS})
_SILENCED = frozenset({"excluded", "unless"})
_NAMED = {"whole": "phrases"}
"""A list named under this key is proved as the other."""

Progress = Callable[[int, int], None]
"""Called with (done, all) now and then."""
_Key = tuple[str, str, str]
"""Category or name of a list, the key of the rule (of a list: none), the word."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A word that no example depends on, in these rules of one category, or in the list of that name.

    ``stands``: it does occur in an example of some kind.
    """

    rules: tuple[Rule, ...]
    into: str
    word: str
    stands: bool
    named: str = ""

    def __str__(self) -> str:
        why = "decides no example" if self.stands else "stands in no example"
        if self.named:
            return f"list {self.named}: {self.word} {why}"
        return f"rule {', '.join(rule.id for rule in self.rules)}: {self.into} {self.word} {why}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was asked (words by category, and of named lists) and what was not answered, in the order of the rules."""

    asked: Counter[Category]
    undecided: tuple[Undecided, ...]
    asked_of_lists: int = 0

    def open_of(self, category: Category | None) -> tuple[int, int]:
        """Of a category the words in no example, and the words in examples that decide none; of the lists with None."""
        if category is None:
            mine = [one for one in self.undecided if one.named]
        else:
            mine = [one for one in self.undecided if not one.named and one.rules[0].category is category]
        standing = sum(one.stands for one in mine)
        return len(mine) - standing, standing


@dataclass(slots=True)
class _Trial:
    """One word on trial: what it is in which rules, and its patterns with all spellings."""

    uses: set[tuple[int, Role]] = field(default_factory=set)
    patterns: set[int] = field(default_factory=set)
    rules: int = 0

    def add(self, rule: int, role: Role, pattern: int) -> None:
        self.uses.add((rule, role))
        self.patterns.add(pattern)
        self.rules |= 1 << rule


def prove(
    classifier: Classifier,
    heard: Sequence[Heard],
    wanted: Callable[[Rule], bool] = lambda rule: True,
    progress: Progress | None = None,
    named: Callable[[str], bool] = lambda name: False,
) -> Proof:
    """Try every word of the ``wanted`` rules, and of the lists ``named``, against the examples."""
    rules = classifier.pack.rules
    examples = _Examples(classifier, heard)
    asked: Counter[Category] = Counter()
    out = []
    trials = _trials(classifier, {number for number, rule in enumerate(rules) if wanted(rule)}, named)
    for done, ((owner, into, word), trial) in enumerate(trials.items()):
        if progress is not None and done % 200 == 0:
            progress(done, len(trials))
        if into:
            asked[Category(owner)] += 1
        if not examples.decide(trial, into, word):
            users = tuple(rules[rule] for rule in sorted({rule for rule, _ in trial.uses}))
            out.append(Undecided(users, into, word, examples.stands(trial), "" if into else owner))
    out.sort(key=lambda one: (bool(one.named), one.named or str(one.rules[0].source), one.rules[0].line, one.into))
    return Proof(asked, tuple(out), len(trials) - asked.total())


class _Examples:
    """The examples as they were heard, by pattern, with the rules that have all their words in each."""

    def __init__(self, classifier: Classifier, heard: Sequence[Heard]) -> None:
        self._classifier = classifier
        self._heard = heard
        self._holding = _holding(classifier, heard)
        self._reach = [classifier.reach(one.example.text) for one in heard]
        for index, one in enumerate(heard):
            if one.example.context:
                self._reach[index] |= classifier.reach(one.example.text, one.example.context)
        self._counted = [{word.keyword for matter in one.hearing.matters for word in matter.evidence} for one in heard]
        self._causes = [{word.by for word in one.hearing.suppressed if word.why in _SILENCED} for one in heard]

    def stands(self, trial: _Trial) -> bool:
        """Whether the word occurs in any example."""
        return any(pattern in self._holding for pattern in trial.patterns)

    def decide(self, trial: _Trial, into: str, word: str) -> bool:
        """Whether an example turns red without the word."""
        texts = {index for pattern in trial.patterns for index in self._holding.get(pattern, ())}
        heard = self._heard
        tried = [index for index in texts if self._reach[index] & trial.rules and not heard[index].mistake]
        if into != "boundary" and all(role in _SILENCING for _, role in trial.uses):
            tried = [index for index in tried if word in self._causes[index] or heard[index].example.context]
        if not tried:
            return False
        tried.sort(key=lambda index: (word not in self._counted[index], index))
        hear = self._classifier.hear
        with self._classifier.lexicon.without(trial.patterns, trial.uses, boundary=into == "boundary"):
            for index in tried:
                example = heard[index].example
                if example.mistake(hear(example.text, context=example.context)):
                    return True
        return False


def _holding(classifier: Classifier, heard: Sequence[Heard]) -> dict[int, list[int]]:
    """Pattern → the examples that hold it."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(heard):
        texts = "\n".join(normalise(text).text for text in (*one.example.context, one.example.text))
        for pattern in {
            hit[0] for hit in classifier.lexicon.automaton.find_matches_as_indexes(texts, overlapping=True)
        }:
            found[pattern].append(index)
    return dict(found)


def _trials(classifier: Classifier, rules: set[int], named: Callable[[str], bool]) -> dict[_Key, _Trial]:
    """Every word on trial, a word and its spellings together."""
    found: dict[_Key, _Trial] = defaultdict(_Trial)
    lists = classifier.pack.lists.words
    for number, rule in enumerate(classifier.pack.rules):
        held: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key, name in rule.named:
            for word in lists[name]:
                held[_NAMED.get(key, key), word].append(name)
        if number not in rules and not held:
            continue
        for pattern, said in classifier.lexicon.of_rule[number].items():
            for code, word, edges in said:
                role = Role(code)
                into = PROVED.get(role, "") if word not in rule.composed else ""
                of_lists = held.get((into, word), ())
                if of_lists and rule.urgency is Urgency.EMERGENCY:
                    continue
                for name in of_lists:
                    if named(name):
                        found[name, "", word].add(number, role, pattern)
                if number not in rules:
                    continue
                if into and not of_lists:
                    found[rule.category, into, word].add(number, role, pattern)
                if edges:
                    found[rule.category, "boundary", word].add(number, role, pattern)
    return found
