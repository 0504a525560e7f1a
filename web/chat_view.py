"""The sandbox's conversations: what was written and what the bot sent, merged in time order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from domain.lifecycle import UNSETTLED
from domain.prompts import OPTIONS
from domain.wording import BOT
from domain.words import MessageKind, PromptKind, PromptState, Purpose, SendState
from store.tables import IdentityRow, Issue, IssueReport, MessageRow, MessageState, Outbox, Prompt, table
from web.keys import View
from web.names import duty_at
from web.timeline import PURPOSE_NAMES

_MESSAGE, _OUTBOX, _PROMPT = table(MessageRow), table(Outbox), table(Prompt)
_REPORT, _ISSUE, _IDENTITY = table(IssueReport), table(Issue), table(IdentityRow)

_ARRIVED = [SendState.SENT, SendState.UNKNOWN]
_MESSAGES, _POSTS = 0, 1  # at the same instant what was written stands before what the bot answered


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a conversation: the next page holds what stands before it."""

    at: datetime
    rank: int
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}|{self.rank}|{self.id}"


def parse_cursor(text: str) -> Cursor:
    """The inverse of ``str(cursor)``. Raises ``ValueError``."""
    at, rank, number = text.split("|")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or int(rank) not in (_MESSAGES, _POSTS):
        raise ValueError("not a cursor of this program")
    return Cursor(moment, int(rank), int(number))


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation: its messages, the bot's posts in it, and the buildings it is about."""

    messages: ColumnElement[bool]
    posts: ColumnElement[bool]
    buildings: tuple[int, ...] = ()


def group_talk(view: View, group_id: int) -> Talk:
    """A residents' group."""
    posts = and_(_OUTBOX.c.target == "group", _OUTBOX.c.target_id == str(group_id))
    return Talk(_MESSAGE.c.group_id == group_id, posts, view.tx.directory.groups[group_id].buildings)


def direct_talk(view: View, person: str) -> Talk:
    """One person's direct messages with the bot; ``person`` is a staff id or a resident's id."""
    mine = select(_IDENTITY.c.id).where(_IDENTITY.c.external_id == person)
    ids = [str(number) for number in view.tx.db.execute(mine).scalars()]
    to_staff = and_(_OUTBOX.c.target == "staff", _OUTBOX.c.target_id == person)
    to_resident = and_(_OUTBOX.c.target == "resident", _OUTBOX.c.target_id.in_(ids))
    direct = and_(_MESSAGE.c.room_id.is_(None), _MESSAGE.c.sender_id == person)
    return Talk(direct, or_(to_staff, to_resident))


def page(view: View, talk: Talk, before: Cursor | None, limit: int) -> dict[str, Any]:
    """The newest ``limit`` lines before a cursor, oldest first, and the cursor of the page before it."""
    written = _newest(view, _written(talk), _MESSAGE.c.sent_at, _MESSAGE.c.id, (_MESSAGES, before, limit))
    posted = _newest(view, _posted(talk), _OUTBOX.c.sent_at, _OUTBOX.c.id, (_POSTS, before, limit))
    lines = sorted(
        [(row.sent_at, _MESSAGES, row.id, row) for row in written]
        + [(row.sent_at, _POSTS, row.id, row) for row in posted],
        key=lambda line: line[:3],
    )
    more = len(lines) > limit
    lines = lines[-limit:]
    told = _Teller(view, talk, [row for _, rank, _, row in lines if rank == _MESSAGES])
    shown = [told.message(row) if rank == _MESSAGES else told.post(row) for _, rank, _, row in lines]
    return {"lines": shown, "before": str(Cursor(*lines[0][:3])) if more else None}


def _written(talk: Talk) -> Select[Any]:
    ready = (MessageState.READ, MessageState.DONE, MessageState.SET_ASIDE)
    return select(_MESSAGE).where(talk.messages, _MESSAGE.c.sent_at.is_not(None), _MESSAGE.c.state.in_(ready))


def _posted(talk: Talk) -> Select[Any]:
    return select(_OUTBOX).where(talk.posts, _OUTBOX.c.state.in_(_ARRIVED), _OUTBOX.c.sent_at.is_not(None))


def _newest(
    view: View, chosen: Select[Any], at: Any, number: Any, bounds: tuple[int, Cursor | None, int]
) -> Sequence[Row[Any]]:
    rank, before, limit = bounds
    if before is not None:
        tied = {-1: and_(at == before.at), 0: and_(at == before.at, number < before.id), 1: None}
        side = tied[(rank > before.rank) - (rank < before.rank)]
        chosen = chosen.where(at < before.at if side is None else or_(at < before.at, side))
    return view.tx.db.execute(chosen.order_by(at.desc(), number.desc()).limit(limit + 1)).all()


class _Teller:
    """Turns rows of one page into what the page shows; looks everything beside them up in a few queries."""

    def __init__(self, view: View, talk: Talk, written: Sequence[Row[Any]]) -> None:
        self.view, self.talk = view, talk
        self.issues = self._issues([row.id for row in written])

    def message(self, row: Row[Any]) -> dict[str, Any]:
        """What a person wrote."""
        extra: Mapping[str, Any] = row.extra or {}
        recalled = row.kind is MessageKind.RECALL or (row.kind is not None and not row.body and row.extra is None)
        return {
            "key": f"m{row.id}",
            "id": row.external_id,
            "at": self.view.iso(row.sent_at),
            "bot": False,
            "sender": self._sender(row),
            "text": row.body,
            "kind": row.kind.value if row.kind else "text",
            "recalled": recalled,
            "command": row.kind is MessageKind.RECALL and bool(extra.get("recall_of")),
            "quote": self._quote(extra.get("quote"), str(extra.get("quote_text", ""))),
            "issues": self.issues.get(row.id, []),
        }

    def post(self, row: Row[Any]) -> dict[str, Any]:
        """What the bot sent."""
        return {
            "key": f"p{row.id}",
            "id": row.external_id or "",
            "at": self.view.iso(row.sent_at),
            "bot": True,
            "sender": {"id": "", "name": BOT, "duty": ""},
            "text": row.body,
            "mentions": [self._contact(number) for number in row.mentions or []],
            "purpose": _purpose(row),
            "grave": row.purpose.value == "escalation",
            "unsure": row.state is SendState.UNKNOWN,
            "issues": self._issue(row.issue_id),
            "prompt": self._prompt(row.prompt_id),
        }

    def _sender(self, row: Row[Any]) -> dict[str, str]:
        directory = self.view.tx.directory
        if row.sender_id in directory.people:
            duty = duty_at(directory, row.sender_id, self.talk.buildings)
            return {"id": row.sender_id, "name": directory.name(row.sender_id), "duty": duty}
        return {"id": row.sender_id, "name": row.sender_alias or row.sender_name or row.sender_id, "duty": ""}

    def _issues(self, messages: Sequence[int]) -> dict[int, list[dict[str, int]]]:
        chosen = (
            select(_REPORT.c.message_id, _ISSUE.c.id, _ISSUE.c.number)
            .join(_ISSUE, _ISSUE.c.id == _REPORT.c.issue_id)
            .where(_REPORT.c.message_id.in_(messages))
            .order_by(_ISSUE.c.id)
        )
        found: dict[int, list[dict[str, int]]] = {}
        for row in self.view.tx.db.execute(chosen):
            found.setdefault(row.message_id, []).append({"id": row.id, "number": row.number})
        return found

    def _issue(self, issue_id: int | None) -> list[dict[str, int]]:
        if issue_id is None:
            return []
        number = self.view.tx.db.execute(select(_ISSUE.c.number).where(_ISSUE.c.id == issue_id)).scalar()
        return [] if number is None else [{"id": issue_id, "number": number}]

    def _quote(self, quoted: str | None, text: str) -> dict[str, str] | None:
        if not quoted:
            return {"name": "", "text": text} if text else None
        db = self.view.tx.db
        row = db.execute(select(_MESSAGE).where(_MESSAGE.c.external_id == quoted).limit(1)).one_or_none()
        if row is not None:
            return {"name": self._sender(row)["name"], "text": row.body or "（已撤回）"}
        body = db.execute(select(_OUTBOX.c.body).where(_OUTBOX.c.external_id == quoted).limit(1)).scalar()
        return {"name": BOT, "text": body} if body is not None else {"name": "", "text": text or "（原消息不在了）"}

    def _contact(self, number: int) -> str:
        row = self.view.tx.db.execute(select(_IDENTITY.c.name).where(_IDENTITY.c.id == number)).scalar()
        return row or "居民"

    def _prompt(self, prompt_id: int | None) -> dict[str, Any] | None:
        row = self.view.tx.db.execute(select(_PROMPT).where(_PROMPT.c.id == prompt_id)).one_or_none()
        if row is None:
            return None
        kind, _, key = row.asked_of.partition(":")
        asked = key if kind == "staff" else _external(self.view, key)
        return {"id": row.id, "of": asked, "open": self._takes_answers(row), "options": _options(row)}

    def _takes_answers(self, prompt: Row[Any]) -> bool:
        """Open, or «2 处理中» said today that may become «1 已解决» while the matter lives."""
        if prompt.state is not PromptState.ANSWERED or prompt.kind is not PromptKind.HANDLED:
            return prompt.state is PromptState.OPEN
        state = self.view.tx.db.execute(select(_ISSUE.c.state).where(_ISSUE.c.id == prompt.issue_id)).scalar()
        return state in UNSETTLED


def _purpose(post: Row[Any]) -> str:
    """What a post is for; an answer to somebody who just wrote is queued as a prompt without a question."""
    return "回复" if post.purpose is Purpose.PROMPT and post.prompt_id is None else PURPOSE_NAMES[post.purpose]


def _options(prompt: Row[Any]) -> list[dict[str, Any]]:
    if prompt.kind is PromptKind.WHICH:
        labels = (f"第{index}件" for index in range(1, len(prompt.options or ()) + 1))
        return [{"digit": index, "label": label, "more": False} for index, label in enumerate(labels, start=1)]
    return [
        {"digit": option.digit, "label": option.label.split("（")[0], "more": option.takes_text}
        for option in OPTIONS.get(prompt.kind, ())
    ]


def directs(view: View) -> list[dict[str, Any]]:
    """Everybody the bot sent a direct message to or heard one from: newest first, with the last line."""
    db, found = view.tx.db, dict[str, dict[str, Any]]()
    sent = select(_OUTBOX.c.target, _OUTBOX.c.target_id, func.max(_OUTBOX.c.id).label("last"), func.count().label("n"))
    arrived = sent.where(_OUTBOX.c.target != "group", _OUTBOX.c.state.in_(_ARRIVED))
    rows = db.execute(arrived.group_by(_OUTBOX.c.target, _OUTBOX.c.target_id)).all()
    bodies = {row.id: row for row in db.execute(select(_OUTBOX).where(_OUTBOX.c.id.in_([row.last for row in rows])))}
    for row in rows:
        person = row.target_id if row.target == "staff" else _external(view, row.target_id)
        last = bodies[row.last]
        found[person] = {"person": person, "count": row.n, "text": last.body, "at": last.sent_at, "bot": True}
    own = select(func.max(_MESSAGE.c.id)).where(_MESSAGE.c.room_id.is_(None), _MESSAGE.c.sent_at.is_not(None))
    for row in db.execute(select(_MESSAGE).where(_MESSAGE.c.id.in_(own.group_by(_MESSAGE.c.sender_id)))):
        known = found.setdefault(row.sender_id, {"person": row.sender_id, "count": 0, "at": None})
        if known["at"] is None or row.sent_at > known["at"]:
            known |= {"text": row.body, "at": row.sent_at, "bot": False}
    ordered = sorted(found.values(), key=lambda entry: (entry["at"], entry["count"]), reverse=True)
    return [{**entry, "at": view.iso(entry["at"])} for entry in ordered]


def _external(view: View, identity_id: str) -> str:
    row = view.tx.db.execute(select(_IDENTITY.c.external_id).where(_IDENTITY.c.id == int(identity_id))).scalar()
    return str(row or identity_id)
