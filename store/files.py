"""Files that go with messages: kept once, looked up when their letter leaves, gone after the days of the chat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from domain.messages import Attachment
from store.tables import AttachmentRow, table
from store.tx import Tx

_FILE = table(AttachmentRow)


def keep(tx: Tx, attachment: Attachment) -> int:
    """Store a file; returns its number."""
    values = {"name": attachment.name[:128], "media_type": attachment.media_type, "content": attachment.content}
    new = tx.db.execute(_FILE.insert().values(**values, made_at=tx.now).returning(_FILE.c.id))
    return int(new.scalar_one())


def load(db: Connection, number: int) -> Attachment | None:
    """A stored file; ``None`` once it was deleted."""
    row = db.execute(select(_FILE).where(_FILE.c.id == number)).one_or_none()
    return Attachment(row.name, row.media_type, row.content) if row is not None else None


def delete_old(db: Connection, before: datetime) -> int:
    """Delete files made before ``before``; returns how many."""
    return int(db.execute(delete(_FILE).where(_FILE.c.made_at < before)).rowcount)
