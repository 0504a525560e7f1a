"""Messages on their way out. Everybody writes rows here; only the sender takes them.

queued → sending (lease) → sent | failed | unknown | dropped. Posts in residents' groups: at most once, so
an expired lease becomes ``unknown``, never ``queued``. Direct messages to staff: at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from domain.calendar import Mode
from domain.messages import Attachment, Outcome, Receipt
from domain.wording import SHOWN_TOGETHER
from domain.words import IssueState, Posting, PromptState, Purpose, SendState, Urgency
from store import files, sends
from store.directory import directory_changed
from store.prepared import Prepared
from store.tables import GroupRow, Issue, Outbox, Prompt, table, written
from store.tx import Cause, Tx, record

OUTBOX = table(Outbox)
_ISSUE = table(Issue)
_PROMPT = table(Prompt)
_GROUP = table(GroupRow)

# Built once: building a statement and its cache key costs several times what running it does.
_NEW_LETTER = Prepared(OUTBOX.insert().returning(OUTBOX.c.id))
_OF_LETTER = Prepared(update(OUTBOX).where(OUTBOX.c.id == bindparam("row")))
_TAKEN = Prepared(select(OUTBOX).where(OUTBOX.c.id == bindparam("row")).with_for_update(skip_locked=True))
_LOCKED = Prepared(select(OUTBOX).where(OUTBOX.c.id == bindparam("row")).with_for_update())
_MAY_LEAVE = or_(
    OUTBOX.c.not_before <= bindparam("now"),
    OUTBOX.c.queued_at > bindparam("now"),  # the clock was set back since: it does not wait for that to come round
)
_READY = Prepared(
    select(OUTBOX)
    .where(written(OUTBOX.c.state, SendState.QUEUED), _MAY_LEAVE)
    .order_by(OUTBOX.c.priority, OUTBOX.c.not_before, OUTBOX.c.id)
    .limit(bindparam("most"))
)
_PLACE_IN_LINE = (
    func.row_number()
    .over(
        partition_by=(OUTBOX.c.target, OUTBOX.c.target_id),
        order_by=(OUTBOX.c.priority, OUTBOX.c.not_before, OUTBOX.c.id),
    )
    .label("place")
)
_LINES = select(OUTBOX.c.id, _PLACE_IN_LINE).where(written(OUTBOX.c.state, SendState.QUEUED), _MAY_LEAVE).subquery()
_HEADS = (
    select(OUTBOX)
    .join(_LINES, _LINES.c.id == OUTBOX.c.id)
    .where(_LINES.c.place == 1)
    .order_by(OUTBOX.c.priority, OUTBOX.c.not_before, OUTBOX.c.id)
)
_NEXT_QUEUED = Prepared(select(func.min(OUTBOX.c.not_before)).where(written(OUTBOX.c.state, SendState.QUEUED)))
_OPEN = written(OUTBOX.c.state, SendState.SENDING, SendState.UNKNOWN)
_NEXT_LEASE_END = Prepared(select(func.min(OUTBOX.c.lease_until)).where(_OPEN))
_LATE = Prepared(
    select(OUTBOX)
    .where(_OPEN, OUTBOX.c.lease_until <= bindparam("now"))
    .order_by(OUTBOX.c.id)
    .with_for_update(skip_locked=True)
)
_OPEN_THERE = Prepared(
    select(OUTBOX)
    .where(_OPEN, OUTBOX.c.account == bindparam("of_account"), OUTBOX.c.conversation == bindparam("there"))
    .order_by(OUTBOX.c.id)
)

LEASE = timedelta(seconds=60)  # longer than any channel's send deadline
FILE_LEASE = timedelta(minutes=3)  # the same for a file
STAFF_REPEAT = timedelta(minutes=2)  # a direct message of unknown fate is repeated after this
MAX_ATTEMPTS = 6
_BACKOFF = timedelta(seconds=20)

_GONE = frozenset({IssueState.DISMISSED, IssueState.MERGED})
_OVER = frozenset({IssueState.RESOLVED, IssueState.CLOSED})
STILL_WANTED: dict[Purpose, frozenset[IssueState]] = {
    Purpose.REMINDER: frozenset({IssueState.OPEN, IssueState.ANSWERED, IssueState.COUNCIL}),
    Purpose.ESCALATION: frozenset({IssueState.OPEN}),
    Purpose.ACK: frozenset(IssueState) - _GONE - _OVER,
    Purpose.RESULT: _OVER,
    Purpose.PROMPT: frozenset(IssueState) - _GONE - {IssueState.CLOSED},
}
"""In which states of its issue a message may still leave; other purposes do not depend on an issue."""

POSTS: dict[Posting, frozenset[Purpose]] = {
    Posting.SILENT: frozenset({Purpose.NOTICE}),
    Posting.ACK: frozenset({Purpose.NOTICE, Purpose.ACK, Purpose.RESULT, Purpose.ANNOUNCEMENT}),
    Posting.FULL: frozenset(set(Purpose) - {Purpose.ESCALATION, Purpose.DIGEST}),
}
"""What the bot may post in a residents' group under each policy."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent and under which conditions it is still wanted. ``reply`` answers a person who just wrote.

    With an ``attachment`` the body may be empty.
    """

    purpose: Purpose
    body: str
    issue_id: int | None = None
    prompt_id: int | None = None
    rung: int | None = None
    urgency: Urgency = Urgency.NORMAL
    mentions: tuple[int, ...] = ()
    reply: bool = False
    attachment: Attachment | None = None


_PRIORITY = {Urgency.EMERGENCY: 0, Urgency.URGENT: 2, Urgency.NORMAL: 4}


def to_staff(tx: Tx, person: str, letter: Letter) -> int:
    """A direct message to a staff member."""
    return _post(tx, "staff", person, letter)


def to_group(tx: Tx, group_id: int, letter: Letter) -> int | None:
    """A post in a residents' group; ``None`` when its posting policy does not allow it."""
    if letter.purpose not in POSTS[posting(tx, group_id)]:
        return None
    return _post(tx, "group", str(group_id), letter)


def posting(tx: Tx, group_id: int) -> Posting:
    """What the bot may post in a group: its own policy, else ``posting.default`` of the config as it is today."""
    return tx.directory.groups[group_id].posting or tx.street.posting


def to_resident(tx: Tx, identity_id: int, letter: Letter) -> int:
    """A direct message to a resident who wrote to the bot first."""
    return _post(tx, "resident", str(identity_id), letter)


def _post(tx: Tx, target: str, target_id: str, letter: Letter) -> int:
    values = {
        "target": target,
        "target_id": target_id,
        "purpose": letter.purpose,
        "issue_id": letter.issue_id,
        "prompt_id": letter.prompt_id,
        "rung": letter.rung,
        "body": letter.body,
        "mentions": list(letter.mentions) or None,
        "attachment_id": files.keep(tx, letter.attachment) if letter.attachment else None,
        "priority": _PRIORITY[letter.urgency] if not letter.reply else 1,
        "exempt": letter.reply or letter.urgency is Urgency.EMERGENCY,
        "queued_at": tx.now,
        "not_before": tx.now,
    }
    return int(_NEW_LETTER.on(tx.db, values).scalar_one())


def candidates(db: Connection, now: datetime, limit: int) -> list[Row[Any]]:
    """Queued rows that may leave now, the gravest and oldest first.

    When more than ``limit`` wait, the first one of everybody who is written to: rows that are held, however many,
    never hide those of others.
    """
    ready = list(_READY.on(db, {"now": now, "most": limit}))
    return ready if len(ready) < limit else list(db.execute(_HEADS, {"now": now}))


def next_queued_at(tx: Tx) -> datetime | None:
    """When the next queued row may leave."""
    found: datetime | None = _NEXT_QUEUED.on(tx.db).scalar()
    return found


def next_lease_end(tx: Tx) -> datetime | None:
    """When the next send of unknown fate is looked at again."""
    found: datetime | None = _NEXT_LEASE_END.on(tx.db).scalar()
    return found


def claim(tx: Tx, row_id: int, account: str, conversation: str) -> int | None:
    """Take a row to send it. Returns its fence, or ``None`` when another sender has it or it is not wanted any more.

    Looked at inside the transaction that marks it ``sending``: what has changed since it was queued counts.
    """
    row = _TAKEN.on(tx.db, {"row": row_id}).one_or_none()
    if row is None or row.state is not SendState.QUEUED:
        return None
    if not row.exempt and tx.street.calendar.is_quiet(tx.now):
        opens = tx.street.calendar.next_open(tx.now, Mode.WAKING)
        _OF_LETTER.on(tx.db, {"row": row_id, "not_before": opens})
        return None
    unwanted = _unwanted(tx, row) if row.parts is None else _left_out(tx, row)
    if unwanted:
        drop(tx, row, unwanted)
        return None
    taken = {
        "state": SendState.SENDING,
        "lease_until": tx.now + (LEASE if row.attachment_id is None else FILE_LEASE),
        "fence": row.fence + 1,
        "attempts": row.attempts + 1,
        "account": account,
        "conversation": conversation,
    }
    _OF_LETTER.on(tx.db, {"row": row_id, **taken})
    sends.add(tx, account)
    return int(row.fence) + 1


def _unwanted(tx: Tx, row: Row[Any]) -> str:
    """Why a row should not leave after all; empty when it should."""
    if row.prompt_id is not None:
        state = tx.db.execute(select(_PROMPT.c.state).where(_PROMPT.c.id == row.prompt_id)).scalar_one()
        if state is not PromptState.OPEN and row.purpose is Purpose.PROMPT:
            return f"the prompt is {state}"
    return "" if row.issue_id is None else _superseded(tx, row.purpose, row.issue_id, row.rung)


def _superseded(tx: Tx, purpose: Purpose, issue_id: int, rung: int | None) -> str:
    issue = tx.db.execute(select(_ISSUE.c.state, _ISSUE.c.rung).where(_ISSUE.c.id == issue_id)).one()
    if issue.state not in STILL_WANTED.get(purpose, frozenset(IssueState)):
        return f"the issue is {issue.state}"
    if rung is not None and (issue.state is not IssueState.OPEN or issue.rung != rung):
        return f"rung {rung} is superseded"
    return ""


def _left_out(tx: Tx, row: Row[Any]) -> str:
    """Of several reminders in one message those not wanted any more are left out, each with its line."""
    wanted, lines, reason = [], row.body.split("\n"), ""
    gone: list[int] = []
    for at, part in enumerate(row.parts):
        prompt = tx.db.execute(select(_PROMPT.c.state).where(_PROMPT.c.id == part["prompt"])).scalar_one()
        why = _superseded(tx, Purpose(part["purpose"]), part["issue"], part["rung"])
        if not why and prompt is not PromptState.OPEN and part["rung"] is None:
            why = f"the prompt is {prompt}"
        if why:
            reason = why
            gone.append(at)
        else:
            wanted.append(part)
    if not wanted or not gone:
        return "" if wanted else reason
    shown = [line for at, line in enumerate(lines, start=-1) if at not in gone or at >= SHOWN_TOGETHER]
    _OF_LETTER.on(tx.db, {"row": row.id, "body": "\n".join(shown), "parts": wanted})
    return ""


def drop(tx: Tx, row: Row[Any], reason: str) -> None:
    """Not sent on purpose, with the reason."""
    _OF_LETTER.on(tx.db, {"row": row.id, "state": SendState.DROPPED, "reason": reason})
    said = {"outbox": row.id, "purpose": row.purpose.value, "to": f"{row.target}:{row.target_id}"}
    record(tx, "dropped", Cause(reason=reason), row.issue_id, said)


def fail(tx: Tx, row_id: int, reason: str) -> None:
    """Could not be addressed at all (nobody bound, no such room): the operator sees it."""
    row = _LOCKED.on(tx.db, {"row": row_id}).one()
    if row.state is SendState.FAILED:
        return  # another process said so already
    _OF_LETTER.on(tx.db, {"row": row_id, "state": SendState.FAILED, "reason": reason})
    said = {"outbox": row_id, "purpose": row.purpose.value, "to": f"{row.target}:{row.target_id}"}
    record(tx, "send_failed", Cause(reason=reason), row.issue_id, said)


def settle(tx: Tx, row_id: int, fence: int, receipt: Receipt, to: str) -> None:
    """Write down the outcome of a send. A stale fence changes nothing: the lease had passed to somebody else."""
    row = _LOCKED.on(tx.db, {"row": row_id}).one()
    if row.fence != fence or row.state not in (SendState.SENDING, SendState.UNKNOWN):
        return
    if receipt.outcome is Outcome.SENT:
        _mark_sent(tx, row, receipt.message_id, to)
        return
    if receipt.outcome in (Outcome.FAILED, Outcome.REFUSED):  # certainly not sent: it does not count
        sends.add(tx, row.account, -1)
    if receipt.outcome is Outcome.FAILED and row.attempts < MAX_ATTEMPTS:
        later = tx.now + _BACKOFF * 2 ** (row.attempts - 1)
        again = {"state": SendState.QUEUED, "not_before": later, "lease_until": None, "reason": receipt.detail}
        _OF_LETTER.on(tx.db, {"row": row_id, **again})
    elif receipt.outcome is Outcome.UNKNOWN:
        unknown = {"state": SendState.UNKNOWN, "lease_until": tx.now + STAFF_REPEAT, "reason": receipt.detail}
        _OF_LETTER.on(tx.db, {"row": row_id, **unknown})
        record(tx, "send_unknown", Cause(reason=receipt.detail), row.issue_id, {"outbox": row_id, "to": to})
    else:
        fail(tx, row_id, receipt.detail)


def echo(tx: Tx, account: str, external_id: str, conversation: str, body: str, to: str) -> bool:
    """The bot heard its own message: proof that it arrived. Settles a row whose fate was unknown."""
    known = tx.db.execute(select(OUTBOX.c.id).where(OUTBOX.c.external_id == external_id)).first()
    if known is not None:
        return True
    for row in _OPEN_THERE.on(tx.db, {"of_account": account, "there": conversation}):
        if row.body and body.strip().endswith(row.body.strip()):
            _mark_sent(tx, row, external_id, to)
            return True
    return False


def _mark_sent(tx: Tx, row: Row[Any], external_id: str | None, to: str) -> None:
    sent = {"state": SendState.SENT, "sent_at": tx.now, "external_id": external_id, "lease_until": None, "reason": ""}
    _OF_LETTER.on(tx.db, {"row": row.id, **sent})
    said = {"to": to, "purpose": row.purpose.value, "text": row.body, "outbox": row.id}
    if row.parts:
        said["issues"] = [part["issue"] for part in row.parts]
    record(tx, "sent", Cause(), row.issue_id, said)
    if row.purpose is Purpose.NOTICE and row.target == "group" and not row.mentions:
        notice_posted(tx, int(row.target_id))


def notice_posted(tx: Tx, group_id: int) -> None:
    """The group has had its notice: from now on it may be read."""
    tx.db.execute(update(_GROUP).where(_GROUP.c.id == group_id).values(notice_at=tx.now))
    directory_changed(tx.db)
    record(tx, "notice_posted", Cause(), data={"group": group_id})


REPEATED = "（可能重复）"


def expire_leases(tx: Tx) -> int:
    """Sends whose lease ran out: a group's post becomes ``unknown`` for good, a staff member's is repeated."""
    count = 0
    for row in _LATE.on(tx.db, {"now": tx.now}).all():
        count += 1
        if row.target == "staff" and row.attempts < MAX_ATTEMPTS:
            if row.state is SendState.SENDING:
                values: dict[str, Any] = {"state": SendState.UNKNOWN, "lease_until": tx.now + STAFF_REPEAT}
            else:
                body = row.body if row.body.startswith(REPEATED) else REPEATED + row.body
                values = {"state": SendState.QUEUED, "not_before": tx.now, "lease_until": None, "body": body}
        else:
            values = {"state": SendState.UNKNOWN, "lease_until": None, "reason": "no answer within the lease"}
            record(tx, "send_unknown", Cause(reason="no answer within the lease"), row.issue_id, {"outbox": row.id})
        _OF_LETTER.on(tx.db, {"row": row.id, **values})
    return count


def issue_of_post(db: Connection, external_id: str) -> int | None:
    """The issue one of the bot's posts is about, by the post's id."""
    return db.execute(select(OUTBOX.c.issue_id).where(OUTBOX.c.external_id == external_id)).scalar()


def row_of_post(db: Connection, external_id: str) -> int | None:
    """The row of one of the bot's posts, by the post's id."""
    return db.execute(select(OUTBOX.c.id).where(OUTBOX.c.external_id == external_id)).scalar()


def row(tx: Tx, row_id: int) -> Row[Any] | None:
    """One row, locked."""
    return _LOCKED.on(tx.db, {"row": row_id}).one_or_none()


def body_of(db: Connection, row_id: int) -> str:
    """The words of a row as they are now."""
    return str(db.execute(select(OUTBOX.c.body).where(OUTBOX.c.id == row_id)).scalar_one())


def prompts_of_post(db: Connection, external_id: str) -> list[int]:
    """The prompts that one of the bot's messages carried together."""
    parts = db.execute(select(OUTBOX.c.parts).where(OUTBOX.c.external_id == external_id)).scalar()
    return [part["prompt"] for part in parts or ()]


def prompt_of_post(db: Connection, external_id: str) -> int | None:
    """The prompt one of the bot's messages carried."""
    return db.execute(select(OUTBOX.c.prompt_id).where(OUTBOX.c.external_id == external_id)).scalar()
