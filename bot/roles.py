"""What one process of several does: ``louling run --role``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Everything, or a part of it. Roles other than ``all`` need PostgreSQL."""

    ALL = "all"
    WORKER = "worker"  # accounts, rooms and sends
    TICKER = "ticker"  # the clock: reminders, digests, housekeeping
    WEB = "web"  # pages and health only


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the work a role takes. Every process has its pages, for its health."""

    rooms: bool
    tick: bool


PARTS: dict[Role, Parts] = {
    Role.ALL: Parts(rooms=True, tick=True),
    Role.WORKER: Parts(rooms=True, tick=False),
    Role.TICKER: Parts(rooms=False, tick=True),
    Role.WEB: Parts(rooms=False, tick=False),
}
