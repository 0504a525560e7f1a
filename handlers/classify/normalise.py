"""Stage one: a text in the form rule words are written in, with the way back to the original.

Simplified Chinese (character by character, OpenCC's table), half width, lower case; zero-width and
combining characters gone, an emoji or a sticker such as ``[捂脸]`` one space, three or more of the same
character one. Chinese punctuation stays: a clean text is the common case and must cost one scan.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

HEAD = 1200
"""Code points analysed from the start of an over-long text."""
TAIL = 400
"""Code points analysed from its end: what is wrong stands first or last."""

_KEPT_PUNCTUATION = "，。！？；：（）【】《》“”‘’、…—～·"
_CLEAN_ASCII = " !\"#$%&'()*+,-./0123456789:;<=>?@\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\n"
_STREWN = r"~～*.·_|\-=^#+ "
"""Marks that some strew between the characters of a word (水~停~了); inside a character class."""
_MARKS = frozenset("~～*.·_|-=^#+ ")
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FA5
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})
_SPACED = frozenset({"So", "Sk", "Cc", "Zs", "Zl", "Zp"})


class Normalised:
    """A normalised text and the way back; the way is only worked out when a span is asked for."""

    __slots__ = ("_offsets", "_original", "text")

    def __init__(self, text: str, original: str | None) -> None:
        self.text = text
        self._original = original
        self._offsets: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A non-empty half-open span of this text as a half-open span of the original."""
        if self._original is None:
            return start, end
        if self._offsets is None:
            self._offsets = _offsets(self._original)
        return self._offsets[start], self._offsets[end - 1] + 1


_SPOKEN = {"咗": "了", "冇": "没", "嘅": "的", "妳": "你", "牠": "它"}
"""Written dialect and personal pronouns that OpenCC leaves alone."""


@cache
def simplified() -> dict[str, str]:
    """Traditional → simplified, one character each, from OpenCC's table (read without importing its loader)."""
    found = importlib.util.find_spec("opencc")
    if found is None or found.origin is None:
        raise ImportError("the package opencc-python-reimplemented is missing: run `make setup`")
    lines = (Path(found.origin).parent / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t", 1) for line in lines)
    table = {old: new.split(" ", 1)[0] for old, new in pairs}
    return {old: new for old, new in table.items() if len(old) == 1 and len(new) == 1 and old != new} | _SPOKEN


@cache
def unclean_characters() -> re.Pattern[str]:
    """A mark strewn between single characters, a sticker, three of a kind, or characters that rule words never hold."""
    han, mark = r"[一-龥]", rf"[{_STREWN}]"
    strewn = rf"(?<={han}){mark}(?={han}{mark}{han})|(?<={han}{mark}{han}){mark}(?={han})"
    return re.compile(rf"{strewn}|([^\d\s])\1\1+|[^{_clean_characters()}\[]+|\[(?:[一-龥A-Za-z]{{1,8}}\])?")


@cache
def doubtful_characters() -> re.Pattern[str]:
    """Finds something in every text that normalising could change, and costs half of looking closely.

    A text that it finds nothing in is clean; three digits of a kind are doubtful and stay as they are.
    """
    return re.compile(rf"[^{_clean_characters()}]|(.)\1\1|[{_STREWN}].[{_STREWN}]", re.DOTALL)


def _clean_characters() -> str:
    """The inside of a character class: what rule words may hold."""
    traditional = simplified()
    han = "".join(c for c in map(chr, range(_FIRST_HAN, _LAST_HAN + 1)) if c not in traditional)
    return re.escape(_CLEAN_ASCII + _KEPT_PUNCTUATION) + han


def normalise(text: str) -> Normalised:
    """Normalise ``text``; of a text over ``HEAD + TAIL`` code points only head and tail are kept."""
    if len(text) > HEAD + TAIL:
        return Normalised(f"{_folded(text[:HEAD])}\n{_folded(text[-TAIL:])}", text)
    clean = doubtful_characters().search(text) is None or unclean_characters().search(text) is None
    return Normalised(text, None) if clean else Normalised(_folded(text), text)


def _folded(text: str) -> str:
    table = simplified()
    out: list[str] = []
    at = 0
    for found in unclean_characters().finditer(text):
        start, end = found.span()
        if start > at:
            out.append(text[at:start])
        at = end
        stretch = found.group()
        if len(stretch) == 1 and stretch not in _MARKS and not _framed_by_han(text, start, end):
            out.append(_folded_alone(stretch))
        elif found[1] is None and stretch[0] == "[":
            out.append(" " if len(stretch) > 1 else "[")
        else:
            out.extend(piece for _, piece in _replacement(found, table))
    out.append(text[at:])
    return "".join(out)


@lru_cache(maxsize=2048)
def _folded_alone(character: str) -> str:
    """What stands for one unclean character that is no picture in the middle of a word."""
    return _fold_character(character, simplified())


def _framed_by_han(text: str, start: int, end: int) -> bool:
    return (
        start > 0
        and end < len(text)
        and _FIRST_HAN <= ord(text[start - 1]) <= _LAST_HAN
        and _FIRST_HAN <= ord(text[end]) <= _LAST_HAN
    )


def _offsets(text: str) -> list[int]:
    """The original index of every code point of the normalised text."""
    if len(text) > HEAD + TAIL:
        tail = len(text) - TAIL
        return [*_offsets(text[:HEAD]), HEAD, *(tail + offset for offset in _offsets(text[tail:]))]
    table = simplified()
    offsets: list[int] = []
    at = 0
    for found in unclean_characters().finditer(text):
        start, end = found.span()
        offsets.extend(range(at, start))
        for index, piece in _replacement(found, table):
            offsets.extend([index] * len(piece))
        at = end
    offsets.extend(range(at, len(text)))
    return offsets


def _replacement(found: re.Match[str], table: dict[str, str]) -> Iterator[tuple[int, str]]:
    """What stands for an unclean stretch: (original index, character) pairs."""
    start, stretch = found.start(), found.group()
    if stretch in _MARKS or _between_words(found):
        return
    if found[1]:
        yield start, _fold_character(stretch[0], table)
    elif stretch[0] == "[":
        yield start, " " if len(stretch) > 1 else "["
    else:
        for index, character in enumerate(stretch, start):
            yield index, _fold_character(character, table)


def _between_words(found: re.Match[str]) -> bool:
    """Whether a stretch is one picture in the middle of a word (停💧水了): it is no pause there."""
    start, end = found.span()
    pictures = [c for c in found.group() if unicodedata.category(c) not in _DROPPED]
    if len(pictures) != 1 or unicodedata.category(pictures[0]) != "So":
        return False
    return _framed_by_han(found.string, start, end)


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
