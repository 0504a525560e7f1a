"""The signs of life: cheap questions whose answers say whether the bot still keeps its promises.

``/healthz``, ``/metrics`` and the message to the operator ask the same. Every condition is written so that a partial
index answers it: what ended long ago costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from domain.words import SendState
from store import coverage, rooms, sends
from store.deafness import deaf_groups
from store.directory import TRUSTED_CHANNELS, get_setting
from store.figures import unheard_lately
from store.issues import ISSUE
from store.messages import MESSAGE, counts
from store.outbox import OUTBOX
from store.tables import LIVE_WORDS, MessageState, written
from store.tx import Tx

_LATE = timedelta(minutes=2).total_seconds()  # a due row older than this means that the tick does not run
_STUCK = timedelta(minutes=15).total_seconds()  # a message or send waiting longer than this is stuck, not slow
_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sign:
    """A number that must not exceed ``most``. ``said`` is the line of ``/healthz``; empty: no promise is broken by
    it, but a person should look."""

    number: str
    most: float
    said: str = ""


SIGNS = (
    Sign("issues_without_next_step", 0, "live issues without a next step"),
    Sign("oldest_due_seconds", _LATE, "steps are overdue: the tick does not keep up"),
    Sign("oldest_message_seconds", _STUCK, "messages wait too long to be handled"),
    Sign("oldest_send_seconds", _STUCK, "sends wait too long"),
    Sign("sending_stopped", 0, "sending is switched off: nothing leaves"),
    Sign("messages_set_aside", 0, "messages were set aside and need a look"),
    Sign("sends_unknown_day", 0),
)


def bad(numbers: Mapping[str, float]) -> list[Sign]:
    """The signs that are not well."""
    return [sign for sign in SIGNS if numbers[sign.number] > sign.most]


def numbers(tx: Tx) -> dict[str, float]:
    """Everything the self-audit counts; ages in seconds."""
    waiting = counts(tx.db)
    stepless = select(func.count()).where(ISSUE.c.next_at.is_(None), written(ISSUE.c.state, *LIVE_WORDS))
    due = select(func.min(ISSUE.c.next_at)).where(ISSUE.c.next_at.is_not(None), ISSUE.c.next_at <= tx.now)
    message = select(func.min(MESSAGE.c.heard_at)).where(
        written(MESSAGE.c.state, MessageState.HEARD, MessageState.READ)
    )
    queued = select(func.min(OUTBOX.c.not_before)).where(written(OUTBOX.c.state, SendState.QUEUED))
    live = select(func.count()).where(ISSUE.c.next_at.is_not(None))
    unknown = select(func.count()).where(
        written(OUTBOX.c.state, SendState.SENDING, SendState.UNKNOWN), written(OUTBOX.c.state, SendState.UNKNOWN)
    )
    unreadable, wordless = unheard_lately(tx, tx.now - _LATELY)
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
        "sends_unknown_day": float(tx.db.execute(unknown.where(OUTBOX.c.queued_at > tx.now - _LATELY)).scalar_one()),
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
