"""Who people are and what rooms are called: looked up at a pace, kept for a while, dropped when they change.

A burst of contact look-ups has got accounts locked, so one look-up serves everybody who asks for the same
name, and a failed one is not repeated for a while. A missing name never holds a message back for long.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.channels.wechaty.client import CallError, GatewayClient
from bot.channels.wechaty.convert import Around, room_of
from bot.channels.wechaty.pace import Pace
from bot.channels.wechaty.payloads import Contact, Member, Message, Room
from bot.channels.wechaty.settings import Limits

V = TypeVar("V")
FAILED_TTL = 30.0


class Kept(Generic[V]):
    """Values by key for ``ttl`` seconds, the least recently used dropped beyond ``most``."""

    def __init__(self, ttl: float, most: int) -> None:
        self._ttl, self._most = ttl, most
        self._values: OrderedDict[str, tuple[float, V]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> V | None:
        """The value while it is fresh."""
        held = self._values.get(key)
        if held is None or held[0] < asyncio.get_running_loop().time():
            return None
        self._values.move_to_end(key)
        return held[1]

    def put(self, key: str, value: V, ttl: float | None = None) -> None:
        """Keep a value."""
        until = asyncio.get_running_loop().time() + (self._ttl if ttl is None else ttl)
        self._values[key] = (until, value)
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget one value."""
        self._values.pop(key, None)

    def drop_all(self, start: str) -> None:
        """Forget every value whose key starts so."""
        for key in [key for key in self._values if key.startswith(start)]:
            del self._values[key]

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    async def get_or_ask(self, key: str, ask: Callable[[], Awaitable[V]], fallback: V) -> V:
        """The fresh value, else the answer to ``ask``, asked once however many wait; ``fallback`` when it fails."""
        if (held := self.get(key)) is not None:
            return held
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if (held := self.get(key)) is not None:
                    return held
                try:
                    value = await ask()
                except CallError:
                    self.put(key, fallback, min(FAILED_TTL, self._ttl))
                    return fallback
                self.put(key, value)
                return value
        finally:
            if not lock.locked():
                self._asking.pop(key, None)


class Names:
    """The names of one account's contacts, rooms and members."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pace = Pace(limits.lookups_per_s, limits.lookups_burst)
        self._contacts: Kept[Contact] = Kept(limits.names_ttl, limits.names_kept)
        self._rooms: Kept[Room] = Kept(limits.names_ttl, limits.names_kept)
        self._members: Kept[Member] = Kept(limits.names_ttl, limits.names_kept)
        self._by_name: Kept[dict[str, str]] = Kept(limits.names_ttl, 2_000)
        self.lookups = 0

    async def around(self, client: GatewayClient, message: Message, self_id: str, wait: float) -> Around:
        """What is known about a message's people and room within ``wait`` seconds; what is not known is empty."""
        room_id = room_of(message)
        speaker = message.from_id if message.from_id not in ("", room_id) else ""
        try:
            async with asyncio.timeout(wait):
                if speaker and room_id is None:
                    await self.contact(client, speaker)
                elif room_id is not None:
                    if speaker and speaker != self_id:
                        await self.member(client, room_id, speaker)
                    await self.room(client, room_id)
                    if "@" in message.text and self_id and not message.mention_ids:
                        await self.member(client, room_id, self_id)
                        await self.contact(client, self_id)
        except TimeoutError:
            pass
        return self._known(room_id, speaker, self_id)

    def _known(self, room_id: str | None, speaker: str, self_id: str) -> Around:
        contact = self._contacts.get(speaker)
        if room_id is None:
            return Around(self_id, sender_name=contact.name if contact else "")
        member, room = self._members.get(_seat(room_id, speaker)), self._rooms.get(room_id)
        me, my_seat = self._contacts.get(self_id), self._members.get(_seat(room_id, self_id))
        mine = {me.name if me else "", *((my_seat.name, my_seat.alias) if my_seat else ())} - {""}
        return Around(
            self_id=self_id,
            self_names=frozenset(mine),
            topic=room.topic if room else "",
            sender_name=(member.name if member else "") or (contact.name if contact else ""),
            sender_alias=member.alias if member else "",
            members=self._by_name.get(room_id) or {},
        )

    async def contact(self, client: GatewayClient, contact_id: str) -> Contact:
        """A contact; with empty names when it cannot be looked up."""

        async def ask() -> Contact:
            await self._turn()
            return await client.contact(contact_id)

        return await self._contacts.get_or_ask(contact_id, ask, Contact(contact_id, ""))

    async def room(self, client: GatewayClient, room_id: str) -> Room:
        """A room; with an empty topic when it cannot be looked up."""

        async def ask() -> Room:
            await self._turn()
            return await client.room(room_id)

        return await self._rooms.get_or_ask(room_id, ask, Room(room_id, ""))

    async def member(self, client: GatewayClient, room_id: str, contact_id: str) -> Member:
        """A contact's names in a room; its general name where the room gives none."""

        async def ask() -> Member:
            await self._turn()
            found = await client.member(room_id, contact_id)
            if not found.name:
                found = Member(contact_id, (await self.contact(client, contact_id)).name, found.alias)
            names = dict(self._by_name.get(room_id) or {})
            names |= {name: contact_id for name in (found.name, found.alias) if name}
            self._by_name.put(room_id, names)
            return found

        return await self._members.get_or_ask(_seat(room_id, contact_id), ask, Member(contact_id, ""))

    async def _turn(self) -> None:
        await self._pace.turn()
        self.lookups += 1

    # -- what changes

    def forget_contact(self, contact_id: str) -> None:
        """A contact changed."""
        self._contacts.drop(contact_id)

    def forget_room(self, room_id: str) -> None:
        """A room changed: its topic and who is who in it are looked up anew."""
        self._rooms.drop(room_id)
        self._by_name.drop(room_id)
        self._members.drop_all(room_id + _SEAT)

    def rename_room(self, room_id: str, topic: str) -> None:
        """A room has a new topic; the event says which, and some gateways answer with the old one for a moment."""
        if topic:
            self._rooms.put(room_id, Room(room_id, topic))
        else:
            self._rooms.drop(room_id)

    def forget_all(self) -> None:
        """Another login: every id may mean somebody else."""
        for kept in (self._contacts, self._rooms, self._members, self._by_name):
            kept.clear()


_SEAT = "\n"


def _seat(room_id: str, contact_id: str) -> str:
    return f"{room_id}{_SEAT}{contact_id}"
