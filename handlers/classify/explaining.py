"""Why a text is heard as it is, and the smallest changes that would change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.hearing import Hearing
from handlers.classify.classifier import Classifier
from handlers.classify.hits import Role
from handlers.classify.normalise import normalise


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the text and what it would make of the verdict."""

    how: str
    hearing: Hearing


def changes(classifier: Classifier, hearing: Hearing, context: Sequence[str] = ()) -> list[Change]:
    """Changes that alter verdict, category or urgency: each word that counts, or suppresses, taken out."""
    out = []
    for how, text in _trials(hearing):
        heard = classifier.hear(text, context=context)
        if _outcome(heard) != _outcome(hearing):
            out.append(Change(how, heard))
    return out


def _trials(hearing: Hearing) -> Iterator[tuple[str, str]]:
    text = hearing.text
    seen: set[tuple[int, int]] = set()
    for matter in hearing.matters:
        for evidence in matter.evidence:
            span = evidence.start, evidence.end
            if evidence.role != "context" and span not in seen:
                seen.add(span)
                yield f"without 「{text[span[0] : span[1]]}」", f"{text[: span[0]]}，{text[span[1] :]}"
    tried: set[str] = set()
    for suppressed in hearing.suppressed:
        if suppressed.by and suppressed.by in text and suppressed.by not in tried:
            tried.add(suppressed.by)
            bare = suppressed.keyword if suppressed.keyword in suppressed.by else ""
            yield f"without 「{suppressed.by}」", text.replace(suppressed.by, bare, 1)


def _outcome(hearing: Hearing) -> tuple[object, ...]:
    first = hearing.gravest
    return hearing.verdict, first.category if first else None, first.urgency if first else None


def candidates(classifier: Classifier, hearing: Hearing) -> list[tuple[str, list[str], list[str]]]:
    """Rules that found half of what they need, for a text without matters: (rule, topics found, signs found)."""
    found: dict[int, tuple[list[str], list[str]]] = {}
    lexicon = classifier.lexicon
    for pattern, _, _ in lexicon.automaton.find_matches_as_indexes(normalise(hearing.text).text, overlapping=True):
        for use in lexicon.uses(pattern):
            if use.role in (Role.TOPIC, Role.SIGN, Role.WEAK):
                found.setdefault(use.rule, ([], []))[use.role != Role.TOPIC].append(use.word)
    ranked = sorted(found.items(), key=lambda one: -sum(map(len, (*one[1][0], *one[1][1]))))
    return [(classifier.pack.rules[rule].id, *words) for rule, words in ranked[:5]]
