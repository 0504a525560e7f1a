"""How many messages each account sent today, and the switch that stops sending.

The count is written in the transaction that takes a row to send it: a crash forgets nothing, and a message of
unknown fate counts.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import LoulingError
from store.directory import get_setting, put_setting
from store.tables import SendCount, table
from store.tx import Cause, Tx, record

_COUNT = table(SendCount)
_ADDED: dict[str, Any] = {"account": bindparam("of_account"), "day": bindparam("on_day"), "sends": bindparam("number")}
_MORE = {"sends": _COUNT.c.sends + bindparam("number")}
_BOTH = [_COUNT.c.account, _COUNT.c.day]
_ADD = {
    "postgresql": postgresql.insert(_COUNT).values(_ADDED).on_conflict_do_update(index_elements=_BOTH, set_=_MORE),
    "sqlite": sqlite.insert(_COUNT).values(_ADDED).on_conflict_do_update(index_elements=_BOTH, set_=_MORE),
}
_TODAY = select(_COUNT.c.account, _COUNT.c.sends).where(_COUNT.c.day == bindparam("on_day"))
_STOPPED = "sending_stopped"
EVERY = "*"
"""Stands for all accounts."""


def add(tx: Tx, account: str, number: int = 1) -> None:
    """Count messages of an account on the street's day."""
    values = {"of_account": account, "on_day": _day(tx), "number": number}
    tx.db.execute(_ADD[tx.db.dialect.name], values)


def today(tx: Tx) -> dict[str, int]:
    """Messages of the street's day by ``channel:account``."""
    return {row.account: row.sends for row in tx.db.execute(_TODAY, {"on_day": _day(tx)})}


def delete_old(db: Connection, before: date) -> None:
    """Forget the counts of earlier days."""
    db.execute(delete(_COUNT).where(_COUNT.c.day < before.isoformat()))


def stopped(db: Connection) -> frozenset[str]:
    """The accounts by name, or ``EVERY``, that send nothing until somebody lets them again."""
    return frozenset((get_setting(db, _STOPPED) or "").split())


def stop(tx: Tx, cause: Cause, account: str = EVERY) -> None:
    """Nothing leaves any more; rows wait, none is lost. Raises ``LoulingError`` for a name that no account has."""
    if account != EVERY and (not account.isprintable() or not account or " " in account):
        raise LoulingError(f"{account!r} is no name of an account; see [[wechaty]] in the config")
    put_setting(tx.db, _STOPPED, " ".join(sorted(stopped(tx.db) | {account})))
    record(tx, "sending_stopped", cause, data={"account": account})


def resume(tx: Tx, cause: Cause, account: str = EVERY) -> None:
    """Send again: all accounts, or one. While all are stopped, one alone stays stopped with them."""
    left = frozenset[str]() if account == EVERY else stopped(tx.db) - {account}
    put_setting(tx.db, _STOPPED, " ".join(sorted(left)))
    record(tx, "sending_resumed", cause, data={"account": account})


def day_before(tx: Tx, days: int) -> date:
    """The street's day, ``days`` ago."""
    return tx.street.local(tx.now).date() - timedelta(days=days)


def _day(tx: Tx) -> str:
    return tx.street.local(tx.now).date().isoformat()
