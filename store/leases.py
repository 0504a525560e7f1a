"""Leases: what only one process may do at a time, and for how long it may believe so.

Only PostgreSQL shares work, so only it has them. The time is the database's own: the clocks of machines differ and
jump. Every new holder gets a higher fence; who was frozen and wakes up still shows the old one and is refused, in
the very transaction that would have acted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, or_, select, text, update
from sqlalchemy.dialects import postgresql

from store.tables import Lease, table

LEASE = table(Lease)

LEASE_SECONDS = 6.0  # a holder that is gone or frozen is followed within this and one beat
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_NOW = func.clock_timestamp()
_UNTIL = func.clock_timestamp() + text(f"interval '{LEASE_SECONDS} seconds'")

# Built once: building a statement and its cache key costs several times what running it does.
_KEPT = (
    select(LEASE.c.fence)
    .where(LEASE.c.name == bindparam("lease"), LEASE.c.fence == bindparam("fence"), LEASE.c.until > _NOW)
    .with_for_update(read=True)
)


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease as its holder knows it: what is held, and the fence that proves it."""

    name: str
    fence: int


def keeps(db: Connection, hold: Hold) -> bool:
    """Whether the lease is still this holder's. It stays so until the end of the transaction: nobody can take it."""
    return db.execute(_KEPT, {"lease": hold.name, "fence": hold.fence}).first() is not None


def renew(db: Connection, holder: str, held: Collection[str]) -> dict[str, int]:
    """Hold on to what is held; returns the fences of what still is. The rest went to somebody else."""
    if not held:
        return {}
    mine = update(LEASE).where(LEASE.c.name.in_(sorted(held)), LEASE.c.holder == holder)
    rows = db.execute(mine.values(until=_UNTIL).returning(LEASE.c.name, LEASE.c.fence))
    return {row.name: row.fence for row in rows}


def take(db: Connection, holder: str, wanted: Collection[str], most: int) -> dict[str, int]:
    """Take at most ``most`` of what is wanted and free; returns their fences."""
    if not wanted or most <= 0:
        return {}
    new = [{"name": name, "holder": "", "fence": 0, "until": _NEVER} for name in sorted(wanted)]
    db.execute(postgresql.insert(LEASE).on_conflict_do_nothing(), new)
    free = select(LEASE.c.name).where(
        LEASE.c.name.in_(sorted(wanted)), or_(LEASE.c.until <= _NOW, LEASE.c.holder == holder)
    )
    names = db.execute(free.order_by(LEASE.c.name).limit(most).with_for_update(skip_locked=True)).scalars().all()
    if not names:
        return {}
    taken = update(LEASE).where(LEASE.c.name.in_(names))
    taken = taken.values(holder=holder, fence=LEASE.c.fence + 1, until=_UNTIL)
    rows = db.execute(taken.returning(LEASE.c.name, LEASE.c.fence))
    return {row.name: row.fence for row in rows}


def let_go(db: Connection, holds: Mapping[str, int]) -> None:
    """Give back: others need not wait for the end of the lease."""
    for name, fence in holds.items():
        mine = update(LEASE).where(LEASE.c.name == name, LEASE.c.fence == fence)
        db.execute(mine.values(until=_NEVER))


def alive(db: Connection, prefix: str) -> int:
    """How many leases with this prefix are held now: how many processes are there."""
    return int(
        db.execute(
            select(func.count()).select_from(LEASE).where(LEASE.c.name.startswith(prefix), LEASE.c.until > _NOW)
        ).scalar_one()
    )


def holders(db: Connection) -> dict[str, str]:
    """Who holds what now, for the operator."""
    rows = db.execute(select(LEASE.c.name, LEASE.c.holder).where(LEASE.c.until > _NOW).order_by(LEASE.c.name))
    return {row.name: row.holder for row in rows}


def forget_dead(db: Connection, prefix: str) -> None:
    """Rows of processes that ended long ago go."""
    old = func.clock_timestamp() - text("interval '1 day'")
    db.execute(LEASE.delete().where(LEASE.c.name.startswith(prefix), LEASE.c.until < old))
