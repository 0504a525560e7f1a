"""What comes in and what goes out: the three frozen values of every channel, and the channel itself.

A channel converts at its edge into these values; nothing behind it knows a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.words import MessageKind, Purpose


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as a channel delivers it.

    ``message_id`` is unique within (channel, account). ``room_id`` is ``None`` for a direct message to
    the bot. ``sender_alias`` is the name the sender carries in that group (``3-2-501 王``), empty when
    unknown. ``quote`` is the id of the quoted message and ``quote_text`` its text, where a network gives
    only that. ``recall_of`` is the recalled message of a ``recall``. ``sent_at`` is aware UTC.
    """

    channel: str
    account: str
    message_id: str
    room_id: str | None
    sender_id: str
    sent_at: datetime
    text: str = ""
    kind: MessageKind = MessageKind.TEXT
    room_topic: str = ""
    sender_name: str = ""
    sender_alias: str = ""
    is_self: bool = False
    mentions: tuple[str, ...] = ()
    mentions_bot: bool = False
    quote: str | None = None
    quote_text: str = ""
    recall_of: str | None = None

    def __post_init__(self) -> None:
        if self.sent_at.tzinfo is None:
            raise ValueError("Inbound.sent_at needs a time zone")


class TargetKind(StrEnum):
    """Where an outgoing message goes."""

    GROUP = "group"
    STAFF = "staff"
    RESIDENT = "resident"


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message on its way out.

    ``conversation`` is the channel's own id of the room or contact. ``mentions`` are contact ids with
    the display name to show before the text. ``key`` is the outbox row: a channel that can pass an
    idempotency key on does so.
    """

    key: int
    account: str
    target: TargetKind
    conversation: str
    text: str
    purpose: Purpose
    mentions: tuple[tuple[str, str], ...] = ()
    quote: str | None = None
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message: its name, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


class Outcome(StrEnum):
    """What a channel can honestly say about a send."""

    SENT = "sent"
    FAILED = "failed"  # certainly not delivered, a repeat is safe
    REFUSED = "refused"  # certainly not delivered, a repeat is useless (unknown room, no friend)
    UNKNOWN = "unknown"  # may or may not have arrived


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one send. ``message_id`` is the network's id, where it gives one; ``detail`` says why not sent."""

    outcome: Outcome
    message_id: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message id that is durable but whose payload has not been read yet. ``arrival`` orders it."""

    arrival: int
    message_id: str


class Intake(Protocol):
    """Where a channel puts what it hears. Every call returns only after the commit."""

    async def accept(self, message: Inbound) -> bool:
        """Take a whole message (id and payload at once). ``False`` when it was heard before."""
        ...

    async def heard(self, account: str, message_id: str) -> int | None:
        """Stage one: make the id durable before its payload is read. The arrival number, ``None`` for a duplicate."""
        ...

    async def read(self, arrival: int, message: Inbound) -> None:
        """Stage two: the payload of a heard id."""
        ...

    async def unreadable(self, arrival: int, why: str) -> None:
        """The payload could not be read in time: counted as unheard, and the room goes on."""
        ...

    async def unread(self, account: str) -> Sequence[Heard]:
        """Ids heard before a crash whose payload is still missing, oldest first."""
        ...

    async def gap(self, account: str, since: datetime, until: datetime, reason: str) -> None:
        """Record that an account was deaf from ``since`` to ``until`` (aware UTC)."""
        ...


class LinkState(StrEnum):
    """How well a channel hears right now."""

    STARTING = "starting"
    UP = "up"
    WAITING = "waiting"  # something a person must do: scan a code, log in
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One account's state as shown in health, metrics and the console.

    ``detail`` is one plain line, ``qrcode`` the text of a login code that waits to be scanned, ``counts`` how often
    each thing happened since the start, by its action key.
    """

    link: LinkState
    detail: str = ""
    since: datetime | None = None
    qrcode: str = field(default="", repr=False)
    counts: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)


class Channel(Protocol):
    """A network the bot speaks. Small on purpose: run, send, state."""

    name: str

    async def run(self, intake: Intake) -> None:
        """Hear until cancelled. Never returns by itself and never raises for the network's faults."""
        ...

    async def send(self, message: Outbound) -> Receipt:
        """Send one message within a deadline. Network faults become an ``Outcome``; only cancellation is raised."""
        ...

    def state(self) -> dict[str, ChannelState]:
        """State by account name."""
        ...
