"""Where one channel puts what it hears: every call returns only after its commit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import InterfaceError, OperationalError

from domain.errors import StoreError
from domain.messages import Heard, Inbound
from store import messages, outbox
from store.messages import Admission, Waiting, account_key, admission
from store.tables import CoverageGap, table
from store.tx import Tx

if TYPE_CHECKING:
    from bot.pipeline import Pipeline

log = logging.getLogger("louling.pipeline")

DATABASE_FAULTS = (OperationalError, InterfaceError, StoreError)
"""Not the message's fault: it is tried without end."""

_GAP = table(CoverageGap)


class ChannelIntake:
    """``domain.messages.Intake`` of one channel."""

    def __init__(self, pipeline: Pipeline, channel: str) -> None:
        self._pipeline = pipeline
        self._channel = channel

    async def accept(self, message: Inbound) -> bool:
        """Take a whole message; ``False`` when it was heard before.

        Where its room is at rest it is handled in the same change: one commit instead of two.
        """
        if self._pipeline.take_room(message):
            return await self._accept_at_once(message)
        now = self._pipeline.clock.now()

        def take(tx: Tx) -> tuple[bool, Waiting | None]:
            if not messages.first_heard(tx.db, account_key(message.channel, message.account), message.message_id, now):
                return False, None
            return True, _admit(tx, message, None)

        with self._pipeline.coming([message]):
            new, waiting = await self._pipeline.desk.write(now, take)
            if waiting is not None:
                self._pipeline.enqueue(waiting)
        return new

    async def _accept_at_once(self, message: Inbound) -> bool:
        now, left = self._pipeline.clock.now(), None

        def take(tx: Tx) -> tuple[bool, Waiting | None, str | None]:
            if not messages.first_heard(tx.db, account_key(message.channel, message.account), message.message_id, now):
                return False, None, None
            waiting = _admit(tx, message, None, done=hearing is not None)
            if waiting is None or hearing is None:
                return True, waiting, None
            return True, waiting, self._pipeline.handle_at_once(tx, waiting, hearing)

        try:
            hearing = self._pipeline.hear_ahead(message)
            new, waiting, handler = await self._pipeline.desk.write(now, take)
            if handler is None:
                left = waiting
            else:
                self._pipeline.handled(message, handler)
        except DATABASE_FAULTS:
            self._pipeline.look_whether_taken([message])
            raise
        finally:
            self._pipeline.leave_room(message, left)
        return new

    async def accept_all(self, batch: Sequence[Inbound]) -> int:
        """Take whole messages in one change, in their order; returns how many were new. All of them, or none."""
        now = self._pipeline.clock.now()

        def take(tx: Tx) -> list[Waiting | None]:
            return [
                _admit(tx, message, None)
                for message in batch
                if messages.first_heard(tx.db, account_key(message.channel, message.account), message.message_id, now)
            ]

        with self._pipeline.coming(batch):
            taken = await self._pipeline.desk.write(now, take)
            for waiting in taken:
                if waiting is not None:
                    self._pipeline.enqueue(waiting)
        return len(taken)

    async def heard(self, account: str, message_id: str) -> int | None:
        """Stage one: the id is durable. ``None`` for a duplicate."""
        now = self._pipeline.clock.now()
        return await self._pipeline.desk.write(
            now, lambda tx: messages.put_heard(tx.db, self._channel, account, message_id, now)
        )

    async def read(self, arrival: int, message: Inbound) -> None:
        """Stage two: the payload of a heard id."""
        now = self._pipeline.clock.now()
        with self._pipeline.coming([message]):
            waiting = await self._pipeline.desk.write(now, lambda tx: _admit(tx, message, arrival))
            if waiting is not None:
                self._pipeline.enqueue(waiting)

    async def unreadable(self, arrival: int, why: str) -> None:
        """The payload could not be read: counted as unheard."""
        log.warning("a message could not be read: %s", why, extra={"action": "message_unreadable", "row": arrival})
        await self._pipeline.desk.write(self._pipeline.clock.now(), lambda tx: messages.put_unheard(tx.db, arrival))

    async def unread(self, account: str) -> Sequence[Heard]:
        """Ids heard before a crash whose payload is still missing."""
        return await self._pipeline.desk.store.read(lambda db: messages.unread(db, self._channel, account))

    async def gap(self, account: str, since: datetime, until: datetime, reason: str) -> None:
        """Record a time in which an account was deaf."""
        values = {"channel": self._channel, "account": account, "since": since, "until": until, "reason": reason}
        await self._pipeline.desk.write(until, lambda tx: _insert_gap(tx, values))


def _insert_gap(tx: Tx, values: dict[str, object]) -> None:
    tx.db.execute(_GAP.insert().values(**values))


def _admit(tx: Tx, message: Inbound, arrival: int | None, *, done: bool = False) -> Waiting | None:
    """Keep what may be kept, ``done`` if the same change handles it. ``None``: nothing of it is stored, or it was
    only the bot's own echo."""
    group = None
    if message.room_id is not None:
        group = tx.directory.group_of(message.channel, message.account, message.room_id)
    admitted = admission(tx.directory, message, group)
    group_id = group.id if group else None
    if admitted is Admission.KEPT:
        if arrival is None:
            row = messages.put_whole(tx.db, message, group_id, tx.now, done=done)
            return Waiting(row, message, group_id)
        return Waiting(arrival, message, group_id) if messages.put_read(tx.db, arrival, message, group_id) else None
    if arrival is not None:
        messages.forget(tx.db, arrival)
    if admitted is Admission.OWN:
        account = account_key(message.channel, message.account)
        to = f"group:{group.topic}" if group else "direct"
        outbox.echo(tx, account, message.message_id, message.room_id or message.sender_id, message.text, to)
    return None
