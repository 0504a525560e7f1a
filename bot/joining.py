"""What happens to a WeChat account beside messages: friend requests, invitations, rooms that come, go and change names.

One ``Joining`` observes one account. It writes what it sees through the store; a person or a marker binds rooms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.channels.wechaty import CallError, Room, SilentObserver, WechatyChannel
from bot.config_wechat import JoiningPart
from bot.intake import ChannelIntake
from bot.pipeline import Pipeline
from domain import wording
from domain.messages import Inbound
from domain.words import PromptKind, Purpose
from store import coverage, logins, outbox, people, prompts, rooms
from store.desk import Desk
from store.directory import External
from store.outbox import Letter
from store.tx import Cause, Tx, record

T = TypeVar("T")
log = logging.getLogger("louling.joining")

CHANNEL = "wechaty"
_ANSWER_WITHIN = timedelta(days=7)  # how long the inviter may take to say which group it is
_MEMBERS = 60  # names looked up to know a room again: at 25 a second a few seconds a room
_MARKER = Cause("marker")


class Joining(SilentObserver):
    """Observes one account; its channel and the house are attached before it runs."""

    def __init__(self, name: str, policy: JoiningPart, now: Callable[[], datetime]) -> None:
        self._name = name
        self._policy = policy
        self._now = now
        self._epoch = rooms.STABLE_EPOCH
        self._topics: dict[str, str] = {}

    def attach(self, channel: WechatyChannel, desk: Desk, wake: Callable[[], None]) -> None:
        """The channel to ask, the desk to write at, and what to call when something was queued."""
        self._channel, self._desk, self._wake = channel, desk, wake

    # -- logins

    async def login(self, self_id: str, epoch: str) -> None:
        """The account is logged in: its rooms are looked at, and known again where ids changed."""
        found = await self._write(lambda tx: logins.logged_in(tx, CHANNEL, self._name, self_id, epoch))
        self._epoch = found.epoch
        self._topics.clear()
        if found.changed:
            self._warn("login_changed", "is another login than before: rooms and contacts are looked up again")
        if found.changed and epoch != logins.STABLE:
            await self._known_contacts()
        for room in await self._channel.rooms():
            await self._look_at(room)

    async def _known_contacts(self) -> None:
        for contact in await self._channel.contacts():
            if contact.alias:
                await self._write(
                    lambda tx, one=contact: logins.known_again(  # type: ignore[misc]
                        tx, CHANNEL, self._name, one.id, one.name, one.alias
                    )
                )

    # -- rooms

    async def _look_at(self, room: Room) -> rooms.Room:
        """Make the room's row; bind it by the marker in the bot's own name there, or as known again."""
        self._topics[room.id] = room.topic
        found = await self._write(lambda tx: rooms.seen(tx, self._external(room.id), room.topic, self._epoch))
        if found.group_id is None:
            await self._by_marker(found)
        if found.epoch != rooms.STABLE_EPOCH:
            await self._by_members(found)
        return await self._write(lambda tx: rooms.load(tx, found.id))

    async def _by_marker(self, found: rooms.Room) -> None:
        try:
            alias = await self._channel.own_alias(found.external[2])
        except CallError:
            return
        if not alias:
            return

        def work(tx: Tx) -> int | None:
            group = rooms.marked_group(tx.directory, alias)
            if group is None or rooms.hearing(tx, group) is not None:
                return None
            rooms.bind(tx, found.id, group, _MARKER)
            return group

        group = await self._write(work)
        if group is not None:
            log.info("a room is bound by its marker", extra={**self._keys("room_bound", found.id), "group_id": group})

    async def _by_members(self, found: rooms.Room) -> None:
        """Where ids change at login: remember who is there, and bind again a room whose members are known."""
        try:
            members = await self._channel.room_members(found.external[2], _MEMBERS)
        except CallError:
            return
        names = [member.name for member in members if member.name and member.id != self._channel.self_id]

        def work(tx: Tx) -> bool:
            rooms.keep_members(tx, found.id, names)
            if rooms.load(tx, found.id).group_id is not None:
                return False
            was = rooms.lost_with_topic(tx, found.external, found.topic)
            sure = [old for old in was if rooms.overlap(old, names) >= self._policy.rebind_overlap]
            groups = {old.group_id for old in sure if old.group_id is not None}
            if len(groups) != 1 or rooms.hearing(tx, min(groups)) is not None:
                return False
            rooms.bind(tx, found.id, groups.pop(), Cause("clock", reason="topic and members"), same_room=True)
            return True

        if await self._write(work):
            log.info("a room is known again after a login", extra=self._keys("room_rebound", found.id))

    async def in_room(self, room_id: str, topic: str, at: datetime | None = None) -> None:
        """A message, sent ``at``, came from this room: make its row, or take down its new name. Costs nothing when both
        are known."""
        known = self._topics.get(room_id)
        if known is not None and topic in (known, ""):
            return
        found = await self._write(lambda tx: rooms.seen(tx, self._external(room_id), topic, self._epoch, at))
        if found.left_at is None:
            self._topics[room_id] = topic

    async def room_join(self, room_id: str, joined: Sequence[str], inviter_id: str) -> None:
        """The account came into a room: the one who brought it is asked which group it is."""
        if self._channel.self_id not in joined:
            return
        found = await self._look_at(await self._channel.room(room_id))
        log.info("in a new room", extra=self._keys("room_joined", found.id))
        if found.group_id is None:
            await self._write(lambda tx: self._ask(tx, found, inviter_id))
            self._wake()

    def _ask(self, tx: Tx, room: rooms.Room, inviter_id: str) -> None:
        person = tx.directory.person_of(*self._external(inviter_id))
        if person is None:
            return
        options = rooms.suggestions(tx, room.topic, person)
        if not options:
            return
        kept = [{"room": room.id, "group": group} for group in options]
        expires = tx.now + _ANSWER_WITHIN
        prompt = prompts.open_prompt(tx, PromptKind.WHICH_GROUP, f"staff:{person}", None, expires, kept)
        topics = [tx.directory.groups[group].topic for group in options]
        body = wording.ask_which_group(room.topic, topics)
        outbox.to_staff(tx, person, Letter(Purpose.PROMPT, body, prompt_id=prompt, reply=True))

    async def saw(self, room_id: str) -> None:
        """A room that nobody announced: it is looked at like one that was found at login."""
        await self._look_at(await self._channel.room(room_id))

    async def room_leave(self, room_id: str, left: Sequence[str], remover_id: str) -> None:
        """The account was removed from a room, or left it: the operator is told."""
        if self._channel.self_id not in left:
            return
        await self.gone(room_id, Cause(remover_id or "clock", reason="removed from the room"))

    async def gone(self, room_id: str, cause: Cause) -> None:
        """The account is not in a room any more: another that stands by takes over, the operator is told."""
        self._topics.pop(room_id, None)
        gone = await self._write(lambda tx: rooms.left(tx, self._external(room_id), self._epoch, cause))
        if gone is not None:
            text = "is no longer in a room" + ("" if gone.group_id is None else ": its group may be deaf")
            self._warn("room_left", text, room=gone.id, group_id=gone.group_id)

    async def room_topic(self, room_id: str, topic: str, old_topic: str, changer_id: str) -> None:
        """A room has another name; it stays bound."""
        await self.in_room(room_id, topic)

    # -- people

    async def room_invite(self, invitation_id: str, inviter_id: str, topic: str) -> None:
        """Follow an invitation of enrolled staff; leave others to a person."""
        person = (await self._read(lambda tx: tx)).directory.person_of(*self._external(inviter_id))
        if person is None or not self._policy.accept_invitations_from_staff:
            await self._write(lambda tx: record(tx, "invitation_left", Cause(person or inviter_id)))
            self._warn("invitation_left", "an invitation is left: not from enrolled staff, or the config forbids it")
            return
        await self._channel.accept_invitation(invitation_id)
        await self._write(lambda tx: record(tx, "invitation_accepted", Cause(person)))
        log.info("an invitation is followed", extra=self._keys("invitation_accepted"))

    async def friend_request(self, request_id: str, contact_id: str, hello: str) -> None:
        """Accept who carries a valid one-time code, and bind him by it at once; leave others."""
        codes = people.codes_in(hello)
        valid = await self._read(lambda tx: [code for code in codes if people.person_of_code(tx, code)])
        if not valid or not self._policy.accept_friends_with_code:
            await self._write(lambda tx: record(tx, "friend_left", Cause(reason="no valid code in the hello")))
            log.info("a friend request is left", extra=self._keys("friend_left"))
            return
        await self._channel.accept_friend(request_id)

        def work(tx: Tx) -> bool:
            identity = people.identity(tx, self._external(contact_id), "")
            person = people.enrol(tx, identity, valid[0], Cause(reason="friend request"))
            if person is not None:
                body = wording.enrolled(tx.directory.name(person))
                outbox.to_staff(tx, person, Letter(Purpose.NOTICE, body, reply=True))
            return person is not None

        if await self._write(work):
            log.info("a friend request is accepted and bound", extra=self._keys("friend_accepted"))
            self._wake()

    # -- underneath

    def _external(self, external_id: str) -> External:
        return (CHANNEL, self._name, external_id)

    async def _write(self, work: Callable[[Tx], T]) -> T:
        return await self._desk.write(self._now(), work)

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await self._desk.read(self._now(), work)

    def _keys(self, action: str, room: int | None = None) -> dict[str, object]:
        return {"action": action, "account": self._name, "room": room}

    def _warn(self, action: str, text: str, **keys: object) -> None:
        log.warning("%s %s", self._name, text, extra={**self._keys(action), **keys})


class LiveIntake(ChannelIntake):
    """The intake of real accounts: unknown rooms get their row, and a gap is written once however it was noticed."""

    def __init__(self, pipeline: Pipeline, joinings: Mapping[str, Joining]) -> None:
        super().__init__(pipeline, CHANNEL)
        self._joinings = joinings

    async def read(self, arrival: int, message: Inbound) -> None:
        """Stage two; the room is known before its message is judged."""
        joining = self._joinings.get(message.account)
        if message.room_id is not None and joining is not None:
            await joining.in_room(message.room_id, message.room_topic, message.sent_at)
        await super().read(arrival, message)

    async def gap(self, account: str, since: datetime, until: datetime, reason: str) -> None:
        """A time of deafness; one that is open since the service was away ends instead of standing there twice."""
        desk = self._pipeline.desk
        await desk.write(until, lambda tx: coverage.add(tx, CHANNEL, account, since, until, reason))
