"""The examples that prove a pack: texts that must match, must be suspected, must not match."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import RuleError
from domain.hearing import Hearing
from domain.words import Category, Tier, Urgency, Verdict

KINDS = ("match", "suspected", "miss")
_KEYS = frozenset({"text", "urgency", "tier", "category", "context"})
_HEADER = re.compile(r"\s*\[\[(\w+)\]\]")


@dataclass(frozen=True, slots=True)
class Example:
    """One example of one category. ``category`` is what a miss is instead, ``None`` when it is no matter at all."""

    kind: str
    text: str
    of: Category
    source: Path
    line: int
    urgency: Urgency = Urgency.NORMAL
    tier: Tier | None = None
    category: Category | None = None
    context: tuple[str, ...] = ()

    @property
    def expected(self) -> tuple[Verdict, Category | None]:
        """Verdict and category that the example asks for."""
        if self.kind == "miss":
            return (Verdict.ISSUE, self.category) if self.category else (Verdict.NONE, None)
        return (Verdict.ISSUE if self.kind == "match" else Verdict.SUSPECTED), self.of

    def mistake(self, hearing: Hearing) -> str:
        """What is wrong with a hearing of this text, ``""`` when it is as the example asks."""
        verdict, category = self.expected
        first = hearing.gravest
        heard = f"{hearing.verdict}" + (f" {first.category} by {first.evidence[0].rule}" if first else "")
        if self.kind == "miss" and self.category is not None:
            if any(matter.category is self.of for matter in hearing.matters):
                return f"must not be {self.of}, is {self.category}; heard {heard}"
            return ""
        if hearing.verdict is not verdict or (first is not None and first.category is not category):
            wanted = f"{verdict}" + (f" {category}" if category else "")
            return f"should be {wanted}, heard {heard}"
        if first is None or self.kind == "miss":
            return ""
        if self.kind == "match" and first.urgency is not self.urgency:
            return f"should be {self.urgency}, heard {first.urgency} by {first.evidence[0].rule}"
        if self.tier is not None and first.tier is not self.tier:
            return f"should be {self.tier}, heard {first.tier} by {first.evidence[0].rule}"
        return ""


def load_examples(rules_dir: Path) -> list[Example]:
    """All examples of a pack folder, in file order. Raises ``RuleError`` naming every file and line that is wrong."""
    mistakes: list[str] = []
    examples: list[Example] = []
    for path in sorted((rules_dir / "examples").glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8")
            document = tomllib.loads(text)
            of = Category(path.stem)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            mistakes.append(f"{path}: not TOML in UTF-8: {error}; mend that place")
            continue
        except ValueError:
            mistakes.append(f"{path}: {path.stem} is no category; name the file after one")
            continue
        lines: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            header = _HEADER.match(line)
            if header:
                lines.setdefault(header[1], []).append(number)
        mistakes.extend(
            f"{path}: unknown table {name}; known are {', '.join(KINDS)}" for name in document.keys() - {*KINDS}
        )
        for kind in KINDS:
            for entry, line_number in zip(document.get(kind, []), lines.get(kind, []), strict=False):
                example = _example(kind, entry, of, path, line_number, mistakes)
                if example is not None:
                    examples.append(example)
    if mistakes:
        raise RuleError(*mistakes)
    return sorted(examples, key=lambda example: (str(example.source), example.line))


def _example(
    kind: str, entry: dict[str, Any], of: Category, path: Path, line: int, mistakes: list[str]
) -> Example | None:
    place = f"{path}:{line}"
    unknown = entry.keys() - _KEYS
    if unknown:
        mistakes.append(f"{place}: unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}")
        return None
    try:
        context = entry.get("context", ())
        if not isinstance(entry["text"], str) or isinstance(context, str):
            raise ValueError("`text` must be a string and `context` a list of strings")
        return Example(
            kind=kind,
            text=entry["text"],
            of=of,
            source=path,
            line=line,
            urgency=Urgency(entry.get("urgency", "normal")),
            tier=Tier(entry["tier"]) if "tier" in entry else None,
            category=Category(entry["category"]) if "category" in entry else None,
            context=tuple(context),
        )
    except (KeyError, ValueError) as error:
        mistakes.append(f"{place}: {error}; see docs/rules.md")
        return None
