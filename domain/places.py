"""Places, each inside the one before, and the people who answer for them.

A ``Roster`` is the street as its office wrote it down: a value, checked by whoever read it. Who holds
a duty for a building is looked up here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from domain.words import Duty

Duties = Mapping[Duty, tuple[str, ...]]
"""Staff ids by duty. A duty nobody holds is absent."""

COMMUNITY_DUTIES = (Duty.SECTION_CHIEF, Duty.COMMUNITY_SECRETARY)
GRID_DUTIES = (Duty.GRID_HEAD, Duty.GRID_MEMBER, Duty.POLICE, Duty.MEDIATOR, Duty.DELEGATE)
BUILDING_DUTIES = (Duty.BUILDING_LEAD, Duty.PROPERTY_STEWARD)


@dataclass(frozen=True, slots=True)
class Person:
    """A staff member: ``id`` is the roster's own, unique in the street."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Community:
    """社区. ``duties`` holds those of ``COMMUNITY_DUTIES``."""

    name: str
    duties: Duties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """网格, part of one community. ``duties`` holds those of ``GRID_DUTIES``; a grid head is never missing."""

    name: str
    community: str
    duties: Duties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Building:
    """楼栋, part of one grid. ``duties`` holds those of ``BUILDING_DUTIES``."""

    name: str
    grid: str
    duties: Duties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """One WeChat room of one or more buildings. ``topic`` is its title, a hint and never an identity."""

    topic: str
    buildings: tuple[str, ...]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """The whole street. Names are unique within their kind."""

    staff: tuple[Person, ...]
    communities: tuple[Community, ...]
    grids: tuple[Grid, ...]
    buildings: tuple[Building, ...]
    groups: tuple[Group, ...]

    def duties(self) -> Iterator[tuple[Duty, str, str, str]]:
        """Every duty held: (duty, kind of place, name of place, staff id), in the roster's order."""
        for kind, places in (("community", self.communities), ("grid", self.grids), ("building", self.buildings)):
            for place in places:
                for duty, holders in place.duties.items():
                    for holder in holders:
                        yield duty, kind, place.name, holder
