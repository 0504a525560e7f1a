"""Profiles of limits: by category, tier and urgency, how soon somebody must answer and how soon it must be over.

A profile is a list of rules asked in order; the first that fits and says something wins, and what no rule says
stands in ``[limit]``. The rules in force are frozen into an issue's policy when it opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, model_validator

from domain.calendar import Mode
from domain.spans import Length, Span
from domain.words import Category as C
from domain.words import Tier, Urgency


class ProfileName(StrEnum):
    """The shipped profiles."""

    GENTLE = "gentle"
    BEIJING = "beijing"
    TIANJIN = "tianjin"


class LimitRule(BaseModel):
    """Limits for some categories, tiers and urgencies; an empty list means all, except that ``urgencies`` means normal.

    ``clock`` is the time the lengths are counted in; working days (``3wd``) are always working days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: tuple[C, ...] = ()
    tiers: tuple[Tier, ...] = ()
    urgencies: tuple[Urgency, ...] = (Urgency.NORMAL,)
    response: Span | None = None
    resolution: Span | None = None
    clock: Mode = Mode.WORKING

    @model_validator(mode="after")
    def _says_something(self) -> LimitRule:
        if self.response is None and self.resolution is None:
            raise ValueError('a rule gives a limit; write response = "2h" or resolution = "5wd"')
        return self

    def fits(self, urgency: Urgency, tier: Tier | None, category: C | None) -> bool:
        """Whether this rule is about such a matter."""
        return (
            urgency in self.urgencies
            and (not self.tiers or tier in self.tiers)
            and (not self.categories or category in self.categories)
        )


def limit(
    rules: Sequence[LimitRule], name: str, urgency: Urgency, tier: Tier | None, category: C | None
) -> tuple[Length, Mode] | None:
    """The ``response`` or ``resolution`` limit of the first rule that fits and gives one; ``None``: none does."""
    for rule in rules:
        length = getattr(rule, name)
        if length is not None and rule.fits(urgency, tier, category):
            return length, rule.clock
    return None


def _rule(**given: object) -> LimitRule:
    return LimitRule.model_validate(given)


_LIFELINES = (C.WATER, C.POWER, C.GAS, C.HEATING, C.ELEVATOR)
_GRAVE = (Urgency.URGENT, Urgency.EMERGENCY)

PROFILES: dict[ProfileName, tuple[LimitRule, ...]] = {
    ProfileName.GENTLE: (),
    # 接诉即办 in four grades of 2 hours, 24 hours, 7 days and 15 days, by the clock.
    ProfileName.BEIJING: (
        _rule(urgencies=_GRAVE, response="30m", resolution="2h", clock=Mode.ALWAYS),
        _rule(categories=_LIFELINES, response="2h", resolution="24h", clock=Mode.ALWAYS),
        _rule(categories=(C.CONSULT,), response="2h", resolution="24h", clock=Mode.ALWAYS),
        _rule(tiers=(Tier.SMALL, Tier.MEDIUM), response="2h", resolution="7d", clock=Mode.ALWAYS),
        _rule(tiers=(Tier.LARGE,), response="2h", resolution="15d", clock=Mode.ALWAYS),
    ),
    # Contact within half a working day, questions in one working day, matters in five, hard ones in fifteen.
    ProfileName.TIANJIN: (
        _rule(urgencies=_GRAVE, response="30m", resolution="4h", clock=Mode.ALWAYS),
        _rule(categories=(C.CONSULT,), response="2h", resolution="1wd"),
        _rule(tiers=(Tier.SMALL, Tier.MEDIUM), response="4h", resolution="5wd"),
        _rule(tiers=(Tier.LARGE,), response="4h", resolution="15wd"),
    ),
}
"""Examples in the manner of two cities' hotlines, to begin from; a street puts its own numbers into the config.

The numbers are illustrative: none is taken from a published rule, and no city's rule is claimed to be kept by them.
"""
