"""Make the places, people and duties of the database those of a roster, in one transaction.

Names are the identity of a place, ids that of a person. What the roster no longer names is kept as
history and marked inactive; open issues of somebody who left are re-assigned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from domain.places import Roster
from store import naming
from store.directory import directory_changed, directory_version, load_directory
from store.issues import ISSUE, assign, of_buildings, responsible
from store.tables import (
    BuildingRow,
    CommunityRow,
    DutyRow,
    EnrolmentCode,
    GridRow,
    GroupBuildingRow,
    GroupRow,
    IdentityRow,
    PersonRow,
    table,
)
from store.tx import Cause, Tx, record

_PERSON, _COMMUNITY, _GRID, _BUILDING = table(PersonRow), table(CommunityRow), table(GridRow), table(BuildingRow)
_GROUP, _INSIDE, _DUTY, _IDENTITY = table(GroupRow), table(GroupBuildingRow), table(DutyRow), table(IdentityRow)
_CODE = table(EnrolmentCode)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed: names added and gone by kind, and how many issues moved to another person."""

    added: Mapping[str, Sequence[str]]
    gone: Mapping[str, Sequence[str]]
    reassigned: int = 0


def import_roster(tx: Tx, roster: Roster) -> Imported:
    """Apply a checked roster. Returns what changed; importing the same roster twice changes nothing."""
    naming.import_begins(tx.db)
    added: dict[str, list[str]] = {}
    gone: dict[str, list[str]] = {}

    def sync(kind: str, rows: Table, key: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
        defaults = {"last_number": 0} if rows is _GRID else {}
        added[kind], gone[kind] = _sync(tx.db, rows, key, wanted, defaults)

    sync("staff", _PERSON, "id", {person.id: {"name": person.name} for person in roster.staff})
    sync("community", _COMMUNITY, "name", {community.name: {} for community in roster.communities})
    communities = _ids(tx.db, _COMMUNITY, "name")
    sync("grid", _GRID, "name", {grid.name: {"community_id": communities[grid.community]} for grid in roster.grids})
    grids = _ids(tx.db, _GRID, "name")
    sync("building", _BUILDING, "name", {house.name: {"grid_id": grids[house.grid]} for house in roster.buildings})
    buildings = _ids(tx.db, _BUILDING, "name")
    wanted_groups = {group.id or group.topic: {"topic": group.topic} for group in roster.groups}
    sync("group", _GROUP, "key", wanted_groups)
    groups = _ids(tx.db, _GROUP, "key")
    tx.db.execute(delete(_INSIDE))
    inside = [
        {"group_id": groups[group.id or group.topic], "building_id": buildings[name]}
        for group in roster.groups
        for name in group.buildings
    ]
    if inside:
        tx.db.execute(_INSIDE.insert(), inside)
    _write_duties(tx.db, roster, {"community": communities, "grid": grids, "building": buildings})
    _unbind_gone(tx.db, gone["staff"])
    directory_changed(tx.db)
    fresh = replace(tx, directory=load_directory(tx.db, directory_version(tx.db)))
    moved = _reassign(fresh)
    counted = {"added": {kind: len(names) for kind, names in added.items()}}
    counted["gone"] = {kind: len(names) for kind, names in gone.items()}
    record(tx, "roster_imported", Cause("operator"), data={**counted, "reassigned": moved})
    return Imported(added, gone, moved)


def _sync(
    db: Connection, rows: Table, key: str, wanted: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """Insert, revive and update what is wanted; mark the rest inactive. Returns (added, gone)."""
    known = {getattr(row, key): row for row in db.execute(select(rows))}
    added: list[str] = []
    for name, values in wanted.items():
        row = known.get(name)
        if row is None:
            db.execute(rows.insert().values(**{key: name, "active": True, **defaults, **values}))
            added.append(name)
        elif not row.active or any(getattr(row, column) != value for column, value in values.items()):
            db.execute(update(rows).where(rows.c[key] == name).values(active=True, **values))
            if not row.active:
                added.append(name)
    gone = [name for name, row in known.items() if row.active and name not in wanted]
    if gone:
        db.execute(update(rows).where(rows.c[key].in_(gone)).values(active=False))
    return added, gone


def _ids(db: Connection, rows: Table, key: str) -> dict[str, int]:
    return {getattr(row, key): row.id for row in db.execute(select(rows))}


def _write_duties(db: Connection, roster: Roster, ids: Mapping[str, Mapping[str, int]]) -> None:
    db.execute(delete(_DUTY))
    rows = [
        {"person_id": person, "duty": duty, "place": kind, "place_id": ids[kind][place], "rank": rank}
        for rank, (duty, kind, place, person) in enumerate(roster.duties())
    ]
    if rows:
        db.execute(_DUTY.insert(), rows)


def _unbind_gone(db: Connection, people: Sequence[str]) -> None:
    """Who left has no duty's rights any more, also not by an old binding or a code not used yet."""
    if people:
        db.execute(delete(_CODE).where(_CODE.c.person_id.in_(people), _CODE.c.used_at.is_(None)))
        db.execute(update(_IDENTITY).where(_IDENTITY.c.person_id.in_(people)).values(person_id=None))


def _reassign(tx: Tx) -> int:
    """Unsettled issues whose assignee left, or no longer has any duty there, go to the grid head of today."""
    moved = 0
    homeless = select(ISSUE.c.building_id).where(ISSUE.c.next_at.is_not(None)).distinct()
    for issue in of_buildings(tx, [row.building_id for row in tx.db.execute(homeless)]):
        if issue.assignee_id and tx.directory.duties_of(issue.assignee_id, (issue.building_id,)):
            continue
        today = responsible(tx, issue.building_id)
        if today != issue.assignee_id:
            assign(tx, issue, Cause("operator", reason="new roster"), today)
            moved += 1
    return moved
