"""The operator is told when a promise is broken, once a day while it lasts, and when all is well again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from domain import wording_audit
from domain.words import Purpose
from store import outbox, vitals
from store.directory import get_setting, put_setting
from store.outbox import Letter
from store.tx import Cause, Tx, record

EVERY = timedelta(minutes=5)
AGAIN = timedelta(days=1)
_TOLD = "self_audit_told"
_UNSAYABLE = frozenset({"sending_stopped"})  # while nothing is sent, this neither


def look(tx: Tx) -> datetime:
    """Look at the signs and tell what is new about them. Returns when to look again."""
    numbers = vitals.numbers(tx)
    bad = {sign.number: numbers[sign.number] for sign in vitals.bad(numbers) if sign.number not in _UNSAYABLE}
    before = json.loads(get_setting(tx.db, _TOLD) or "null")
    if bad and (before is None or not set(bad) <= set(before["what"]) or _at(before) + AGAIN <= tx.now):
        _tell(tx, wording_audit.self_audit(bad))
        _remember(tx, {"at": tx.now.isoformat(), "what": sorted(set(bad) | set(before["what"] if before else ()))})
        record(tx, "self_audit_bad", Cause(reason=", ".join(sorted(bad))))
    elif not bad and before is not None:
        _tell(tx, wording_audit.self_audit_well())
        _remember(tx, None)
        record(tx, "self_audit_well", Cause())
    return tx.now + EVERY


def _tell(tx: Tx, body: str) -> None:
    if tx.street.operator in tx.directory.people:
        outbox.to_staff(tx, tx.street.operator, Letter(Purpose.NOTICE, body))


def _at(before: dict[str, str]) -> datetime:
    return datetime.fromisoformat(before["at"])


def _remember(tx: Tx, told: dict[str, object] | None) -> None:
    put_setting(tx.db, _TOLD, json.dumps(told))
