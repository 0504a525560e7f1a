"""Takes outbox rows and sends them, slowly on purpose. Nobody else sends.

``step(now)`` sends all that may leave at ``now`` and tells when to come again; the live service, the
sandbox and the replay differ only in who moves ``now``.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row

from bot.clock import Clock
from domain.messages import Channel, LinkState, Outbound, Outcome, Receipt, TargetKind
from store import outbox, people
from store.desk import Desk
from store.directory import TRUSTED_CHANNELS, Directory, External
from store.messages import account_key
from store.tx import Tx

log = logging.getLogger("louling.sender")

_BATCH = 200
_EMERGENCY_PRIORITY = 0
_RECONNECTING = timedelta(seconds=1)  # how soon to look again whether an account is connected
SEND_DEADLINE = 30.0  # seconds; well inside the lease of an outbox row


@dataclass
class Pacing:
    """When an account and each of its rooms may be used again."""

    account: dict[str, datetime] = field(default_factory=dict)
    room: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a row goes: the channel, its account, the conversation, the mentions, and the name for the record."""

    channel: str
    account: str
    conversation: str
    to: str
    mentions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the outbox: rows that may leave with their addresses, the day's count by account, what is next."""

    rows: list[tuple[Row[Any], Address | None]]
    sent: dict[str, int]
    next_queued: datetime | None


class Sender:
    """One per process."""

    def __init__(self, desk: Desk, channels: Mapping[str, Channel], clock: Clock, seed: int) -> None:
        self._desk = desk
        self._channels = channels
        self._clock = clock
        self._pacing = Pacing()
        self._chance = random.Random(seed)
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing new: ``run`` ends when the send in hand is written down."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped or cancelled."""
        while not self._stopping:
            self._wake.clear()
            wait = 5.0
            try:
                again = await self.step()
                if again is not None:
                    wait = min(wait, max(0.02, (again - self._clock.now()).total_seconds()))
            except Exception:
                log.exception("sending stopped for a moment", extra={"action": "sender_error"})
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def step(self) -> datetime | None:
        """Send what may leave now. Returns when the next row may leave, ``None`` when nothing waits."""
        if not self._desk.street.sending:
            return None
        while True:
            now = self._clock.now()
            look = await self._desk.read(now, self._look)
            moved, later = 0, None
            for row, address in look.rows:
                if self._stopping:
                    return None
                at = await self._try(row, address, look.sent)
                if at is None:
                    moved += 1
                else:
                    later = at if later is None else min(later, at)
            if not moved:
                break
        queued = look.next_queued
        if queued is not None and queued <= now:
            queued = later
        return min((at for at in (queued, later) if at is not None), default=None)

    def _look(self, tx: Tx) -> Look:
        """What may leave now, where it goes, and how much each account has sent today; one snapshot."""
        rows = [(row, _address(tx, row, self._channels)) for row in outbox.candidates(tx.db, tx.now, _BATCH)]
        accounts = {account_key(address.channel, address.account) for _row, address in rows if address}
        midnight = _midnight(tx.street.local(tx.now))
        sent = {account: outbox.sent_since(tx.db, account, midnight) for account in accounts}
        return Look(rows, sent, outbox.next_queued_at(tx))

    async def _try(self, row: Row[Any], address: Address | None, sent: dict[str, int]) -> datetime | None:
        """Send one row, or return when its turn may come. ``sent`` counts the day's messages by account."""
        now = self._clock.now()
        if address is None:
            await self._desk.write(now, lambda tx: outbox.fail(tx, row.id, "nobody to send it to: not bound"))
            return None
        if not self._connected(address):
            return now + _RECONNECTING
        account = account_key(address.channel, address.account)
        turn = self._turn(row, address, now, sent[account])
        if turn > now:
            return turn
        fence = await self._desk.write(now, lambda tx: outbox.claim(tx, row.id, account, address.conversation))
        if fence is None:
            return None
        self._used(row, address, now)
        sent[account] += 1
        receipt = await self._send(row, address)
        keys = {"action": f"send_{receipt.outcome}", "outbox": row.id, "issue": row.issue_id}
        log.info("send: %s %s", receipt.outcome, receipt.detail, extra=keys)
        settled = self._desk.write(self._clock.now(), lambda tx: outbox.settle(tx, row.id, fence, receipt, address.to))
        await asyncio.shield(settled)  # the outcome is written down even when the service is stopping
        return None

    async def _send(self, row: Row[Any], address: Address) -> Receipt:
        message = Outbound(
            key=row.id,
            account=address.account,
            target=TargetKind(row.target),
            conversation=address.conversation,
            text=row.body,
            purpose=row.purpose,
            mentions=address.mentions,
        )
        try:
            async with asyncio.timeout(SEND_DEADLINE):
                return await self._channels[address.channel].send(message)
        except TimeoutError:
            return Receipt(Outcome.UNKNOWN, detail="no answer within the deadline")
        except Exception as error:
            log.exception("a channel raised while sending", extra={"action": "channel_raised", "outbox": row.id})
            return Receipt(Outcome.UNKNOWN, detail=f"the channel raised {type(error).__name__}")

    def _connected(self, address: Address) -> bool:
        """Whether the account can send now. Nothing is tried, and nothing given up, while its connection is away."""
        state = self._channels[address.channel].state().get(address.account)
        return state is None or state.link is LinkState.UP

    def _turn(self, row: Row[Any], address: Address, now: datetime, sent: int) -> datetime:
        """When pace and daily cap let this row go."""
        pace, account = self._desk.street.pace, account_key(address.channel, address.account)
        grave = row.priority == _EMERGENCY_PRIORITY
        if sent >= (pace.daily_cap if grave else pace.daily_cap - pace.emergency_reserve):
            return _midnight(self._desk.street.local(now), days=1)
        if grave:
            return now
        turn = max(now, self._pacing.account.get(account, now))
        if row.target == "group":
            turn = max(turn, self._pacing.room.get(f"{account}/{address.conversation}", now))
        return turn

    def _used(self, row: Row[Any], address: Address, now: datetime) -> None:
        pace, account = self._desk.street.pace, account_key(address.channel, address.account)
        jitter = 0.0 if row.priority == _EMERGENCY_PRIORITY else self._chance.uniform(0, pace.jitter_seconds)
        self._pacing.account[account] = now + timedelta(seconds=pace.account_seconds + jitter)
        room = now + timedelta(seconds=pace.room_seconds)
        self._pacing.room[f"{account}/{address.conversation}"] = room


def _midnight(local: datetime, days: int = 0) -> datetime:
    """The beginning of a local day, ``days`` later."""
    return datetime.combine(local.date() + timedelta(days=days), time.min, local.tzinfo)


def _address(tx: Tx, row: Row[Any], channels: Mapping[str, Channel]) -> Address | None:
    """Where a row goes; ``None`` when nobody is bound there or the channel is not running here."""
    directory = tx.directory
    external: External | None
    if row.target == "group":
        group = directory.groups.get(int(row.target_id))
        if group is None:
            return None
        external = directory.room_of.get(group.id) or _trusted(channels, group.key)
        to = f"group:{group.topic}"
    elif row.target == "staff":
        external = directory.reach.get(row.target_id) or _known(directory, channels, row.target_id)
        to = f"staff:{row.target_id}"
    else:
        external = people.contact(tx.db, int(row.target_id)).external
        to = f"resident:{external[2]}"
    if external is None or external[0] not in channels:
        return None
    mentions = [people.contact(tx.db, identity) for identity in row.mentions or ()]
    named = tuple((contact.external[2], contact.name or "居民") for contact in mentions)
    return Address(external[0], external[1], external[2], to, named)


def _known(directory: Directory, channels: Mapping[str, Channel], person: str) -> External | None:
    return _trusted(channels, person) if person in directory.people else None


def _trusted(channels: Mapping[str, Channel], external_id: str) -> External | None:
    """In sandbox and replay the roster's own ids are the addresses."""
    name = next((name for name in channels if name in TRUSTED_CHANNELS), None)
    return (name, "main", external_id) if name else None
