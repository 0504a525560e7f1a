"""What a gateway answers, as frozen values; betterproto's messages stay inside ``client``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came: the number of its kind and its payload, still JSON text."""

    kind: int
    payload: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message payload. ``type`` is the number of the TypeScript enum, ``timestamp`` in ms or s."""

    id: str
    type: int
    from_id: str
    room_id: str
    to_id: str
    text: str
    timestamp: int
    mention_ids: tuple[str, ...] = ()
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact; ``alias`` is the bot's own remark for it, ``friend`` is false too where a puppet does not say."""

    id: str
    name: str
    alias: str = ""
    friend: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its topic and as many member ids as the puppet gives."""

    id: str
    topic: str
    member_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A contact as seen in one room; ``alias`` is the name it carries there (``3-2-501 王``)."""

    id: str
    name: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Friendship:
    """A friendship event. ``kind``: 1 confirmed, 2 a request received, 3 to be verified by the other side."""

    id: str
    contact_id: str
    hello: str
    kind: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation into a room."""

    id: str
    inviter_id: str
    topic: str
