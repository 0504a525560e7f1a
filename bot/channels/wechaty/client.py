"""A thin typed client of one connection to a puppet-service gateway.

One ``GatewayClient`` is one connection: it never reconnects by itself, so an answer can only come from the
connection that was asked. Every call has a deadline, except the event stream. What goes wrong is always a
``CallError``; betterproto's messages do not leave this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from enum import StrEnum
from typing import Any, TypeVar

from bot.channels.wechaty.payloads import Contact, Event, Friendship, Invitation, Member, Message, Room
from bot.channels.wechaty.settings import WechatySettings
from bot.channels.wechaty.stubs import (
    GrpcChannel,
    GrpcConfiguration,
    GRPCError,
    ProtocolError,
    PuppetStub,
    Status,
    StreamTerminatedError,
)

T = TypeVar("T")


class Fault(StrEnum):
    """What kind of failure a call met. Only ``LATE`` and ``LOST`` leave open whether the gateway acted."""

    UNREACHABLE = "unreachable"  # no connection: the request never left
    UNTRUSTED = "untrusted"  # TLS failed or a public address without TLS: the request never left
    TOKEN = "token"
    TAKEN = "taken"  # another client holds the event stream
    LATE = "late"
    LOST = "lost"
    REJECTED = "rejected"  # the gateway or its puppet answered with an error
    UNSUPPORTED = "unsupported"


class CallError(Exception):
    """A call to the gateway failed. ``detail`` is one plain line without the token."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


FAULTS: dict[Status, Fault] = {
    Status.UNAUTHENTICATED: Fault.TOKEN,
    Status.ALREADY_EXISTS: Fault.TAKEN,
    Status.DEADLINE_EXCEEDED: Fault.LATE,
    Status.CANCELLED: Fault.LOST,
    Status.UNAVAILABLE: Fault.LOST,
    Status.UNIMPLEMENTED: Fault.UNSUPPORTED,
}
PLAIN: dict[Fault, str] = {
    Fault.TOKEN: "the gateway refuses the token",
    Fault.TAKEN: "another client already listens to this gateway",
}
MUTE = "the gateway hangs up before it says a word: perhaps it wants TLS"


class GatewayClient:
    """One connection to one gateway. ``generation`` numbers it, ``last_sign`` is the loop time of its last answer."""

    def __init__(self, settings: WechatySettings, generation: int = 0) -> None:
        self.settings = settings
        self.generation = generation
        self.last_sign = 0.0
        self.waiting_since: float | None = None
        self._spoke = False
        self._channel: GrpcChannel | None = None
        self._handler: Any = None
        self._transport: Any = None
        self._metadata = {"authorization": f"Wechaty {settings.secret}"}

    async def open(self) -> None:
        """Connect, TLS included. Raises ``CallError`` (UNREACHABLE, UNTRUSTED).

        A cancellation waits a moment: asyncio leaks the socket when it comes between connecting and TLS.
        """
        task = asyncio.get_running_loop().create_task(self._open())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=0.25)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        limit = self.settings.limits.connect
        try:
            async with asyncio.timeout(limit):
                host = await self._address()
                self._channel = self._make_channel(host)
                protocol = await self._channel.__connect__()
        except TimeoutError:
            raise CallError(Fault.UNREACHABLE, f"{self.settings.endpoint} does not answer within {limit:g} s") from None
        except ssl.SSLError as fault:
            raise CallError(Fault.UNTRUSTED, f"TLS with {self.settings.endpoint} failed: {_tls(fault)}") from None
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise CallError(Fault.UNREACHABLE, f"{self.settings.endpoint} cannot be reached: {reason}") from None
        self._handler, self._transport = protocol.handler, getattr(protocol.connection, "_transport", None)
        self.last_sign = loop.time()

    @property
    def alive(self) -> bool:
        """Whether the connection stands as far as the socket tells."""
        return self._handler is not None and not self._handler.connection_lost

    async def close(self) -> None:
        """Let the connection go; safe to call twice."""
        channel, self._channel, self._handler = self._channel, None, None
        transport, self._transport = self._transport, None
        if channel is not None:
            channel.close()
        if transport is not None and not self.settings.insecure:
            transport.abort()  # a TLS farewell waits for the other side, which may be frozen
        await asyncio.sleep(0)  # the transport closes in the loop's next turn

    # -- calls

    async def start(self) -> None:
        """Start the remote puppet; nothing happens when it runs already."""
        await self._call(lambda stub: stub.start(), self.settings.limits.start)

    async def stop(self) -> None:
        """Stop the remote puppet and end whoever listens. Only for a take-over: it restarts the puppet."""
        await self._call(lambda stub: stub.stop(), self.settings.limits.start)

    async def ding(self, data: str) -> None:
        """Ask for a ``dong`` event; any answer is a sign of life."""
        await self._call(lambda stub: stub.ding(data=data), self.settings.limits.probe)

    async def events(self) -> AsyncIterator[Event]:
        """The event stream, for as long as it lasts. Ends with a ``CallError``, or plainly when the gateway ends it."""
        loop = asyncio.get_running_loop()
        try:
            async with contextlib.aclosing(self._stub(None).event()) as stream:
                self.waiting_since = loop.time()
                async for event in stream:
                    self.last_sign, self.waiting_since = loop.time(), None
                    yield Event(int(event.type), event.payload)
                    self.waiting_since = loop.time()
        except Exception as fault:  # noqa: BLE001 - _translated turns every kind of it into a CallError
            raise self._translated(fault) from None

    async def message(self, message_id: str, limit: float | None = None) -> Message:
        """The payload of a message."""
        raw = await self._call(lambda stub: stub.message_payload(id=message_id), limit)
        return Message(
            message_id, int(raw.type), raw.from_id, raw.room_id, raw.to_id, raw.text, raw.timestamp,
            tuple(raw.mention_ids), raw.filename,
        )  # fmt: skip

    async def contact(self, contact_id: str) -> Contact:
        """A contact's names."""
        raw = await self._call(lambda stub: stub.contact_payload(id=contact_id))
        return Contact(contact_id, raw.name, raw.alias, bool(raw.friend))

    async def contact_ids(self) -> tuple[str, ...]:
        """All contacts the account knows."""
        return tuple((await self._call(lambda stub: stub.contact_list())).ids)

    async def room(self, room_id: str) -> Room:
        """A room's topic and members."""
        raw = await self._call(lambda stub: stub.room_payload(id=room_id))
        return Room(room_id, raw.topic, tuple(raw.member_ids))

    async def room_ids(self) -> tuple[str, ...]:
        """All rooms the account is in."""
        return tuple((await self._call(lambda stub: stub.room_list())).ids)

    async def member(self, room_id: str, contact_id: str) -> Member:
        """A contact's names in a room."""
        raw = await self._call(lambda stub: stub.room_member_payload(id=room_id, member_id=contact_id))
        return Member(contact_id, raw.name, raw.room_alias)

    async def member_ids(self, room_id: str) -> tuple[str, ...]:
        """Who is in a room."""
        return tuple((await self._call(lambda stub: stub.room_member_list(id=room_id))).member_ids)

    async def friendship(self, friendship_id: str) -> Friendship:
        """What stands behind a friendship event."""
        raw = await self._call(lambda stub: stub.friendship_payload(id=friendship_id))
        return Friendship(friendship_id, raw.contact_id, raw.hello, int(raw.type))

    async def invitation(self, invitation_id: str) -> Invitation:
        """What stands behind an invitation event."""
        raw = await self._call(lambda stub: stub.room_invitation_payload(id=invitation_id))
        return Invitation(invitation_id, raw.inviter_id, raw.topic)

    async def accept_friend(self, friendship_id: str) -> None:
        """Accept a friend request."""
        await self._call(lambda stub: stub.friendship_accept(id=friendship_id), self.settings.limits.send)

    async def accept_invitation(self, invitation_id: str) -> None:
        """Follow an invitation into a room."""
        await self._call(lambda stub: stub.room_invitation_accept(id=invitation_id), self.settings.limits.send)

    async def send_text(self, conversation: str, text: str, mentions: tuple[str, ...]) -> str:
        """Send text; gives its id, empty where the puppet gives none. ``mentonal_ids`` is the stubs' spelling."""
        raw = await self._call(
            lambda stub: stub.message_send_text(conversation_id=conversation, text=text, mentonal_ids=list(mentions)),
            self.settings.limits.send,
        )
        return raw.id or ""

    async def send_file(self, conversation: str, filebox: str) -> str:
        """Send a file given as FileBox JSON; the id as in ``send_text``."""
        raw = await self._call(
            lambda stub: stub.message_send_file(conversation_id=conversation, filebox=filebox),
            self.settings.limits.send_file,
        )
        return raw.id or ""

    # -- underneath

    async def _address(self) -> str:
        """The host to connect to. Without TLS a name is looked up here and refused unless it stays in the house."""
        host = self.settings.host
        if not self.settings.insecure:
            return host
        found = await asyncio.get_running_loop().getaddrinfo(host, self.settings.port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            if not (address.is_loopback or address.is_private):
                raise CallError(
                    Fault.UNTRUSTED, f"{host} is the public address {text}: insecure is refused, use TLS with ca_file"
                )
        return host if len(addresses) > 1 else addresses[0]

    def _make_channel(self, host: str) -> GrpcChannel:
        limits = self.settings.limits
        config = GrpcConfiguration(
            _keepalive_time=limits.keepalive,
            _keepalive_timeout=limits.keepalive / 2,
            _keepalive_permit_without_calls=True,
            _http2_max_pings_without_data=0,
            _http2_min_sent_ping_interval_without_data=limits.keepalive / 2,
            ssl_target_name_override=(self.settings.server_name or None) if not self.settings.insecure else None,
        )
        channel = GrpcChannel(host, self.settings.port, ssl=self._tls_context(), config=config)
        if self.settings.insecure:
            channel._authority = self.settings.secret  # gateways without TLS route by it
        return channel

    def _tls_context(self) -> ssl.SSLContext | None:
        if self.settings.insecure:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.settings.ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(self.settings.ca_file)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the file may be the gateway's own certificate
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["h2"])
        return context

    @property
    def _hung_up_at_once(self) -> bool:
        return self.settings.insecure and not self._spoke and self._handler is not None

    def _stub(self, limit: float | None) -> PuppetStub:
        if self._channel is None or not self.alive:
            detail = MUTE if self._hung_up_at_once else "there is no connection to the gateway"
            raise CallError(Fault.UNREACHABLE, detail)
        return PuppetStub(self._channel, timeout=limit, metadata=self._metadata)

    async def _call(self, ask: Callable[[PuppetStub], Awaitable[T]], limit: float | None = None) -> T:
        async def asked() -> T:
            return await ask(self._stub(self.settings.limits.call if limit is None else limit))

        try:
            answer = await apart(asked())
        except Exception as fault:  # noqa: BLE001 - likewise
            error = self._translated(fault)
            if isinstance(fault, GRPCError):
                self._seen()
            raise error from None
        self._seen()
        return answer

    def _seen(self) -> None:
        self._spoke = True
        self.last_sign = asyncio.get_running_loop().time()

    def _translated(self, fault: Exception) -> CallError:
        if isinstance(fault, CallError):
            return fault
        if isinstance(fault, GRPCError):
            kind = FAULTS.get(fault.status, Fault.REJECTED)
            line = (fault.message or fault.status.name).strip().partition("\n")[0]
            line = line.replace(self.settings.secret, "***")[:200]
            return CallError(kind, PLAIN.get(kind, f"the gateway answers: {line}"))
        if isinstance(fault, TimeoutError):
            return CallError(Fault.LATE, "the gateway does not answer in time")
        if isinstance(fault, StreamTerminatedError | ProtocolError | OSError):
            return CallError(Fault.LOST, MUTE if self._hung_up_at_once else "the connection to the gateway broke")
        return CallError(Fault.LOST, f"the gateway's answer cannot be understood ({type(fault).__name__})")


async def apart(call: Coroutine[Any, Any, T]) -> T:
    """Await something that talks to the gateway in a task of its own.

    grpclib wakes its waiters by ``task.cancel()`` without ``uncancel()`` and may swallow a cancellation that
    comes at the same moment; so does ``TaskGroup`` before Python 3.13. In the caller's task that would spoil
    ``asyncio.timeout`` and end loops; here only genuine cancellations reach the caller, and none is lost.
    """
    me = asyncio.current_task()
    before = me.cancelling() if me is not None else 0
    task = asyncio.get_running_loop().create_task(call)
    try:
        return await task
    except Exception:
        if me is not None and me.cancelling() > before:
            raise asyncio.CancelledError from None
        raise
    finally:
        if not task.done():
            task.cancel()


def _tls(fault: ssl.SSLError) -> str:
    """What to tell a person about a failed handshake."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"{fault.verify_message} (set ca_file, and server_name if the certificate carries another name)"
    if fault.reason == "WRONG_VERSION_NUMBER":
        return "it speaks without TLS (insecure = true, on a private address only)"
    return fault.reason or "handshake refused"
