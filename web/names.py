"""What a person is called on a page: staff by name and duty, residents by the name their group knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from domain.wording import BOT
from domain.words import Duty, zh
from store.directory import Directory
from store.tables import IdentityRow, table
from store.tx import CLOCK
from web.keys import View

_IDENTITY = table(IdentityRow)

_NOBODY = {CLOCK: BOT, "operator": "管理员", "": "系统"}
"""Who did it, when it was no person."""


@dataclass(frozen=True, slots=True)
class Post:
    """One duty of a person and the name of the place it is for."""

    duty: Duty
    place: str


def posts_of(directory: Directory) -> dict[str, list[Post]]:
    """Every staff member's duties with their places, the highest duty first."""
    rank = {duty: index for index, duty in enumerate(Duty)}
    found: dict[str, list[Post]] = {person: [] for person in directory.people}
    for (kind, place_id), held in directory.holders.items():
        name = _place_name(directory, kind, place_id)
        for duty, people in held.items():
            for person in people:
                found.setdefault(person, []).append(Post(duty, name))
    return {person: sorted(posts, key=lambda post: rank[post.duty]) for person, posts in found.items()}


def duty_at(directory: Directory, person: str, buildings: Iterable[int]) -> str:
    """The highest duty of a person for these buildings, in Chinese; empty when they have none there."""
    held = directory.duties_of(person, buildings)
    return next((zh(duty) for duty in Duty if duty in held), "")


def actor(view: View, by: str) -> str:
    """Who made a change: a staff member, a resident, or the clock."""
    if by in _NOBODY:
        return _NOBODY[by]
    if by in view.tx.directory.people:
        return view.tx.directory.name(by)
    found = view.tx.db.execute(select(_IDENTITY.c.name).where(_IDENTITY.c.external_id == by).limit(1)).scalar()
    return view.shown(found) if found else "居民"


def asked_of(view: View, target: str) -> str:
    """The person of ``staff:ID`` or ``resident:IDENTITY``."""
    kind, _, key = target.partition(":")
    if kind == "staff":
        return view.tx.directory.name(key)
    if kind == "group":
        return "群"
    row = identity(view, int(key)) if key.isdigit() else None
    return view.shown(row.name) if row is not None and row.name else "居民"


def identity(view: View, identity_id: int) -> Row[Any] | None:
    """A contact's row."""
    return view.tx.db.execute(select(_IDENTITY).where(_IDENTITY.c.id == identity_id)).one_or_none()


def identity_names(view: View, ids: Iterable[int]) -> dict[int, str]:
    """The names of some contacts, in one query."""
    chosen = select(_IDENTITY.c.id, _IDENTITY.c.name).where(_IDENTITY.c.id.in_(list(ids)))
    return {row.id: row.name for row in view.tx.db.execute(chosen)}


def _place_name(directory: Directory, kind: str, place_id: int) -> str:
    if kind == "building":
        building = directory.buildings.get(place_id)
        return building.name if building else ""
    places = directory.grids if kind == "grid" else directory.communities
    return places.get(place_id, "")
