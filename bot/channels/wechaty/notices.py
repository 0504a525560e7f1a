"""The line on which an observer is told, apart from hearing: in order, one at a time, its failures logged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.channels.wechaty.client import CallError, Fault, GatewayClient
from bot.channels.wechaty.link import Link
from bot.channels.wechaty.observer import Observer

T = TypeVar("T")
MOST = 2_000
TRIES = 4
CONFIRMED, RECEIVED = 1, 2


class Notices:
    """Tells an ``Observer`` what happened; looks up what stands behind an event that carries only an id."""

    def __init__(self, observer: Observer, client: Callable[[], GatewayClient | None], link: Link) -> None:
        self._observer, self._client, self._link = observer, client, link
        self._line: asyncio.Queue[tuple[str, tuple[object, ...]]] = asyncio.Queue(MOST)
        self._look_ups = {"friendship": self._friendship, "invitation": self._invitation}

    def tell(self, what: str, *about: object) -> None:
        """Tell the observer's method ``what``, soon."""
        try:
            self._line.put_nowait((what, about))
        except asyncio.QueueFull:
            self._link.note("wechaty.notice_dropped", what, f"too many notices wait, {what} is dropped")

    def look_up(self, what: str, event_id: str) -> None:
        """Look a friendship or invitation up and tell, soon."""
        self.tell(what, event_id)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            what, about = await self._line.get()
            try:
                look_up = self._look_ups.get(what)
                if look_up is not None:
                    await look_up(str(about[0]))
                else:
                    await getattr(self._observer, what)(*about)
            except CallError as fault:
                self._link.note("wechaty.notice_lost", what, f"{what} could not be looked up: {fault.detail}")
            except Exception as fault:  # noqa: BLE001 - the application's fault is not the channel's end
                name = type(fault).__name__
                self._link.note("wechaty.observer_failed", f"{what} {name}", f"telling of {what} failed: {name}")

    async def _friendship(self, event_id: str) -> None:
        found = await self._asked(lambda client: client.friendship(event_id))
        if found.kind == RECEIVED:
            await self._observer.friend_request(event_id, found.contact_id, found.hello)
        elif found.kind == CONFIRMED:
            await self._observer.friend_confirmed(found.contact_id)

    async def _invitation(self, event_id: str) -> None:
        found = await self._asked(lambda client: client.invitation(event_id))
        await self._observer.room_invite(event_id, found.inviter_id, found.topic)

    async def _asked(self, ask: Callable[[GatewayClient], Awaitable[T]]) -> T:
        """The answer of whatever connection stands, tried a few times."""
        fault = CallError(Fault.UNREACHABLE, "there is no connection to the gateway")
        for tried in range(TRIES):
            await asyncio.sleep(0.5 * tried)
            client = self._client()
            if client is None:
                continue
            try:
                return await ask(client)
            except CallError as latest:
                fault = latest
        raise fault
