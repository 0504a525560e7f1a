"""What hearing makes of one message: the verdict, the matters in it, and the evidence for both.

Named tuples: every line of every group makes one, and nothing immutable is made faster.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.words import Act, Category, Duty, Tier, Urgency, Verdict


class Place(NamedTuple):
    """Where a matter is, as far as the words say it; empty strings when they do not.

    ``building`` is the number or name before 号楼/栋/幢, ``spot`` a shared place such as 地下车库.
    """

    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    spot: str = ""


class Evidence(NamedTuple):
    """One word that counted. ``start`` and ``end`` are code points of the original text, end exclusive."""

    rule: str
    keyword: str
    start: int
    end: int
    role: str


class Suppressed(NamedTuple):
    """One word that was found and did not count, and ``why`` (closed list in docs/rules.md); ``by`` is what did it."""

    rule: str
    keyword: str
    start: int
    end: int
    why: str
    by: str = ""


class Matter(NamedTuple):
    """One matter inside a message. ``verdict`` is never ``none`` here."""

    verdict: Verdict
    category: Category
    tier: Tier
    urgency: Urgency
    score: float
    place: Place
    partners: tuple[Duty, ...]
    evidence: tuple[Evidence, ...]


class Hearing(NamedTuple):
    """The result for one message. ``matters`` is ordered gravest first; empty when the verdict is ``none``."""

    text: str
    verdict: Verdict
    act: Act
    score: float
    place: Place
    matters: tuple[Matter, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()

    @property
    def gravest(self) -> Matter | None:
        """The matter that decides the top level, ``None`` when nothing was heard."""
        return self.matters[0] if self.matters else None
