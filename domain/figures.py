"""What a digest says, as values. Figures are about matters and places, never a league table of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.words import Category, IssueState, Urgency

SMALL = 20
"""Under so many cases a rate is given as a fraction, without a percentage."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Numerator and denominator of one of the three rates."""

    good: int
    of: int

    def __str__(self) -> str:
        if self.of == 0:
            return "暂无"
        share = f"{self.good}/{self.of}"
        return share if self.of < SMALL else f"{100 * self.good / self.of:.0f}%（{share}）"


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One issue in a digest. ``waiting`` is in seconds; ``text`` is masked and short."""

    number: int
    category: Category
    urgency: Urgency
    state: IssueState
    building: str
    text: str
    waiting: float
    assignee: str
    opened: datetime
    linked: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """The three rates of the issues opened in the window; ``asked`` is how many were asked whether content."""

    response: Rate
    resolution: Rate
    satisfaction: Rate
    asked: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One section chief's day. Times are in the street's zone; lists are in the order they are read."""

    chief: str
    communities: tuple[str, ...]
    since: datetime
    until: datetime
    needed: tuple[IssueLine, ...]
    opened: tuple[IssueLine, ...]
    answered: int
    waiting: tuple[IssueLine, ...]
    in_hand: int
    resolved: tuple[IssueLine, ...]
    unclear: tuple[IssueLine, ...]
    rates: Rates
    before: tuple[int, int]  # issues from before the window: still unsettled, resolved in it
    council: int
    deaf: tuple[str, ...]  # groups the bot could not hear
    gaps: tuple[str, ...]  # times in which an account could not hear
    unheard: int
    wordless: int = 0  # voices, pictures and videos without words: nobody knows what they said
    due_soon: tuple[IssueLine, ...] = ()  # warned of the resolution limit, which has not passed yet
    overdue: tuple[IssueLine, ...] = ()  # not over, and the resolution limit has passed
