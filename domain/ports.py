"""What the web pages may ask of the running service; injected, so that no page knows how it is built."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.messages import ChannelState
from domain.words import MessageKind


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody writes in the sandbox: in a group (its key), or to the bot alone (``group`` empty)."""

    sender: str
    text: str
    group: str | None = None
    sender_name: str = ""
    sender_alias: str = ""
    quote: str | None = None
    mentions: tuple[str, ...] = ()
    kind: MessageKind = MessageKind.TEXT
    recall_of: str | None = None


@dataclass(frozen=True, slots=True)
class Resident:
    """An invented resident of the sandbox: ``id``, ``name``, ``alias`` in the group, and the group's key."""

    id: str
    name: str
    alias: str
    group: str


class SandboxPort(Protocol):
    """Playing the street: people write, the clock moves."""

    residents: Sequence[Resident]

    async def say(self, line: Line) -> str:
        """Deliver a line. Returns its message id once it is handled and what it caused is sent."""
        ...

    async def advance(self, until: datetime) -> None:
        """Move the sandbox clock to ``until`` (aware UTC), doing everything that falls due on the way.

        Raises ``ValueError`` for the past or more than 60 days ahead.
        """
        ...

    def now(self) -> datetime:
        """The sandbox clock (aware UTC)."""
        ...

    def changes(self) -> AsyncIterator[int]:
        """Yields a growing number whenever something happened, for live pages."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """The self-audit. ``ok`` is false when a promise is broken; ``problems`` name no group or person."""

    ok: bool
    ready: bool
    problems: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)


class HealthPort(Protocol):
    """How the service is."""

    async def health(self) -> Health:
        """Look now."""
        ...

    def channels(self) -> Mapping[str, ChannelState]:
        """State of every account, by ``channel:account``."""
        ...
