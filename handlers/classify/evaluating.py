"""Measuring hearing on labelled text: precision, recall, F1 with intervals, by category and by urgency."""

from __future__ import annotations

import csv
import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import LoulingError
from domain.hearing import Hearing
from domain.words import URGENCY_RANK, Category, Urgency, Verdict

_TRUE = frozenset({"1", "true", "yes", "y", "是"})
_FALSE = frozenset({"0", "false", "no", "n", "否"})
_RESAMPLES = 400


class LabelError(LoulingError):
    """A labelled file that cannot be used; the message says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text as a person labelled it.

    ``category`` and ``urgency`` only for an issue, and there optional; ``genre`` is any name for a kind of text.
    """

    text: str
    is_issue: bool
    category: Category | None
    urgency: Urgency | None
    line: int
    genre: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text and its hearing."""

    labelled: Labelled
    hearing: Hearing

    @property
    def opened(self) -> bool:
        """Whether an issue was opened."""
        return self.hearing.verdict is Verdict.ISSUE

    @property
    def urgency(self) -> Urgency | None:
        """The urgency heard."""
        first = self.hearing.gravest
        return first.urgency if first else None

    @property
    def category(self) -> Category | None:
        """The category heard."""
        first = self.hearing.gravest
        return first.category if first else None


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % Wilson interval."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """hits / of, 0 for an empty one."""
        return self.hits / self.of if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval (Wilson 1927)."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def read_labels(path: Path) -> list[Labelled]:
    """A TSV with the header text, is_issue, category, urgency (and genre), or JSON lines with those keys.

    Raises ``LabelError`` with the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror}; give a readable file") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LabelError(f"{path}:{line}: not UTF-8; save it as UTF-8") from error
    lines = text.split("\n")
    if text.lstrip().startswith("["):
        raise LabelError(f'{path}:1: a JSON list; write one object a line, {{"text": …, "is_issue": …}}')
    rows = _json_rows(path, lines) if text.lstrip().startswith("{") else _table_rows(path, lines)
    labelled = [_labelled(path, number, row) for number, row in rows]
    if not labelled:
        raise LabelError(f"{path}: no labelled line in it; write one text a line under the header")
    return labelled


def _json_rows(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise LabelError(f"{path}:{number}: not JSON: {error.msg}; write one object a line") from error
            if not isinstance(row, dict):
                raise LabelError(f'{path}:{number}: not an object; write {{"text": …, "is_issue": …}}')
            yield number, row


def _table_rows(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    header = lines[0].rstrip("\r").split("\t")
    if "text" not in header or "is_issue" not in header:
        raise LabelError(f"{path}:1: the header must name text and is_issue (and category, urgency), tabs between")
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            cells = next(csv.reader([line.rstrip("\r")], delimiter="\t", quoting=csv.QUOTE_NONE))
            if len(cells) > len(header):
                raise LabelError(
                    f"{path}:{number}: {len(cells)} columns, the header has {len(header)}; remove tabs from the text"
                )
            yield number, dict(zip(header, cells, strict=False))


def _labelled(path: Path, number: int, row: dict[str, Any]) -> Labelled:
    where = f"{path}:{number}"
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise LabelError(f"{where}: no text; fill the column text")
    told = str(row.get("is_issue", "")).strip().lower()
    if told not in _TRUE | _FALSE:
        raise LabelError(f"{where}: is_issue = {told or 'nothing'}; write 1 or 0")
    try:
        category = Category(row["category"]) if row.get("category") else None
        urgency = Urgency(row["urgency"]) if row.get("urgency") else None
    except ValueError as error:
        raise LabelError(f"{where}: {error}; see the closed lists in docs/rules.md") from error
    if told in _FALSE and (category or urgency):
        raise LabelError(f"{where}: is_issue = 0 with the category or urgency of a matter; empty them or write 1")
    return Labelled(text, told in _TRUE, category, urgency, number, str(row.get("genre") or ""))


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found; shares with their intervals."""

    judged: tuple[Judged, ...]

    def shares(self) -> dict[str, Share]:
        """The headline numbers by name."""
        matters = [one for one in self.judged if one.labelled.is_issue]
        chatter = [one for one in self.judged if not one.labelled.is_issue]
        opened = [one for one in self.judged if one.opened]
        heard = [one for one in matters if one.labelled.category and one.hearing.verdict is not Verdict.NONE]
        return {
            "precision": _share(one.labelled.is_issue for one in opened),
            "recall": _share(one.opened for one in matters),
            "recall with suspected": _share(one.hearing.verdict is not Verdict.NONE for one in matters),
            "category right": _share(one.category is one.labelled.category for one in heard),
            "opened falsely": _share(one.opened for one in chatter),
            "suspected of chatter": _share(one.hearing.verdict is Verdict.SUSPECTED for one in chatter),
            "suspected of matters": _share(one.hearing.verdict is Verdict.SUSPECTED for one in matters),
            **self._urgencies(),
        }

    def _urgencies(self) -> dict[str, Share]:
        """Recall counts what is heard graver as heard; falsely is over all texts that are labelled less grave."""
        out = {}
        for urgency in (Urgency.URGENT, Urgency.EMERGENCY):
            rank = URGENCY_RANK[urgency]
            told = [one for one in self.judged if one.labelled.urgency is urgency]
            less = [
                one
                for one in self.judged
                if not one.labelled.is_issue or (one.labelled.urgency and URGENCY_RANK[one.labelled.urgency] < rank)
            ]
            out[f"{urgency} recall"] = _share(
                one.urgency is not None and URGENCY_RANK[one.urgency] >= rank for one in told
            )
            out[f"{urgency} falsely"] = _share(one.urgency is urgency for one in less)
        return out

    def f1(self) -> tuple[float, float, float]:
        """F1 of opening, with a 95 % bootstrap interval (seeded)."""
        outcomes = [(one.labelled.is_issue, one.opened) for one in self.judged]
        rng = random.Random(1)
        draws = sorted(_f1(rng.choices(outcomes, k=len(outcomes))) for _ in range(_RESAMPLES))
        return _f1(outcomes), draws[int(_RESAMPLES * 0.025)], draws[int(_RESAMPLES * 0.975)]

    def by_category(self) -> dict[Category, tuple[int, int, int]]:
        """Category → (labelled, heard as it, heard as it and labelled so)."""
        labelled = Counter(one.labelled.category for one in self.judged if one.labelled.is_issue)
        heard = Counter(one.category for one in self.judged)
        right = Counter(one.category for one in self.judged if one.category is one.labelled.category)
        return {c: (labelled[c], heard[c], right[c]) for c in Category if labelled[c] or heard[c]}

    def by_genre(self) -> dict[str, tuple[Share, Share, Share]]:
        """Genre → (matters opened, matters opened or suspected, no matter yet opened); empty when none is named."""
        out = {}
        for genre in sorted({one.labelled.genre for one in self.judged} - {""}):
            those = [one for one in self.judged if one.labelled.genre == genre]
            matters = [one for one in those if one.labelled.is_issue]
            out[genre] = (
                _share(one.opened for one in matters),
                _share(one.hearing.verdict is not Verdict.NONE for one in matters),
                _share(one.opened for one in those if not one.labelled.is_issue),
            )
        return out

    def confusion(self) -> list[tuple[str, str, int]]:
        """(labelled, heard, how often), the most frequent wrong ones first; ``none`` for no matter."""
        pairs = Counter(
            (one.labelled.category or ("issue" if one.labelled.is_issue else "none"), one.category or "none")
            for one in self.judged
            if one.labelled.category is not None or not one.labelled.is_issue
        )
        return [(str(a), str(b), n) for (a, b), n in pairs.most_common() if a != b]

    def worst(self, most: int) -> list[tuple[str, Judged]]:
        """The gravest mistakes: missed emergencies, false alarms, missed matters, wrong urgency, wrong category."""
        return sorted(
            ((kind, one) for one in self.judged if (kind := mistake(one))), key=lambda entry: _ORDER.index(entry[0])
        )[:most]


_ORDER = (
    "missed emergency",
    "false emergency",
    "opened falsely",
    "missed",
    "missed urgent",
    "wrong category",
    "only suspected",
)


def mistake(one: Judged) -> str:
    """The gravest thing wrong with one hearing, ``""`` for none."""
    told, verdict = one.labelled, one.hearing.verdict
    first = one.hearing.gravest
    if told.urgency is Urgency.EMERGENCY and (first is None or first.urgency is not Urgency.EMERGENCY):
        return "missed emergency"
    if (
        first
        and first.urgency is Urgency.EMERGENCY
        and (not told.is_issue or told.urgency in (Urgency.NORMAL, Urgency.URGENT))
    ):
        return "false emergency"
    if not told.is_issue:
        return "opened falsely" if one.opened else ""
    if verdict is Verdict.NONE:
        return "missed"
    if told.urgency is Urgency.URGENT and first and first.urgency is Urgency.NORMAL:
        return "missed urgent"
    if told.category is not None and one.category is not told.category:
        return "wrong category"
    return "only suspected" if verdict is Verdict.SUSPECTED else ""


def _share(hits: Iterable[bool]) -> Share:
    told = list(hits)
    return Share(sum(told), len(told))


def _f1(outcomes: Sequence[tuple[bool, bool]]) -> float:
    right = sum(a and b for a, b in outcomes)
    wrong = sum(a != b for a, b in outcomes)
    return 2 * right / (2 * right + wrong) if right or wrong else 0.0
