"""Announced outages: what staff or the console said will be off in a group, and who asked about it since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from domain.words import Category
from store.prepared import Prepared
from store.tables import Outage, table
from store.tx import Cause, Tx, record

OUTAGE = table(Outage)

# Built once: building a statement and its cache key costs several times what running it does.
_EXPECTED = Prepared(
    select(OUTAGE)
    .where(
        OUTAGE.c.group_id == bindparam("group"),
        OUTAGE.c.ends_at > bindparam("since"),
        OUTAGE.c.cancelled_at.is_(None),
    )
    .order_by(OUTAGE.c.starts_at, OUTAGE.c.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One outage of one group. ``building_id``: of this building alone. ``surely``: the notice names the end.

    ``words`` is the beginning of the notice, ``post_id`` the outbox row of a notice that the bot posts.
    """

    group_id: int
    category: Category
    starts_at: datetime
    ends_at: datetime
    surely: bool
    words: str
    building_id: int | None = None
    post_id: int | None = None


def announce(tx: Tx, planned: Planned, cause: Cause) -> int:
    """Keep it; one of the same group, category and building at an overlapping time is replaced. Returns its id."""
    for one in expected(tx, planned.group_id, (planned.category,)):
        overlaps = one.starts_at < planned.ends_at and planned.starts_at < one.ends_at
        if overlaps and planned.building_id in (None, one.building_id):
            call_off(tx, one, Cause(cause.by, cause.message, "announced anew"))
    values = {
        "group_id": planned.group_id,
        "building_id": planned.building_id,
        "category": planned.category,
        "starts_at": planned.starts_at,
        "ends_at": planned.ends_at,
        "surely": planned.surely,
        "body": planned.words,
        "announced_by": cause.by,
        "announced_at": tx.now,
        "message_id": cause.message,
        "post_id": planned.post_id,
        "asked": 0,
    }
    made = int(tx.db.execute(OUTAGE.insert().returning(OUTAGE.c.id), values).scalar_one())
    data = {"outage": made, "category": planned.category, "group": tx.directory.groups[planned.group_id].topic}
    data |= {"from": planned.starts_at.isoformat(), "until": planned.ends_at.isoformat()}
    record(tx, "outage_announced", cause, data=data)
    return made


def expected(
    tx: Tx, group_id: int, categories: Collection[Category] = (), grace: timedelta = timedelta()
) -> list[Outage]:
    """What is off or will be in a group, the soonest first; ``grace``: also what ended so lately. Empty: any category.

    Locked: two residents who ask at once are answered once.
    """
    rows = _EXPECTED.on(tx.db, {"group": group_id, "since": tx.now - grace})
    return [_made(row) for row in rows if not categories or row.category in categories]


def of_message(tx: Tx, group_id: int, external_id: str, post_id: int | None) -> list[Outage]:
    """What a message of the group announced: a staff member's by its network id, the bot's post by its row."""
    notice = OUTAGE.c.message_id == external_id
    if post_id is not None:
        notice = or_(notice, OUTAGE.c.post_id == post_id)
    here = (OUTAGE.c.group_id == group_id, OUTAGE.c.cancelled_at.is_(None), notice)
    return [_made(row) for row in tx.db.execute(select(OUTAGE).where(*here).order_by(OUTAGE.c.id))]


def find(tx: Tx, outage_id: int) -> Outage | None:
    """One outage, locked, or ``None``."""
    row = tx.db.execute(select(OUTAGE).where(OUTAGE.c.id == outage_id).with_for_update()).one_or_none()
    return _made(row) if row else None


def lately(tx: Tx, since: datetime, most: int) -> list[Outage]:
    """What ended after ``since`` or is still to come, called off or not, the last to begin first."""
    chosen = select(OUTAGE).where(OUTAGE.c.ends_at > since).order_by(OUTAGE.c.starts_at.desc(), OUTAGE.c.id.desc())
    return [_made(row) for row in tx.db.execute(chosen.limit(most))]


def ends(tx: Tx, outage: Outage, at: datetime, cause: Cause) -> None:
    """It ends at another time than was said; the residents are answered anew."""
    changed = update(OUTAGE).where(OUTAGE.c.id == outage.id)
    tx.db.execute(changed.values(ends_at=at, surely=True, answered_at=None))
    record(tx, "outage_changed", cause, data={"outage": outage.id, "until": at.isoformat()})


def call_off(tx: Tx, outage: Outage, cause: Cause) -> None:
    """It does not take place, or is over before its time."""
    tx.db.execute(update(OUTAGE).where(OUTAGE.c.id == outage.id).values(cancelled_at=tx.now))
    record(tx, "outage_called_off", cause, data={"outage": outage.id})


def asked(tx: Tx, outage: Outage, *, answered: bool) -> None:
    """A resident asked about it; ``answered``: the group was pointed to the notice."""
    changes: dict[str, Any] = {"asked": OUTAGE.c.asked + 1}
    if answered:
        changes["answered_at"] = tx.now
    tx.db.execute(update(OUTAGE).where(OUTAGE.c.id == outage.id).values(**changes))
    what = {"outage": outage.id, "category": outage.category, "answered": answered}
    record(tx, "outage_asked", Cause(), data=what)


def forget_words(tx: Tx, group_id: int, external_id: str, cause: Cause) -> None:
    """A recalled notice announces nothing any more, and its words disappear."""
    for one in of_message(tx, group_id, external_id, None):
        call_off(tx, one, cause)
    mine = (OUTAGE.c.group_id == group_id, OUTAGE.c.message_id == external_id)
    tx.db.execute(update(OUTAGE).where(*mine).values(body=""))


def delete_old(tx: Tx, before: datetime) -> int:
    """What was over before ``before`` is forgotten with the chat of its days. Returns the rows deleted."""
    return tx.db.execute(delete(OUTAGE).where(OUTAGE.c.ends_at < before)).rowcount


def _made(row: Any) -> Outage:
    return Outage(**row._asdict())
