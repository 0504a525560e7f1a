"""The daily digest: due rows, one for each section chief, made once in the transaction that sends it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update

from domain import wording_digest
from domain.figures import Figures
from domain.words import Purpose
from schedules.digest_sheet import sheet
from store import outbox
from store.figures import figures
from store.outbox import Letter
from store.tables import DigestRun, table
from store.tx import Cause, Tx, record

_RUN = table(DigestRun)


def run_due(tx: Tx) -> int:
    """Make the digests that are due and plan the next ones. After missed days there is one digest, not one a day."""
    done = 0
    planned = set(tx.db.execute(select(_RUN.c.chief_id).where(_RUN.c.made_at.is_(None))).scalars())
    for chief in tx.directory.chiefs():
        if chief not in planned:
            _plan(tx, chief, _last_due(tx, chief))
            done += 1
    due = select(_RUN).where(_RUN.c.due_at <= tx.now, _RUN.c.made_at.is_(None))
    for run in tx.db.execute(due.order_by(_RUN.c.due_at, _RUN.c.id).with_for_update(skip_locked=True)).all():
        done += 1
        if run.chief_id not in tx.directory.chiefs():
            tx.db.execute(update(_RUN).where(_RUN.c.id == run.id).values(made_at=tx.now))
            continue
        until = latest_due(tx, tx.now)
        day = digest_figures(tx, run.chief_id, run.since, until)
        body = wording_digest.digest(day)
        made = {"made_at": tx.now, "body": body, "due_at": until}
        tx.db.execute(update(_RUN).where(_RUN.c.id == run.id).values(**made))
        outbox.to_staff(tx, run.chief_id, Letter(Purpose.DIGEST, body))
        if run.chief_id in tx.directory.reach:  # a real contact; sandbox and replay show texts alone
            outbox.to_staff(tx, run.chief_id, Letter(Purpose.DIGEST, "", attachment=sheet(day)))
        record(tx, "digest_made", Cause(), data={"chief": run.chief_id, "since": run.since.isoformat()})
        _plan(tx, run.chief_id, until)
    return done


def unplanned(tx: Tx) -> bool:
    """Whether a section chief has no digest planned."""
    planned = set(tx.db.execute(select(_RUN.c.chief_id).where(_RUN.c.made_at.is_(None))).scalars())
    return not set(tx.directory.chiefs()) <= planned


def next_due(tx: Tx) -> datetime | None:
    """When the next digest is due."""
    return tx.db.execute(select(func.min(_RUN.c.due_at)).where(_RUN.c.made_at.is_(None))).scalar()


def digest_text(tx: Tx, chief: str, since: datetime, until: datetime) -> str:
    """The digest of one section chief as it is read on a phone."""
    return wording_digest.digest(digest_figures(tx, chief, since, until))


def digest_figures(tx: Tx, chief: str, since: datetime, until: datetime) -> Figures:
    """The figures behind it, for the communities the chief answers for."""
    return figures(tx, chief, tx.directory.chiefs().get(chief, ()), since, until)


def due_on(tx: Tx, day: date) -> datetime:
    """When the digest of a day is due."""
    return datetime.combine(day, tx.street.digest_at, tx.street.calendar.zone)


def latest_due(tx: Tx, at: datetime) -> datetime:
    """The last due time at or before ``at``."""
    local = tx.street.local(at)
    today = due_on(tx, local.date())
    return today if today <= local else due_on(tx, local.date() - timedelta(days=1))


def _last_due(tx: Tx, chief: str) -> datetime:
    made = select(func.max(_RUN.c.due_at)).where(_RUN.c.chief_id == chief, _RUN.c.made_at.is_not(None))
    return tx.db.execute(made).scalar() or latest_due(tx, tx.now)


def _plan(tx: Tx, chief: str, since: datetime) -> None:
    local = tx.street.local(max(since, latest_due(tx, tx.now)))
    due = due_on(tx, local.date() + timedelta(days=1))
    tx.db.execute(_RUN.insert().values(chief_id=chief, since=since, due_at=due))
