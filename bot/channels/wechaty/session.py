"""The life of one account's connection: connect, start, listen, notice that it is dead, begin again.

What each event kind means is the table ``Session.handlers``. No event, known or not, and no failure of the
gateway ends ``run()``; each leaves a state, a counter and one log line (see ``link``).

Fencing: a connection has a generation number and all its tasks live in one group. When it ends, its tasks are
gone before the next one begins, so nothing of a stale connection is heard or answered later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot.channels.wechaty.client import CallError, Fault, GatewayClient, apart
from bot.channels.wechaty.convert import clean
from bot.channels.wechaty.durable import Durable
from bot.channels.wechaty.link import Link
from bot.channels.wechaty.names import Names
from bot.channels.wechaty.notices import Notices
from bot.channels.wechaty.observer import epoch_of
from bot.channels.wechaty.pace import Pauses
from bot.channels.wechaty.payloads import Event
from bot.channels.wechaty.reading import Reading
from bot.channels.wechaty.settings import WechatySettings

Payload = dict[str, Any]
ACTIONS: dict[Fault, str] = {
    Fault.UNREACHABLE: "wechaty.unreachable",
    Fault.UNTRUSTED: "wechaty.untrusted",
    Fault.TOKEN: "wechaty.token_refused",
    Fault.TAKEN: "wechaty.taken",
    Fault.LATE: "wechaty.frozen",
    Fault.LOST: "wechaty.lost",
    Fault.REJECTED: "wechaty.start_failed",
    Fault.UNSUPPORTED: "wechaty.start_failed",
}
SCANS: dict[int, str] = {
    1: "the login code was cancelled on the phone, a new one follows",
    3: "the login code was scanned: confirm the login on the phone",
    4: "the login is confirmed on the phone, the gateway logs in",
}
SCAN = "waiting for a scan: scan the login code with the account's phone"


class BadEvent(Exception):
    """An event whose payload lacks what its kind promises."""


class Session:
    """Keeps one account connected and feeds its events on."""

    def __init__(
        self,
        settings: WechatySettings,
        link: Link,
        *,
        durable: Durable,
        reading: Reading,
        names: Names,
        notices: Notices,
    ) -> None:
        self._settings, self._limits = settings, settings.limits
        self._link, self._durable, self._reading = link, durable, reading
        self._names, self._notices = names, notices
        self._pauses = Pauses(self._limits.pause_first, self._limits.pause_max)
        self._taken_tries = 0
        self._took_over: float | None = None
        self._dongs = 0
        self.generation = 0
        self.client: GatewayClient | None = None
        self.self_id = ""
        self.known_self = ""
        self.handlers: dict[int, Callable[[Payload], Awaitable[None]]] = {
            1: self._on_sign,  # heartbeat
            2: self._on_message,
            3: self._on_dong,
            4: self._on_sign,  # post: moments, which nobody here reads
            16: self._on_error,
            17: self._on_friendship,
            18: self._on_room_invite,
            19: self._on_room_join,
            20: self._on_room_leave,
            21: self._on_room_topic,
            22: self._on_scan,
            23: self._on_sign,  # ready
            24: self._on_reset,
            25: self._on_login,
            26: self._on_logout,
            27: self._on_dirty,
        }

    async def run(self) -> None:
        """Stay connected until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            fault = await self._connection()
            if loop.time() - began > 10:
                self._pauses.start_over()
            self._tell(fault)
            pause = self._pauses.next()
            if fault.fault is Fault.TOKEN:
                pause = max(pause, self._limits.pause_token * self._pauses.chance.uniform(0.5, 1))
            await asyncio.sleep(pause)

    def _tell(self, fault: CallError) -> None:
        self._taken_tries = self._taken_tries + 1 if fault.fault is Fault.TAKEN else 0
        detail = fault.detail
        if fault.fault is Fault.TAKEN:
            detail += ": two bots on one account? It is taken over after some tries"
        self._link.down(f"{detail}; trying again", ACTIONS[fault.fault])

    async def _connection(self) -> CallError:
        """One connection from beginning to end; gives why it ended."""
        self.generation += 1
        client = GatewayClient(self._settings, self.generation)
        try:
            await client.open()
            if self._takes_over():
                await self._stop(client)
            await client.start()
            self.client, self._dongs = client, 0
            await apart(self._listen(client))
        except CallError as fault:
            return fault
        except ExceptionGroup as faults:
            return self._cause(faults)
        finally:
            self.client, self.self_id = None, ""
            await client.close()
        return CallError(Fault.LOST, "the gateway ended the event stream")

    def _cause(self, faults: ExceptionGroup) -> CallError:
        """The reason among a connection's failures."""
        found, others = faults.split(CallError)
        if others is not None:
            self._link.log(logging.ERROR, "wechaty.fault", f"a fault of ours: {others.exceptions[0]!r}")
            self._link.counters["wechaty.fault"] += 1
        if found is not None and isinstance(first := found.exceptions[0], CallError):
            return first
        return CallError(Fault.LOST, "the connection was given up after a fault of ours")

    def _takes_over(self) -> bool:
        """Whether it is time to end the other listener: after some tries, and not again and again."""
        now = asyncio.get_running_loop().time()
        rested = self._took_over is None or now - self._took_over >= self._limits.takeover_every
        return self._taken_tries >= self._limits.takeover_after and rested

    async def _stop(self, client: GatewayClient) -> None:
        self._took_over, self._taken_tries = asyncio.get_running_loop().time(), 0
        self._link.counters["wechaty.takeover"] += 1
        self._link.log(logging.WARNING, "wechaty.takeover", "the gateway is taken over from the client that holds it")
        await client.stop()

    # -- the two tasks of a connection

    async def _listen(self, client: GatewayClient) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(client))
            group.create_task(self._watch(client))

    async def _hear(self, client: GatewayClient) -> None:
        async with contextlib.aclosing(client.events()) as events:  # type: ignore[type-var]
            async for event in events:
                if client.generation != self.generation:
                    return
                self._link.sign()
                await self.dispatch(event)
        raise CallError(Fault.LOST, "the gateway ended the event stream")

    async def _watch(self, client: GatewayClient) -> None:
        """Ding, and see that something answers: a call that does not is a frozen gateway, an event stream that
        answered dings before and is silent now is a dead stream."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(self._limits.login_grace, self._limits.probe_every))
        if not self.self_id and not self._link.is_up and not self._link.state.qrcode:
            self._link.waiting("the gateway is not logged in to WeChat", "wechaty.login_awaited")
        while True:
            asked = loop.time()
            try:
                await client.ding(str(self.generation))
                self._link.sign()
            except CallError as fault:
                if fault.fault is Fault.LATE and client.last_sign < asked:
                    seconds = loop.time() - client.last_sign
                    raise CallError(Fault.LATE, f"the gateway is frozen: no answer for {seconds:.0f} s") from None
                if fault.fault in (Fault.LOST, Fault.UNREACHABLE, Fault.TOKEN):
                    raise
            idle = loop.time() - client.waiting_since if client.waiting_since is not None else 0.0
            if self._dongs and idle > self._limits.silent_after:
                raise CallError(Fault.LATE, f"the event stream is dead: no event for {idle:.0f} s")
            await asyncio.sleep(self._limits.probe_every)

    # -- events

    async def dispatch(self, event: Event) -> None:
        """Handle one event; whatever is wrong with it is noted and over."""
        handler = self.handlers.get(event.kind)
        if handler is None:
            self._link.note("wechaty.event_unknown", str(event.kind), f"event kind {event.kind} is unknown, ignored")
            return
        try:
            payload = json.loads(event.payload or "{}")
            if not isinstance(payload, dict):
                raise BadEvent("its payload is not an object")
            await handler(payload)
        except (BadEvent, ValueError) as fault:
            why = "its payload is not JSON" if isinstance(fault, ValueError) else str(fault)
            self._link.note("wechaty.event_bad", f"{event.kind} {why}", f"event kind {event.kind} is ignored: {why}")
        except CallError:
            raise
        except Exception as fault:  # noqa: BLE001 - one event must not end hearing
            name = type(fault).__name__
            self._link.note("wechaty.event_failed", f"{event.kind} {name}", f"event kind {event.kind} failed: {name}")

    async def _up(self, detail: str) -> None:
        """The account hears: close the gap, and take up what was heard and not read."""
        was_up = self._link.is_up
        gap = self._link.up(detail)
        if gap is not None:
            self._link.counters["wechaty.gap"] += 1
            await self._durable.gap(gap)
        if not was_up:
            await self._reading.take_up()

    async def _on_sign(self, _payload: Payload) -> None:
        """A sign of life, which ``_hear`` has taken down."""

    async def _on_dong(self, _payload: Payload) -> None:
        self._dongs += 1

    async def _on_message(self, payload: Payload) -> None:
        message_id = text_of(payload, "messageId")
        if not self._link.is_up:  # a gateway that does not tell of its login
            self.self_id = self.self_id or self.known_self
            await self._up("messages arrive")
        await self._reading.hear(message_id)

    async def _on_error(self, payload: Payload) -> None:
        said = payload.get("gerror") or payload.get("data") or "no reason given"
        with contextlib.suppress(ValueError, TypeError, KeyError):
            said = json.loads(said)["message"]
        line = clean(str(said)).strip().partition("\n")[0][:200].replace(self._settings.secret, "***")
        self._link.note("wechaty.gateway_error", line, f"the gateway reports: {line}", shown=True)

    async def _on_reset(self, _payload: Payload) -> None:
        self._link.note("wechaty.reset", "", "the gateway resets its puppet", shown=True)

    async def _on_login(self, payload: Payload) -> None:
        self_id = text_of(payload, "contactId")
        if self.known_self != self_id:
            self._names.forget_all()
        self.self_id = self.known_self = self_id
        await self._up("logged in and listening")
        self._notices.tell("login", self_id, epoch_of(self_id))

    async def _on_logout(self, payload: Payload) -> None:
        reason = clean(str(payload.get("data") or "no reason given"))[:200]
        self.self_id = ""
        self._link.waiting(f"the account is logged out: {reason}", "wechaty.logged_out")
        self._notices.tell("logout", reason)

    async def _on_scan(self, payload: Payload) -> None:
        status = payload.get("status")
        qrcode = clean(str(payload.get("qrcode") or ""))
        detail = SCANS.get(status, SCAN) if isinstance(status, int) else SCAN
        self._link.waiting(detail, "wechaty.scan", qrcode if detail is SCAN else "")

    async def _on_friendship(self, payload: Payload) -> None:
        self._notices.look_up("friendship", text_of(payload, "friendshipId"))

    async def _on_room_invite(self, payload: Payload) -> None:
        self._notices.look_up("invitation", text_of(payload, "roomInvitationId"))

    async def _on_room_join(self, payload: Payload) -> None:
        room_id = text_of(payload, "roomId")
        self._names.forget_room(room_id)
        people = texts_of(payload, "inviteeIdList")
        self._notices.tell("room_join", room_id, people, clean(str(payload.get("inviterId") or "")))

    async def _on_room_leave(self, payload: Payload) -> None:
        room_id = text_of(payload, "roomId")
        self._names.forget_room(room_id)
        people = texts_of(payload, "removeeIdList")
        self._notices.tell("room_leave", room_id, people, clean(str(payload.get("removerId") or "")))

    async def _on_room_topic(self, payload: Payload) -> None:
        room_id = text_of(payload, "roomId")
        topic, old, changer = (clean(str(payload.get(key) or "")) for key in ("newTopic", "oldTopic", "changerId"))
        self._names.rename_room(room_id, topic)
        self._notices.tell("room_topic", room_id, topic, old, changer)

    async def _on_dirty(self, payload: Payload) -> None:
        dirty = text_of(payload, "payloadId")
        if payload.get("payloadType") == 2:
            self._names.forget_contact(dirty)
        else:  # a room, or a member given as both ids in one
            for part in (dirty, *dirty.split("@@@")):
                self._names.forget_room(part)


def text_of(payload: Payload, key: str) -> str:
    """A field that must be there. Raises ``BadEvent``."""
    value = payload.get(key)
    if not isinstance(value, str) or not value:
        raise BadEvent(f"{key} is missing")
    return clean(value)


def texts_of(payload: Payload, key: str) -> tuple[str, ...]:
    """A list of ids; what is none is left out."""
    values = payload.get(key)
    return tuple(clean(each) for each in values if isinstance(each, str)) if isinstance(values, list) else ()
