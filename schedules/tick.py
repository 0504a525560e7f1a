"""The one tick: everything that is due, in short transactions. Its cost follows what is due, not what exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from schedules import digest, jobs, ladder
from schedules.council import ask_for_resolutions
from store import council, issues, leases, outbox, prompts, together
from store.desk import Desk
from store.issues import ISSUE
from store.leases import Hold
from store.tx import Tx

BATCH = 100  # issues in one transaction: bounds how long a message waits behind the tick

_NEXT_STEP = select(func.min(ISSUE.c.next_at)).where(ISSUE.c.next_at.is_not(None))
"""The condition is that of the partial index: without it SQLite reads every issue there ever was."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did."""

    steps: int = 0
    other: int = 0

    def __bool__(self) -> bool:
        return bool(self.steps or self.other)


async def tick(desk: Desk, now: datetime, hold: Hold | None = None) -> Ticked:
    """Do everything due at ``now``. Safe to run twice or from several processes: rows in work are skipped.

    ``hold`` is the lease of the tick where several processes could tick: each transaction looks whether it still
    runs, so that who was frozen between two of them does nothing more. When nothing is due nothing is written.
    """
    if not await desk.read(now, _is_due):
        return Ticked()

    def proved(work: Callable[[Tx], int]) -> Callable[[Tx], int]:
        return lambda tx: work(tx) if hold is None or leases.keeps(tx.db, hold) else 0

    steps = 0
    while True:
        done = await desk.write(now, proved(_issues))
        steps += done
        if done < BATCH:
            break
    other = 0
    for work in (outbox.expire_leases, prompts.expire_due, digest.run_due, ask_for_resolutions, jobs.run_due):
        other += await desk.write(now, proved(work))
    return Ticked(steps, other)


def _issues(tx: Tx) -> int:
    ids = issues.due(tx, BATCH)
    before = together.last_letter(tx) if len(ids) > 1 else 0
    for issue_id in ids:
        ladder.take_step(tx, issue_id)
    if len(ids) > 1:
        together.gather(tx, before)
    return len(ids)


def _is_due(tx: Tx) -> bool:
    """Whether a tick would do anything: what is due, and what has no due time because it was never planned."""
    due = _next_due(tx)
    return (due is not None and due <= tx.now) or jobs.unplanned(tx) or digest.unplanned(tx)


async def next_due(desk: Desk, now: datetime) -> datetime | None:
    """The earliest instant at which a tick has something to do."""
    return await desk.read(now, _next_due)


def _next_due(tx: Tx) -> datetime | None:
    times = (
        tx.db.execute(_NEXT_STEP).scalar(),
        prompts.next_expiry(tx),
        digest.next_due(tx),
        jobs.next_due(tx),
        council.next_due(tx),
        outbox.next_lease_end(tx),
    )
    return min((at for at in times if at is not None), default=None)
