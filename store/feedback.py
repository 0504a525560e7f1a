"""What people said of what was heard: the judged texts and the lines that nobody opened an issue from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from domain.words import Category, DismissReason, IssueState, MessageKind, PromptKind
from store.tables import Event, Issue, IssueReport, MessageRow, table

_ISSUE, _REPORT, _MESSAGE, _EVENT = table(Issue), table(IssueReport), table(MessageRow), table(Event)
_NO_MATTER = frozenset({DismissReason.NOT_A_MATTER, DismissReason.OWN_MATTER})
_ACTED_ON = frozenset({IssueState.ANSWERED, IssueState.RESOLVED, IssueState.CLOSED, IssueState.COUNCIL})
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Judgement:
    """A text that a person judged. ``category`` is ``None`` for what is no matter, or the resident's own."""

    text: str
    category: Category | None


def judgements(db: Connection) -> list[Judgement]:
    """The first message of every issue that was dismissed as no matter, confirmed, or acted on by staff.

    Where the message is deleted already, the summary kept with the issue stands for it.
    """
    answered = select(_EVENT.c.issue_id, _EVENT.c.data).where(_EVENT.c.what == "prompt_answered")
    confirmed = {
        row.issue_id
        for row in db.execute(answered)
        if (row.data or {}).get("kind") == PromptKind.IS_ISSUE.value and str(row.data.get("answer", ""))[:1] in "12"
    }
    first: dict[int, str] = {}
    told = select(_REPORT.c.issue_id, _MESSAGE.c.body).join(_MESSAGE, _MESSAGE.c.id == _REPORT.c.message_id)
    for row in db.execute(told.order_by(_REPORT.c.at, _REPORT.c.message_id)):
        first.setdefault(row.issue_id, row.body)
    out = []
    for row in db.execute(select(_ISSUE).order_by(_ISSUE.c.id)):
        text = first.get(row.id) or row.summary
        if not text:
            continue
        if row.state is IssueState.DISMISSED:
            if row.dismiss_reason in _NO_MATTER:
                out.append(Judgement(text, None))
        elif row.id in confirmed or row.state in _ACTED_ON:
            out.append(Judgement(text, row.category))
    return out


def other_lines(db: Connection, limit: int) -> Iterator[str]:
    """The newest ``limit`` stored lines of groups that belong to no issue."""
    chosen = (
        select(_MESSAGE.c.body)
        .outerjoin(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
        .where(_REPORT.c.issue_id.is_(None), _MESSAGE.c.group_id.is_not(None))
        .where(_MESSAGE.c.kind == MessageKind.TEXT, _MESSAGE.c.body != "")
        .order_by(_MESSAGE.c.id.desc())
        .limit(limit)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in db.execute(chosen):
        yield row.body
