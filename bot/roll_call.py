"""Who is still there: the network announces neither a member who leaves by himself nor always the account's own end.

An account looks round now and then: at the list of its rooms, and at who is in those that are bound.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.channels.wechaty import CallError, WechatyChannel
from bot.joining import CHANNEL, Joining
from store import rooms
from store.desk import Desk
from store.rooms import Room
from store.tx import Cause, Tx, record

log = logging.getLogger("louling.roll_call")

_BETWEEN_ROOMS = 0.5  # seconds: 500 rooms are a few minutes, and look-ups never come in a burst
_GONE = Cause("clock", reason="no longer there, without word")


class RollCall:
    """Looks round for one account. What is missing is believed when it is missing twice: gateways list late."""

    def __init__(
        self, channel: WechatyChannel, joining: Joining, desk: Desk, now: Callable[[], datetime], every: timedelta
    ) -> None:
        self._channel, self._joining, self._desk, self._now = channel, joining, desk, now
        self._account = channel.settings.account
        self._every = every.total_seconds()
        self._missing: set[str] = set()
        self._members: dict[str, frozenset[str]] = {}

    async def run(self) -> None:
        """Look round until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            if not self._channel.self_id:
                continue
            try:
                await self.look()
            except CallError as fault:
                log.info("%s cannot look round: %s", self._account, fault.detail, extra={"action": "roll_call_failed"})
            except Exception:
                log.exception("%s could not look round", self._account, extra={"action": "roll_call_failed"})

    async def look(self) -> None:
        """One round. Raises ``CallError`` when the gateway does not answer."""
        listed = set(await self._channel.room_ids())
        known = await self._desk.read(self._now(), lambda tx: rooms.of_account(tx, CHANNEL, self._account))
        if not listed and known:
            return  # a gateway that has not loaded its rooms yet
        by_id = {room.external[2]: room for room in known}
        for new in sorted(listed - set(by_id)):
            if await self._is_in(new):  # a gateway may list for a while a room that the account has left
                await self._joining.saw(new)
        missing = set(by_id) - listed
        for room in known:
            if room.group_id is not None and room.external[2] in listed:
                await asyncio.sleep(min(_BETWEEN_ROOMS, self._every))
                if await self._left_by_itself(room):
                    missing.add(room.external[2])
        for room_id in missing & self._missing:
            await self._joining.gone(room_id, _GONE)
        self._missing = missing

    async def _is_in(self, room_id: str) -> bool:
        members = await self._channel.member_ids(room_id)
        return not members or self._channel.self_id in members

    async def _left_by_itself(self, room: Room) -> bool:
        """Whether the account is no longer among the members; notes the others who have left."""
        room_id = room.external[2]
        members = frozenset(await self._channel.member_ids(room_id))
        if not members:
            return False
        left = self._members.get(room_id, members) - members
        self._members[room_id] = members
        if left:
            staff = await self._desk.write(self._now(), lambda tx: self._note(tx, room, left))
            level = logging.WARNING if staff else logging.INFO
            whose = f", staff among them: {'、'.join(staff)}" if staff else ""
            keys = {"action": "members_left", "account": self._account, "room": room.id, "group_id": room.group_id}
            log.log(level, "%d left a room without word%s", len(left), whose, extra=keys)
        return self._channel.self_id not in members

    def _note(self, tx: Tx, room: Room, left: frozenset[str]) -> list[str]:
        """Write down how many left, and which staff by id."""
        found = (tx.directory.person_of(CHANNEL, self._account, each) for each in sorted(left))
        staff = [person for person in found if person is not None]
        record(
            tx,
            "members_left",
            _GONE,
            data={"room": room.id, "group": room.group_id, "count": len(left), "staff": staff},
        )
        return staff
