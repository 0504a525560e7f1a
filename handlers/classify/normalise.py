"""Stage one: a text in the form rule words are written in, with the way back to the original.

Simplified Chinese (character by character, zhconv's table), half width, lower case; zero-width and
combining characters gone, an emoji or a sticker such as ``[捂脸]`` one space, three or more of the same
character one. Chinese punctuation stays: a clean text is the common case and must cost one scan.
"""

from __future__ import annotations

import importlib.util
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HEAD = 1200
"""Code points analysed from the start of an over-long text."""
TAIL = 400
"""Code points analysed from its end: what is wrong stands first or last."""

_KEPT_PUNCTUATION = "，。！？；：（）【】《》“”‘’、…—～·"
_CLEAN_ASCII = " !\"#$%&'()*+,-./0123456789:;<=>?@\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\n"
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FA5
_STICKER = re.compile(r"\[[一-龥A-Za-z]{1,8}\]")
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})
_SPACED = frozenset({"So", "Sk", "Cc", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text. ``offsets[i]`` is the original index of code point i; ``None`` when nothing moved."""

    text: str
    offsets: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A half-open span of this text as a half-open span of the original."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


@cache
def simplified() -> dict[str, str]:
    """Traditional → simplified, one character each, from zhconv's table (read without importing its loader)."""
    found = importlib.util.find_spec("zhconv")
    if found is None or found.origin is None:
        raise ImportError("the package zhconv is missing: run `make setup`")
    table = json.loads((Path(found.origin).parent / "zhcdict.json").read_bytes())["zh2Hans"]
    return {old: new for old, new in table.items() if len(old) == 1 and len(new) == 1 and old != new}


@cache
def _unclean() -> re.Pattern[str]:
    traditional = simplified()
    han = "".join(c for c in map(chr, range(_FIRST_HAN, _LAST_HAN + 1)) if c not in traditional)
    clean = re.escape(_CLEAN_ASCII + _KEPT_PUNCTUATION) + han
    return re.compile(rf"[^{clean}]|([^\d\s])\1\1")


def unclean(text: str) -> bool:
    """Whether normalising would change ``text``; the whole cost of this stage for an ordinary line."""
    return _unclean().search(text) is not None


def normalise(text: str) -> Normalised:
    """Normalise ``text``; of a text over ``HEAD + TAIL`` code points only head and tail are kept."""
    if len(text) <= HEAD + TAIL:
        return _fold(text, 0) if unclean(text) else Normalised(text, None)
    head = _fold(text[:HEAD], 0)
    tail = _fold(text[-TAIL:], len(text) - TAIL)
    offsets = [*(head.offsets or ()), HEAD, *(tail.offsets or ())]
    return Normalised(f"{head.text}\n{tail.text}", offsets)


def _fold(text: str, base: int) -> Normalised:
    table = simplified()
    stickers = {m.start(): m.end() for m in _STICKER.finditer(text)} if "[" in text else {}
    out: list[str] = []
    offsets: list[int] = []
    run = 0
    at = 0
    while at < len(text):
        end = stickers.get(at)
        folded = " " if end else _fold_character(text[at], table)
        if folded:
            run = run + 1 if out and out[-1] == folded else 1
            if run >= 3 and not folded.isdigit() and folded != " ":
                _shrink(out, offsets)
            elif not (folded == " " and run > 1):
                out.append(folded)
                offsets.append(base + at)
        at = end or at + 1
    return Normalised("".join(out), offsets)


def _shrink(out: list[str], offsets: list[int]) -> None:
    """The third of a run is not written, and it takes the second away."""
    if len(out) >= 2 and out[-2] == out[-1]:
        out.pop()
        offsets.pop()


def _fold_character(character: str, table: dict[str, str]) -> str:
    """One character as rule words have it: itself, another one, a space, or nothing."""
    code = ord(character)
    if _FIRST_HAN <= code <= _LAST_HAN:
        return table.get(character, character)
    if code < 0x80:
        return character.lower() if character >= " " or character == "\n" else " "
    if character in _KEPT_PUNCTUATION:
        return character
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0).lower()
    kind = unicodedata.category(character)
    if kind in _DROPPED:
        return ""
    if kind in _SPACED:
        return " "
    lowered = character.lower()
    return table.get(character, lowered if len(lowered) == 1 else character)
