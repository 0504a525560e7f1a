"""The residents' council of each community: its agenda, meetings and resolutions (议事会).

An item belongs to one issue. What is to be done by when stands in the issue itself (its promise and its
next step), so a resolution rides on the same ladder as everything else; here stands what was decided.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update

from domain.calendar import Mode
from domain.lifecycle import UNSETTLED
from domain.spans import parse_length
from domain.wording_council import ItemWords
from domain.words import CouncilState, Duty, IssueState, Tier, Urgency
from store import bell, issues
from store.tables import CouncilItem, Issue, IssueReport, MessageRow, table
from store.tx import Cause, Tx, frozen_policy, record

ITEM, _ISSUE, _REPORT, _MESSAGE = table(CouncilItem), table(Issue), table(IssueReport), table(MessageRow)

OPEN_STATES = (CouncilState.LISTED, CouncilState.SCHEDULED, CouncilState.DECIDED)
_AFTER_MEETING = timedelta(hours=14)  # the morning after an evening meeting
_AGAIN = parse_length("3wd")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was decided: in which words, who carries it out, by when (aware UTC)."""

    text: str
    carrier: str
    due_at: datetime


def put_on_agenda(tx: Tx, issue: Issue, cause: Cause) -> bool:
    """On its community's agenda; ``False`` when it stands there already. One taken off comes back."""
    known = of_issue(tx, int(issue.id))
    if known is not None and known.state in OPEN_STATES:
        return False
    values = {"state": CouncilState.LISTED, "listed_at": tx.now, "ended_at": None, "next_at": None}
    if known is None:
        fixed = {"issue_id": issue.id, "community_id": issue.community_id}
        tx.db.execute(ITEM.insert().values(**fixed, **values))
    else:
        tx.db.execute(update(ITEM).where(ITEM.c.id == known.id).values(**values))
    record(tx, "council_listed", cause, issue.id)
    return True


def take_off(tx: Tx, issue: Issue, cause: Cause) -> None:
    """Not for the council after all."""
    _end(tx, issue, CouncilState.REMOVED, "council_removed", cause)


def carried_out(tx: Tx, issue: Issue, cause: Cause) -> None:
    """The issue is over: a resolution is done, a matter never decided on leaves the agenda."""
    known = of_issue(tx, int(issue.id))
    if known is not None and known.state in OPEN_STATES:
        done = known.state is CouncilState.DECIDED
        state, what = (CouncilState.DONE, "council_done") if done else (CouncilState.REMOVED, "council_removed")
        _end(tx, issue, state, what, cause)


def not_carried_out(tx: Tx, issue: Issue, cause: Cause) -> None:
    """It came back: the resolution is not done yet, or the matter waits for one again."""
    known = of_issue(tx, int(issue.id))
    if known is not None and known.state is CouncilState.DONE:
        again = update(ITEM).where(ITEM.c.id == known.id).values(state=CouncilState.DECIDED, ended_at=None)
        tx.db.execute(again)
        record(tx, "council_reopened", cause, issue.id)


def call_meeting(tx: Tx, items: Sequence[Row[Any]], at: datetime, place: str, cause: Cause) -> None:
    """A day for these items; their issues go before the council. The secretary is reminded if nothing comes of it."""
    for item in items:
        after = tx.street.calendar.next_open(at + _AFTER_MEETING, Mode.WORKING)
        values = {"state": CouncilState.SCHEDULED, "meeting_at": at, "place": place, "next_at": after}
        tx.db.execute(update(ITEM).where(ITEM.c.id == item.id).values(**values))
        issue = issues.load(tx, item.issue_id)
        if issue.state is not IssueState.COUNCIL:
            issues.to_council(tx, issue, cause)
        record(tx, "council_meeting", cause, item.issue_id, {"at": tx.street.local(at).isoformat(), "place": place})


def decide(tx: Tx, issue: Issue, made: Resolution, cause: Cause) -> Issue:
    """A resolution: its carrier answers for the issue from now on, promised for its day."""
    put_on_agenda(tx, issue, cause)
    values = {
        "state": CouncilState.DECIDED,
        "resolution": made.text,
        "carrier_id": made.carrier,
        "decided_at": tx.now,
        "due_at": made.due_at,
        "next_at": None,
    }
    tx.db.execute(update(ITEM).where(ITEM.c.issue_id == issue.id).values(**values))
    said = {"carrier": made.carrier, "due": tx.street.local(made.due_at).isoformat(), "text": made.text}
    record(tx, "council_decided", cause, issue.id, said)
    if issue.assignee_id != made.carrier:
        issue = issues.assign(tx, issue, cause, made.carrier)
    return issues.answer(tx, issue, cause, made.due_at)


def of_issue(tx: Tx, issue_id: int) -> Row[Any] | None:
    """The item of an issue."""
    return tx.db.execute(select(ITEM).where(ITEM.c.issue_id == issue_id)).one_or_none()


def agenda(tx: Tx, communities: Collection[int]) -> list[tuple[Row[Any], Issue]]:
    """The live items of some communities with their issues, meetings first in their order. Two queries."""
    live = (ITEM.c.community_id.in_(list(communities)), ITEM.c.state.in_(OPEN_STATES))
    rows = tx.db.execute(select(ITEM).where(*live).order_by(ITEM.c.meeting_at, ITEM.c.id)).all()
    chosen = select(_ISSUE).where(_ISSUE.c.id.in_([row.issue_id for row in rows]), _ISSUE.c.state.in_(list(UNSETTLED)))
    known = {row.id: issues.of_row(row) for row in tx.db.execute(chosen)}
    return [(row, known[row.issue_id]) for row in rows if row.issue_id in known]


def words(tx: Tx, item: Row[Any], issue: Issue) -> ItemWords:
    """An item as the sentences need it."""
    local = tx.street.local
    return ItemWords(
        issue=bell.words(tx, issue),
        state=item.state,
        listed=local(item.listed_at),
        meeting=local(item.meeting_at) if item.meeting_at else None,
        place=item.place,
        resolution=item.resolution,
        carrier=tx.directory.name(item.carrier_id) if item.carrier_id else "",
        due=local(item.due_at) if item.due_at else None,
        overdue=item.due_at is not None and item.due_at < tx.now,
    )


def groups_of_reporters(tx: Tx, issue: Issue) -> list[int]:
    """The groups in which an issue was told, its own first."""
    told = (
        select(_MESSAGE.c.group_id)
        .join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)
        .where(_REPORT.c.issue_id == issue.id, _MESSAGE.c.group_id.is_not(None))
        .distinct()
    )
    others = sorted(set(tx.db.execute(told).scalars()) - {issue.group_id})
    return [issue.group_id, *(group for group in others if group in tx.directory.groups)]


def usual_due(tx: Tx, issue: Issue) -> datetime:
    """By when a resolution without a day is to be carried out: the limit of a large matter from now."""
    policy = frozen_policy(tx, issue.policy_id)
    return tx.street.calendar.add(tx.now, *policy.resolution(Urgency.NORMAL, Tier.LARGE, issue.category))


def secretaries(tx: Tx, issue: Issue) -> list[str]:
    """Who leads the council of an issue's community."""
    return bell.responsible_people(tx, issue, (Duty.COMMUNITY_SECRETARY,))


def without_resolution(tx: Tx, limit: int = 100) -> list[tuple[Row[Any], Issue]]:
    """Items whose meeting was and which nobody decided on, due now; each is due again three working days later."""
    late = select(ITEM).where(ITEM.c.next_at <= tx.now).order_by(ITEM.c.next_at, ITEM.c.id).limit(limit)
    found = []
    for row in tx.db.execute(late.with_for_update(skip_locked=True)).all():
        issue = issues.load(tx, row.issue_id)
        waits = row.state is CouncilState.SCHEDULED and issue.state in UNSETTLED
        again = tx.street.calendar.add(tx.now, _AGAIN, Mode.WORKING) if waits else None
        tx.db.execute(update(ITEM).where(ITEM.c.id == row.id).values(next_at=again))
        if waits:
            found.append((row, issue))
    return found


def next_due(tx: Tx) -> datetime | None:
    """When the next missing resolution is asked for."""
    return tx.db.execute(select(func.min(ITEM.c.next_at)).where(ITEM.c.next_at.is_not(None))).scalar()


def _end(tx: Tx, issue: Issue, state: CouncilState, what: str, cause: Cause) -> None:
    live = (ITEM.c.issue_id == issue.id, ITEM.c.state.in_(OPEN_STATES))
    done = tx.db.execute(update(ITEM).where(*live).values(state=state, ended_at=tx.now, next_at=None))
    if done.rowcount:
        record(tx, what, cause, issue.id)
