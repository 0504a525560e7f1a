# ruff: noqa: SIM905
"""A street made up for a simulation: communities, grids, buildings, groups, the staff and the residents.

Sizes follow one real street: 16 communities, 50 grids, a group for a building. Everybody in it is invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from domain.places import Building, Community, Grid, Group, Person, Roster
from domain.words import Duty

COMMUNITIES = 16
GRIDS = 50
_CHIEFS = 12  # some answer for two communities
_TWO_BUILDINGS = 12  # every twelfth group has two buildings
_BUILDINGS_A_STEWARD = 8
_WITHOUT_LEAD = 9  # every ninth building has nobody who volunteers

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国红梅志鹏雪晨宇欣怡浩然"
_COMMUNITY_NAMES = "平安 和谐 朝阳 向阳 胜利 建设 团结 幸福 文化 民主 长江 凯旋 归德 神火 八一 宇航".split()
_ESTATES = "锦绣园 阳光花园 书香苑 金世纪 新城小区 望景苑 御景湾 香榭里 水岸家园 梧桐里".split()


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who writes in one group. ``id`` is the network's, ``alias`` the name carried in the group."""

    id: str
    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class Room:
    """One group with its grid, the staff who follow it and the residents who write in it."""

    key: str
    topic: str
    grid: str
    residents: tuple[Resident, ...]


@dataclass(frozen=True, slots=True)
class MadeStreet:
    """The roster of an invented street and its rooms, one for each group of the roster, in the same order."""

    roster: Roster
    rooms: tuple[Room, ...]


class _Staff:
    """Invents staff members with ids that are unique in the street."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._numbers = count(1)
        self.people: list[Person] = []

    def hire(self, kind: str) -> str:
        person = Person(f"{kind}{next(self._numbers)}", person_name(self._rng))
        self.people.append(person)
        return person.id


def person_name(rng: random.Random) -> str:
    """An invented Chinese name."""
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2))))


def make_street(groups: int, seed: int, *, writers: int = 24) -> MadeStreet:
    """A street of ``groups`` residents' groups with ``writers`` residents each who ever write.

    The same numbers make the same street. Raises ``ValueError`` for less than one group.
    """
    if groups < 1:
        raise ValueError("a street has at least one group")
    rng = random.Random(f"street-{seed}")
    staff = _Staff(rng)
    communities = _communities(min(COMMUNITIES, groups), staff)
    grids = _grids(min(GRIDS, groups), communities, staff)
    buildings: list[Building] = []
    rooms: list[Group] = []
    for index in range(groups):
        inside = _buildings(index, grids[index % len(grids)], len(buildings), staff)
        buildings += inside
        rooms.append(Group(f"{inside[0].name}邻里群", tuple(building.name for building in inside), f"g{index + 1}"))
    roster = Roster(tuple(staff.people), tuple(communities), tuple(grids), tuple(buildings), tuple(rooms))
    made = (
        Room(group.id or "", group.topic, grids[index % len(grids)].name, tuple(_residents(index, writers, rng)))
        for index, group in enumerate(rooms)
    )
    return MadeStreet(roster, tuple(made))


def _communities(number: int, staff: _Staff) -> list[Community]:
    chiefs = [staff.hire("chief") for _ in range(min(_CHIEFS, number))]
    return [
        Community(
            f"{_COMMUNITY_NAMES[index]}社区",
            {
                Duty.SECTION_CHIEF: (chiefs[index % len(chiefs)],),
                Duty.COMMUNITY_SECRETARY: (staff.hire("secretary"),),
            },
        )
        for index in range(number)
    ]


def _grids(number: int, communities: list[Community], staff: _Staff) -> list[Grid]:
    police = {community.name: staff.hire("police") for community in communities}
    grids = []
    for index in range(number):
        community = communities[index % len(communities)]
        duties = {
            Duty.GRID_HEAD: (staff.hire("head"),),
            Duty.GRID_MEMBER: (staff.hire("member"),),
            Duty.POLICE: (police[community.name],),
            Duty.MEDIATOR: (staff.hire("mediator"),),
        }
        grids.append(Grid(f"{community.name[:-2]}第{index // len(communities) + 1}网格", community.name, duties))
    return grids


def _buildings(index: int, grid: Grid, known: int, staff: _Staff) -> list[Building]:
    inside = []
    for number in range(known, known + (2 if index % _TWO_BUILDINGS == _TWO_BUILDINGS - 1 else 1)):
        estate, house = _ESTATES[number % len(_ESTATES)], number // len(_ESTATES) + 1
        duties: dict[Duty, tuple[str, ...]] = {}
        if number % _WITHOUT_LEAD != _WITHOUT_LEAD - 1:
            duties[Duty.BUILDING_LEAD] = (staff.hire("lead"),)
        if number % _BUILDINGS_A_STEWARD == 0:
            duties[Duty.PROPERTY_STEWARD] = (staff.hire("steward"),)
        inside.append(Building(f"{estate}{house}号楼", grid.name, duties))
    return inside


def _residents(index: int, writers: int, rng: random.Random) -> Iterator[Resident]:
    for number in range(writers):
        name = person_name(rng)
        home = f"{rng.randint(1, 4)}-{rng.randint(1, 18)}0{rng.randint(1, 4)}"
        yield Resident(f"r{index + 1}-{number + 1}", name, f"{home} {name[0]}" if rng.random() < 0.7 else name)
