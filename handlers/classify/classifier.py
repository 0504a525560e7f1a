"""The classifier: one text in, one ``Hearing`` out. Pure: the same text and context, the same hearing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.hearing import Evidence, Hearing, Matter, Suppressed
from domain.words import Act, Verdict
from handlers.classify.acts import MATTER_ACTS, ActTable, Cue
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.clauses import Clauses
from handlers.classify.frames import frames_of, standing
from handlers.classify.hits import Lexicon, Role
from handlers.classify.listening import Dropped, Listening, grouped
from handlers.classify.normalise import Normalised, normalise
from handlers.classify.pack import Pack, load_pack
from handlers.classify.pairing import Word
from handlers.classify.place import NOWHERE, place_of
from handlers.classify.score import Hit, matters_of, verdict_of

CONTEXT = 3
"""Neighbouring messages of the sender that are looked at."""
CONTEXT_LENGTH = 120
"""Code points of each of them."""
_PLACED_ACTS = frozenset({Act.JOIN, Act.CHASE, Act.REOPEN, Act.RESOLVED, Act.REPORT})
Hits = list[tuple[int, int, int]]


@dataclass(slots=True)
class _Cues:
    """The cue words of one text: frame words by name, speech-act words in order."""

    frames: dict[str, list[tuple[int, str]]]
    acts: list[Cue]


class Classifier:
    """Rules compiled for hearing. Safe to share between threads."""

    def __init__(self, pack: Pack, votes: BoundaryVotes | None = None) -> None:
        self.pack = pack
        self.votes = votes or BoundaryVotes()
        self.acts = ActTable(pack.tables.get("acts", {}))
        self.frames = frames_of(pack.tables.get("frames", {}))
        cues = [(word, frame.name) for frame in self.frames for word in frame.words]
        cues += [(word, f"-{frame.name}") for frame in self.frames for word in frame.unless]
        cues += [(normalise(word).text, f"={act}") for word, act in self.acts.words]
        self.lexicon = Lexicon(pack.rules, cues, pack.tables.get("variants", {}))
        self._scan = self.lexicon.automaton.find_matches_as_indexes
        self._masks = self.lexicon.masks

    def hear(self, text: str, *, context: Sequence[str] = ()) -> Hearing:
        """What ``text`` is. ``context`` are the same sender's messages just before, oldest first.

        Never raises for any string; over-long text is heard by its head and tail.
        """
        plain = normalise(text)
        hits: Hits = self._scan(plain.text, True)
        if not hits:
            return Hearing(text, Verdict.NONE, self.acts.whole_act(plain.text) or Act.CHAT, 0.0, NOWHERE)
        seen = self._seen(hits)
        heard = None
        if self.lexicon.live(seen):
            heard = self._listen(text, plain, plain.text, 0, hits, seen)
        if context and (heard is None or not heard.matters) and self._could_join(seen):
            joined = self._with_context(text, plain, context)
            if joined is not None:
                return joined
        if heard is not None:
            return heard
        act = (
            self._act(plain.text, hits) if seen & self.lexicon.cue_bit else self.acts.whole_act(plain.text) or Act.CHAT
        )
        place = place_of(plain.text) if act in _PLACED_ACTS else NOWHERE
        return Hearing(text, Verdict.NONE, act, 0.0, place)

    def _seen(self, hits: Hits) -> int:
        masks = self._masks
        seen = 0
        for pattern, _, _ in hits:
            seen |= masks[pattern]
        return seen

    def _could_join(self, seen: int) -> bool:
        """Whether any word of a rule was seen that the messages before could complete."""
        return bool(seen & (self.lexicon.cue_bit - 1))

    def _with_context(self, text: str, plain: Normalised, context: Sequence[str]) -> Hearing | None:
        before = "\n".join(normalise(earlier[:CONTEXT_LENGTH]).text for earlier in context[-CONTEXT:])
        whole = f"{before}\n{plain.text}"
        hits: Hits = self._scan(whole, True)
        seen = self._seen(hits)
        if not self.lexicon.live(seen):
            return None
        heard = self._listen(text, plain, whole, len(before) + 1, hits, seen)
        return heard if heard.matters else None

    def _cues(self, hits: Hits, base: int) -> _Cues:
        found = _Cues({}, [])
        names, words = self.lexicon.cues, self.lexicon.patterns
        for pattern, start, end in hits:
            for name in names[pattern]:
                if name[0] == "=":
                    if start >= base:
                        found.acts.append(Cue(Act(name[1:]), start - base, end - base))
                else:
                    found.frames.setdefault(name, []).append((start, words[pattern]))
        return found

    def _act(self, plain: str, hits: Hits) -> Act:
        return self.acts.decide(plain, self._cues(hits, 0).acts)

    def _listen(self, text: str, plain: Normalised, whole: str, base: int, hits: Hits, seen: int) -> Hearing:
        cues = self._cues(hits, base)
        act = self.acts.decide(plain.text, cues.acts)
        clauses = Clauses(whole)
        settled = 0
        if act is Act.RESOLVED:
            settled = base + max((cue.end for cue in cues.acts if cue.act is act), default=len(plain.text))
        listening = Listening(
            text=whole,
            base=base,
            rules=self.pack.rules,
            votes=self.votes,
            clauses=clauses,
            standing=standing(self.frames, clauses, cues.frames),
            settled_until=settled,
        )
        found = listening.hits(grouped(hits, self.lexicon.uses, self.lexicon.live(seen)))
        found = [hit for hit in found if verdict_of(hit.score, hit.urgency) is not Verdict.NONE]
        if act is Act.NOTICE:
            for hit in found:
                listening.dropped.extend(_dropped(hit, "notice", ""))
            found = []
        kept, lost = matters_of(found)
        for loser, winner in lost:
            listening.dropped.extend(_dropped(loser, "outranked", winner.rule.id))
        return self._hearing(text, plain, base, act, kept, listening)

    def _hearing(
        self, text: str, plain: Normalised, base: int, act: Act, kept: list[Hit], listening: Listening
    ) -> Hearing:
        place = place_of(plain.text) if kept or act in _PLACED_ACTS else NOWHERE
        matters = tuple(self._matter(hit, plain, base, place, listening) for hit in kept)
        if matters and act not in MATTER_ACTS:
            act = Act.REPORT
        suppressed = tuple(
            Suppressed(self.pack.rules[d.word.rule].id, d.word.word, *_span(d.word, plain, base), d.why, d.by)
            for d in listening.dropped
            if d.word.start >= base
        )
        if not matters:
            return Hearing(text, Verdict.NONE, act, 0.0, place, suppressed=suppressed)
        first = matters[0]
        return Hearing(text, first.verdict, act, first.score, place, matters, first.evidence, suppressed)

    def _matter(self, hit: Hit, plain: Normalised, base: int, place: object, listening: Listening) -> Matter:
        evidence = tuple(self._evidence(hit, word, plain, base) for word in (*hit.core, *hit.raising))
        rule = hit.rule
        clause = hit.core[-1].clause
        own = place_of(listening.text[listening.clauses.starts[clause] : listening.clauses.ends[clause]])
        return Matter(
            verdict=verdict_of(hit.score, hit.urgency),
            category=rule.category,
            tier=rule.tier,
            urgency=hit.urgency,
            score=round(hit.score, 3),
            place=own if own is not NOWHERE else place_of(plain.text),
            partners=rule.partners,
            evidence=evidence,
        )

    def _evidence(self, hit: Hit, word: Word, plain: Normalised, base: int) -> Evidence:
        if word.start < base:
            return Evidence(hit.rule.id, word.word, 0, 0, "context")
        start, end = _span(word, plain, base)
        return Evidence(hit.rule.id, word.word, start, end, Role(word.role).label)


def _span(word: Word, plain: Normalised, base: int) -> tuple[int, int]:
    return plain.span(word.start - base, word.end - base)


def _dropped(hit: Hit, why: str, by: str) -> list[Dropped]:
    return [Dropped(word, why, by) for word in hit.core]


def load_classifier(rules_dir: Path | None = None, *, cache_dir: Path | None = None) -> Classifier:
    """The classifier over the shipped pack, or with the local pack of ``rules_dir`` laid over it.

    ``cache_dir`` is where the boundary dictionary keeps its built form. Raises ``RuleError``.
    """
    return Classifier(load_pack(rules_dir), BoundaryVotes(cache_dir))
