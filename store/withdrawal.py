"""A recalled message disappears from everything that repeated its words: sends, trail, prompts, digests, quotes.

Lines that carry the words are replaced as a whole. The sentences around the words are the bot's own and
stay, so it can still be seen that, when and to whom something was sent.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from domain.privacy import masked
from domain.words import SendState
from store.messages import MESSAGE
from store.outbox import OUTBOX
from store.prompts import PROMPT
from store.tables import DigestRun, Event, table
from store.tx import Tx

WITHDRAWN = "（已撤回）"
_EVENT, _DIGEST = table(Event), table(DigestRun)
_TELLING = 10  # code points by which a line is known to repeat the words; what people are shown is often cut short
_QUOTES = 5000  # messages after the recalled one that are searched for quotes of it


def forget_words(tx: Tx, recalled: Row[Any], issue_id: int | None) -> None:
    """Blank the words of ``recalled`` (a row of ``message``, as it was) wherever they were repeated."""
    line = " ".join(recalled.body.split())
    if not line:
        return
    signs = tuple({text[:_TELLING] for text in (line, masked(line))})
    rows = _trail(tx, recalled, signs)
    queued = OUTBOX.c.state == SendState.QUEUED
    chosen = OUTBOX.c.id.in_(rows) | queued | (OUTBOX.c.issue_id == issue_id if issue_id is not None else queued)
    for row in tx.db.execute(select(OUTBOX.c.id, OUTBOX.c.body).where(chosen)).all():
        _write(tx, OUTBOX, row.id, row.body, signs)
    made = select(_DIGEST.c.id, _DIGEST.c.body).where(_DIGEST.c.made_at >= recalled.heard_at)
    for row in tx.db.execute(made).all():
        _write(tx, _DIGEST, row.id, row.body, signs)
    _quotes(tx, recalled)


def _trail(tx: Tx, recalled: Row[Any], signs: tuple[str, ...]) -> list[int]:
    """The audit trail since the message, and the kept-back replies of prompts. Returns the outbox rows it names."""
    rows: list[int] = []
    since = select(_EVENT.c.id, _EVENT.c.data).where(_EVENT.c.at >= recalled.heard_at, _EVENT.c.data.is_not(None))
    for event in tx.db.execute(since).all():
        data = dict(event.data)
        if isinstance(data.get("outbox"), int):
            rows.append(data["outbox"])
        if data.get("kind") == "which" and "prompt" in data:
            _kept_back(tx, data["prompt"], signs)
        text = data.get("text")
        if isinstance(text, str) and (blank := _blanked(text, signs)) != text:
            tx.db.execute(update(_EVENT).where(_EVENT.c.id == event.id).values(data={**data, "text": blank}))
    return rows


def _kept_back(tx: Tx, prompt_id: int, signs: tuple[str, ...]) -> None:
    options = tx.db.execute(select(PROMPT.c.options).where(PROMPT.c.id == prompt_id)).scalar() or []
    blank = [{**option, "said": _blanked(option.get("said", ""), signs)} for option in options]
    if blank != options:
        tx.db.execute(update(PROMPT).where(PROMPT.c.id == prompt_id).values(options=blank))


def _quotes(tx: Tx, recalled: Row[Any]) -> None:
    after = select(MESSAGE.c.id, MESSAGE.c.extra).where(
        MESSAGE.c.id.between(recalled.id + 1, recalled.id + _QUOTES), MESSAGE.c.group_id == recalled.group_id
    )
    for row in tx.db.execute(after).all():
        extra = row.extra or {}
        if extra.get("quote_text") and extra.get("quote") == recalled.external_id:
            left = {name: value for name, value in extra.items() if name != "quote_text"}
            tx.db.execute(update(MESSAGE).where(MESSAGE.c.id == row.id).values(extra=left))


def _write(tx: Tx, rows: Any, row_id: int, body: str, signs: tuple[str, ...]) -> None:
    blank = _blanked(body, signs)
    if blank != body:
        tx.db.execute(update(rows).where(rows.c.id == row_id).values(body=blank))


def _blanked(body: str, signs: tuple[str, ...]) -> str:
    lines = body.split("\n")
    return "\n".join(WITHDRAWN if any(sign in " ".join(line.split()) for sign in signs) else line for line in lines)
