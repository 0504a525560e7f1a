"""Questions that wait for an answer. One open prompt for a person, an issue and a kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from domain.lifecycle import UNSETTLED
from domain.words import PromptKind, PromptState
from store.prepared import Prepared
from store.tables import Issue, Prompt, table, written
from store.tx import Cause, Tx, record

PROMPT = table(Prompt)
_ISSUE = table(Issue)

# Built once: building a statement and its cache key costs several times what running it does.
_SAME = Prepared(
    select(PROMPT.c.id).where(
        PROMPT.c.asked_of.concat("") == bindparam("asked"),  # found by its issue: a grid head has hundreds open
        PROMPT.c.state == PromptState.OPEN,
        PROMPT.c.kind == bindparam("of_kind"),
        PROMPT.c.issue_id == bindparam("issue"),
    )
)
_NEW_PROMPT = Prepared(PROMPT.insert().returning(PROMPT.c.id))
_OF_PROMPT = Prepared(update(PROMPT).where(PROMPT.c.id == bindparam("prompt")))
_OPEN_OF = Prepared(
    select(PROMPT)
    .where(PROMPT.c.asked_of == bindparam("asked"), PROMPT.c.state == PromptState.OPEN)
    .order_by(PROMPT.c.opened_at.desc(), PROMPT.c.id.desc())
)
_OPEN_ABOUT = Prepared(
    select(PROMPT).where(PROMPT.c.issue_id == bindparam("issue"), PROMPT.c.state == PromptState.OPEN)
)
_LATE = Prepared(
    select(PROMPT)
    .where(written(PROMPT.c.state, PromptState.OPEN), PROMPT.c.expires_at <= bindparam("now"))
    .order_by(PROMPT.c.id)
    .limit(500)
    .with_for_update(skip_locked=True)
)
_NEXT_EXPIRY = Prepared(select(func.min(PROMPT.c.expires_at)).where(written(PROMPT.c.state, PromptState.OPEN)))


def ensure(tx: Tx, kind: PromptKind, asked_of: str, issue_id: int | None, expires_at: datetime) -> int:
    """The open prompt of this kind for this person and issue, opened if there is none; its time is extended."""
    known = _SAME.on(tx.db, {"asked": asked_of, "of_kind": kind, "issue": issue_id}).scalar()
    if known is not None:
        _OF_PROMPT.on(tx.db, {"prompt": known, "expires_at": expires_at, "opened_at": tx.now, "options": None})
        return int(known)
    return open_prompt(tx, kind, asked_of, issue_id, expires_at)


def open_prompt(
    tx: Tx, kind: PromptKind, asked_of: str, issue_id: int | None, expires_at: datetime, options: Sequence[Any] = ()
) -> int:
    """Ask. ``asked_of`` is ``staff:ID`` or ``resident:IDENTITY``; ``options`` are only needed by ``which``."""
    values = {
        "kind": kind,
        "asked_of": asked_of,
        "issue_id": issue_id,
        "options": list(options) or None,
        "opened_at": tx.now,
        "expires_at": expires_at,
    }
    prompt_id = int(_NEW_PROMPT.on(tx.db, values).scalar_one())
    record(tx, "prompt_opened", Cause(), issue_id, {"prompt": prompt_id, "kind": kind.value, "to": asked_of})
    return prompt_id


def put_options(tx: Tx, prompt_id: int, options: Sequence[Any]) -> None:
    """A question that stands is about other words now."""
    _OF_PROMPT.on(tx.db, {"prompt": prompt_id, "options": list(options), "opened_at": tx.now})


def open_of(tx: Tx, asked_of: str) -> list[Prompt]:
    """A person's open prompts, newest first."""
    return [Prompt(**row._asdict()) for row in _OPEN_OF.on(tx.db, {"asked": asked_of})]


def still_good(tx: Tx, asked_of: str) -> list[Prompt]:
    """Answered questions about handling whose issue is not over: the answer may still change. Newest first."""
    answered_ones = (
        PROMPT.c.asked_of == asked_of,
        PROMPT.c.state == PromptState.ANSWERED,
        PROMPT.c.kind == PromptKind.HANDLED,
        _ISSUE.c.state.in_(list(UNSETTLED)),
    )
    chosen = select(PROMPT).join(_ISSUE, _ISSUE.c.id == PROMPT.c.issue_id).where(*answered_ones)
    return [Prompt(**row._mapping) for row in tx.db.execute(chosen.order_by(PROMPT.c.id.desc()).limit(20))]


def newest_of(tx: Tx, asked_of: str) -> Prompt | None:
    """The last question a person was asked, whatever became of it."""
    chosen = select(PROMPT).where(PROMPT.c.asked_of == asked_of).order_by(PROMPT.c.opened_at.desc(), PROMPT.c.id.desc())
    row = tx.db.execute(chosen.limit(1)).one_or_none()
    return Prompt(**row._mapping) if row else None


def by_id(tx: Tx, prompt_id: int) -> Prompt | None:
    """One prompt."""
    row = tx.db.execute(select(PROMPT).where(PROMPT.c.id == prompt_id)).one_or_none()
    return Prompt(**row._mapping) if row else None


def answered(tx: Tx, prompt: Prompt, cause: Cause, answer: str) -> None:
    """The person answered; the same question to others about this issue is settled with it."""
    tx.db.execute(update(PROMPT).where(PROMPT.c.id == prompt.id).values(state=PromptState.ANSWERED, answer=answer[:64]))
    said = {"prompt": prompt.id, "kind": prompt.kind.value, "answer": answer}
    record(tx, "prompt_answered", cause, prompt.issue_id, said)


def close_for(tx: Tx, issue_id: int, kinds: Sequence[PromptKind], reason: str) -> None:
    """Questions about an issue that nobody needs answered any more."""
    for row in _OPEN_ABOUT.on(tx.db, {"issue": issue_id}).all():
        if row.kind in kinds:
            _expire(tx, row.id, row.issue_id, row.kind, reason)


def expire_due(tx: Tx) -> int:
    """Questions whose time is over."""
    rows = _LATE.on(tx.db, {"now": tx.now}).all()
    for row in rows:
        _expire(tx, row.id, row.issue_id, row.kind, "no answer in time")
    return len(rows)


def asked_about(tx: Tx, asked_of: str, kind: PromptKind, most: int = 50) -> list[int]:
    """The issues a person was asked a kind of question about, the newest first."""
    chosen = select(PROMPT.c.issue_id).where(
        PROMPT.c.asked_of == asked_of, PROMPT.c.kind == kind, PROMPT.c.issue_id.is_not(None)
    )
    return list(tx.db.execute(chosen.order_by(PROMPT.c.id.desc()).limit(most)).scalars())


def asked_today(tx: Tx, asked_of: str, kind: PromptKind, since: datetime) -> int:
    """How many prompts of a kind a person was asked since ``since``."""
    counted = select(func.count()).where(
        PROMPT.c.asked_of == asked_of, PROMPT.c.kind == kind, PROMPT.c.opened_at >= since
    )
    return int(tx.db.execute(counted).scalar_one())


def next_expiry(tx: Tx) -> datetime | None:
    """When the next open prompt expires."""
    found: datetime | None = _NEXT_EXPIRY.on(tx.db).scalar()
    return found


def _expire(tx: Tx, prompt_id: int, issue_id: int | None, kind: PromptKind, reason: str) -> None:
    _OF_PROMPT.on(tx.db, {"prompt": prompt_id, "state": PromptState.EXPIRED})
    record(tx, "prompt_expired", Cause(reason=reason), issue_id, {"prompt": prompt_id, "kind": kind.value})
