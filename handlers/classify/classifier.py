"""The classifier: one text in, one ``Hearing`` out. Pure: the same text and context, the same hearing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from domain.hearing import Evidence, Hearing, Matter, Place, Suppressed
from domain.words import Act, Verdict
from handlers.classify.acts import LONGEST_WHOLE, MATTER_ACTS, TRACKED, ActTable, Cue
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.clauses import Clauses
from handlers.classify.frames import frames_of, standing
from handlers.classify.hits import ACT_BITS, CUE_BITS, FRAME_BIT, TRIGGER_SHIFT, Lexicon, Role
from handlers.classify.listening import Dropped, Listening, grouped
from handlers.classify.normalise import HEAD, TAIL, Normalised, normalise, unclean_characters
from handlers.classify.pack import Pack, load_pack
from handlers.classify.pairing import Word
from handlers.classify.place import NOWHERE, place_of
from handlers.classify.score import Hit, matters_of, verdict_of

CONTEXT = 3
"""Neighbouring messages of the sender that are looked at."""
CONTEXT_LENGTH = 120
"""Code points of each of them."""
_PLACED_ACTS = frozenset({Act.JOIN, Act.CHASE, Act.REOPEN, Act.RESOLVED})
LONGEST = HEAD + TAIL
Hits = list[tuple[int, int, int]]


class Classifier:
    """Rules compiled for hearing. Safe to share between threads. Raises ``RuleError`` for tables it cannot use."""

    def __init__(self, pack: Pack, votes: BoundaryVotes | None = None) -> None:
        self.pack = pack
        self.votes = votes or BoundaryVotes()
        self.acts = ActTable(pack.tables.get("acts", {}))
        self.frames = frames_of(pack.tables.get("frames", {}))
        words = [(word, frame.name) for frame in self.frames for word in frame.words]
        words += [(word, f"-{frame.name}") for frame in self.frames for word in frame.unless]
        self.lexicon = Lexicon(pack.rules, words, self.acts, pack.tables.get("variants", {}))
        self._unclean = unclean_characters().search
        self._scan = self.lexicon.automaton.find_matches_as_indexes
        self._kinds = self.lexicon.kinds
        self._live = self.lexicon.live

    def hear(self, text: str, *, context: Sequence[str] = ()) -> Hearing:
        """What ``text`` is. ``context`` are the same sender's messages just before, oldest first.

        Never raises for any string; over-long text is heard by its head and tail.
        """
        if len(text) <= LONGEST and self._unclean(text) is None:
            plain, words = None, text
        else:
            plain = normalise(text)
            words = plain.text
        hits: Hits = self._scan(words, True)
        seen = 0
        kinds = self._kinds
        for pattern, _, _ in hits:
            seen |= kinds[pattern]
        live = self._live(seen, hits) if seen > FRAME_BIT << 1 else 0
        if not live and not (context and self.lexicon.of_rules(seen)):
            if len(words) > LONGEST_WHOLE and not seen & CUE_BITS and "@" not in words:
                return _made(text, Verdict.NONE, Act.CHAT, 0.0, NOWHERE, (), (), ())
            act = self._act(words, seen, self._placed(hits, 0) if seen & TRACKED else ())
            return _nothing(text, act, place_of(words) if act in _PLACED_ACTS else NOWHERE)
        heard = self._listen(text, plain or Normalised(text, None), (words, 0), hits, seen, live)
        if heard.matters or not context or not self.lexicon.of_rules(seen):
            return heard
        return self._with_context(text, plain or Normalised(text, None), context) or heard

    def _with_context(self, text: str, plain: Normalised, context: Sequence[str]) -> Hearing | None:
        before = "\n".join(normalise(earlier[:CONTEXT_LENGTH]).text for earlier in context[-CONTEXT:])
        whole = f"{before}\n{plain.text}"
        hits: Hits = self._scan(whole, True)
        seen = 0
        for pattern, _, _ in hits:
            seen |= self._kinds[pattern]
        live = self._live(seen, hits)
        if not live:
            return None
        heard = self._listen(text, plain, (whole, len(before) + 1), hits, seen, live)
        return heard if heard.matters else None

    def _act(self, plain: str, seen: int, cues: Sequence[Cue]) -> Act:
        found = seen & ACT_BITS
        triggered = (seen >> TRIGGER_SHIFT) & ACT_BITS
        if not found and not triggered:
            return self.acts.whole_act(plain) or Act.CHAT
        return self.acts.decide(plain, found, triggered, cues)

    def _placed(self, hits: Hits, base: int) -> list[Cue]:
        placed = self.lexicon.placed
        return [Cue(placed[p], start - base, end - base) for p, start, end in hits if p in placed and start >= base]

    def _framing(self, hits: Hits) -> dict[str, list[tuple[int, str]]]:
        """The frame words found, by frame name."""
        found: dict[str, list[tuple[int, str]]] = {}
        names = self.lexicon.frames
        for pattern, start, _ in hits:
            for name in names.get(pattern, ()):
                found.setdefault(name, []).append((start, self.lexicon.patterns[pattern]))
        return found

    def _act_within(self, plain: str, base: int, hits: Hits, seen: int) -> tuple[Act, list[Cue]]:
        """The act of the message itself: cues of its context do not count."""
        if base:
            seen = 0
            for pattern, start, _ in hits:
                if start >= base:
                    seen |= self._kinds[pattern]
        cues = self._placed(hits, base) if seen & TRACKED else []
        return self._act(plain, seen, cues), cues

    def _listen(
        self, text: str, plain: Normalised, whole: tuple[str, int], hits: Hits, seen: int, live: int
    ) -> Hearing:
        heard, base = whole
        act, cues = self._act_within(plain.text, base, hits, seen)
        clauses = Clauses(heard)
        settled = 0
        if act is Act.RESOLVED:
            settled = base + max((cue.end for cue in cues if cue.act is act), default=len(plain.text))
        framing = self._framing(hits) if seen & FRAME_BIT else {}
        listening = Listening(
            heard, base, self.pack.rules, self.votes, clauses, standing(self.frames, clauses, framing), settled
        )
        found = listening.hits(grouped(hits, self.lexicon, live))
        if act is Act.NOTICE:
            for hit in found:
                listening.dropped.extend(Dropped(word, "notice", "") for word in hit.core)
            found = []
        kept, lost = matters_of(
            [hit for hit in found if verdict_of(hit.score, hit.urgency) is not Verdict.NONE], listening.together
        )
        for loser, winner in lost:
            listening.dropped.extend(Dropped(word, "outranked", winner.rule.id) for word in loser.core)
        return self._hearing(text, plain, act, kept, listening)

    def _hearing(self, text: str, plain: Normalised, act: Act, kept: list[Hit], listening: Listening) -> Hearing:
        place = place_of(plain.text) if kept or act in _PLACED_ACTS else NOWHERE
        suppressed: tuple[Suppressed, ...] = ()
        if listening.dropped:
            suppressed = self._suppressed(plain, listening)
        if not kept:
            return _made(text, Verdict.NONE, act, 0.0, place, (), (), suppressed)
        if act not in MATTER_ACTS:
            act = Act.REPORT
        several = len(kept) > 1
        matters = tuple([self._matter(hit, plain, place, listening, several) for hit in kept])
        first = matters[0]
        return _made(text, first.verdict, act, first.score, place, matters, first.evidence, suppressed)

    def _suppressed(self, plain: Normalised, listening: Listening) -> tuple[Suppressed, ...]:
        base, rules = listening.base, self.pack.rules
        return tuple(
            Suppressed(rules[d.word.rule].id, d.word.word, *_span(d.word, plain, base), d.why, d.by)
            for d in listening.dropped
            if d.word.start >= base
        )

    def _matter(self, hit: Hit, plain: Normalised, place: Place, listening: Listening, several: bool) -> Matter:
        rule, urgency = hit.rule, hit.urgency
        if several and place is not NOWHERE:
            clause = hit.core[-1].clause
            own = place_of(listening.text[listening.clauses.starts[clause] : listening.clauses.ends[clause]])
            place = own if own is not NOWHERE else place
        return Matter(
            verdict_of(hit.score, urgency),
            rule.category,
            rule.tier,
            urgency,
            round(hit.score, 3),
            place,
            rule.partners,
            tuple([_evidence(rule.id, word, plain, listening.base) for word in (*hit.core, *hit.raising)]),
        )


def _evidence(rule: str, word: Word, plain: Normalised, base: int) -> Evidence:
    if word.start < base:
        return Evidence(rule, word.word, 0, 0, "context")
    start, end = plain.span(word.start - base, word.end - base)
    return Evidence(rule, word.word, start, end, _LABELS[word.role])


_LABELS = tuple(role.label for role in Role)


def _span(word: Word, plain: Normalised, base: int) -> tuple[int, int]:
    return plain.span(word.start - base, word.end - base)


_new = object.__new__
_set_text, _set_verdict, _set_act, _set_score, _set_place, _set_matters, _set_evidence, _set_suppressed = (
    Hearing.__dict__[name].__set__ for name in Hearing.__slots__
)


def _nothing(text: str, act: Act, place: Place) -> Hearing:
    """A hearing without matters: nine lines of ten end here."""
    return _made(text, Verdict.NONE, act, 0.0, place, (), (), ())


def _made(
    text: str,
    verdict: Verdict,
    act: Act,
    score: float,
    place: Place,
    matters: tuple[Matter, ...],
    evidence: tuple[Evidence, ...],
    suppressed: tuple[Suppressed, ...],
) -> Hearing:
    """A hearing built past the dataclass constructor, which would cost more than the scan of the line."""
    hearing = _new(Hearing)
    _set_text(hearing, text)
    _set_verdict(hearing, verdict)
    _set_act(hearing, act)
    _set_score(hearing, score)
    _set_place(hearing, place)
    _set_matters(hearing, matters)
    _set_evidence(hearing, evidence)
    _set_suppressed(hearing, suppressed)
    return hearing


def load_classifier(rules_dir: Path | None = None, *, cache_dir: Path | None = None) -> Classifier:
    """The classifier over the shipped pack, or with the local pack of ``rules_dir`` laid over it.

    ``cache_dir`` is where the boundary dictionary keeps its built form. Raises ``RuleError``.
    """
    return Classifier(load_pack(rules_dir), BoundaryVotes(cache_dir))
