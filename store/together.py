"""Several reminders for one person at one moment leave as one message that lists the issues.

An old phone that rings ten times in a row is switched off. Each issue keeps its own prompt; the message keeps one line
an issue, so that what is not wanted any more when it leaves is left out (``store.outbox.claim``).
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from domain import wording
from domain.words import PromptKind, Purpose, SendState
from store import bell, issues
from store.outbox import OUTBOX
from store.prompts import PROMPT
from store.tables import written
from store.tx import Tx

_GRAVER = {Purpose.ESCALATION: 0, Purpose.REMINDER: 1, Purpose.PROMPT: 2}


def last_letter(tx: Tx) -> int:
    """The newest row of the outbox: what is queued after it belongs to this tick."""
    return int(tx.db.execute(select(func.max(OUTBOX.c.id))).scalar() or 0)


def gather(tx: Tx, after: int) -> None:
    """Make one message of the reminders queued after row ``after`` for one person. Emergencies stay alone."""
    chosen = (
        select(OUTBOX)
        .join(PROMPT, PROMPT.c.id == OUTBOX.c.prompt_id)
        .where(
            written(OUTBOX.c.state, SendState.QUEUED),
            OUTBOX.c.id > after,
            OUTBOX.c.target == "staff",
            OUTBOX.c.exempt.is_(False),
            PROMPT.c.kind == PromptKind.HANDLED,
        )
        .order_by(OUTBOX.c.target_id, OUTBOX.c.id)
    )
    for _person, rows in groupby(tx.db.execute(chosen).all(), attrgetter("target_id")):
        letters = list(rows)
        if len({letter.issue_id for letter in letters}) > 1:
            _join(tx, letters)


def _join(tx: Tx, letters: list[Row[Any]]) -> None:
    letters.sort(key=lambda letter: (_GRAVER.get(letter.purpose, 1), letter.priority, letter.id))
    parts, told = [], []
    for letter in letters:
        issue = issues.load(tx, letter.issue_id)
        parts.append(
            {
                "issue": issue.id,
                "prompt": letter.prompt_id,
                "rung": letter.rung,
                "purpose": letter.purpose.value,
            }
        )
        told.append((bell.words(tx, issue), (tx.now - issue.opened_at).total_seconds()))
    first = letters[0]
    values = {
        "body": wording.several(told, escalation=first.purpose is Purpose.ESCALATION),
        "parts": parts,
        "issue_id": None,
        "prompt_id": None,
        "rung": None,
        "priority": min(letter.priority for letter in letters),
    }
    tx.db.execute(update(OUTBOX).where(OUTBOX.c.id == first.id).values(**values))
    tx.db.execute(delete(OUTBOX).where(OUTBOX.c.id.in_([letter.id for letter in letters[1:]])))
    asked = PROMPT.c.id.in_([letter.prompt_id for letter in letters])
    tx.db.execute(update(PROMPT).where(asked).values(options=[{"together": first.id}]))
