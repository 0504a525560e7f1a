"""Where changes are made: a store, a street, and who is who, brought together for each transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from domain.street import Street
from store.directory import Directories
from store.engine import Store
from store.tx import Tx

T = TypeVar("T")


class Desk:
    """Hands out transactions. ``now`` comes from the caller: nothing below the composition root reads a clock."""

    def __init__(self, store: Store, street: Street) -> None:
        self.store = store
        self.street = street
        self._directories = Directories()

    def tx(self, db: Connection, now: datetime) -> Tx:
        """The view of one transaction."""
        return Tx(db, now, self.street, self._directories.current(db, now))

    async def write(self, now: datetime, work: Callable[[Tx], T]) -> T:
        """Change something; returns after the commit."""
        return await self.store.write(lambda db: work(self.tx(db, now)))

    async def read(self, now: datetime, work: Callable[[Tx], T]) -> T:
        """Look at something."""
        return await self.store.read(lambda db: work(self.tx(db, now)))
