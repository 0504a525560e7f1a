"""What ``louling groups`` does: looks at rooms and groups, and changes which belong together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.clock import SystemClock
from bot.commands.opening import opened
from domain.words import Posting
from store import rooms
from store.deafness import DeafGroup, deaf_groups
from store.rooms import OPERATOR, Room, RoomError
from store.tx import Tx

_DEFAULT = "default"


def print_groups(config: Path | None) -> None:
    """The groups with their rooms, those without first; then the rooms that belong to none, with suggestions."""
    now = SystemClock().now()
    with opened(config) as (settings, store, desk):
        store.read_now(lambda db: _print(desk.tx(db, now), settings.street.name))


def bind_room(config: Path | None, room: int, group: str, *, noticed: bool) -> None:
    """Bind a room; raises ``RoomError`` for one that cannot be."""

    def work(tx: Tx) -> str:
        group_id = rooms.group_named(tx.directory, group)
        bound = rooms.bind(tx, room, group_id, OPERATOR, noticed=noticed)
        return f"room {bound.id} «{bound.topic}» is now the room of {tx.directory.groups[group_id].topic}"

    _change(config, work)


def assign_groups(config: Path | None, account: str, groups: list[str]) -> None:
    """Have another account hear: for these groups, or for every deaf one in whose room it stands by."""

    def work(tx: Tx) -> str:
        if groups:
            chosen = [rooms.group_named(tx.directory, each) for each in groups]
        else:
            chosen = [each.group_id for each in deaf_groups(tx) if account in each.stand_by]
        for group in chosen:
            rooms.assign(tx, group, account, OPERATOR)
        names = "、".join(tx.directory.groups[group].topic for group in chosen)
        return f"{account} hears for {len(chosen)} groups: {names}" if chosen else f"no deaf group has {account} in it"

    _change(config, work)


def unbind_room(config: Path | None, room: int) -> None:
    """Let a room go."""

    def work(tx: Tx) -> str:
        rooms.unbind(tx, room, OPERATOR)
        return f"room {room} belongs to no group now"

    _change(config, work)


def record_notice(config: Path | None, group: str) -> None:
    """A person posted the notice in a group's room."""

    def work(tx: Tx) -> str:
        group_id = rooms.group_named(tx.directory, group)
        rooms.noticed(tx, group_id, OPERATOR)
        return f"{tx.directory.groups[group_id].topic}: the notice is recorded"

    _change(config, work)


def set_posting(config: Path | None, group: str, policy: str) -> None:
    """A group's own posting policy. Raises ``RoomError`` for a word that is none."""
    if policy not in (_DEFAULT, *Posting):
        raise RoomError(f"{policy}: is no posting policy; write silent, ack, full or default")

    def work(tx: Tx) -> str:
        group_id = rooms.group_named(tx.directory, group)
        rooms.set_posting(tx, group_id, None if policy == _DEFAULT else Posting(policy))
        return f"{tx.directory.groups[group_id].topic}: posting is {policy}"

    _change(config, work)


def _change(config: Path | None, work: Callable[[Tx], str]) -> None:
    now = SystemClock().now()
    with opened(config) as (_settings, store, desk):
        print(store.write_now(lambda db: work(desk.tx(db, now))))  # noqa: T201


def _print(tx: Tx, street: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    found = rooms.listed(tx)
    console.print(
        _bound(tx, found) if tx.directory.groups else f"{street}：还没有花名册，请先运行 louling roster import"
    )
    loose = [room for room in found if room.group_id is None]
    if loose:
        console.print(_loose(tx, loose))
        console.print("登记一个群：louling groups bind 房间 群（人工已发过告知的加 --noticed）", markup=False)


def _bound(tx: Tx, found: list[Room]) -> Table:
    by_group: dict[int, list[Room]] = {}
    for room in found:
        if room.group_id is not None:
            by_group.setdefault(room.group_id, []).append(room)
    deaf = {each.group_id: each for each in deaf_groups(tx)}
    table = Table("编号", "群", "房间", "账号", "听得到吗", "告知", "发言", "备用账号", box=None, pad_edge=False)
    for group in sorted(tx.directory.groups.values(), key=lambda group: (group.id in by_group, group.id)):
        here = by_group.get(group.id, [])
        hears = next((room for room in here if room.hears), None)
        noticed_at = f"{tx.street.local(group.notice_at):%m-%d %H:%M}" if group.notice_at else "未发"
        table.add_row(
            str(group.id),
            group.topic,
            f"{hears.id} {hears.topic}" if hears else "未登记",
            hears.external[1] if hears else "",
            _heard(tx, deaf.get(group.id)),
            noticed_at if hears else "",
            str(group.posting or _DEFAULT),
            "、".join(room.external[1] for room in here if room.standby),
        )
    return table


def _heard(tx: Tx, deaf: DeafGroup | None) -> str:
    if deaf is None:
        return "听得到"
    return f"听不到，{tx.street.local(deaf.since):%m-%d %H:%M}起" if deaf.since else "听不到"


def _loose(tx: Tx, found: list[Room]) -> Table:
    table = Table(
        "房间", "名称", "账号", "可能是", box=None, pad_edge=False, title="未登记的房间", title_justify="left"
    )
    for room in found:
        guesses = [f"{each} {tx.directory.groups[each].topic}" for each in rooms.suggestions(tx, room.topic, most=3)]
        table.add_row(str(room.id), room.topic or "（无名）", room.external[1], "；".join(guesses))
    return table
