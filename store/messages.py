"""The inbox and the raw chat: a message is heard, read and done.

Before its group's notice nothing of a group is kept, and nothing of a resident who opted out: such a
message leaves only its dedup key.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.messages import Heard, Inbound
from domain.words import MessageKind
from store.directory import Directory, External, GroupInfo
from store.engine import forgets
from store.leases import LEASE, Hold
from store.people import looks_like_code
from store.prepared import Prepared
from store.tables import MessageRow, MessageState, Seen, by_state, table, written

MESSAGE = table(MessageRow)
_SEEN = table(Seen)

# Built once: building a statement and its cache key costs several times what running it does.
_NEW_MESSAGE = Prepared(MESSAGE.insert().returning(MESSAGE.c.id))
_NEW_SEEN = {
    "postgresql": Prepared(postgresql.insert(_SEEN).on_conflict_do_nothing().returning(_SEEN.c.message_id)),
    "sqlite": Prepared(sqlite.insert(_SEEN).on_conflict_do_nothing().returning(_SEEN.c.message_id)),
}
_OF_ROW = update(MESSAGE).where(MESSAGE.c.id == bindparam("row"))
_UNHANDLED = written(MESSAGE.c.state, MessageState.HEARD, MessageState.READ)
_OF_READ_ROW = Prepared(_OF_ROW.where(MESSAGE.c.state == MessageState.READ))
_OF_HELD_ROW = Prepared(
    _OF_ROW.where(
        MESSAGE.c.state == MessageState.READ,
        select(LEASE.c.name).where(LEASE.c.name == bindparam("lease"), LEASE.c.fence == bindparam("fence")).exists(),
    )
)
_OF_HEARD_ROW = Prepared(_OF_ROW.where(MESSAGE.c.state == MessageState.HEARD))

_OF_LANE = (
    select(MESSAGE)
    .where(_UNHANDLED, MESSAGE.c.state == MessageState.READ, MESSAGE.c.lane == bindparam("lane"))
    .order_by(MESSAGE.c.id)
    .limit(bindparam("most"))
)

_NAME = 128  # the width of the columns of names
SEEN_KEPT = timedelta(days=7)
OPT_IN_WORDS = ("加入楼铃", "加入", "取消退出")


class Admission(StrEnum):
    """Whether a message may be kept, and if not, why."""

    KEPT = "kept"
    OWN = "own"  # the bot's own message: proof of delivery only
    UNBOUND = "unbound"  # a room that belongs to no group of the roster
    UNNOTICED = "unnoticed"  # the group has not had its notice
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is read and not done."""

    row_id: int
    message: Inbound
    group_id: int | None
    failures: int = 0


def account_key(channel: str, account: str) -> str:
    """The name of an account across channels."""
    return f"{channel}:{account}"


def admission(directory: Directory, message: Inbound, group: GroupInfo | None) -> Admission:
    """May this message be kept?"""
    if message.is_self:
        return Admission.OWN
    if message.room_id is not None:
        if group is None:
            return Admission.UNBOUND
        if group.notice_at is None:
            return Admission.UNNOTICED
    external = (message.channel, message.account, message.sender_id)
    if external in directory.opted_out and not _wanted_back(directory, external, message):
        return Admission.OPTED_OUT
    return Admission.KEPT


def _wanted_back(directory: Directory, external: External, message: Inbound) -> bool:
    """What is kept of somebody who opted out: that they come back; and to the bot alone, a one-time code and the
    work of somebody on the roster."""
    if message.text.strip() in OPT_IN_WORDS:
        return True
    if message.room_id is not None:
        return False
    return directory.person_of(*external) is not None or looks_like_code(message.text) is not None


def first_heard(db: Connection, account: str, message_id: str, now: datetime) -> bool:
    """Write the dedup key; ``False`` when it is known."""
    key = {"account": account, "message_id": message_id, "heard_at": now}
    return _NEW_SEEN[db.dialect.name].on(db, key).first() is not None


def put_heard(db: Connection, channel: str, account: str, message_id: str, now: datetime) -> int | None:
    """Stage one: the id is durable. ``None`` for a duplicate."""
    if not first_heard(db, account_key(channel, account), message_id, now):
        return None
    values = {
        "channel": channel,
        "account": account,
        "external_id": message_id,
        "state": MessageState.HEARD,
        "heard_at": now,
    }
    return int(_NEW_MESSAGE.on(db, values).scalar_one())


def put_read(db: Connection, row_id: int, message: Inbound, group_id: int | None) -> bool:
    """Stage two: the payload of a heard id. ``False`` when it was no longer waiting for one."""
    values = {"row": row_id, "state": MessageState.READ, **_payload(message, group_id)}
    return _OF_HEARD_ROW.on(db, values).rowcount == 1


def put_whole(db: Connection, message: Inbound, group_id: int | None, now: datetime, *, done: bool = False) -> int:
    """Both stages at once, for channels that deliver id and payload together; ``done``: handled by the same change."""
    values = {
        "channel": message.channel,
        "account": message.account,
        "external_id": message.message_id,
        "state": MessageState.DONE if done else MessageState.READ,
        "heard_at": now,
        **_payload(message, group_id),
    }
    return int(_NEW_MESSAGE.on(db, values).scalar_one())


def forget(db: Connection, row_id: int) -> None:
    """A heard message that may not be kept: only its dedup key stays."""
    db.execute(delete(MESSAGE).where(MESSAGE.c.id == row_id, MESSAGE.c.state == MessageState.HEARD))


def put_unheard(db: Connection, row_id: int) -> None:
    """The payload could not be read: counted, and the room goes on."""
    _OF_HEARD_ROW.on(db, {"row": row_id, "state": MessageState.UNHEARD})


def put_done(db: Connection, row_id: int, hold: Hold | None = None) -> bool:
    """Handled; committed together with everything the handling changed. ``False`` when it was not waiting any more.

    ``hold`` is the lease of its room where processes share the rooms: who lost it marks nothing, in the same statement.
    """
    values: dict[str, Any] = {"row": row_id, "state": MessageState.DONE}
    if hold is None:
        return _OF_READ_ROW.on(db, values).rowcount == 1
    return _OF_HELD_ROW.on(db, values | {"lease": hold.name, "fence": hold.fence}).rowcount == 1


def put_back(db: Connection, row_id: int, failures: int) -> None:
    """A message stored as done by this change could not be handled: it waits, with the failures counted so far."""
    db.execute(update(MESSAGE).where(MESSAGE.c.id == row_id).values(state=MessageState.READ, failures=failures))


def put_failure(db: Connection, row_id: int, *, set_aside: bool) -> None:
    """Handling raised: counted, and after some tries set aside for a person to look at."""
    changes: dict[str, Any] = {"failures": MESSAGE.c.failures + 1}
    if set_aside:
        changes["state"] = MessageState.SET_ASIDE
    db.execute(update(MESSAGE).where(MESSAGE.c.id == row_id).values(**changes))


def unread(db: Connection, channel: str, account: str) -> Sequence[Heard]:
    """Ids heard before a crash whose payload is still missing."""
    chosen = select(MESSAGE.c.id, MESSAGE.c.external_id).where(
        _UNHANDLED, MESSAGE.c.state == MessageState.HEARD, MESSAGE.c.channel == channel, MESSAGE.c.account == account
    )
    return [Heard(row.id, row.external_id) for row in db.execute(chosen.order_by(MESSAGE.c.id))]


def waiting_lanes(db: Connection) -> dict[int, int]:
    """The lanes in which messages are read and not done, and how many."""
    chosen = select(MESSAGE.c.lane, func.count()).where(_UNHANDLED, MESSAGE.c.state == MessageState.READ)
    return {row[0]: row[1] for row in db.execute(chosen.group_by(MESSAGE.c.lane).order_by(func.min(MESSAGE.c.id)))}


def waiting(db: Connection, lane: int, most: int) -> list[Waiting]:
    """The first of what is read and not done in a lane, in arrival order."""
    rows = db.execute(_OF_LANE, {"lane": lane, "most": most})
    return [Waiting(row.id, inbound(row), row.group_id, row.failures) for row in rows]


def lane_of(message: Inbound) -> int:
    """The number of a message's room, or of its sender where there is none: one FIFO each.

    Two rooms with one number, which is rare, share a FIFO.
    """
    room = message.room_id or f"@{message.sender_id}"
    return zlib.crc32(f"{message.channel}:{message.account}:{room}".encode(errors="replace")) & 0x7FFFFFFF


def by_external(db: Connection, group_id: int | None, external_id: str) -> Row[Any] | None:
    """A stored message of a group by its network id (newest first: only the last days are searched)."""
    chosen = select(MESSAGE).where(MESSAGE.c.external_id == external_id, MESSAGE.c.group_id == group_id)
    return db.execute(chosen.order_by(MESSAGE.c.id.desc()).limit(1)).one_or_none()


_LOOKED_BACK = 5000
"""Rows of all groups: half an hour of a street's busiest time."""
_LINES = 30


def before(db: Connection, group_id: int, row_id: int, since: datetime) -> list[str]:
    """The last lines that a group wrote before a message, after ``since``, the newest first."""
    near = (MESSAGE.c.id < row_id, MESSAGE.c.id > row_id - _LOOKED_BACK, MESSAGE.c.group_id == group_id)
    chosen = select(MESSAGE.c.body).where(*near, MESSAGE.c.heard_at > since, MESSAGE.c.body != "")
    return list(db.execute(chosen.order_by(MESSAGE.c.id.desc()).limit(_LINES)).scalars())


def blank(db: Connection, row_id: int) -> None:
    """A recalled message loses its text everywhere it is stored as chat."""
    forgets(db)
    db.execute(update(MESSAGE).where(MESSAGE.c.id == row_id).values(body="", extra=None, kind=MessageKind.RECALL))


def delete_old(db: Connection, chat_before: datetime, seen_before: datetime, limit: int) -> int:
    """Retention: raw chat that belongs to no issue, and old dedup keys. Returns how many rows went."""
    forgets(db)
    old = select(MESSAGE.c.id).where(
        MESSAGE.c.heard_at < chat_before, MESSAGE.c.kept.is_(False), MESSAGE.c.state.not_in(["heard", "read"])
    )
    gone = db.execute(delete(MESSAGE).where(MESSAGE.c.id.in_(old.order_by(MESSAGE.c.id).limit(limit))))
    db.execute(delete(_SEEN).where(_SEEN.c.heard_at < seen_before))
    return int(gone.rowcount)


_COUNTED = ((MessageState.HEARD, MessageState.READ), (MessageState.UNHEARD, MessageState.SET_ASIDE))
"""Pairs of states that a partial index each answers for."""


def counts(db: Connection) -> dict[str, int]:
    """How many messages wait, were unheard or set aside."""
    return by_state(db, MESSAGE.c.state, *_COUNTED)


def inbound(row: Row[Any]) -> Inbound:
    """A stored row as the value its channel delivered."""
    extra = row.extra or {}
    return Inbound(
        channel=row.channel,
        account=row.account,
        message_id=row.external_id,
        room_id=row.room_id,
        sender_id=row.sender_id,
        sent_at=row.sent_at or row.heard_at,
        text=row.body,
        kind=row.kind or MessageKind.TEXT,
        room_topic=extra.get("room_topic", ""),
        sender_name=row.sender_name,
        sender_alias=row.sender_alias,
        mentions=tuple(extra.get("mentions", ())),
        mentions_bot=extra.get("mentions_bot", False),
        quote=extra.get("quote"),
        quote_text=extra.get("quote_text", ""),
        recall_of=extra.get("recall_of"),
    )


def _payload(message: Inbound, group_id: int | None) -> dict[str, Any]:
    extra = {
        "room_topic": _storable(message.room_topic),
        "mentions": list(message.mentions),
        "mentions_bot": message.mentions_bot,
        "quote": message.quote,
        "quote_text": _storable(message.quote_text),
        "recall_of": message.recall_of,
    }
    return {
        "kind": message.kind,
        "lane": lane_of(message),
        "room_id": message.room_id,
        "group_id": group_id,
        "sender_id": message.sender_id,
        "sender_name": _storable(message.sender_name)[:_NAME],
        "sender_alias": _storable(message.sender_alias)[:_NAME],
        "body": _storable(message.text),
        "extra": {name: value for name, value in extra.items() if value} or None,
        "sent_at": message.sent_at,
    }


def _storable(text: str) -> str:
    """Without what a database cannot hold: NUL characters and halves of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
