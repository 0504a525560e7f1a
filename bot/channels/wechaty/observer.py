"""What happens to an account beside messages: who logs in, who asks to be a friend, who invites it where.

The application hooks enrolment and joining in here. Calls come one at a time, in the order of the events, on a
line of their own: a slow observer never holds up hearing. What an observer raises is logged and counted, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

STABLE = "stable"


def epoch_of(self_id: str) -> str:
    """The login epoch in which contact and room ids are valid.

    Web puppets give every login new ids, the account's own among them, which begin with ``@``: there the own id
    names the epoch. Elsewhere ids (``wxid_…``, ``…@chatroom``) outlive logins and the epoch is ``stable``.
    """
    return self_id if self_id.startswith("@") else STABLE


class Observer(Protocol):
    """What an application may want to hear from one account. Derive from ``SilentObserver`` to take only some."""

    async def login(self, self_id: str, epoch: str) -> None:
        """The account is logged in as ``self_id``; told again after every reconnect. See ``epoch_of``."""
        ...

    async def logout(self, reason: str) -> None:
        """The account is logged out."""
        ...

    async def friend_request(self, request_id: str, contact_id: str, hello: str) -> None:
        """Somebody asks to be a friend; accept with ``WechatyChannel.accept_friend(request_id)``."""
        ...

    async def friend_confirmed(self, contact_id: str) -> None:
        """Somebody is a friend from now on and can be written to."""
        ...

    async def room_invite(self, invitation_id: str, inviter_id: str, topic: str) -> None:
        """Somebody invites the account into a room; follow with ``WechatyChannel.accept_invitation(invitation_id)``."""
        ...

    async def room_join(self, room_id: str, joined: Sequence[str], inviter_id: str) -> None:
        """People came into a room, perhaps the account itself."""
        ...

    async def room_leave(self, room_id: str, left: Sequence[str], remover_id: str) -> None:
        """People were removed from a room. Who leaves by himself is not announced by the network."""
        ...

    async def room_topic(self, room_id: str, topic: str, old_topic: str, changer_id: str) -> None:
        """A room was renamed."""
        ...


class SilentObserver:
    """An observer that does nothing."""

    async def login(self, self_id: str, epoch: str) -> None:
        """Nothing."""

    async def logout(self, reason: str) -> None:
        """Nothing."""

    async def friend_request(self, request_id: str, contact_id: str, hello: str) -> None:
        """Nothing."""

    async def friend_confirmed(self, contact_id: str) -> None:
        """Nothing."""

    async def room_invite(self, invitation_id: str, inviter_id: str, topic: str) -> None:
        """Nothing."""

    async def room_join(self, room_id: str, joined: Sequence[str], inviter_id: str) -> None:
        """Nothing."""

    async def room_leave(self, room_id: str, left: Sequence[str], remover_id: str) -> None:
        """Nothing."""

    async def room_topic(self, room_id: str, topic: str, old_topic: str, changer_id: str) -> None:
        """Nothing."""
