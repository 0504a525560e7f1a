"""Names as written in a roster: which are fit, which are known, which one was probably meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from bot.roster.rows import Where, quoted, trimmed

MAX_NAME = 100
GUESSES = 200
"""So many unknown names get a "did you mean"; the search compares with every known one."""

_SPOILT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_APART = re.compile(r"[、,，;；]")
_NOT_IN_IDS = re.compile(r"[\s、,，;；]")


def name_fault(text: str, *, is_id: bool = False) -> str:
    """Why a text is no name, or "". Ids stand in lists and commands, so they hold no spaces or separators."""
    if not text:
        return "is empty"
    if len(text) > MAX_NAME:
        return f"{quoted(text)} is longer than {MAX_NAME} characters; shorten it"
    if _SPOILT.search(text):
        return f"{quoted(text)} holds a line break or an invisible character; type it again"
    if is_id and _NOT_IN_IDS.search(text):
        return f"{quoted(text)} holds a space or a comma; an id is one word, as in wang-qiang"
    return ""


def alike(text: str) -> str:
    """The same for names that differ only in case, width or spaces, which no two may."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Names:
    """The names of one kind with the place of each, and how to guess at a misspelt one."""

    def __init__(self) -> None:
        self.places: dict[str, Where] = {}
        self.by_form: dict[str, str] = {}
        self.other: dict[str, list[str]] = {}
        self._guesses: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def __bool__(self) -> bool:
        return bool(self.places)

    def twin(self, name: str) -> str | None:
        """The known name that is alike, if any."""
        return self.by_form.get(alike(name))

    def add(self, name: str, where: Where) -> None:
        """Makes a name known; the first place of it counts."""
        self.places.setdefault(name, where)
        self.by_form.setdefault(alike(name), name)

    def also_called(self, name: str, other: str) -> None:
        """Lets ``guess`` find a name by what else it is called: a person's id by the name."""
        self.other.setdefault(other, []).append(name)

    def guess(self, wrong: str, *, many: bool) -> str:
        """How to mend an unknown name, where one or ``many`` may stand."""
        if many and any(trimmed(part) in self for part in _APART.split(wrong)):
            return 'several are written as a list, as in ["a", "b"]'
        if wrong not in self._guesses:
            self._guesses[wrong] = self._mend(wrong, search=len(self._guesses) < GUESSES)
        return self._guesses[wrong]

    def _mend(self, wrong: str, *, search: bool) -> str:
        called = self.other.get(wrong, [])
        if called:
            return "write the id instead of the name: " + " or ".join(map(quoted, called[:3]))
        twin = self.twin(wrong)
        near = [twin] if twin is not None else []
        if not near and search:
            near = difflib.get_close_matches(wrong, self.places, 2, 0.7)
        return f"did you mean {' or '.join(map(quoted, near))}?" if near else "add it there or mend the spelling"


def unpacked(text: str, known: Iterable[str] | Names) -> tuple[str, ...]:
    """The values of one spreadsheet cell: on lines of their own, or between 、 , ; or spaces.

    A known name is never torn apart, so "3号楼 东单元" stays whole where it is a building.
    """
    whole = trimmed(text)
    if not whole:
        return ()
    found: list[str] = []
    for line in filter(None, map(trimmed, text.splitlines())):
        if line in known:
            found.append(line)
            continue
        for part in filter(None, map(trimmed, _APART.split(line))):
            found.extend([part] if part in known else part.split())
    return tuple(found)
