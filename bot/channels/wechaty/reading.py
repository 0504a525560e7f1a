"""Intake: ids become durable first, payloads are read concurrently, and what is read is released in order.

An event names only a message, not its room, so an unread message may belong to any room. The releaser
therefore goes strictly by arrival and waits for each at most ``Limits.hold`` seconds from its first try: an
order that holds for the whole account holds for each room. What cannot be read by then is

* *unreadable* when the gateway answered and has no payload: counted as unheard;
* *put off* when the gateway did not answer: it stays unread in the store and is tried again after the next
  connection or a little later; only a second silence makes it unreadable.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot.channels.wechaty.client import CallError, Fault
from bot.channels.wechaty.durable import Durable
from bot.channels.wechaty.link import Link
from bot.channels.wechaty.pace import Pauses
from bot.channels.wechaty.settings import Limits
from domain.messages import Heard, Inbound

# Reads a message id before the given loop time, names included.
Fetch = Callable[[str, float], Awaitable[Inbound]]
SILENT = frozenset({Fault.UNREACHABLE, Fault.UNTRUSTED, Fault.LOST, Fault.LATE, Fault.TOKEN, Fault.TAKEN})


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a payload could not be read; ``silent`` when the gateway said nothing."""

    why: str
    silent: bool


@dataclass(slots=True)
class Entry:
    """One id on its way, in arrival order. ``passes`` counts how often it was taken up."""

    heard: Heard
    outcome: asyncio.Future[Inbound | Unreadable]
    passes: int


class Reading:
    """The line of one account's messages from heard to read."""

    def __init__(self, durable: Durable, fetch: Fetch, link: Link, limits: Limits) -> None:
        self._durable, self._fetch, self._link, self._limits = durable, fetch, link, limits
        self._line: asyncio.Queue[Entry] = asyncio.Queue()
        self._room = asyncio.Semaphore(limits.pending)
        self._slots = asyncio.Semaphore(limits.reads)
        self._in_hand: set[int] = set()
        self._put_off: dict[int, tuple[Heard, int]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def waiting(self) -> int:
        """How many heard messages are not read yet, those put off included."""
        return len(self._in_hand) + len(self._put_off)

    async def run(self) -> None:
        """Read and release until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            group.create_task(self._try_again())
            while True:
                await self._release(await self._line.get())

    async def hear(self, message_id: str) -> None:
        """A message event: its id becomes durable, then its payload is read. A known id is counted, no more."""
        arrival = await self._durable.heard(message_id)
        if arrival is None:
            self._link.counters["wechaty.duplicate"] += 1
            return
        self._link.counters["wechaty.heard"] += 1
        await self._take([Heard(arrival, message_id)])

    async def take_up(self) -> None:
        """After a connection: whatever is heard and not read, oldest first, before anything new."""
        left = await self._durable.unread()
        await self._take(left)

    async def _take(self, heard: Iterable[Heard]) -> None:
        assert self._tasks is not None, "run() comes first"
        loop = asyncio.get_running_loop()
        for each in heard:
            if each.arrival in self._in_hand:
                continue
            await self._room.acquire()
            _, passes = self._put_off.pop(each.arrival, (each, 0))
            entry = Entry(each, loop.create_future(), passes + 1)
            self._in_hand.add(each.arrival)
            self._line.put_nowait(entry)
            self._tasks.create_task(self._read(entry))

    async def _read(self, entry: Entry) -> None:
        """Try until it works or the hold is over; between tries the slot is free for others."""
        loop = asyncio.get_running_loop()
        pauses = Pauses(self._limits.retry_first, 1.0)
        until: float | None = None
        why, silent = "no try was made", True
        while until is None or loop.time() < until:
            async with self._slots:
                until = until or loop.time() + self._limits.hold
                try:
                    async with asyncio.timeout_at(until):
                        message = await self._fetch(entry.heard.message_id, until)
                except CallError as fault:
                    if silent or fault.fault not in SILENT:  # an answer counts more than a later silence
                        why, silent = fault.detail, fault.fault in SILENT
                except TimeoutError:
                    why = why if not silent else "the gateway does not answer in time"
                except Exception as fault:  # noqa: BLE001 - one odd payload must not end hearing
                    why, silent = f"the payload cannot be understood ({type(fault).__name__})", False
                    self._link.note("wechaty.read_failed", type(fault).__name__, why)
                else:
                    entry.outcome.set_result(message)
                    return
            self._link.counters["wechaty.read_retry"] += 1
            await asyncio.sleep(min(pauses.next(), max(0.0, until - loop.time())))
        entry.outcome.set_result(Unreadable(why, silent))

    async def _release(self, entry: Entry) -> None:
        outcome = await entry.outcome
        arrival = entry.heard.arrival
        if isinstance(outcome, Inbound):
            await self._durable.read(arrival, outcome)
            self._link.counters["wechaty.read"] += 1
        elif outcome.silent and (entry.passes < 2 or not self._link.is_up):
            self._put_off[arrival] = (entry.heard, entry.passes if self._link.is_up else 0)
            self._link.counters["wechaty.put_off"] += 1
            self._link.log(
                logging.INFO,
                "wechaty.put_off",
                f"message {arrival} waits: {outcome.why}",
                message_id=entry.heard.message_id,
            )
        else:
            await self._durable.unreadable(arrival, outcome.why)
            self._link.counters["wechaty.unreadable"] += 1
            text = f"message {arrival} cannot be read: {outcome.why}"
            self._link.log(logging.WARNING, "wechaty.unreadable", text, message_id=entry.heard.message_id)
        self._in_hand.discard(arrival)
        self._room.release()

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(self._limits.second_try)
            if self._link.is_up and self._put_off:
                await self._take(
                    [heard for heard, _ in sorted(self._put_off.values(), key=lambda each: each[0].arrival)]
                )
