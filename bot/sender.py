"""Takes outbox rows and sends them, slowly on purpose. Nobody else sends.

``step()`` sends all that may leave at the clock's now, one after the other, and tells when to come again: so the
sandbox and the replay do it. ``run()`` is the same under the machine's clock with several sends under way at once, so
that one that hangs delays neither another account nor anything graver.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Row

from bot.clock import Clock
from bot.share import ALONE, Share, account_lease
from domain.messages import Attachment, Channel, LinkState, Outbound, Outcome, Receipt, TargetKind
from domain.street import Pace
from store import files, leases, outbox, people, sends
from store.desk import Desk
from store.directory import TRUSTED_CHANNELS, Directory, External
from store.leases import Hold
from store.messages import account_key
from store.tx import Tx

log = logging.getLogger("louling.sender")

_BATCH = 200
_EMERGENCY_PRIORITY = 0
_RECONNECTING = timedelta(seconds=1)  # how soon to look again whether an account is connected
_WOKEN = timedelta(seconds=5)  # a row that waits for a send under way; its end wakes the sender anyway
SEND_DEADLINE = 30.0  # seconds; well inside the lease of an outbox row
_BEGIN_WITHIN = 20.0  # seconds from taking a row: with the deadline still well inside its lease
FILE_DEADLINE = 90.0  # the same for a file, which has a longer lease
_AT_ONCE = {0: 12, 1: 8, 2: 6}  # sends of one account that may be under way, by the priority of the next one
_ORDINARY = 4  # the same for all other priorities: a graver row always finds a place


@dataclass
class Pacing:
    """When the buckets of an account and of each of its rooms are full again."""

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

    @property
    def sender(self) -> str:
        """``channel:account``."""
        return account_key(self.channel, self.account)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the outbox: rows that may leave with their addresses, what is next, and what the limits say.

    ``sent`` counts the day's messages by account, ``stopped`` are the accounts whose switch is off.
    """

    rows: list[tuple[Row[Any], Address | None]]
    sent: dict[str, int]
    stopped: frozenset[str]
    next_queued: datetime | None


@dataclass(frozen=True, slots=True)
class Hand:
    """A row that was taken and is being sent."""

    row: Row[Any]
    text: str  # as it was at the claim, which leaves out what is not wanted any more
    fence: int
    address: Address
    attachment: Attachment | None
    begin: float  # the monotonic time after which it must not be sent any more


class Sender:
    """One per process."""

    def __init__(
        self, desk: Desk, channels: Mapping[str, Channel], clock: Clock, seed: int, share: Share = ALONE
    ) -> None:
        self._desk = desk
        self._share = share
        self._channels = channels
        self._clock = clock
        self._pacing = Pacing()
        self._chance = random.Random(seed)
        self._wake = asyncio.Event()
        self._stopping = False
        self._hands: dict[int, Hand] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing new: ``run`` ends when the sends in hand are written down."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped or cancelled."""
        try:
            while not self._stopping:
                self._wake.clear()
                wait = 5.0
                try:
                    again = await self._round(self._begin)
                    if again is not None:
                        wait = min(wait, max(0.02, (again - self._clock.now()).total_seconds()))
                except Exception:
                    log.exception("sending stopped for a moment", extra={"action": "sender_error"})
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
            if self._sending:
                await asyncio.wait(self._sending)
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def step(self) -> datetime | None:
        """Send what may leave now. Returns when the next row may leave, ``None`` when nothing waits."""
        return await self._round(self._deliver)

    async def _begin(self, hand: Hand) -> None:
        """Send beside the others; its end wakes the sender, for others may have waited for it."""
        task = asyncio.create_task(self._deliver(hand), name=f"send {hand.row.id}")
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a send was not written down", exc_info=task.exception(), extra={"action": "sender_error"})

    async def _round(self, deliver: Callable[[Hand], Awaitable[None]]) -> datetime | None:
        if not self._desk.street.sending:
            return None
        while True:
            now = self._clock.now()
            look = await self._desk.read(now, self._look)
            if sends.EVERY in look.stopped:
                return None
            moved, later = 0, None
            for row, address in look.rows:
                if self._stopping:
                    return None
                at = await self._try(row, address, look, deliver)
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
        """What may leave now, where it goes, and what the limits say; one snapshot."""
        rows = [(row, _address(tx, row, self._channels)) for row in outbox.candidates(tx.db, tx.now, _BATCH)]
        sent = sends.today(tx) if rows else {}
        return Look(rows, sent, sends.stopped(tx.db), outbox.next_queued_at(tx))

    async def _try(
        self, row: Row[Any], address: Address | None, look: Look, deliver: Callable[[Hand], Awaitable[None]]
    ) -> datetime | None:
        """Take one row and have it delivered, or return when its turn may come."""
        now = self._clock.now()
        if address is None:
            await self._desk.write(now, lambda tx: outbox.fail(tx, row.id, "nobody to send it to: not bound"))
            return None
        lease = account_lease(address.sender)
        if not self._share.holds(lease):
            return now + _WOKEN  # another process speaks for this account
        turn = self._turn(row, address, now, look)
        if turn > now:
            return turn
        begin = monotonic() + _BEGIN_WITHIN
        proof = self._share.proof(lease)
        hand = await self._desk.write(now, lambda tx: _take(tx, row, address, begin, proof))
        if hand is None:
            return None
        self._used(row, address, now)
        look.sent[address.sender] = look.sent.get(address.sender, 0) + 1
        self._hands[row.id] = hand
        await deliver(hand)
        return None

    async def _deliver(self, hand: Hand) -> None:
        """Send what was taken and write down what became of it, even when the service is stopping."""
        row = hand.row
        try:
            receipt = await self._send(hand)
        finally:
            del self._hands[row.id]
        keys = {"action": f"send_{receipt.outcome}", "outbox": row.id, "issue": row.issue_id}
        log.info("send: %s %s", receipt.outcome, receipt.detail, extra=keys)
        now, to = self._clock.now(), hand.address.to
        settled = self._desk.write(now, lambda tx: outbox.settle(tx, row.id, hand.fence, receipt, to))
        await asyncio.shield(settled)

    async def _send(self, hand: Hand) -> Receipt:
        row, address = hand.row, hand.address
        if monotonic() > hand.begin or not self._share.holds(account_lease(address.sender)):
            # Frozen since it was taken: somebody else may speak for the account, or the row count as unknown.
            return Receipt(Outcome.FAILED, detail="not sent: the lease ran out before")
        message = Outbound(
            key=row.id,
            account=address.account,
            target=TargetKind(row.target),
            conversation=address.conversation,
            text=hand.text,
            purpose=row.purpose,
            mentions=address.mentions,
            attachment=hand.attachment,
        )
        try:
            async with asyncio.timeout(SEND_DEADLINE if hand.attachment is None else FILE_DEADLINE):
                return await self._channels[address.channel].send(message)
        except TimeoutError:
            return Receipt(Outcome.UNKNOWN, detail="no answer within the deadline")
        except Exception as error:
            log.exception("a channel raised while sending", extra={"action": "channel_raised", "outbox": row.id})
            return Receipt(Outcome.UNKNOWN, detail=f"the channel raised {type(error).__name__}")

    # -- limits

    def _turn(self, row: Row[Any], address: Address, now: datetime, look: Look) -> datetime:
        """When switch, connection, sends under way, daily cap and pace let this row go."""
        pace, grave = self._pace(address), row.priority == _EMERGENCY_PRIORITY
        if not pace.enabled or address.account in look.stopped:
            return now + _WOKEN
        if not self._connected(address):
            return now + _RECONNECTING
        if not self._free(row, address):
            return now + _WOKEN
        if look.sent.get(address.sender, 0) >= pace.cap(grave=grave):
            return _midnight(self._desk.street.local(now), days=1)
        if grave:
            return now
        turn = pace.of_account.turn(self._pacing.account.get(address.sender), now)
        if row.target == "group":
            turn = max(turn, pace.of_room.turn(self._pacing.room.get(_room(address)), now))
        return turn

    def _used(self, row: Row[Any], address: Address, now: datetime) -> None:
        pace, account = self._pace(address), address.sender
        jitter = 0.0 if row.priority == _EMERGENCY_PRIORITY else self._chance.uniform(0, pace.jitter_seconds)
        before = self._pacing.account.get(account)
        self._pacing.account[account] = pace.of_account.taken(before, now, timedelta(seconds=jitter))
        if row.target == "group":
            before = self._pacing.room.get(_room(address))
            self._pacing.room[_room(address)] = pace.of_room.taken(before, now)

    def _pace(self, address: Address) -> Pace:
        return self._desk.street.pace_of(address.account)

    def _connected(self, address: Address) -> bool:
        """Whether the account can send now. Nothing is tried, and nothing given up, while its connection is away."""
        state = self._channels[address.channel].state().get(address.account)
        return state is None or state.link is LinkState.UP

    def _free(self, row: Row[Any], address: Address) -> bool:
        """Whether a row may leave beside those under way: in order in a conversation, a few at once of an account."""
        here = [hand for hand in self._hands.values() if hand.address.sender == address.sender]
        before = [hand for hand in here if hand.address.conversation == address.conversation]
        if any(hand.row.priority <= row.priority for hand in before):
            return False
        return len(here) < _AT_ONCE.get(row.priority, _ORDINARY)


def _take(tx: Tx, row: Row[Any], address: Address, begin: float, proof: Hold | None) -> Hand | None:
    """Claim a row with all that is needed to send it; ``None`` when it is not to be sent (now), or not from here."""
    if proof is not None and not leases.keeps(tx.db, proof):
        return None
    fence = outbox.claim(tx, row.id, address.sender, address.conversation)
    if fence is None:
        return None
    mentions = [people.contact(tx.db, identity) for identity in row.mentions or ()]
    named = tuple((contact.external[2], contact.name or "居民") for contact in mentions)
    attachment = files.load(tx.db, row.attachment_id) if row.attachment_id is not None else None
    text = row.body if row.parts is None else outbox.body_of(tx.db, row.id)
    return Hand(row, text, fence, replace(address, mentions=named), attachment, begin)


def _room(address: Address) -> str:
    return f"{address.sender}/{address.conversation}"


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
        external = _reached(directory, channels, row.target_id) or _known(directory, channels, row.target_id)
        to = f"staff:{row.target_id}"
    else:
        external = people.contact(tx.db, int(row.target_id)).external
        to = f"resident:{external[2]}"
    if external is None or external[0] not in channels:
        return None
    return Address(external[0], external[1], external[2], to)


def _reached(directory: Directory, channels: Mapping[str, Channel], person: str) -> External | None:
    """The newest contact of a person whose account is connected; the newest of all when none is."""
    contacts = [each for each in directory.contacts.get(person, ()) if each[0] in channels]
    return next((each for each in contacts if _up(channels, each)), contacts[0] if contacts else None)


def _up(channels: Mapping[str, Channel], external: External) -> bool:
    state = channels[external[0]].state().get(external[1])
    return state is not None and state.link is LinkState.UP


def _known(directory: Directory, channels: Mapping[str, Channel], person: str) -> External | None:
    return _trusted(channels, person) if person in directory.people else None


def _trusted(channels: Mapping[str, Channel], external_id: str) -> External | None:
    """In sandbox and replay the roster's own ids are the addresses."""
    name = next((name for name in channels if name in TRUSTED_CHANNELS), None)
    return (name, "main", external_id) if name else None
