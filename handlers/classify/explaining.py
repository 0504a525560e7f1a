"""Why a text is heard as it is, the smallest changes that would change it, and the rules that came near.

Every change named here was tried: the text with the word taken out, or put in, was heard again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.hearing import Hearing, Suppressed
from domain.words import Urgency, Verdict
from handlers.classify.classifier import Classifier
from handlers.classify.clauses import Clauses
from handlers.classify.hits import Role
from handlers.classify.normalise import normalise
from handlers.classify.pairing import AFTER, BEFORE, CLAUSE, ROLE, WORD
from handlers.classify.score import ISSUE, SUSPECTED, Hit

MOST_FRAMES = 3
"""Frames named that would silence a text."""
MOST_TRIED = 12
"""Words of a rule tried in a text that lacks one."""
_Word = tuple[str, int, int, int]
"""A word found in a normalised text: itself, start, end, clause."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the text and what it would make of the verdict. ``size`` is in code points."""

    how: str
    hearing: Hearing
    size: int = 0


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that found words in a text and opened nothing: what it found, what it lacks, what would help."""

    rule: str
    found: tuple[str, ...]
    lacks: str
    change: Change | None = None


def changes(classifier: Classifier, hearing: Hearing, context: Sequence[str] = ()) -> list[Change]:
    """Changes that alter verdict, category or urgency; first those that leave no matter, the smallest before."""
    out = []
    for how, text, size in (*_removals(hearing), *_additions(classifier, hearing)):
        heard = classifier.hear(text, context=context)
        if _outcome(heard) != _outcome(hearing):
            out.append(Change(how, heard, size))
    if hearing.matters and not any(_drops(change) and change.how.startswith("without") for change in out):
        out += _together(classifier, hearing, context)
    out = [*_few_frames(out)]
    return sorted(out, key=lambda change: (not _drops(change) if hearing.matters else 0, _added(change), change.size))


def _drops(change: Change) -> bool:
    return change.hearing.verdict is Verdict.NONE


def _added(change: Change) -> bool:
    return change.how.startswith("with ")


def _few_frames(found: Sequence[Change]) -> Iterator[Change]:
    """All removals, and of the words put in the first few."""
    added = 0
    for change in found:
        added += _added(change)
        if not _added(change) or added <= MOST_FRAMES:
            yield change


def _removals(hearing: Hearing) -> Iterator[tuple[str, str, int]]:
    """The text without each word that counts, and without each that silences."""
    text = hearing.text
    for start, end in _counted(hearing):
        yield f"without 「{text[start:end]}」", f"{text[:start]}，{text[end:]}", end - start
    tried: set[str] = set()
    for suppressed in hearing.suppressed:
        if suppressed.by and suppressed.by in text and suppressed.by not in tried:
            tried.add(suppressed.by)
            bare = suppressed.keyword if suppressed.keyword in suppressed.by else ""
            yield f"without 「{suppressed.by}」", text.replace(suppressed.by, bare, 1), len(suppressed.by)


def _counted(hearing: Hearing) -> list[tuple[int, int]]:
    spans = [
        (evidence.start, evidence.end)
        for matter in hearing.matters
        for evidence in matter.evidence
        if evidence.role != "context"
    ]
    return list(dict.fromkeys(spans))


def _additions(classifier: Classifier, hearing: Hearing) -> Iterator[tuple[str, str, int]]:
    """The text with a word of each frame, and with an ``unless`` word of the rule, before the clause of its matter."""
    first = hearing.gravest
    if first is None:
        return
    words = [evidence.start for evidence in first.evidence if evidence.role != "context"]
    if not words:
        return
    text = hearing.text
    clauses = Clauses(text)
    at = clauses.starts[clauses.at(min(words))]
    for frame in classifier.frames:
        if frame.factor == 0 and frame.words and frame.least == 1:
            word = frame.words[0]
            yield f"with 「{word}」 (frame {frame.name})", f"{text[:at]}{word}{text[at:]}", len(word)
    rule = next((rule for rule in classifier.pack.rules if rule.id == first.evidence[0].rule), None)
    if rule is not None and rule.unless:
        word = rule.unless[0]
        yield f"with 「{word}」 (unless of {rule.id})", f"{text[:at]}{word}{text[at:]}", len(word)


def _together(classifier: Classifier, hearing: Hearing, context: Sequence[str]) -> list[Change]:
    """Where no single word decides: the fewest words without which nothing is left, as far as one pass finds them."""
    text = hearing.text
    gone: list[tuple[int, int]] = []
    heard = hearing
    while heard.matters and len(gone) < MOST_TRIED:
        span = next((span for span in _counted(heard) if span not in gone), None)
        if span is None:
            return []
        gone.append(span)
        heard = classifier.hear(_without(text, gone), context=context)
    for span in tuple(gone):
        fewer = [other for other in gone if other != span]
        without = classifier.hear(_without(text, fewer), context=context)
        if not without.matters:
            gone, heard = fewer, without
    if heard.matters or len(gone) < 2:
        return []
    words = " and ".join(f"「{text[start:end]}」" for start, end in sorted(gone))
    return [Change(f"without {words}", heard, sum(end - start for start, end in gone))]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with these spans blanked: what stands around them keeps its place."""
    for start, end in spans:
        text = f"{text[:start]}{'，' * (end - start)}{text[end:]}"
    return text


def _outcome(hearing: Hearing) -> tuple[object, ...]:
    first = hearing.gravest
    return hearing.verdict, first.category if first else None, first.urgency if first else None


def nearest(classifier: Classifier, hearing: Hearing, context: Sequence[str] = (), most: int = 3) -> list[Near]:
    """For a text that is no issue: the rules that came nearest to one, and what each lacks."""
    if hearing.verdict is Verdict.ISSUE:
        return []
    out = _weak(classifier, hearing, context)
    if hearing.verdict is Verdict.NONE:
        out = _silenced(classifier, hearing) + out
    by_rule: dict[str, Near] = {}
    for near in out or _halves(classifier, hearing, context):
        by_rule.setdefault(near.rule, near)
    return list(by_rule.values())[:most]


_WHY = {
    "excluded": "it stands inside the longer word 「{by}」",
    "unless": "silenced by 「{by}」, an unless word of the rule",
    "boundary": "it is cut out of another word",
    "negated": "denied by 「{by}」",
    "nearer": "what is said belongs to the nearer 「{by}」",
    "outranked": "rule {by} says more of the same words",
    "resolved": "the message says that it is over",
    "notice": "the message is a notice of the staff",
    "uncued": "needs a cue of {cues} near it",
}


def _silenced(classifier: Classifier, hearing: Hearing) -> list[Near]:
    """Rules that had what they need and were silenced, by the reason."""
    found: dict[tuple[str, str, str], list[Suppressed]] = {}
    for suppressed in hearing.suppressed:
        found.setdefault((suppressed.rule, suppressed.why, suppressed.by), []).append(suppressed)
    ranked = sorted(found.items(), key=lambda one: -sum(word.end - word.start for word in one[1]))
    out = []
    for (rule, why, by), words in ranked:
        cues = " or ".join(classifier.cues.needs(rule) or ())
        told = _WHY.get(why, "silenced by the frame {why} because of 「{by}」").format(by=by, why=why, cues=cues)
        where = _list_of(classifier, rule, by) if why == "unless" else ""
        out.append(Near(rule, tuple(dict.fromkeys(word.keyword for word in words)), f"{told}{where}"))
    return out


def _list_of(classifier: Classifier, rule_id: str, word: str) -> str:
    """Which named list of the rule a word comes from."""
    rule = next(rule for rule in classifier.pack.rules if rule.id == rule_id)
    names = [name for key, name in rule.named if key == "unless" and word in classifier.pack.lists.words[name]]
    return f" (list @{names[0]})" if names else ""


def _weak(classifier: Classifier, hearing: Hearing, context: Sequence[str]) -> list[Near]:
    """Rules that hit below a threshold."""
    out = []
    goal, name = (ISSUE, "issue") if hearing.verdict is Verdict.SUSPECTED else (SUSPECTED, "suspected")
    for hit in sorted(classifier.weighed(hearing.text, context), key=lambda hit: -hit.score):
        if hit.score < goal and hit.urgency is not Urgency.EMERGENCY:
            lacks = f"score {hit.score:.2f} is {goal - hit.score:.2f} below {name} ({goal}): {_softened(hit)}"
            out.append(Near(hit.rule.id, tuple(word[WORD] for word in hit.core), lacks))
    return out


def _softened(hit: Hit) -> str:
    """What takes from the score of a hit."""
    first, last = hit.core[0], hit.core[-1]
    reasons = []
    if last[ROLE] == Role.WEAK or last[WORD] in hit.rule.weak:
        reasons.append("a weak word")
    if first[CLAUSE] != last[CLAUSE]:
        reasons.append("topic and sign in different clauses")
    return " and ".join(reasons) or "asked, not told"


def _halves(classifier: Classifier, hearing: Hearing, context: Sequence[str]) -> list[Near]:
    """Rules that found half of what they need, or both too far from each other; those that found most first."""
    plain = normalise(hearing.text).text
    clauses = Clauses(plain)
    found: dict[int, tuple[list[_Word], list[_Word]]] = {}
    lexicon = classifier.lexicon
    for pattern, start, end in lexicon.automaton.find_matches_as_indexes(plain, overlapping=True):
        for use in lexicon.uses(pattern):
            if use.role in (Role.TOPIC, Role.SIGN, Role.WEAK):
                halves = found.setdefault(use.rule, ([], []))
                halves[use.role != Role.TOPIC].append((use.word, start, end, clauses.at(start)))
    ranked = sorted(
        found.items(), key=lambda one: (not all(one[1]), -sum(len(word) for half in one[1] for word, *_ in half))
    )
    out = []
    for number, (topics, signs) in ranked[:5]:
        rule = classifier.pack.rules[number]
        words = tuple(dict.fromkeys(word for word, *_ in (*topics, *signs)))
        if topics and signs:
            out.append(Near(rule.id, words, _apart(topics, signs)))
        elif topics:
            change = _tried(classifier, hearing, rule.signs, _after(plain, topics[-1]), context)
            out.append(Near(rule.id, words, "lacks a sign in the clause", change))
        else:
            change = _tried(classifier, hearing, rule.topics, _before(plain, signs[0]), context)
            out.append(Near(rule.id, words, "lacks a topic in the clause", change))
    return sorted(out, key=lambda near: near.change is None and near.lacks.startswith("lacks"))


def _apart(topics: Sequence[_Word], signs: Sequence[_Word]) -> str:
    """How far the nearest topic and sign are from each other."""
    pairs = [(topic, sign) for topic in topics for sign in signs]
    topic, sign = min(pairs, key=lambda pair: (pair[0][3] != pair[1][3], abs(pair[1][1] - pair[0][2])))
    told = f"topic 「{topic[0]}」 and sign 「{sign[0]}」"
    if topic[3] != sign[3]:
        return f"{told} stand in different clauses"
    gap = sign[1] - topic[2] if sign[1] >= topic[2] else topic[1] - sign[2]
    if gap < 0:
        return f"{told} stand in each other"
    most = BEFORE if sign[1] >= topic[2] else AFTER
    return f"{told} stand {gap} code points apart, {most} at most" if gap > most else f"{told} did not count"


def _after(plain: str, word: _Word) -> tuple[str, str]:
    return plain[: word[2]], plain[word[2] :]


def _before(plain: str, word: _Word) -> tuple[str, str]:
    return plain[: word[1]], plain[word[1] :]


def _tried(
    classifier: Classifier, hearing: Hearing, words: Sequence[str], around: tuple[str, str], context: Sequence[str]
) -> Change | None:
    """The first of a rule's words that makes a matter of the text, put where the other half stands."""
    for word in words[:MOST_TRIED]:
        heard = classifier.hear(f"{around[0]}{word}{around[1]}", context=context)
        if _outcome(heard) != _outcome(hearing):
            return Change(f"with 「{word}」", heard, len(word))
    return None
