"""What every change of the truth holds in its hands: the transaction, the instant, the street, who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.policy import Policy
from domain.street import Street
from store.directory import Directory
from store.prepared import Prepared
from store.tables import Event, PolicyRow, table

CLOCK = "clock"
"""Who did it, when time did."""

_POLICY = table(PolicyRow)

# Built once: building a statement and its cache key costs several times what running it does.
_NEW_EVENT = Prepared(table(Event).insert())
_NEW_POLICY = {  # two issues may be the first under a policy at the same moment
    "postgresql": Prepared(postgresql.insert(_POLICY).on_conflict_do_nothing()),
    "sqlite": Prepared(sqlite.insert(_POLICY).on_conflict_do_nothing()),
}
_POLICY_BODY = Prepared(select(_POLICY.c.body).where(_POLICY.c.id == bindparam("policy")))


@dataclass(frozen=True, slots=True)
class Tx:
    """One open write transaction at one instant. ``now`` is aware UTC and never read from a clock below."""

    db: Connection
    now: datetime
    street: Street
    directory: Directory


@dataclass(frozen=True, slots=True)
class Cause:
    """Who makes a change and why: a staff id, a resident's id or ``clock``; the message; the reason."""

    by: str = CLOCK
    message: str | None = None
    reason: str = ""


def record(tx: Tx, what: str, cause: Cause, issue_id: int | None = None, data: Mapping[str, Any] | None = None) -> None:
    """Append one line to the audit trail."""
    values = {
        "at": tx.now,
        "what": what,
        "issue_id": issue_id,
        "by": cause.by,
        "message_id": cause.message,
        "reason": cause.reason,
        "data": dict(data) if data else None,
    }
    _NEW_EVENT.on(tx.db, values)


def freeze_policy(tx: Tx) -> str:
    """Keep today's policy and return its id, for an issue that opens under it."""
    policy = tx.street.policy
    if _POLICY_BODY.on(tx.db, {"policy": policy.key}).first() is None:
        _NEW_POLICY[tx.db.dialect.name].on(tx.db, {"id": policy.key, "body": policy.printed})
    return policy.key


@lru_cache(maxsize=64)
def _parse_policy(body: str) -> Policy:
    return Policy.model_validate_json(body)


def frozen_policy(tx: Tx, key: str) -> Policy:
    """The policy an issue opened under; mostly still today's, which needs no look."""
    if key == tx.street.policy.key:
        return tx.street.policy
    return _parse_policy(_POLICY_BODY.on(tx.db, {"policy": key}).scalar_one())
