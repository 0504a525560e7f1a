"""Frames: the past, another place, an if, an advertisement. They change what is heard around them.

The words stand in ``handlers/rules/_frames.toml``; the name of a frame is the ``why`` of what it silences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import RuleError
from domain.words import Category, Urgency
from handlers.classify.clauses import Clauses
from handlers.classify.cues import Cues
from handlers.classify.normalise import normalise

SCOPES = ("clause", "sentence", "message")


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of the table; ``factor`` multiplies the score of a hit inside.

    ``least`` different words must stand in the scope to set the frame up; a cue of ``unless_cues`` takes it down.
    A later clause that begins with a word of ``until`` ends it (去年修过，现在又坏了).
    It touches ``only`` these categories (empty: all), and none that it ``spares``; ``emergency`` names what is one.
    One that ``lowers`` leaves the score alone: what is urgent is normal inside; an emergency stays one.
    """

    name: str
    scope: str
    factor: float
    words: tuple[str, ...]
    unless: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    spares: frozenset[str]
    only: frozenset[str] = frozenset()
    least: int = 1
    unless_cues: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    lowers: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A frame that stands in one message: the clauses it covers and the word that set it up."""

    frame: Frame
    first: int
    last: int
    word: str


def frames_of(table: Mapping[str, Any]) -> tuple[Frame, ...]:
    """The frames of a table. Raises ``RuleError`` for one that cannot be used."""
    mistakes: list[str] = []
    frames = []
    for name, entry in table.items():
        try:
            if entry["scope"] not in SCOPES:
                raise ValueError(f"scope must be one of {', '.join(SCOPES)}")
            frames.append(
                Frame(
                    name=name,
                    scope=entry["scope"],
                    factor=1.0 if entry.get("lowers") else float(entry["factor"]),
                    words=tuple(normalise(word).text for word in entry.get("words", ())),
                    unless=tuple(normalise(word).text for word in entry.get("unless", ())),
                    patterns=tuple(re.compile(pattern) for pattern in entry.get("patterns", ())),
                    spares=frozenset(_sparing(name) for name in entry.get("spares", ())),
                    only=frozenset(_sparing(name) for name in entry.get("only", ())),
                    least=int(entry.get("least", 1)),
                    unless_cues=tuple(entry.get("unless_cues", ())),
                    until=tuple(normalise(word).text for word in entry.get("until", ())),
                    lowers=bool(entry.get("lowers", False)),
                )
            )
        except (KeyError, TypeError, ValueError, re.error) as error:
            mistakes.append(f"_frames.toml: [{name}]: {error}; see the head of the shipped table")
    if mistakes:
        raise RuleError(*mistakes)
    return tuple(frames)


def standing(
    frames: Sequence[Frame], clauses: Clauses, found: Mapping[str, Sequence[tuple[int, str]]], cues: Cues
) -> list[Standing]:
    """The frames that stand. ``found`` has the cue words of each frame name (``name`` and ``-name``) by position."""
    out: list[Standing] = []
    for frame in frames:
        if not frame.patterns and frame.name not in found:
            continue
        places = list(found.get(frame.name, ()))
        places.extend((m.start(), m.group()) for p in frame.patterns for m in p.finditer(clauses.text))
        if not places:
            continue
        lifted = [clauses.at(at) for at, _ in found.get(f"-{frame.name}", ())]
        for at, word in places:
            first, last = _reach(frame.scope, clauses, at)
            if frame.least > 1 and _different(places, clauses, first, last) < frame.least:
                continue
            if frame.unless_cues:
                end = clauses.ends[min(last, len(clauses.ends) - 1)]
                if cues.within(frame.unless_cues, clauses.text, clauses.starts[first], end):
                    continue
            if not any(first <= clause <= last for clause in lifted):
                if frame.until:
                    last = _turned(frame.until, clauses, clauses.at(at), last)
                out.append(Standing(frame, first, last, word))
                if frame.scope == "message" and not frame.until:
                    break
    return out


def _turned(until: tuple[str, ...], clauses: Clauses, clause: int, last: int) -> int:
    """The last clause a frame set up in ``clause`` reaches before the talk turns to something else."""
    for later in range(clause + 1, min(last + 1, len(clauses.starts))):
        if clauses.text.startswith(until, clauses.starts[later]):
            return later - 1
    return last


def _different(places: Sequence[tuple[int, str]], clauses: Clauses, first: int, last: int) -> int:
    """How many different words set a frame up in a stretch of clauses; one inside another is none of its own."""
    inside = {word for at, word in places if first <= clauses.at(at) <= last}
    return sum(not any(word != other and word in other for other in inside) for word in inside)


def _sparing(name: str) -> str:
    return name if name == Urgency.EMERGENCY else Category(name)


def _reach(scope: str, clauses: Clauses, at: int) -> tuple[int, int]:
    if scope == "message":
        return 0, len(clauses.starts)
    clause = clauses.at(at)
    return (clause, clause) if scope == "clause" else clauses.sentence(clause)
