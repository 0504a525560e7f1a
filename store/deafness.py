"""Which groups nobody hears right now, why, and which account could hear for them instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import coverage, rooms
from store.directory import External
from store.tx import Tx

_FRESH = timedelta(seconds=30)  # an older heartbeat means that the service does not run
UP = "up"


@dataclass(frozen=True, slots=True)
class DeafGroup:
    """A group that is not heard. Without ``account`` it has no room; ``since`` is when its account fell silent.

    ``stand_by`` are the accounts in its room that could hear for it, those that are connected first.
    """

    group_id: int
    topic: str
    account: str = ""
    since: datetime | None = None
    stand_by: tuple[str, ...] = ()


def silent_accounts(tx: Tx) -> dict[str, datetime]:
    """The accounts by name that do not hear, as the service last wrote, and since when."""
    seen = coverage.last_seen(tx.db)
    if seen is None:
        return {}
    stopped = tx.now - seen.at > _FRESH
    silent = {}
    for key, (link, _detail) in seen.links.items():
        if link != UP or stopped:
            silent[key.partition(":")[2]] = seen.at if link == UP else seen.since.get(key, seen.at)
    return silent


def deaf_groups(tx: Tx) -> list[DeafGroup]:
    """The groups that are not heard: without a room, or with an account that is silent for ``deaf_after``."""
    silent = silent_accounts(tx)
    deaf = {account: at for account, at in silent.items() if tx.now - at >= tx.street.deaf_after}
    spare = _stand_by(rooms.listed(tx), silent)
    room_of: Mapping[int, External] = tx.directory.room_of
    found = []
    for group in tx.directory.groups.values():
        room = room_of.get(group.id)
        others = spare.get(group.id, ())
        if room is None:
            found.append(DeafGroup(group.id, group.topic, stand_by=others))
        elif room[1] in deaf:
            found.append(DeafGroup(group.id, group.topic, room[1], deaf[room[1]], others))
    return found


def _stand_by(listed: Sequence[rooms.Room], silent: Mapping[str, datetime]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for room in listed:
        if room.standby and room.group_id is not None:
            found.setdefault(room.group_id, []).append(room.external[1])
    return {group: tuple(sorted(names, key=lambda name: (name in silent, name))) for group, names in found.items()}
