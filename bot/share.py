"""What of the shared work is this process's: which rooms, which accounts, the tick."""

from __future__ import annotations

from typing import Protocol

from store.leases import Hold


class Share(Protocol):
    """Asked before anything is done, and again in the transaction that does it."""

    def owns(self, lane: int) -> bool:
        """Whether the rooms of this lane are handled here."""
        ...

    def room(self, lane: int) -> Hold | None:
        """The proof for a room's transaction; ``None`` where nobody else could have it."""
        ...

    def holds(self, name: str) -> bool:
        """Whether something only one process does at a time (``TICK``, ``account_lease``) is done here."""
        ...

    def proof(self, name: str) -> Hold | None:
        """The proof for its transactions; ``None`` where nobody else could have it."""
        ...


class Alone:
    """The only process: everything is its own."""

    def owns(self, lane: int) -> bool:
        """Always."""
        return True

    def room(self, lane: int) -> Hold | None:
        """Nothing to prove."""
        return None

    def holds(self, name: str) -> bool:
        """Always."""
        return True

    def proof(self, name: str) -> Hold | None:
        """Nothing to prove."""
        return None


ALONE = Alone()
TICK = "tick"


def account_lease(account: str) -> str:
    """The lease of an account, named ``channel:account``."""
    return f"account:{account}"
