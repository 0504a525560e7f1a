"""The classifier: one text in, one ``Hearing`` out. Pure: the same text and context, the same hearing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from domain.errors import RuleError
from domain.hearing import Evidence, Hearing, Matter, Place, Suppressed
from domain.words import Act, Urgency, Verdict
from handlers.classify.acts import MATTER_ACTS, TRACKED, ActTable, Cue
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.clauses import Clauses
from handlers.classify.cues import Cues
from handlers.classify.frames import Standing, frames_of, standing
from handlers.classify.hits import (
    ACT_BITS,
    CUE_BITS,
    FRAME_BIT,
    PAIR_BITS,
    PHRASE_BIT,
    RULE_BITS,
    TRIGGER_SHIFT,
    Lexicon,
    Role,
)
from handlers.classify.listening import Listening
from handlers.classify.normalise import HEAD, TAIL, Normalised, doubtful_characters, normalise
from handlers.classify.pack import Pack, load_pack
from handlers.classify.pairing import CLAUSE, END, START
from handlers.classify.place import NOWHERE, place_of
from handlers.classify.score import Hit, matters_of

CONTEXT = 3
"""Neighbouring messages of the sender that are looked at."""
CONTEXT_LENGTH = 120
"""Code points of each of them."""
_PLACED_ACTS = frozenset({Act.JOIN, Act.CHASE, Act.REOPEN, Act.RESOLVED})
LONGEST = HEAD + TAIL
_LABELS = tuple(role.label for role in Role)
_NONE, _CHAT, _REPORT = Verdict.NONE, Act.CHAT, Act.REPORT
_RESOLVED, _NOTICE = Act.RESOLVED, Act.NOTICE
_new = tuple.__new__
"""Named tuples are made past their own constructors: for chatter those would cost as much as the scan."""
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
        self.cues = Cues(pack.tables.get("cues", {}), pack.rules)
        for frame in self.frames:
            if unknown := self.cues.unknown(frame.unless_cues):
                raise RuleError(f"_frames.toml: [{frame.name}]: unknown cue {unknown[0]}; known are {self.cues.known}")
        self._doubtful = doubtful_characters().search
        self._scan = self.lexicon.automaton.find_matches_as_indexes
        self._kinds = self.lexicon.kinds
        self._live = self.lexicon.live
        self._alarms = frozenset(
            pattern
            for said in self.lexicon.of_rule
            for pattern, words in said.items()
            if any(role == Role.EMERGENCY for role, _, _ in words)
        )
        self._patterned = any(frame.patterns for frame in self.frames)

    def may_alarm(self, text: str) -> bool:
        """Whether an emergency word of any rule stands in ``text``: without one no context makes an emergency of it."""
        words = text if len(text) <= LONGEST and self._doubtful(text) is None else normalise(text).text
        return any(pattern in self._alarms for pattern, _, _ in self._scan(words, True))

    def reach(self, text: str, context: Sequence[str] = ()) -> int:
        """The rules that have all the words they need in ``text`` after ``context``, one bit each."""
        before = [normalise(earlier[:CONTEXT_LENGTH]).text for earlier in context[-CONTEXT:]]
        hits = self._scan("\n".join([*before, normalise(text).text]), True)
        seen = 0
        for pattern, _, _ in hits:
            seen |= self._kinds[pattern]
        return self._live(seen, hits)

    def weighed(self, text: str, context: Sequence[str] = ()) -> list[Hit]:
        """Every hit in ``text`` before thresholds, cues and rivals, also those too weak to be told; for explaining."""
        before = "\n".join([normalise(earlier[:CONTEXT_LENGTH]).text for earlier in context[-CONTEXT:]])
        plain = normalise(text)
        whole = f"{before}\n{plain.text}" if before else plain.text
        hits: Hits = self._scan(whole, True)
        seen = 0
        for pattern, _, _ in hits:
            seen |= self._kinds[pattern]
        live = self._live(seen, hits)
        return self._found(plain, (whole, len(before) + 1 if before else 0), hits, seen, live)[2] if live else []

    def hear(self, text: str, *, context: Sequence[str] = ()) -> Hearing:
        """What ``text`` is. ``context`` are the same sender's messages just before, oldest first.

        Never raises for any string; over-long text is heard by its head and tail.
        """
        if len(text) <= LONGEST and self._doubtful(text) is None:
            plain, words = None, text
        else:
            plain = normalise(text)
            words = plain.text
        hits: Hits = self._scan(words, True)
        seen = 0
        kinds = self._kinds
        for pattern, _, _ in hits:
            seen |= kinds[pattern]
        if seen >= RULE_BITS:
            live = self._live(seen, hits) if seen & PHRASE_BIT or seen & PAIR_BITS == PAIR_BITS else 0
            if live or context:
                plain = plain or Normalised(text, None)
                heard = self._listen(text, plain, (words, 0), hits, seen, live) if live else None
                if context and (heard is None or not heard.matters):
                    heard = self._with_context(text, plain, context) or heard
                if heard is not None:
                    return heard
        return self._chatter(text, words, hits, seen)

    def _chatter(self, text: str, words: str, hits: Hits, seen: int) -> Hearing:
        """A hearing without matters: nine lines of ten end here."""
        if not seen & CUE_BITS:
            act = self.acts.whole_act(words) or _CHAT
        else:
            act = self._act(words, seen, self._placed(hits, 0) if seen & TRACKED else ())
        place = place_of(words) if act is not _CHAT and act in _PLACED_ACTS else NOWHERE
        return _new(Hearing, (text, _NONE, act, 0.0, place, (), (), ()))

    def _with_context(self, text: str, plain: Normalised, context: Sequence[str]) -> Hearing | None:
        before = "\n".join([normalise(earlier[:CONTEXT_LENGTH]).text for earlier in context[-CONTEXT:]])
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
            return self.acts.whole_act(plain) or _CHAT
        return self.acts.decide(plain, found, triggered, cues)

    def _placed(self, hits: Hits, base: int) -> list[Cue]:
        placed = self.lexicon.placed
        return [Cue(placed[p], start - base, end - base) for p, start, end in hits if p in placed and start >= base]

    def _framing(self, hits: Hits) -> dict[str, list[tuple[int, str]]]:
        """The frame words found, by frame name."""
        found: dict[str, list[tuple[int, str]]] = {}
        names = self.lexicon.frames
        for pattern, start, _ in hits:
            if pattern in names:
                for name in names[pattern]:
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
        act, listening, found = self._found(plain, whole, hits, seen, live)
        if act is _NOTICE:
            for hit in found:
                listening.drop_all(hit.core, "notice", "")
            found = []
        needs = self.cues.needs
        kept = [
            hit
            for hit in found
            if hit.verdict is not _NONE and (not (needed := needs(hit.rule.id)) or self._cued(hit, needed, listening))
        ]
        if len(kept) > 1:
            kept, lost = matters_of(kept, listening.together)
            for loser, winner in lost:
                listening.drop_all(loser.core, "outranked", winner.rule.id)
        return self._hearing(text, plain, act, kept, listening)

    def _found(
        self, plain: Normalised, whole: tuple[str, int], hits: Hits, seen: int, live: int
    ) -> tuple[Act, Listening, list[Hit]]:
        """The act, the message under analysis, and the hits of all live rules, however weak."""
        heard, base = whole
        act, cues = self._act_within(plain.text, base, hits, seen)
        clauses = Clauses(heard)
        settled = 0
        if act is _RESOLVED:
            settled = base + max((cue.end for cue in cues if cue.act is act), default=len(plain.text))
        frames: Sequence[Standing] = ()
        if seen & FRAME_BIT or self._patterned:
            frames = standing(self.frames, clauses, self._framing(hits), self.cues)
        listening = Listening(self.lexicon, self.votes, clauses, base, frames, settled)
        return act, listening, listening.hits(hits, live)

    def _cued(self, hit: Hit, needs: Sequence[str], listening: Listening) -> bool:
        """Whether a hit stands with the cues around it: words of danger need none.

        Rules suspected without it are no surer of a subject told before, and silent when only that was trouble.
        """
        if hit.urgency is Urgency.EMERGENCY:
            return True
        start = min(word[START] for word in hit.core)
        end = max(word[END] for word in hit.core)
        suspects = hit.rule.uncued is Verdict.SUSPECTED
        if self.cues.near(needs, listening.text, start, end) and not (suspects and start < listening.base):
            return True
        if suspects and hit.core[-1][START] >= listening.base:
            hit.doubt()
            return hit.verdict is not _NONE
        listening.drop_all(hit.core, "uncued", "")
        return False

    def _hearing(self, text: str, plain: Normalised, act: Act, kept: list[Hit], listening: Listening) -> Hearing:
        suppressed = self._suppressed(plain, listening) if listening.dropped else ()
        if not kept:
            place = place_of(plain.text) if act in _PLACED_ACTS else NOWHERE
            return _new(Hearing, (text, _NONE, act, 0.0, place, (), (), suppressed))
        if act not in MATTER_ACTS:
            act = _REPORT
        place = place_of(plain.text)
        if len(kept) == 1:
            first = _matter(kept[0], plain, place, listening.base)
            return _new(Hearing, (text, first.verdict, act, first.score, place, (first,), first.evidence, suppressed))
        matters = tuple(
            [_matter(hit, plain, _own_place(hit, place, listening.clauses), listening.base) for hit in kept]
        )
        first = matters[0]
        return _new(Hearing, (text, first.verdict, act, first.score, place, matters, first.evidence, suppressed))

    def _suppressed(self, plain: Normalised, listening: Listening) -> tuple[Suppressed, ...]:
        base, rules = listening.base, self.pack.rules
        return tuple(
            Suppressed(rules[rule].id, word, *plain.span(start - base, end - base), why, by)
            for (start, end, _, _, word, _, rule), why, by in listening.dropped
            if start >= base
        )


def _own_place(hit: Hit, place: Place, clauses: Clauses) -> Place:
    """Of several matters each may name its place in its own clause."""
    if place is NOWHERE:
        return place
    clause = hit.core[-1][CLAUSE]
    own = place_of(clauses.text[clauses.starts[clause] : clauses.ends[clause]])
    return place if own is NOWHERE else own


def _matter(hit: Hit, plain: Normalised, place: Place, base: int) -> Matter:
    rule, urgency = hit.rule, hit.urgency
    name = rule.id
    evidence = tuple(
        [
            _new(Evidence, (name, word, *plain.span(start - base, end - base), _LABELS[role]))
            if start >= base
            else Evidence(name, word, 0, 0, "context")
            for start, end, _, role, word, _, _ in (*hit.core, *hit.raising)
        ]
    )
    return _new(
        Matter, (hit.verdict, rule.category, rule.tier, urgency, round(hit.score, 3), place, rule.partners, evidence)
    )


def load_classifier(rules_dir: Path | None = None, *, cache_dir: Path | None = None) -> Classifier:
    """The classifier over the shipped pack, or with the local pack of ``rules_dir`` laid over it.

    ``cache_dir`` is where the boundary dictionary keeps its built form. Raises ``RuleError``.
    """
    return Classifier(load_pack(rules_dir), BoundaryVotes(cache_dir))
