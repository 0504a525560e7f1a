"""From a Wechaty message payload to ``domain.messages.Inbound``: pure functions, no I/O.

Nothing here raises for what a resident or a puppet may send: an unknown type becomes ``other``, an unreadable
XML leaves its field empty, and text is freed of what no database takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape

from bot.channels.wechaty.payloads import Message
from domain.messages import Inbound
from domain.words import MessageKind

CHANNEL = "wechaty"

# The numbers of the TypeScript enum, which is what travels; 16 and above, and gaps, are ``other``.
KINDS: dict[int, MessageKind] = {
    1: MessageKind.FILE,
    2: MessageKind.VOICE,
    6: MessageKind.IMAGE,
    7: MessageKind.TEXT,
    10: MessageKind.SYSTEM,
    13: MessageKind.RECALL,
    15: MessageKind.VIDEO,
}
# Types under which puppets deliver a recall notice; never text, which a resident could type.
MAYBE_RECALL = frozenset({0, 10, 13})
MENTION_END = "\u2005"
LONGEST_NAME = 40
EARLIEST = datetime(2011, 1, 21, tzinfo=UTC)  # nothing was sent before the network existed
FUTURE = timedelta(days=1)

QUOTED = re.compile(r"「([^\n]{0,64}?)：(.*)」\n[-—－](?: ?[-—－]){4,} ?\n(.*)", re.DOTALL)
REVOKED = re.compile(r"<revokemsg>.{0,4000}?<newmsgid>(\d{1,32})</newmsgid>", re.DOTALL)
REVOKED_OLD = re.compile(r"<revokemsg>.{0,4000}?<msgid>(\d{1,32})</msgid>", re.DOTALL)
REVOKED_TYPE = re.compile(r"<sysmsg\b[^>]{0,200}\btype=[\"']revokemsg[\"']")
BARE_ID = re.compile(r"[^\s<>]{1,128}")
TITLE = re.compile(r"<title>(?:<!\[CDATA\[)?(.{0,2000}?)(?:\]\]>)?</title>", re.DOTALL)
REFERRED = re.compile(r"<refermsg>.{0,2000}?<svrid>(\d{1,32})</svrid>", re.DOTALL)
REFERRED_TEXT = re.compile(r"<refermsg>.{0,8000}?<content>(?:<!\[CDATA\[)?(.{0,2000}?)(?:\]\]>)?</content>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known about the people and the room of a message when it is converted.

    ``members`` maps the names seen in the room to contact ids, ``self_names`` are the bot's own names there.
    """

    self_id: str = ""
    self_names: frozenset[str] = frozenset()
    topic: str = ""
    sender_name: str = ""
    sender_alias: str = ""
    members: Mapping[str, str] = field(default_factory=dict)


def inbound(account: str, message: Message, around: Around, now: datetime) -> Inbound:
    """One payload as an ``Inbound``. ``now`` stands in for a missing or absurd time stamp."""
    room_id = room_of(message)
    kind = KINDS.get(message.type, MessageKind.OTHER)
    text = clean(message.text)
    recalled = recall_of(message.type, text)
    if recalled is not None:
        kind = MessageKind.RECALL
    sender = clean(message.from_id)
    if sender == room_id or not sender:  # the room itself speaks: "… invited …", "… changed the topic"
        sender = ""
        kind = kind if kind is MessageKind.RECALL else MessageKind.SYSTEM
    words, quote, quote_text = readable(kind, text, clean(message.filename))
    mentions = mentioned(message.mention_ids, words, around) if kind is MessageKind.TEXT else ()
    return Inbound(
        channel=CHANNEL,
        account=account,
        message_id=clean(message.id),
        room_id=room_id,
        sender_id=sender,
        sent_at=sent_at(message.timestamp, now),
        text=words,
        kind=kind,
        room_topic=clean(around.topic),
        sender_name=clean(around.sender_name),
        sender_alias=clean(around.sender_alias),
        is_self=bool(around.self_id) and sender == around.self_id,
        mentions=mentions,
        mentions_bot=bool(around.self_id) and around.self_id in mentions,
        quote=quote,
        quote_text=quote_text,
        recall_of=recalled or None,
    )


def room_of(message: Message) -> str | None:
    """The room of a message, ``None`` for a direct one. Some puppets put the room where the receiver stands."""
    if message.room_id:
        return clean(message.room_id)
    for end in (message.to_id, message.from_id):
        if end.endswith("@chatroom") or end.startswith("@@"):
            return clean(end)
    return None


def sent_at(timestamp: int, now: datetime) -> datetime:
    """A time stamp in ms (newer gateways) or s (older ones) as aware UTC."""
    seconds = timestamp / 1000 if timestamp > 100_000_000_000 else float(timestamp)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return now
    return moment if EARLIEST <= moment <= now + FUTURE else now


def recall_of(wire_type: int, text: str) -> str | None:
    """The id of the recalled message; empty when it is a recall that does not say of what; ``None``: no recall."""
    if wire_type not in MAYBE_RECALL:
        return None
    for pattern in (REVOKED, REVOKED_OLD):
        if found := pattern.search(text):
            return found[1]
    if wire_type == 13:
        return text.strip() if BARE_ID.fullmatch(text.strip()) else ""
    return "" if REVOKED_TYPE.search(text) else None


def readable(kind: MessageKind, text: str, filename: str) -> tuple[str, str | None, str]:
    """What a person would read of a message: its words, the id of the quoted message, and the quoted text."""
    if kind is MessageKind.TEXT:
        quoted, words = flattened(text)
        return words, None, quoted
    if kind is MessageKind.SYSTEM:
        return ("" if text.lstrip().startswith("<") else text), None, ""
    if kind is MessageKind.FILE:
        return filename or title(text), None, ""
    if kind is MessageKind.OTHER:
        referred, content = REFERRED.search(text), REFERRED_TEXT.search(text)
        quote = referred[1] if referred else None
        return title(text), quote, unescape(content[1]) if quote and content else ""
    return "", None, ""


def flattened(text: str) -> tuple[str, str]:
    """Undo a flattened quote: ``「昵称：原文」``, a dashed line, the answer. Gives (quoted text, answer)."""
    found = QUOTED.fullmatch(text) if text.startswith("「") else None
    return (found[2], found[3]) if found else ("", text)


def title(text: str) -> str:
    """The title of a card, link or file; text that is no XML is its own title."""
    if not text.lstrip().startswith(("<", "&lt;")):
        return text
    found = TITLE.search(text)
    return unescape(found[1]).strip() if found else ""


def mentioned(ids: tuple[str, ...], text: str, around: Around) -> tuple[str, ...]:
    """Who is mentioned, each once: by the puppet's ids, else by the names in the text. ``@所有人`` is nobody."""
    named = [clean(each) for each in ids if each and not each.endswith("@all")]
    if not named and "@" in text:
        names = dict(around.members) | dict.fromkeys(around.self_names, around.self_id)
        named = [names[name] for name in names_in(text, names)]
    return tuple(dict.fromkeys(each for each in named if each))


def names_in(text: str, names: Mapping[str, str]) -> list[str]:
    """The known names that stand after an ``@`` in the text, longest first, ended as a mention ends."""
    found: list[str] = []
    for part in text.split("@")[1:]:
        exact = part.partition(MENTION_END)[0] if MENTION_END in part else None
        if exact is not None and exact in names:
            found.append(exact)
            continue
        for length in range(min(len(part), LONGEST_NAME), 0, -1):
            if part[:length] in names and (length == len(part) or part[length].isspace()):
                found.append(part[:length])
                break
    return found


def with_mentions(text: str, mentions: tuple[tuple[str, str], ...]) -> str:
    """The text as a room shows it: ``@name`` and U+2005 for each mention, then the words."""
    return "".join(f"@{name}{MENTION_END}" for _, name in mentions if name) + text


def clean(text: str) -> str:
    """Text that every database takes: no NUL, no lone surrogate."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
