"""What every change of the truth holds in its hands: the transaction, the instant, the street, who is who."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from domain.policy import Policy
from domain.street import Street
from store.directory import Directory
from store.tables import Event, PolicyRow, table

CLOCK = "clock"
"""Who did it, when time did."""

_EVENT = table(Event)
_POLICY = table(PolicyRow)


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
    tx.db.execute(
        _EVENT.insert().values(
            at=tx.now,
            what=what,
            issue_id=issue_id,
            by=cause.by,
            message_id=cause.message,
            reason=cause.reason,
            data=dict(data) if data else None,
        )
    )


def freeze_policy(tx: Tx) -> str:
    """Keep today's policy and return its id, for an issue that opens under it."""
    body = tx.street.policy.model_dump_json()
    key = hashlib.sha256(body.encode()).hexdigest()
    if tx.db.execute(select(_POLICY.c.id).where(_POLICY.c.id == key)).first() is None:
        tx.db.execute(_POLICY.insert().values(id=key, body=body))
    return key


@lru_cache(maxsize=64)
def _parse_policy(body: str) -> Policy:
    return Policy.model_validate_json(body)


def frozen_policy(tx: Tx, key: str) -> Policy:
    """The policy an issue opened under."""
    return _parse_policy(tx.db.execute(select(_POLICY.c.body).where(_POLICY.c.id == key)).scalar_one())
