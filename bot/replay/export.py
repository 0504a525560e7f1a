"""The plain-text export of a WeChat chat: a header line with time and name, then the lines of the message.

Read: ``2026-12-01 08:00:12 张三`` or ``张三 2026-12-01 08:00:12`` (seconds may be missing, / and 年月日
dates too, an id in brackets after the name), the text on the next lines; or all on one line after a colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.replay.chat import Chat, Groups
from domain.errors import ChatError
from domain.messages import Inbound
from domain.places import Roster
from domain.words import MessageKind

EXPORT_ZONE = ZoneInfo("Asia/Shanghai")  # an export carries no offset; it is written in the phone's zone

_TIME = (
    r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?[ T]{1,3}"
    r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?"
)
_NAME = r"(?P<name>[^\r\n]{1,60}?)"
_HEADS = (
    re.compile(rf"^\[?{_TIME}\]?[ \t]+{_NAME}[ \t]*(?:[:：][ \t]*(?P<text>.*))?$"),
    re.compile(rf"^{_NAME}[ \t]+\[?{_TIME}\]?[ \t]*(?P<text>)$"),
)
_ID = re.compile(r"\s*[(（<](?P<id>[A-Za-z0-9_\-@]{3,64})[)）>]$")
_KINDS: Mapping[str, MessageKind] = {
    "[图片]": MessageKind.IMAGE,
    "[语音]": MessageKind.VOICE,
    "[视频]": MessageKind.VIDEO,
    "[文件]": MessageKind.FILE,
}
_SYSTEM = ("系统消息", "系统通知")


def parse_export(text: str, source: str, roster: Roster, group: str) -> Chat:
    """The messages of an export. Raises ``ChatError`` with the line of each mistake."""
    try:
        key = Groups(roster).key(group)
    except ValueError as error:
        raise ChatError(f"--group: {error}") from None
    staff = _unique_names(roster)
    mistakes: list[str] = []
    found: list[Inbound] = []
    before: datetime | None = None
    for number, head, body in _blocks(text, source, mistakes):
        try:
            at = _instant(head)
        except ValueError:
            mistakes.append(f"{source}: line {number}: no such date or time; correct it or delete the message")
            continue
        if before is not None and at < before:
            mistakes.append(f"{source}: line {number}: the time is earlier than of the message before; sort by time")
        before = at
        name = head["name"].strip()
        external = _ID.search(name)
        bare = _ID.sub("", name).strip() or name
        sender = external["id"] if external else staff.get(bare, bare)
        kind = MessageKind.SYSTEM if bare in _SYSTEM else _KINDS.get(body, MessageKind.TEXT)
        found.append(
            Inbound(
                channel="replay",
                account="main",
                message_id=f"line-{number}",
                room_id=key,
                sender_id=sender,
                sent_at=at,
                text=body if kind is MessageKind.TEXT else "",
                kind=kind,
                room_topic=group,
                sender_name=bare,
                sender_alias=bare,
                mentions_bot=body.lstrip().startswith("@楼铃"),
            )
        )
    if mistakes:
        raise ChatError(*mistakes[:50])
    if not found:
        raise ChatError(f"{source}: no message found; a message begins with a line such as 2026-12-01 08:00:12 张三")
    return Chat(tuple(found))


def _blocks(text: str, source: str, mistakes: list[str]) -> Iterator[tuple[int, Mapping[str, str], str]]:
    """(line number, header, text) of each message."""
    current: tuple[int, Mapping[str, str], list[str]] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        head = next((found for form in _HEADS if (found := form.match(line.strip("\u200b\ufeff ")))), None)
        if head is not None:
            if current is not None:
                yield current[0], current[1], "\n".join(current[2]).strip()
            current = (number, head.groupdict(), [head["text"]] if head["text"] else [])
        elif current is not None:
            current[2].append(line)
        elif line.strip():
            mistakes.append(
                f"{source}: line {number}: text before the first message; begin with a line of time and name"
            )
            return
    if current is not None:
        yield current[0], current[1], "\n".join(current[2]).strip()


def _instant(head: Mapping[str, str]) -> datetime:
    parts = [int(head[name] or 0) for name in ("y", "m", "d", "H", "M", "S")]
    return datetime(*parts, tzinfo=EXPORT_ZONE).astimezone(UTC)  # type: ignore[misc,arg-type]


def _unique_names(roster: Roster) -> dict[str, str]:
    """Staff ids by name, for names that only one person carries."""
    names = [person.name for person in roster.staff]
    return {person.name: person.id for person in roster.staff if names.count(person.name) == 1}
