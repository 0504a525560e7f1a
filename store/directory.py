"""Who is who and what is where: an immutable snapshot of places, duties, groups and bindings.

It is read from the tables once per version; every change of a roster or a binding raises the version
in the same transaction, so a decision never runs on yesterday's duties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, Text, cast, select, update
from sqlalchemy.exc import IntegrityError

from domain.words import Duty, Posting
from store.prepared import Prepared
from store.tables import (
    AwayRow,
    BuildingRow,
    CommunityRow,
    DutyRow,
    GridRow,
    GroupBuildingRow,
    GroupRow,
    IdentityRow,
    PersonRow,
    RoomRow,
    Setting,
    table,
)

_VERSION = "directory_version"
ROSTER_IMPORTS = "roster_imports"
_SETTING = table(Setting)
_VERSION_NOW = Prepared(select(_SETTING.c.value).where(_SETTING.c.name == _VERSION))
_RAISED = (
    update(_SETTING).where(_SETTING.c.name == _VERSION).values(value=cast(cast(_SETTING.c.value, BigInteger) + 1, Text))
)

TRUSTED_CHANNELS = frozenset({"sandbox", "replay"})
"""Channels in which the sender id is the roster id and the room id is the group's key (nobody can pose there)."""

External = tuple[str, str, str]
"""(channel, account, external id)."""


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A residents' group and its buildings. ``notice_at`` is empty until the notice was posted."""

    id: int
    key: str
    topic: str
    buildings: tuple[int, ...]
    posting: Posting | None  # its own; empty: the config's default
    notice_at: datetime | None


@dataclass(frozen=True, slots=True)
class BuildingInfo:
    """A building with the ids of the places around it."""

    id: int
    name: str
    grid_id: int
    community_id: int


@dataclass(frozen=True, slots=True)
class Absence:
    """Days away: from ``since`` to before ``until`` (aware UTC), with a stand-in or without."""

    id: int
    person: str
    stand_in: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Directory:
    """The snapshot. Look-ups are dictionary reads.

    ``holding`` and ``at_building`` name who is on duty at the snapshot's instant, a stand-in for somebody who is
    away; ``duties_of`` and ``buildings_of`` tell rights: those of the roster and those of a stand-in.
    """

    version: int
    people: Mapping[str, str]  # staff id → name, active only
    groups: Mapping[int, GroupInfo]
    group_by_key: Mapping[str, int]
    buildings: Mapping[int, BuildingInfo]
    grids: Mapping[int, str]
    communities: Mapping[int, str]
    holders: Mapping[tuple[str, int], Mapping[Duty, tuple[str, ...]]]
    rooms: Mapping[External, int]
    staff: Mapping[External, str]
    opted_out: frozenset[External]
    reach: Mapping[str, External] = field(default_factory=dict)  # staff id → newest bound contact
    absences: tuple[Absence, ...] = ()  # of today and later
    absent: Mapping[str, str | None] = field(default_factory=dict)  # who is away now → who stands in
    imports: int = 0  # how many rosters were imported up to here

    @cached_property
    def room_of(self) -> Mapping[int, External]:
        """Group id → its newest bound room."""
        return {group_id: external for external, group_id in self.rooms.items()}

    @cached_property
    def contacts(self) -> Mapping[str, tuple[External, ...]]:
        """Staff id → bound contacts, the newest first: one account's loss need not end the reach."""
        found: dict[str, tuple[External, ...]] = {}
        for external, person in self.staff.items():
            found[person] = (external, *found.get(person, ()))
        return found

    def group_of(self, channel: str, account: str, room_id: str) -> GroupInfo | None:
        """The group a room is bound to."""
        group_id = self.rooms.get((channel, account, room_id))
        if group_id is None and channel in TRUSTED_CHANNELS:
            group_id = self.group_by_key.get(room_id)
        return self.groups.get(group_id) if group_id is not None else None

    def person_of(self, channel: str, account: str, external_id: str) -> str | None:
        """The staff member a contact is bound to."""
        person = self.staff.get((channel, account, external_id))
        if person is None and channel in TRUSTED_CHANNELS and external_id in self.people:
            return external_id
        return person

    def at(self, now: datetime) -> Directory:
        """The same snapshot with those who are away at ``now``; a later absence of the same person wins."""
        if not self.absences:
            return self
        absent = {each.person: each.stand_in for each in self.absences if each.since <= now < each.until}
        return self if absent == self.absent else replace(self, absent=absent)

    def on_duty(self, person: str) -> str | None:
        """The person, or who stands in for them now; ``None`` when nobody does."""
        asked: set[str] = set()
        found: str | None = person
        while found is not None and found in self.absent:
            if found in asked:  # two who stand in for each other
                return None
            asked.add(found)
            found = self.absent[found]
        return found if found in self.people else None

    def standing_for(self, person: str) -> frozenset[str]:
        """Everybody whose duties a person has now: their own and of those they stand in for."""
        return frozenset({person} | {away for away in self.absent if self.on_duty(away) == person})

    def at_building(self, building_id: int) -> Mapping[Duty, tuple[str, ...]]:
        """Everybody on duty for a building, its own duties, its grid's and its community's."""
        held = self.by_roster(building_id)
        if not self.absent:
            return held
        present = {duty: (self.on_duty(person) for person in people) for duty, people in held.items()}
        return {duty: tuple(dict.fromkeys(who for who in people if who)) for duty, people in present.items()}

    def by_roster(self, building_id: int) -> Mapping[Duty, tuple[str, ...]]:
        """Everybody with a duty for a building as the roster says, away or not."""
        known = self._by_roster.get(building_id)
        if known is None:
            building = self.buildings[building_id]
            places = (("building", building_id), ("grid", building.grid_id), ("community", building.community_id))
            known = {duty: people for place in places for duty, people in self.holders.get(place, {}).items()}
            self._by_roster[building_id] = known
        return known

    @cached_property
    def _by_roster(self) -> dict[int, dict[Duty, tuple[str, ...]]]:
        """What was asked for before; the snapshot never changes."""
        return {}

    def holding(self, building_id: int, duty: Duty) -> tuple[str, ...]:
        """Who is on duty for a building, in the roster's order."""
        return self.at_building(building_id).get(duty, ())

    def duties_of(self, person: str, buildings: Iterable[int]) -> frozenset[Duty]:
        """The duties of a person for any of these buildings."""
        whose = self.standing_for(person)
        return frozenset(
            duty
            for building in buildings
            for duty, people in self.by_roster(building).items()
            if not whose.isdisjoint(people)
        )

    def buildings_of(self, person: str) -> frozenset[int]:
        """All buildings a person answers for in any duty."""
        whose = self.standing_for(person)
        return frozenset(
            building
            for building in self.buildings
            if not all(whose.isdisjoint(held) for held in self.by_roster(building).values())
        )

    def chiefs(self) -> dict[str, tuple[int, ...]]:
        """Section chiefs with the communities they answer for."""
        found: dict[str, tuple[int, ...]] = {}
        for community in self.communities:
            for person in self.holders.get(("community", community), {}).get(Duty.SECTION_CHIEF, ()):
                found[person] = (*found.get(person, ()), community)
        return found

    def named(self, said: str) -> tuple[str, ...]:
        """Everybody of this staff id or full name."""
        return tuple(person for person, name in self.people.items() if said in (person, name))

    def name(self, person: str) -> str:
        """A staff member's name; their id once they left."""
        return self.people.get(person, person)


class Directories:
    """Keeps the newest snapshot; ``current`` looks at the version inside the caller's transaction."""

    def __init__(self) -> None:
        self._known: Directory | None = None

    def current(self, db: Connection, now: datetime | None = None) -> Directory:
        """The snapshot that is true in this transaction; with ``now``, stand-ins hold the duties of who is away."""
        version = _version_in(db)
        known = self._known
        if known is None or known.version != version:
            known = load_directory(db, version)
        if now is not None:
            known = known.at(now)
        self._known = known
        return known


def _version_in(db: Connection) -> int:
    """The version, looked at once in a transaction and again when this transaction raised it.

    Many messages share a transaction; a change of another process counts from the next one on.
    """
    seen, transaction = db.info.get(_VERSION), db.get_transaction()
    if seen is not None and transaction is not None and seen[0] is transaction:
        return int(seen[1])
    version = directory_version(db)
    db.info[_VERSION] = (db.get_transaction(), version)
    return version


def directory_version(db: Connection) -> int:
    """The version of places and bindings in this transaction; 0 for an empty database."""
    found = _VERSION_NOW.on(db).scalar()
    return int(found) if found else 0


def directory_changed(db: Connection) -> None:
    """Raise the version: call in the same transaction as any change of places, duties or bindings.

    One statement: two processes that read the same version and then wrote would both write the same next one, and
    a third that saw the first of them would never look at the change of the second.
    """
    db.info.pop(_VERSION, None)
    if db.execute(_RAISED).rowcount == 0:
        try:
            with db.begin_nested():
                db.execute(_SETTING.insert().values(name=_VERSION, value="1"))
        except IntegrityError:  # another process brought the first version between the two statements
            db.execute(_RAISED)


def put_setting(db: Connection, name: str, value: str) -> None:
    """Write one setting."""
    if db.execute(update(_SETTING).where(_SETTING.c.name == name).values(value=value)).rowcount == 0:
        try:
            with db.begin_nested():
                db.execute(_SETTING.insert().values(name=name, value=value))
        except IntegrityError:  # another process wrote it between the two statements
            db.execute(update(_SETTING).where(_SETTING.c.name == name).values(value=value))


def get_setting(db: Connection, name: str) -> str | None:
    """Read one setting."""
    return db.execute(select(_SETTING.c.value).where(_SETTING.c.name == name)).scalar()


def load_directory(db: Connection, version: int) -> Directory:
    """Read the whole snapshot. About 2,500 rows for a street."""
    people, groups, group_building = table(PersonRow), table(GroupRow), table(GroupBuildingRow)
    inside: dict[int, list[int]] = {}
    for group_id, building_id in db.execute(select(group_building).order_by(group_building.c.building_id)):
        inside.setdefault(group_id, []).append(building_id)
    group_infos = {
        row.id: GroupInfo(row.id, row.key, row.topic, tuple(inside.get(row.id, ())), row.own_posting, row.notice_at)
        for row in db.execute(select(groups).where(groups.c.active))
    }
    rooms, staff, opted_out, reach = _bindings(db)
    return Directory(
        version=version,
        people={row.id: row.name for row in db.execute(select(people).where(people.c.active).order_by(people.c.id))},
        groups=group_infos,
        group_by_key={info.key: info.id for info in group_infos.values()},
        buildings=_buildings(db),
        grids=_names(db, GridRow),
        communities=_names(db, CommunityRow),
        holders=_holders(db),
        rooms=rooms,
        staff=staff,
        opted_out=opted_out,
        reach=reach,
        absences=_absences(db),
        imports=int(get_setting(db, ROSTER_IMPORTS) or 0),
    )


def _absences(db: Connection) -> tuple[Absence, ...]:
    away = table(AwayRow)
    chosen = select(away).where(away.c.cancelled_at.is_(None)).order_by(away.c.id)
    return tuple(Absence(r.id, r.person_id, r.stand_in_id, r.since, r.until) for r in db.execute(chosen))


def _names(db: Connection, model: type[GridRow] | type[CommunityRow]) -> dict[int, str]:
    rows = table(model)
    return {row.id: row.name for row in db.execute(select(rows).order_by(rows.c.id))}


def _buildings(db: Connection) -> dict[int, BuildingInfo]:
    building, grid = table(BuildingRow), table(GridRow)
    joined = select(building.c.id, building.c.name, building.c.grid_id, grid.c.community_id).join(
        grid, grid.c.id == building.c.grid_id
    )
    return {row.id: BuildingInfo(row.id, row.name, row.grid_id, row.community_id) for row in db.execute(joined)}


def _holders(db: Connection) -> dict[tuple[str, int], dict[Duty, tuple[str, ...]]]:
    duty = table(DutyRow)
    holders: dict[tuple[str, int], dict[Duty, tuple[str, ...]]] = {}
    for row in db.execute(select(duty).order_by(duty.c.rank, duty.c.id)):
        held = holders.setdefault((row.place, row.place_id), {})
        held[row.duty] = (*held.get(row.duty, ()), row.person_id)
    return holders


def _hears(room: Table) -> tuple[ColumnElement[bool], ...]:
    """Bound, not standing by for another account, and not left."""
    return (room.c.group_id.is_not(None), room.c.standby.is_(False), room.c.left_at.is_(None))


def _bindings(
    db: Connection,
) -> tuple[dict[External, int], dict[External, str], frozenset[External], dict[str, External]]:
    room, identity = table(RoomRow), table(IdentityRow)
    rooms = {
        (row.channel, row.account, row.external_id): row.group_id
        for row in db.execute(select(room).where(*_hears(room)).order_by(room.c.epoch))
    }
    staff: dict[External, str] = {}
    reach: dict[str, External] = {}
    for row in db.execute(
        select(identity).where(identity.c.person_id.is_not(None)).order_by(identity.c.epoch, identity.c.id)
    ):
        external = (row.channel, row.account, row.external_id)
        staff[external] = row.person_id
        reach[row.person_id] = external
    gone = select(identity).where(identity.c.opted_out_at.is_not(None))
    opted_out = frozenset((row.channel, row.account, row.external_id) for row in db.execute(gone))
    return rooms, staff, opted_out, reach
