"""The self-audit: cheap questions whose answers say whether the bot still keeps its promises.

Served by ``/healthz``; problems name no group and no person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.house import House
from domain.lifecycle import LIVE
from domain.messages import ChannelState, LinkState
from domain.ports import Health
from domain.words import SendState
from store import coverage, rooms, sends
from store.deafness import deaf_groups
from store.directory import TRUSTED_CHANNELS, get_setting
from store.figures import unheard_lately
from store.issues import ISSUE
from store.messages import MESSAGE, counts
from store.outbox import OUTBOX
from store.tables import MessageState
from store.tx import Tx

_LATE = timedelta(minutes=2)  # a due row older than this means that the tick does not run
_STUCK = timedelta(minutes=15)  # a message or send waiting longer than this is stuck, not slow


class HouseHealth:
    """``domain.ports.HealthPort`` of a house. ``others`` says what else is wrong, one line each."""

    def __init__(self, house: House, others: Callable[[], Iterable[str]] = tuple) -> None:
        self._house = house
        self._others = others
        self.ready = False

    def channels(self) -> Mapping[str, ChannelState]:
        """State of every account, by ``channel:account``."""
        return {
            f"{name}:{account}": state
            for name, channel in self._house.channels.items()
            for account, state in channel.state().items()
        }

    async def health(self) -> Health:
        """Look now."""
        now = self._house.clock.now()
        try:
            numbers = await self._house.desk.read(now, _numbers)
        except Exception as error:  # noqa: BLE001  whatever is wrong with the database is the answer
            return Health(False, False, (f"the database does not answer: {type(error).__name__}",))
        problems = [*(line for line, broken in _broken(numbers) if broken), *self._others()]
        down = [name for name, state in self.channels().items() if state.link is not LinkState.UP]
        if down:
            problems.append(f"{len(down)} of {len(self.channels())} accounts cannot hear: groups are deaf")
        numbers["accounts_down"] = len(down)
        numbers["accounts_to_scan"] = sum(bool(state.qrcode) for state in self.channels().values())
        return Health(not problems, self.ready and not down, tuple(problems), numbers)


def _broken(numbers: Mapping[str, float]) -> list[tuple[str, bool]]:
    return [
        ("live issues without a next step", numbers["issues_without_next_step"] > 0),
        ("steps are overdue: the tick does not keep up", numbers["oldest_due_seconds"] > _LATE.total_seconds()),
        ("messages wait too long to be handled", numbers["oldest_message_seconds"] > _STUCK.total_seconds()),
        ("sends wait too long", numbers["oldest_send_seconds"] > _STUCK.total_seconds()),
        ("sending is switched off: nothing leaves", numbers["sending_stopped"] > 0),
        ("messages were set aside and need a look", numbers["messages_set_aside"] > 0),
    ]


def _numbers(tx: Tx) -> dict[str, float]:
    waiting = counts(tx.db)
    stepless = select(func.count()).where(ISSUE.c.state.in_(list(LIVE)), ISSUE.c.next_at.is_(None))
    due = select(func.min(ISSUE.c.next_at)).where(ISSUE.c.next_at <= tx.now)
    unhandled = MESSAGE.c.state.in_([MessageState.HEARD, MessageState.READ])
    message = select(func.min(MESSAGE.c.heard_at)).where(unhandled)
    queued = select(func.min(OUTBOX.c.not_before)).where(OUTBOX.c.state == SendState.QUEUED)
    live = select(func.count()).where(ISSUE.c.next_at.is_not(None))
    unknown = select(func.count()).where(OUTBOX.c.state == SendState.UNKNOWN)
    unreadable, wordless = unheard_lately(tx, tx.now - timedelta(days=1))
    return {
        "unreadable_day": float(unreadable),
        "wordless_day": float(wordless),
        **coverage.numbers(tx),
        **_reach(tx),
        "issues_live": float(tx.db.execute(live).scalar_one()),
        "issues_without_next_step": float(tx.db.execute(stepless).scalar_one()),
        "oldest_due_seconds": _age(tx.db.execute(due).scalar(), tx.now),
        "oldest_message_seconds": _age(tx.db.execute(message).scalar(), tx.now),
        "oldest_send_seconds": _age(tx.db.execute(queued).scalar(), tx.now),
        "messages_waiting": waiting["heard"] + waiting["read"],
        "messages_unheard": waiting["unheard"],
        "messages_set_aside": waiting["set_aside"],
        "sending_stopped": float(bool(sends.stopped(tx.db)) or not tx.street.sending),
        "sends_unknown": float(tx.db.execute(unknown).scalar_one()),
    }


def _reach(tx: Tx) -> dict[str, float]:
    """How many groups nobody hears and how many staff nobody can write to; in the sandbox all are there."""
    directory = tx.directory
    if get_setting(tx.db, "kind") in TRUSTED_CHANNELS:
        return {"groups_deaf": 0.0, "rooms_unbound": 0.0, "staff_unreachable": 0.0}
    deaf = {each.group_id for each in deaf_groups(tx)}
    heard = sum(group.id not in deaf and group.notice_at is not None for group in directory.groups.values())
    return {
        "groups_deaf": float(len(directory.groups) - heard),
        "rooms_unbound": float(len(rooms.unbound(tx))),
        "staff_unreachable": float(sum(person not in directory.reach for person in directory.people)),
    }


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
