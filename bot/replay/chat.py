"""A chat to replay: read and checked as a whole before anything runs (design, section 9)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.errors import ChatError
from domain.messages import Inbound
from domain.places import Roster
from domain.words import MessageKind

BOT_IDS = frozenset({"bot", "louling", "楼铃"})
"""How a chat file may name the bot among its mentions."""

_KINDS = {kind.value: kind for kind in MessageKind}
_MISTAKES_SHOWN = 50
MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Chat:
    """A checked chat: its messages in order, and warnings for a person."""

    messages: tuple[Inbound, ...]
    warnings: tuple[str, ...] = ()


class Groups:
    """Finds a roster's group by topic or id."""

    def __init__(self, roster: Roster) -> None:
        self._keys: dict[str, list[str]] = {}
        for group in roster.groups:
            key = group.id or group.topic
            for name in {group.topic, key}:
                self._keys.setdefault(name, []).append(key)

    def key(self, name: str) -> str:
        """The group's key. Raises ``ValueError`` with the mend."""
        keys = self._keys.get(name, [])
        if not keys:
            raise ValueError(f"unknown group {name!r}; it must be a topic or an id of a [[group]] in the roster")
        if len(keys) > 1:
            raise ValueError(f"group {name!r} is the topic of {len(keys)} groups; name its id instead")
        return keys[0]


def read_chat(path: Path, roster: Roster, group: str | None = None) -> Chat:
    """A JSONL file, or with ``group`` a plain-text chat export. Raises ``ChatError`` with a line per mistake."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ChatError(f"{path}: cannot be read ({error.strerror}); give the path of a chat file") from None
    if len(raw) > MAX_BYTES:
        raise ChatError(f"{path}: is larger than {MAX_BYTES // 2**20} MiB; split it by day")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ChatError(f"{path}: line {line}: is not UTF-8 text; save the file as UTF-8") from None
    if group is not None:
        from bot.replay.export import parse_export

        return parse_export(text, str(path), roster, group)
    return parse_lines(text.split("\n"), str(path), roster)


def parse_lines(lines: Iterable[str], source: str, roster: Roster) -> Chat:
    """One JSON object a line. Empty lines are passed over."""
    groups = Groups(roster)
    mistakes: list[str] = []
    warnings: list[str] = []
    found: list[Inbound] = []
    lines_of_ids: dict[str, int] = {}
    before: datetime | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            message = _message(line, groups)
            _check_order(message, before, lines_of_ids)
        except ValueError as error:
            mistakes.append(f"{source}: line {number}: {error}")
            continue
        for name in ("quote", "recall_of"):
            target = getattr(message, name)
            if target and target not in lines_of_ids:
                warnings.append(f"{source}: line {number}: quote {target!r} is no earlier message; it is ignored")
        lines_of_ids[message.message_id] = number
        before = message.sent_at
        found.append(message)
    if mistakes:
        more = [f"{source}: … and {len(mistakes) - _MISTAKES_SHOWN} more"] if len(mistakes) > _MISTAKES_SHOWN else []
        raise ChatError(*mistakes[:_MISTAKES_SHOWN], *more)
    return Chat(tuple(found), tuple(warnings))


def _check_order(message: Inbound, before: datetime | None, lines_of_ids: Mapping[str, int]) -> None:
    if message.message_id in lines_of_ids:
        first = lines_of_ids[message.message_id]
        raise ValueError(f"id {message.message_id!r} was already used in line {first}; give every message its own id")
    if before is not None and message.sent_at < before:
        raise ValueError("at is earlier than in the line before; sort the lines by time")


def _message(line: str, groups: Groups) -> Inbound:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            said = error.msg
        else:
            said = "nested too deeply" if isinstance(error, RecursionError) else "a number with thousands of digits"
        raise ValueError(f"is not valid JSON ({said}); write one object a line") from None
    if not isinstance(record, dict):
        raise ValueError("is not a JSON object; write one object a line")
    kind = _one_of(record, "kind", _KINDS, MessageKind.TEXT)
    group = _text(record, "group")
    mentions = _ids(record, "mentions")
    text = _text(record, "text", required=True, may_be_empty=True)
    quote = _text(record, "quote") or None
    return Inbound(
        channel="replay",
        account="main",
        message_id=_text(record, "id", required=True),
        room_id=groups.key(group) if group else None,
        sender_id=_text(record, "sender", required=True),
        sent_at=_instant(record),
        text=text,
        kind=kind,
        room_topic=group,
        sender_name=_text(record, "name"),
        sender_alias=_text(record, "alias"),
        mentions=tuple(mention for mention in mentions if mention not in BOT_IDS),
        mentions_bot=any(mention in BOT_IDS for mention in mentions) or text.lstrip().startswith("@楼铃"),
        quote=None if kind is MessageKind.RECALL else quote,
        recall_of=quote if kind is MessageKind.RECALL else None,
    )


def _text(record: Mapping[str, Any], key: str, *, required: bool = False, may_be_empty: bool = False) -> str:
    value = record.get(key)
    if value is None:
        if required:
            raise ValueError(f"{key} is missing; every line needs id, at, sender and text")
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and key in ("id", "sender", "quote"):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text, not {type(value).__name__}")
    if required and not may_be_empty and not value.strip():
        raise ValueError(f"{key} is empty; every line needs id, at, sender and text")
    return value.encode("utf-8", "replace").decode("utf-8")


def _instant(record: Mapping[str, Any]) -> datetime:
    value = _text(record, "at", required=True)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"at {value!r} is no ISO 8601 time; write for example 2026-12-01T08:00:00+08:00") from None
    if at.tzinfo is None:
        raise ValueError(f"at {value!r} has no offset; write for example 2026-12-01T08:00:00+08:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"at {value!r} is out of range") from None


def _one_of(record: Mapping[str, Any], key: str, words: Mapping[str, MessageKind], default: MessageKind) -> MessageKind:
    value = _text(record, key)
    if value and value not in words:
        raise ValueError(f"{key} {value!r} is unknown; use one of {', '.join(words)}")
    return words[value] if value else default


def _ids(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key)
    if value in (None, ""):
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} must be a list of ids")
    return tuple(value)
