"""When the bot could hear: gaps of each account, and the heartbeat from which a restart knows how long it was away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from store.directory import get_setting, put_setting
from store.tables import CoverageGap, table
from store.tx import Cause, Tx, record

_GAP = table(CoverageGap)
_ALIVE, _STATES, _SINCE = "alive_at", "account_states", "account_since"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What the service last wrote about itself: when, each account's link and detail, and since when it is so."""

    at: datetime
    links: Mapping[str, tuple[str, str]]
    since: Mapping[str, datetime] = field(default_factory=dict)
    each: Mapping[str, datetime] = field(default_factory=dict)  # when each account's own process said so


def put_alive(tx: Tx, links: Mapping[str, tuple[str, str]], since: Mapping[str, datetime | None] | None = None) -> None:
    """The service lives and its accounts are so; ``links`` by ``channel:account``, ``since`` when they became so.

    What other processes said of their accounts stays.
    """
    at = tx.now.isoformat()
    put_setting(tx.db, _ALIVE, at)
    states = json.loads(get_setting(tx.db, _STATES) or "{}")
    states |= {name: (link, detail, at) for name, (link, detail) in links.items()}
    put_setting(tx.db, _STATES, json.dumps(states, ensure_ascii=False))
    became = json.loads(get_setting(tx.db, _SINCE) or "{}")
    became |= {name: moment.isoformat() for name, moment in (since or {}).items() if moment}
    put_setting(tx.db, _SINCE, json.dumps(became))


def last_seen(db: Connection) -> LastSeen | None:
    """The newest heartbeat; ``None`` before the first."""
    at = get_setting(db, _ALIVE)
    if at is None:
        return None
    links = json.loads(get_setting(db, _STATES) or "{}")
    since = json.loads(get_setting(db, _SINCE) or "{}")
    return LastSeen(
        datetime.fromisoformat(at),
        {name: (state[0], state[1]) for name, state in links.items()},
        {name: datetime.fromisoformat(text) for name, text in since.items()},
        {name: datetime.fromisoformat(state[2]) for name, state in links.items() if len(state) > 2},
    )


def away(tx: Tx, channel: str, account: str, reason: str) -> bool:
    """The service was not running since its last heartbeat: a gap opens there and lasts until the account hears.

    Accounts that never ran before have none. Returns whether there is a gap.
    """
    seen, name = last_seen(tx.db), f"{channel}:{account}"
    if seen is None or name not in seen.links:
        return False
    if _open(tx, channel, account) is None:
        values = {
            "channel": channel,
            "account": account,
            "since": seen.each.get(name, seen.at),
            "until": None,
            "reason": reason,
        }
        tx.db.execute(_GAP.insert().values(**values))
    return True


def ended(tx: Tx, channel: str, account: str) -> bool:
    """The account hears: a gap that is open ends now. Returns whether one was."""
    gap_id = _open(tx, channel, account)
    if gap_id is None:
        return False
    tx.db.execute(update(_GAP).where(_GAP.c.id == gap_id).values(until=tx.now))
    _told(tx, channel, account)
    return True


def add(tx: Tx, channel: str, account: str, since: datetime, until: datetime, reason: str) -> None:
    """An account was deaf from ``since`` to ``until``; an open gap of it is ended instead of written twice."""
    gap_id = _open(tx, channel, account)
    if gap_id is not None:
        tx.db.execute(update(_GAP).where(_GAP.c.id == gap_id).values(until=until))
    else:
        values = {"channel": channel, "account": account, "since": since, "until": until, "reason": reason}
        tx.db.execute(_GAP.insert().values(**values))
    _told(tx, channel, account)


def numbers(tx: Tx) -> dict[str, float]:
    """How many gaps the last 24 hours had, and how many seconds of deafness, all accounts together."""
    since = tx.now - timedelta(days=1)
    chosen = select(_GAP.c.since, _GAP.c.until).where(_GAP.c.since <= tx.now)
    rows = tx.db.execute(chosen.where(or_(_GAP.c.until.is_(None), _GAP.c.until > since))).all()
    deaf = sum(((row.until or tx.now) - max(row.since, since)).total_seconds() for row in rows)
    lasting = tx.db.execute(select(func.count()).select_from(_GAP).where(_GAP.c.until.is_(None))).scalar_one()
    return {"gaps_day": float(len(rows)), "gap_seconds_day": max(0.0, deaf), "gaps_open": float(lasting)}


def _open(tx: Tx, channel: str, account: str) -> int | None:
    chosen = select(_GAP.c.id).where(_GAP.c.channel == channel, _GAP.c.account == account, _GAP.c.until.is_(None))
    found = tx.db.execute(chosen.order_by(_GAP.c.id).limit(1)).scalar()
    return int(found) if found is not None else None


def _told(tx: Tx, channel: str, account: str) -> None:
    record(tx, "gap_ended", Cause(reason="coverage"), data={"account": f"{channel}:{account}"})
