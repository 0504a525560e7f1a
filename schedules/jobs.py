"""Housekeeping that comes round: retention and the notices that groups have not had yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import func, or_, select, update

from domain import wording
from domain.words import Purpose, SendState
from schedules import self_audit
from store import files, gatherings, messages, outages, outbox, sends
from store.outbox import OUTBOX, Letter
from store.tables import Job, table
from store.tx import CLOCK, Cause, Tx, record

_JOB = table(Job)

_RETENTION_AT = time(3, 30)  # local time: the quietest hour
_RETENTION_ROWS = 5000  # rows deleted in one transaction, so that messages never wait for it
_COUNTS_KEPT = 7  # days of which the number of sends is remembered
_NOTICE_AGAIN = timedelta(hours=1)  # a notice that could not be posted is tried again after this


def delete_old_chat(tx: Tx) -> datetime:
    """Raw chat past its days goes, unless it belongs to an issue. Returns when to come again."""
    gone = messages.delete_old(tx.db, tx.now - tx.street.retention, tx.now - messages.SEEN_KEPT, _RETENTION_ROWS)
    files.delete_old(tx.db, tx.now - tx.street.retention)
    sends.delete_old(tx.db, sends.day_before(tx, _COUNTS_KEPT))
    if gone:
        record(tx, "chat_deleted", Cause(CLOCK, reason="retention"), data={"rows": gone})
    if gone == _RETENTION_ROWS:
        return tx.now
    outages.delete_old(tx, tx.now - tx.street.retention)
    forgotten = gatherings.delete_old(tx, tx.now - tx.street.retention)
    if forgotten:
        record(tx, "sign_ups_deleted", Cause(CLOCK, reason="retention"), data={"rows": forgotten})
    tomorrow = tx.street.local(tx.now).date() + timedelta(days=1)
    return datetime.combine(tomorrow, _RETENTION_AT, tx.street.calendar.zone)


def _without_notice(tx: Tx) -> list[int]:
    bound = set(tx.directory.rooms.values())
    return [group.id for group in tx.directory.groups.values() if group.notice_at is None and group.id in bound]


def post_notices(tx: Tx) -> int:
    """Every group with a room gets the notice once, before anything of it is kept. Returns how many were queued.

    Asked at every tick instead of at a due time: a room may be bound at any moment, and while no group
    waits for its notice this only looks at the snapshot in memory.
    """
    waiting = _without_notice(tx)
    if not waiting:
        return 0
    tried = select(OUTBOX.c.target_id).where(
        OUTBOX.c.purpose == Purpose.NOTICE,
        OUTBOX.c.target == "group",
        OUTBOX.c.mentions.is_(None),
        or_(
            OUTBOX.c.state.in_([SendState.QUEUED, SendState.SENDING, SendState.UNKNOWN]),
            OUTBOX.c.queued_at > tx.now - _NOTICE_AGAIN,
        ),
    )
    under_way = set(tx.db.execute(tried).scalars())
    missing = [group for group in waiting if str(group) not in under_way]
    queue_notices(tx, missing)
    return len(missing)


def queue_notices(tx: Tx, groups: Iterable[int]) -> None:
    """Queue the notice for these groups, whether or not they have had it."""
    body = wording.notice(tx.street.name, tx.street.retention.days)
    for group in groups:
        outbox.to_group(tx, group, Letter(Purpose.NOTICE, body))


JOBS: dict[str, Callable[[Tx], datetime]] = {
    "retention": delete_old_chat,
    "self_audit": self_audit.look,
}
"""Each returns when it is due next."""


def _wanted(tx: Tx) -> dict[str, Callable[[Tx], datetime]]:
    """The self-audit has somebody to tell, or does not look."""
    return {name: job for name, job in JOBS.items() if name != "self_audit" or tx.street.operator}


def run_due(tx: Tx) -> int:
    """Post missing notices and run what is due; a job seen for the first time is due now."""
    done = post_notices(tx)
    known = {row.name: row.due_at for row in tx.db.execute(select(_JOB).with_for_update())}
    for name, job in _wanted(tx).items():
        if name in known and known[name] > tx.now:
            continue
        next_due = job(tx)
        if name in known:
            tx.db.execute(update(_JOB).where(_JOB.c.name == name).values(due_at=next_due, done_at=tx.now))
        else:
            tx.db.execute(_JOB.insert().values(name=name, due_at=next_due, done_at=tx.now))
        done += 1
    return done


def unplanned(tx: Tx) -> bool:
    """Whether a group waits for its notice or a job was never run."""
    return bool(_without_notice(tx)) or not set(_wanted(tx)) <= set(tx.db.execute(select(_JOB.c.name)).scalars())


def next_due(tx: Tx) -> datetime | None:
    """When the next job is due."""
    return tx.db.execute(select(func.min(_JOB.c.due_at)).where(_JOB.c.name.in_(list(_wanted(tx))))).scalar()
