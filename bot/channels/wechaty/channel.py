"""One WeChat account behind one Wechaty gateway, as a ``domain.messages.Channel``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from bot.channels.wechaty.client import CallError, Fault, GatewayClient
from bot.channels.wechaty.convert import CHANNEL, inbound
from bot.channels.wechaty.durable import Durable
from bot.channels.wechaty.link import Link
from bot.channels.wechaty.names import Names
from bot.channels.wechaty.notices import Notices
from bot.channels.wechaty.observer import Observer, SilentObserver
from bot.channels.wechaty.pace import Pace
from bot.channels.wechaty.payloads import Contact, Member, Room
from bot.channels.wechaty.reading import Reading
from bot.channels.wechaty.sending import send
from bot.channels.wechaty.session import Session
from bot.channels.wechaty.settings import WechatySettings
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt

LAST_WORD = 2.0  # seconds that recording a gap may take when the channel stops


class WechatyChannel:
    """Hears and speaks for one account.

    ``now`` gives aware UTC; ``observer`` is told what happens beside messages. Gaps are reported from ``run()``
    on: the time in which the process itself was away is known to the store only.
    """

    name = CHANNEL

    def __init__(
        self,
        settings: WechatySettings,
        now: Callable[[], datetime],
        observer: Observer | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        self.settings = settings
        self._now = now
        self._observer: Observer = observer or SilentObserver()
        self._link = Link(settings.account, now, log or logging.getLogger(__name__))
        self._names = Names(settings.limits)
        self._accepts = Pace(1 / settings.limits.accept_every)
        self._session: Session | None = None
        self._reading: Reading | None = None

    # -- the channel protocol

    async def run(self, intake: Intake) -> None:
        """Hear until cancelled; the network's faults are waited out and shown in ``state()``."""
        if self._session is not None:
            raise RuntimeError(f"account {self.settings.account} is running already")
        if self.settings.insecure:
            self._link.log(logging.WARNING, "wechaty.insecure", "the gateway is spoken to without TLS")
        durable = Durable(intake, self._link)
        reading = Reading(durable, self._fetch, self._link, self.settings.limits)
        notices = Notices(self._observer, lambda: self._client, self._link)
        self._reading = reading
        self._session = Session(
            self.settings, self._link, durable=durable, reading=reading, names=self._names, notices=notices
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_without_end(reading.run()))
                group.create_task(_without_end(notices.run()))
                group.create_task(_without_end(self._session.run()))
        finally:
            self._session = self._reading = None
            gap = self._link.ends()
            if gap is not None:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(
                        intake.gap(self.settings.account, gap.since, gap.until, gap.reason), LAST_WORD
                    )

    async def send(self, message: Outbound) -> Receipt:
        """Send text, a file, or a file and then text. A mention becomes ``@name`` before the text of a room."""
        client = self._client
        if client is None or not client.alive:
            receipt = Receipt(Outcome.FAILED, detail=f"not connected: {self._link.state.detail}")
        elif self._link.state.link is LinkState.WAITING:
            receipt = Receipt(Outcome.FAILED, detail=self._link.state.detail)
        else:
            receipt = await send(client, message)
        self.counters[f"wechaty.send_{receipt.outcome}"] += 1
        if receipt.outcome is not Outcome.SENT:
            text = f"message {message.key} is {receipt.outcome}: {receipt.detail}"
            self._link.log(logging.WARNING, f"wechaty.send_{receipt.outcome}", text, outbox=message.key)
        return receipt

    def state(self) -> dict[str, ChannelState]:
        """How well the account hears."""
        return {self.settings.account: self._link.state}

    # -- beyond messages; all of these raise ``CallError`` when the gateway does not do it

    @property
    def counters(self) -> Counter[str]:
        """Counts since the start by action (``wechaty.read``, ``wechaty.unreadable`` …), for metrics."""
        return self._link.counters

    @property
    def unread(self) -> int:
        """How many messages are heard and not read yet."""
        return self._reading.waiting if self._reading is not None else 0

    @property
    def self_id(self) -> str:
        """The account's own contact id while it is logged in, else empty."""
        return self._session.self_id if self._session is not None else ""

    async def accept_friend(self, request_id: str) -> None:
        """Accept a friend request, at most one thing accepted every ``Limits.accept_every`` seconds."""
        await self._accepts.turn()
        await self._connected().accept_friend(request_id)

    async def accept_invitation(self, invitation_id: str) -> None:
        """Follow an invitation into a room, at the same pace."""
        await self._accepts.turn()
        await self._connected().accept_invitation(invitation_id)

    async def rooms(self) -> tuple[Room, ...]:
        """The rooms the account is in, with topics; looked up at a pace, some seconds for hundreds of them."""
        client = self._connected()
        return tuple([await self._names.room(client, each) for each in await client.room_ids()])

    async def room_ids(self) -> tuple[str, ...]:
        """The rooms the account is in, one call."""
        return await self._connected().room_ids()

    async def member_ids(self, room_id: str) -> tuple[str, ...]:
        """Who is in a room, one call."""
        return await self._connected().member_ids(room_id)

    async def room(self, room_id: str) -> Room:
        """One room; with an empty topic when it cannot be looked up."""
        return await self._names.room(self._connected(), room_id)

    async def own_alias(self, room_id: str) -> str:
        """The name the account itself carries in a room; empty where none is set or the puppet does not say."""
        return (await self._names.member(self._connected(), room_id, self.self_id)).alias

    async def room_members(self, room_id: str, most: int | None = None) -> tuple[Member, ...]:
        """Who is in a room, with names, at the same pace; the first ``most`` of them."""
        client = self._connected()
        ids = (await client.member_ids(room_id))[:most]
        return tuple([await self._names.member(client, room_id, each) for each in ids])

    async def contacts(self) -> tuple[Contact, ...]:
        """The contacts of the account, at the same pace."""
        client = self._connected()
        return tuple([await self._names.contact(client, each) for each in await client.contact_ids()])

    # -- underneath

    @property
    def _client(self) -> GatewayClient | None:
        return self._session.client if self._session is not None else None

    def _connected(self) -> GatewayClient:
        client = self._client
        if client is None:
            raise CallError(Fault.UNREACHABLE, "there is no connection to the gateway")
        return client

    async def _fetch(self, message_id: str, until: float) -> Inbound:
        client = self._connected()
        left = until - asyncio.get_running_loop().time()
        message = await client.message(message_id, max(0.05, min(self.settings.limits.call, left)))
        wait = min(self.settings.limits.names, max(0.05, (until - asyncio.get_running_loop().time()) * 0.9))
        around = await self._names.around(client, message, self.self_id, wait)
        return inbound(self.settings.account, message, around, self._now())


async def _without_end(work: Coroutine[Any, Any, None]) -> None:
    """A task group overlooks a task that ends by itself; for these that is deafness, and must be loud."""
    try:
        await work
    except asyncio.CancelledError:
        me = asyncio.current_task()
        if me is not None and me.cancelling():
            raise
    raise RuntimeError("a part of the channel ended by itself")
