"""Nobody is made responsible whom a roster, imported at the very same moment, no longer names.

On SQLite one change waits for the other anyhow. On PostgreSQL an import and the changes that name somebody share a
lock: an import waits until those under way are committed, and sees them; they wait for an import, and where it
changed what they had read they fail as a whole and are tried again on the new roster.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.errors import StoreError
from store.directory import ROSTER_IMPORTS, get_setting, put_setting
from store.tx import Tx

_KEY = 0x4C6F756C  # any number of the database's that nothing else locks
_ALONE = text(f"SELECT pg_advisory_xact_lock({_KEY})")
_BESIDE = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")


def import_begins(db: Connection) -> None:
    """A roster is about to be imported: until its commit nobody is named, and everybody named before is seen."""
    if db.dialect.name != "sqlite":
        db.execute(_ALONE)
    put_setting(db, ROSTER_IMPORTS, str(int(get_setting(db, ROSTER_IMPORTS) or 0) + 1))


def somebody_is_named(tx: Tx) -> None:
    """The change makes somebody responsible. Raises ``StoreError`` when it read an older roster than there is."""
    if tx.db.dialect.name == "sqlite":
        return
    tx.db.execute(_BESIDE)
    if int(get_setting(tx.db, ROSTER_IMPORTS) or 0) != tx.directory.imports:
        raise StoreError("the roster was changed at the same moment; it is tried again on the new one")
