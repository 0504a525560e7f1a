"""What a street decides about its bell: ladders, limits, waits. Frozen into an issue when it opens.

Rungs name duties, never people: people are looked up when a rung is due, so a stand-in or a new
roster applies to old issues too. Default numbers are those of the design, section 5.
"""

from __future__ import annotations

import hashlib
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.calendar import Mode
from domain.profiles import LimitRule, limit
from domain.spans import ClockSpan, Length, Span, parse_length
from domain.words import Category, Duty, Tier, Urgency


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rung(_Frozen):
    """One step of a ladder: how long after rung 0, and the duties that are told."""

    after: Span
    to: tuple[Duty, ...] = Field(min_length=1)


class Ladder(_Frozen):
    """The rungs of one urgency, the clock they run on, and how often the last one repeats."""

    clock: Mode
    rungs: tuple[Rung, ...] = Field(min_length=1)
    repeat: Span

    @model_validator(mode="after")
    def _rises(self) -> Ladder:
        lengths = [rung.after.seconds for rung in self.rungs]
        if any(rung.after.workdays for rung in self.rungs) or self.repeat.workdays:
            raise ValueError("rungs are counted in minutes and hours; write 8h instead of 1wd")
        if lengths[0] != 0:
            raise ValueError('the first rung is told at once; write after = "0m"')
        if lengths != sorted(set(lengths)):
            raise ValueError("every rung must come later than the one before it")
        if self.repeat.seconds < 60:
            raise ValueError('repeat must be at least a minute, for example repeat = "4h"')
        return self

    def after(self, index: int) -> Length:
        """How long after rung 0 rung ``index`` is due; past the last rung it repeats."""
        last = len(self.rungs) - 1
        if index <= last:
            return self.rungs[index].after
        return Length(seconds=self.rungs[last].after.seconds + (index - last) * self.repeat.seconds)

    def duties(self, index: int) -> tuple[Duty, ...]:
        """Who rung ``index`` tells."""
        return self.rungs[min(index, len(self.rungs) - 1)].to

    def is_escalation(self, index: int) -> bool:
        """Whether rung ``index`` goes above the grid for the first time, or one step higher than before."""
        if index >= len(self.rungs):
            return False
        before = {duty for rung in self.rungs[:index] for duty in rung.to}
        above = {Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF}
        return index > 0 and bool((set(self.rungs[index].to) & above) - before)


def _ladder(clock: Mode, repeat: str, *rungs: tuple[str, tuple[Duty, ...]]) -> Ladder:
    return Ladder(
        clock=clock,
        repeat=parse_length(repeat),
        rungs=tuple(Rung(after=parse_length(after), to=to) for after, to in rungs),
    )


_HEAD = (Duty.GRID_HEAD,)
_GRID = (Duty.GRID_HEAD, Duty.GRID_MEMBER, Duty.BUILDING_LEAD)
_COMMUNITY = (*_GRID, Duty.COMMUNITY_SECRETARY)
_TOP = (Duty.GRID_HEAD, Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF)
_EVERYBODY = (*_COMMUNITY, Duty.SECTION_CHIEF, Duty.POLICE, Duty.PROPERTY_STEWARD)

NORMAL_LADDER = _ladder(
    Mode.WORKING,
    "4h",
    ("0m", _HEAD),
    ("30m", _GRID),
    ("60m", _GRID),
    ("90m", _COMMUNITY),
    ("120m", _GRID),
    ("150m", _GRID),
    ("180m", _GRID),
    ("210m", _GRID),
    ("240m", _TOP),
)
URGENT_LADDER = _ladder(
    Mode.WAKING, "1h", ("0m", _HEAD), ("10m", _GRID), ("20m", _COMMUNITY), ("30m", (*_COMMUNITY, Duty.SECTION_CHIEF))
)
EMERGENCY_LADDER = _ladder(Mode.ALWAYS, "15m", *((f"{minute}m", _EVERYBODY) for minute in range(0, 31, 3)))


class Ladders(_Frozen):
    """One ladder an urgency."""

    normal: Ladder = NORMAL_LADDER
    urgent: Ladder = URGENT_LADDER
    emergency: Ladder = EMERGENCY_LADDER


class Limits(_Frozen):
    """Response limits by urgency (first answer), resolution limits by tier; an urgent matter has its own."""

    response_normal: Span = parse_length("4h")
    response_urgent: Span = parse_length("1h")
    response_emergency: Span = parse_length("15m")
    resolution_urgent: Span = parse_length("4h")
    resolution_small: Span = parse_length("3wd")
    resolution_medium: Span = parse_length("7wd")
    resolution_large: Span = parse_length("30wd")


class Waits(_Frozen):
    """How long the bot waits for people before it goes on."""

    suspicion: Span = parse_length("60m")  # building lead's time to say whether it is an issue
    suspicion_kept: Span = parse_length("7d")  # an unsettled suspicion is put aside after this
    handled: Span = parse_length("60m")  # assignee's time to say "handled?" before the ladder resumes
    close: Span = parse_length("48h")  # no objection after resolved
    reopen: ClockSpan = parse_length("7d")  # the same trouble reopens within this, later it is a recurrence
    join: ClockSpan = parse_length("24h")  # a report of the same matter this near joins the live issue
    same_report: ClockSpan = parse_length("3m")  # several messages in a row from one sender are one report
    chase: ClockSpan = parse_length("1h")  # a chase is passed on at most this often
    outage: ClockSpan = parse_length("30m")  # so long after an announced end «still no water» is no issue yet
    snooze: ClockSpan = parse_length("24h")  # the assignee may silence the bell at most this long at a time


class Policy(_Frozen):
    """Everything ``decide`` needs to know about the street's will."""

    ladder: Ladders = Ladders()
    limit: Limits = Limits()
    wait: Waits = Waits()
    profile: tuple[LimitRule, ...] = ()  # limits by category, tier and urgency, asked before ``limit``
    warn_at: float = Field(default=0.8, gt=0, le=1)  # share of a limit after which the assignee is warned; 1: never
    reopened_wait: float = Field(default=0.5, ge=0.1, le=1)  # share of the wait for the second rung, once it came back
    suspicion_prompts_per_day: int = Field(default=2, ge=0, le=50)
    chases_before_next_rung: int = Field(default=3, ge=1, le=100)
    snoozes_per_issue: int = Field(default=2, ge=0, le=20)
    referrals_before_secretary: int = Field(default=2, ge=1, le=20)  # the next one goes to the community secretary

    @cached_property
    def ladders(self) -> dict[Urgency, Ladder]:
        """Ladder by urgency."""
        return {
            Urgency.NORMAL: self.ladder.normal,
            Urgency.URGENT: self.ladder.urgent,
            Urgency.EMERGENCY: self.ladder.emergency,
        }

    @cached_property
    def printed(self) -> str:
        """The policy as it is kept."""
        return self.model_dump_json()

    @cached_property
    def key(self) -> str:
        """Its id: the hash of ``printed``."""
        return hashlib.sha256(self.printed.encode()).hexdigest()

    def response(
        self, urgency: Urgency, tier: Tier | None = None, category: Category | None = None
    ) -> tuple[Length, Mode]:
        """The response limit and the clock it runs on: by the profile, else by urgency."""
        limits = {
            Urgency.NORMAL: self.limit.response_normal,
            Urgency.URGENT: self.limit.response_urgent,
            Urgency.EMERGENCY: self.limit.response_emergency,
        }
        usual = limits[urgency], self.ladders[urgency].clock
        return limit(self.profile, "response", urgency, tier, category) or usual

    def resolution(self, urgency: Urgency, tier: Tier, category: Category | None = None) -> tuple[Length, Mode]:
        """The resolution limit and the clock it runs on: an urgent matter's hours run as its ladder does."""
        found = limit(self.profile, "resolution", urgency, tier, category)
        if found is not None:
            return found
        if urgency is not Urgency.NORMAL:
            return self.limit.resolution_urgent, self.ladders[urgency].clock
        limits = {
            Tier.SMALL: self.limit.resolution_small,
            Tier.MEDIUM: self.limit.resolution_medium,
            Tier.LARGE: self.limit.resolution_large,
        }
        return limits[tier], Mode.WORKING
