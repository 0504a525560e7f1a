"""Rooms of the networks and the groups they are bound to. A topic is a hint, never an identity.

One room hears for a group; other accounts' rooms of the same group stand by. What a room's notice allows goes
with the room: binding a group to another room asks for a new notice.
"""

from __future__ import annotations

import difflib
import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from domain.errors import LoulingError
from domain.words import Posting
from store import outbox
from store.directory import Directory, External, directory_changed
from store.tables import GroupRow, RoomRow, table
from store.tx import Cause, Tx, record

ROOM = table(RoomRow)
_GROUP = table(GroupRow)

STABLE_EPOCH = 0
_ALIKE = 0.45  # below this two topics have nothing to do with each other
OPERATOR = Cause("operator")


class RoomError(LoulingError):
    """A room or group that cannot be bound as asked; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room as a row. ``group_id`` is empty while nobody said which group it is."""

    id: int
    external: External
    epoch: int
    topic: str
    group_id: int | None
    standby: bool
    left_at: datetime | None
    noticed_at: datetime | None
    members: tuple[str, ...]

    @property
    def hears(self) -> bool:
        """Whether messages of this room are taken."""
        return self.group_id is not None and not self.standby and self.left_at is None


def seen(tx: Tx, external: External, topic: str, epoch: int = STABLE_EPOCH, at: datetime | None = None) -> Room:
    """The row of a room the account is in, made on first sight; its topic is kept up to date, nothing else is kept.

    A room that another account hears under the same lasting id stands by at once. One that the account has left is
    back, unless what was seen there at ``at`` is older than that: a late message, or the echo of a last post.
    """
    found = _find(tx, external, epoch)
    if found is None:
        channel, account, external_id = external
        twin = _twin(tx, external) if epoch == STABLE_EPOCH else None
        values = {"channel": channel, "account": account, "epoch": epoch, "external_id": external_id}
        values |= {"topic": topic, "group_id": twin.group_id if twin else None, "standby": twin is not None}
        new = tx.db.execute(ROOM.insert().values(**values).returning(ROOM.c.id)).scalar_one()
        record(tx, "room_found", Cause(), data={"room": int(new), "standby": twin is not None})
        return load(tx, int(new))
    changes: dict[str, Any] = {}
    if topic and topic != found.topic:
        changes["topic"] = topic[:256]
    if found.left_at is not None and (at is None or at > found.left_at):
        changes["left_at"] = None
        changes["standby"] = found.group_id is not None and hearing(tx, found.group_id) is not None
        record(tx, "room_back", Cause(), data={"room": found.id})
    if not changes:
        return found
    tx.db.execute(update(ROOM).where(ROOM.c.id == found.id).values(**changes))
    if "left_at" in changes and found.group_id is not None:
        directory_changed(tx.db)
    return load(tx, found.id)


def left(tx: Tx, external: External, epoch: int, cause: Cause) -> Room | None:
    """The account is no longer in a room. Another account that stands by takes over. Returns the room, if known."""
    room = _find(tx, external, epoch)
    if room is None or room.left_at is not None:
        return None
    tx.db.execute(update(ROOM).where(ROOM.c.id == room.id).values(left_at=tx.now))
    heir = None
    if room.hears and room.group_id is not None:
        heir = _first(tx, ROOM.c.group_id == room.group_id, ROOM.c.standby, ROOM.c.left_at.is_(None))
        if heir is not None:
            tx.db.execute(update(ROOM).where(ROOM.c.id == heir.id).values(standby=False, noticed_at=None))
            if heir.external[2] != room.external[2]:  # not surely the same room: its own notice counts
                change = update(_GROUP).where(_GROUP.c.id == room.group_id)
                tx.db.execute(change.values(notice_at=heir.noticed_at))
        directory_changed(tx.db)
    said = {"room": room.id, "group": room.group_id, "heard_by": heir.external[1] if heir else None}
    record(tx, "room_left", cause, data=said)
    return room


def all_left(tx: Tx, channel: str, account: str, reason: str) -> list[Room]:
    """The account's ids are no longer good (another login, another phone). Rooms it finds again come back."""
    mine = (ROOM.c.channel == channel, ROOM.c.account == account, ROOM.c.left_at.is_(None))
    return [room for room in _all(tx, *mine) if left(tx, room.external, room.epoch, Cause(reason=reason))]


def bind(tx: Tx, room_id: int, group_id: int, cause: Cause, *, noticed: bool = False, same_room: bool = False) -> Room:
    """From now on the room hears for the group.

    What heard for the group before stands by when it is another account's, else it is unbound. The notice stays
    good for the same room (the same lasting id, or ``same_room`` after a login); ``noticed`` says that a person
    posted it. Raises ``RoomError`` for a room that is not there any more.
    """
    room = load(tx, room_id)
    group = tx.directory.groups.get(group_id)
    if group is None or room.left_at is not None:
        why = "the account has left it" if room.left_at else "there is no such group"
        raise RoomError(f"room {room_id} cannot be bound: {why}")
    if room.group_id is not None and room.group_id != group_id:
        unbind(tx, room_id, cause)
        room = load(tx, room_id)
    before = hearing(tx, group_id)
    notice = room.noticed_at
    if before is not None and before.id != room.id:
        lasting = before.epoch == room.epoch == STABLE_EPOCH and before.external[2] == room.external[2]
        notice = group.notice_at if same_room or lasting else notice
        _gives_way(tx, before, room, group.notice_at)
    elif same_room or before is not None:
        notice = group.notice_at
    notice = notice or (tx.now if noticed else None)
    tx.db.execute(update(ROOM).where(ROOM.c.id == room.id).values(group_id=group_id, standby=False, noticed_at=None))
    tx.db.execute(update(_GROUP).where(_GROUP.c.id == group_id).values(notice_at=notice))
    _twins_stand_by(tx, room, group_id)
    directory_changed(tx.db)
    record(tx, "room_bound", cause, data={"room": room.id, "group": group_id, "noticed": notice is not None})
    return load(tx, room_id)


def assign(tx: Tx, group_id: int, account: str, cause: Cause) -> Room:
    """An account that stands by in a group's room hears for it from now on; who heard until now stands by.

    Raises ``RoomError`` when the account is not in a room of the group.
    """
    here = (ROOM.c.group_id == group_id, ROOM.c.account == account, ROOM.c.left_at.is_(None))
    room = _first(tx, *here)
    if room is None:
        topic = tx.directory.groups[group_id].topic
        raise RoomError(f"{topic}: account {account} does not stand by there; invite it into the room, then bind it")
    return room if room.hears else bind(tx, room.id, group_id, cause)


def unbind(tx: Tx, room_id: int, cause: Cause) -> None:
    """The room belongs to no group; nothing of it is kept from now on."""
    room = load(tx, room_id)
    if room.group_id is None:
        return
    group = tx.directory.groups.get(room.group_id)
    values: dict[str, Any] = {"group_id": None, "standby": False}
    if room.hears and group is not None:
        values["noticed_at"] = group.notice_at
        tx.db.execute(update(_GROUP).where(_GROUP.c.id == room.group_id).values(notice_at=None))
    tx.db.execute(update(ROOM).where(ROOM.c.id == room_id).values(**values))
    twins = (ROOM.c.group_id == room.group_id, ROOM.c.standby, ROOM.c.external_id == room.external[2])
    tx.db.execute(update(ROOM).where(*twins).values(group_id=None, standby=False))
    directory_changed(tx.db)
    record(tx, "room_unbound", cause, data={"room": room_id, "group": room.group_id})


def noticed(tx: Tx, group_id: int, cause: Cause) -> None:
    """A person posted the notice in the group's room. Raises ``RoomError`` when no room is bound to it."""
    if hearing(tx, group_id) is None:
        raise RoomError("this group has no room yet: bind one first, or use `louling groups bind ROOM GROUP --noticed`")
    outbox.notice_posted(tx, group_id)
    record(tx, "notice_recorded", cause, data={"group": group_id})


def set_posting(tx: Tx, group_id: int, posting: Posting | None, cause: Cause = OPERATOR) -> None:
    """A group's own posting policy; ``None`` gives it back to the config's ``posting.default``."""
    tx.db.execute(update(_GROUP).where(_GROUP.c.id == group_id).values(own_posting=posting))
    directory_changed(tx.db)
    record(tx, "posting_set", cause, data={"group": group_id, "posting": posting})


def keep_members(tx: Tx, room_id: int, names: Sequence[str]) -> None:
    """Remember who is in a room by short hashes of names, to know it again when ids have changed."""
    tx.db.execute(update(ROOM).where(ROOM.c.id == room_id).values(members=sorted({name_hash(name) for name in names})))


def overlap(room: Room, names: Sequence[str]) -> float:
    """The share of members known before that are here again, 0 to 1."""
    now, known = {name_hash(name) for name in names}, set(room.members)
    return len(now & known) / min(len(now), len(known)) if now and known else 0.0


def name_hash(name: str) -> str:
    """A name as it is remembered: enough to compare, not to read."""
    return hashlib.sha256(f"louling-member:{name}".encode()).hexdigest()[:8]


def lost_with_topic(tx: Tx, external: External, topic: str) -> list[Room]:
    """Rooms of this account that had this topic in an earlier login and were bound."""
    mine = (ROOM.c.channel == external[0], ROOM.c.account == external[1], ROOM.c.topic == topic)
    return _all(tx, *mine, ROOM.c.left_at.is_not(None), ROOM.c.group_id.is_not(None))


def listed(tx: Tx) -> list[Room]:
    """All rooms the accounts are in, unbound ones first."""
    rooms = _all(tx, ROOM.c.left_at.is_(None))
    return sorted(rooms, key=lambda room: (room.group_id is not None, room.group_id or 0, room.standby, room.id))


def of_account(tx: Tx, channel: str, account: str) -> list[Room]:
    """The rooms an account is in, as far as is known."""
    return _all(tx, ROOM.c.channel == channel, ROOM.c.account == account, ROOM.c.left_at.is_(None))


def unbound(tx: Tx) -> list[Room]:
    """Rooms the accounts are in that belong to no group yet."""
    return _all(tx, ROOM.c.left_at.is_(None), ROOM.c.group_id.is_(None))


def hearing(tx: Tx, group_id: int) -> Room | None:
    """The room that hears for a group."""
    return _first(tx, ROOM.c.group_id == group_id, ROOM.c.standby.is_(False), ROOM.c.left_at.is_(None))


def load(tx: Tx, room_id: int) -> Room:
    """One room. Raises ``RoomError``."""
    room = _first(tx, ROOM.c.id == room_id)
    if room is None:
        raise RoomError(f"there is no room {room_id}; `louling groups` lists them")
    return room


def suggestions(tx: Tx, topic: str, person: str | None = None, most: int = 6) -> list[int]:
    """Groups without a room that this one could be: the same topic first, then the person's own, then alike ones."""
    bound = set(tx.directory.rooms.values())
    free = [group for group in tx.directory.groups.values() if group.id not in bound]
    own = tx.directory.buildings_of(person) if person else frozenset()
    wanted = _plain(topic)
    ranked = []
    for group in free:
        alike = difflib.SequenceMatcher(None, wanted, _plain(group.topic)).ratio() if wanted else 0.0
        mine = bool(own & set(group.buildings))
        if mine or (alike >= _ALIKE and person is None) or alike == 1.0:
            ranked.append((alike < 1.0, not mine, -alike, group.id))
    return [group_id for *_rank, group_id in sorted(ranked)[:most]]


def group_named(directory: Directory, name: str) -> int:
    """The group a person named by the roster's id, its topic or its number. Raises ``RoomError``."""
    if name in directory.group_by_key:
        return directory.group_by_key[name]
    same = [group.id for group in directory.groups.values() if _plain(group.topic) == _plain(name)]
    if len(same) == 1:
        return same[0]
    if name.isdigit() and int(name) in directory.groups:
        return int(name)
    why = "several groups have this topic; use the number" if same else "no group of the roster is called so"
    raise RoomError(f"group {name!r}: {why}; `louling groups` lists them")


def marked_group(directory: Directory, alias: str) -> int | None:
    """The group named by its roster id in the account's own name in the room, as in ``楼铃 [wenhua-3]``."""
    words = "".join(letter if letter not in "[]()（）【】#＃,，;；|" else " " for letter in alias).split()
    ids = {group.key: group.id for group in directory.groups.values() if group.key != group.topic}
    found = {ids[word] for word in words if word in ids}
    return found.pop() if len(found) == 1 else None


def _gives_way(tx: Tx, before: Room, room: Room, notice_at: datetime | None) -> None:
    """What heard until now: another account stands by, an old room of the same account is let go."""
    if before.external[1] == room.external[1]:
        values: dict[str, Any] = {"group_id": None, "noticed_at": notice_at}
    else:
        values = {"standby": True, "noticed_at": notice_at}
    tx.db.execute(update(ROOM).where(ROOM.c.id == before.id).values(**values))


def _twins_stand_by(tx: Tx, room: Room, group_id: int) -> None:
    """The same lasting room as other accounts see it: ready to take over."""
    if room.epoch == STABLE_EPOCH:
        channel, account, external_id = room.external
        same = (ROOM.c.channel == channel, ROOM.c.account != account, ROOM.c.external_id == external_id)
        lasting = (ROOM.c.epoch == STABLE_EPOCH, ROOM.c.group_id.is_(None))
        tx.db.execute(update(ROOM).where(*same, *lasting).values(group_id=group_id, standby=True))


def _find(tx: Tx, external: External, epoch: int) -> Room | None:
    channel, account, external_id = external
    same = (ROOM.c.channel == channel, ROOM.c.account == account, ROOM.c.external_id == external_id)
    return _first(tx, *same, ROOM.c.epoch == epoch)


def _twin(tx: Tx, external: External) -> Room | None:
    same = (ROOM.c.channel == external[0], ROOM.c.account != external[1], ROOM.c.external_id == external[2])
    bound = (ROOM.c.epoch == STABLE_EPOCH, ROOM.c.group_id.is_not(None), ROOM.c.left_at.is_(None))
    return _first(tx, *same, *bound, ROOM.c.standby.is_(False))


def _first(tx: Tx, *conditions: ColumnElement[bool]) -> Room | None:
    found = _all(tx, *conditions)
    return found[0] if found else None


def _all(tx: Tx, *conditions: ColumnElement[bool]) -> list[Room]:
    return [_room(row) for row in tx.db.execute(select(ROOM).where(*conditions).order_by(ROOM.c.id))]


def _room(row: Row[Any]) -> Room:
    external = (row.channel, row.account, row.external_id)
    known = tuple(row.members or ())
    return Room(row.id, external, row.epoch, row.topic, row.group_id, row.standby, row.left_at, row.noticed_at, known)


def _plain(topic: str) -> str:
    return "".join(unicodedata.normalize("NFKC", topic).split()).casefold()
