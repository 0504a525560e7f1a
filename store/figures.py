"""The figures of a digest, read from the tables (definitions: design, section 5, The three rates)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from domain.figures import Figures, IssueLine, Rate, Rates
from domain.lifecycle import UNSETTLED
from domain.privacy import excerpt, masked
from domain.words import Duty, IssueState, MessageKind, Urgency
from store.directory import TRUSTED_CHANNELS, GroupInfo, get_setting
from store.issues import ISSUE, of_row
from store.tables import CoverageGap, Issue, MessageRow, MessageState, table
from store.tx import Tx, frozen_policy

_GAP = table(CoverageGap)
_MESSAGE = table(MessageRow)

_WORDLESS = (MessageKind.VOICE, MessageKind.IMAGE, MessageKind.VIDEO)
_ENDED = (IssueState.RESOLVED, IssueState.CLOSED)
LEFT_OUT = (IssueState.DISMISSED, IssueState.MERGED, IssueState.SUSPECTED)
"""Issues in these states are in none of the three rates."""


def figures(tx: Tx, chief: str, communities: Sequence[int], since: datetime, until: datetime) -> Figures:
    """One chief's figures for the window (since, until], as the issues stand at ``tx.now``."""
    chosen = select(ISSUE).where(ISSUE.c.community_id.in_(list(communities)))
    live_or_recent = or_(ISSUE.c.next_at.is_not(None), ISSUE.c.opened_at > since, ISSUE.c.resolved_at > since)
    rows = tx.db.execute(chosen.where(live_or_recent).order_by(ISSUE.c.opened_at, ISSUE.c.id))
    known = [of_row(row) for row in rows]
    cohort = [i for i in known if since < i.opened_at <= until and i.state not in LEFT_OUT]
    waiting = [i for i in known if i.state is IssueState.OPEN]
    before = [i for i in known if i.opened_at <= since]
    resolved = [i for i in known if i.resolved_at is not None and since < i.resolved_at <= until and i.state in _ENDED]
    unclear = [i for i in known if i.state is IssueState.SUSPECTED]
    linked = Counter(i.linked_to or i.id for i in known if i.state in UNSETTLED)

    def lines(chosen: Sequence[Issue]) -> tuple[IssueLine, ...]:
        return tuple(_line(tx, issue, linked[issue.linked_to or issue.id]) for issue in chosen)

    deaf, gaps, unheard, wordless = _hearing(tx, communities, since, until)
    return Figures(
        chief=tx.directory.name(chief),
        communities=tuple(tx.directory.communities[community] for community in communities),
        since=tx.street.local(since),
        until=tx.street.local(until),
        needed=lines([issue for issue in waiting if _needs_chief(tx, issue)]),
        opened=lines(cohort),
        answered=sum(issue.answered_at is not None for issue in cohort),
        waiting=lines(waiting),
        in_hand=sum(issue.state is IssueState.ANSWERED for issue in known),
        resolved=lines(resolved),
        unclear=lines(unclear),
        rates=rates(cohort, until),
        before=(sum(i.state in UNSETTLED for i in before), sum(i.opened_at <= since for i in resolved)),
        council=sum(issue.state is IssueState.COUNCIL for issue in known),
        deaf=deaf,
        gaps=gaps,
        unheard=unheard,
        wordless=wordless,
        due_soon=lines([i for i in known if i.state in UNSETTLED and i.warned_resolution and i.resolution_at > until]),
        overdue=lines([i for i in known if i.state in UNSETTLED and i.resolution_at <= until]),
    )


def rates(cohort: Sequence[Issue], until: datetime) -> Rates:
    """The three rates of the issues opened in a window, each with numerator and denominator."""
    answered = [i for i in cohort if i.answered_at is not None]
    in_time = sum(i.answered_at is not None and i.answered_at <= i.response_at for i in answered)
    silent = sum(i.answered_at is None and (i.response_at <= until or i.state in _ENDED) for i in cohort)
    done = [i for i in cohort if i.state in _ENDED and i.resolved_at is not None]
    done_in_time = sum(i.resolved_at is not None and i.resolved_at <= i.resolution_at for i in done)
    open_late = sum(i.resolution_at <= until for i in cohort if i.state not in _ENDED or i.resolved_at is None)
    said = [i for i in cohort if i.satisfaction is not None]
    return Rates(
        response=Rate(in_time, len(answered) + silent),
        resolution=Rate(done_in_time, len(done) + open_late),
        satisfaction=Rate(sum(i.satisfaction == 1 for i in said), len(said)),
        asked=sum(i.surveyed for i in cohort),
    )


def _needs_chief(tx: Tx, issue: Issue) -> bool:
    """Nobody answered and the ladder has reached the chief, the limit has passed, or people are in danger."""
    ladder = frozen_policy(tx, issue.policy_id).ladders[issue.urgency]
    reached = any(Duty.SECTION_CHIEF in ladder.duties(rung) for rung in range(issue.rung + 1))
    return reached or issue.urgency is Urgency.EMERGENCY or issue.response_at <= tx.now


def _line(tx: Tx, issue: Issue, linked: int) -> IssueLine:
    return IssueLine(
        number=issue.number,
        category=issue.category,
        urgency=issue.urgency,
        state=issue.state,
        building=tx.directory.buildings[issue.building_id].name,
        text=excerpt(masked(issue.summary), 28),
        waiting=(tx.now - issue.opened_at).total_seconds(),
        assignee=tx.directory.name(issue.assignee_id) if issue.assignee_id else "",
        opened=tx.street.local(issue.opened_at),
        linked=linked,
    )


def _hearing(
    tx: Tx, communities: Sequence[int], since: datetime, until: datetime
) -> tuple[tuple[str, ...], tuple[str, ...], int, int]:
    """Groups of these communities without a room or notice, gaps in the window, messages nobody could read, and
    those without words in these groups."""
    own = {b.id for b in tx.directory.buildings.values() if b.community_id in communities}
    groups = [g for g in tx.directory.groups.values() if own & set(g.buildings)]
    bound = set(tx.directory.rooms.values())
    playing = get_setting(tx.db, "kind") in TRUSTED_CHANNELS  # there every group of the roster is heard

    def is_deaf(group: GroupInfo) -> bool:
        return group.notice_at is None or (group.id not in bound and not playing)

    deaf = tuple(group.topic for group in groups if is_deaf(group))
    chosen = select(_GAP).where(_GAP.c.since <= until, or_(_GAP.c.until.is_(None), _GAP.c.until > since))
    gaps = []
    for gap in tx.db.execute(chosen.order_by(_GAP.c.since)):
        end = f"{tx.street.local(gap.until):%H:%M}" if gap.until else "现在"
        gaps.append(f"{tx.street.local(gap.since):%m-%d %H:%M}至{end}")
    window = _window(tx, since, until)
    wordless = (
        _MESSAGE.c.kind.in_(_WORDLESS),
        _MESSAGE.c.body == "",
        _MESSAGE.c.group_id.in_([group.id for group in groups]),
    )
    lost = _MESSAGE.c.state == MessageState.UNHEARD
    return deaf, tuple(gaps), _count(tx, *window, lost), _count(tx, *window, *wordless)


def unheard_lately(tx: Tx, since: datetime) -> tuple[int, int]:
    """In all groups since then: messages nobody could read, and voices, pictures and videos without words."""
    window = _window(tx, since, tx.now)
    wordless = (_MESSAGE.c.kind.in_(_WORDLESS), _MESSAGE.c.body == "", _MESSAGE.c.group_id.is_not(None))
    return _count(tx, *window, _MESSAGE.c.state == MessageState.UNHEARD), _count(tx, *window, *wordless)


def _window(tx: Tx, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """The messages of a window. Rows lie in the order of arrival: searched from the newest, a day costs a day."""
    before = select(_MESSAGE.c.id).where(_MESSAGE.c.heard_at <= since).order_by(_MESSAGE.c.id.desc()).limit(1)
    first = tx.db.execute(before).scalar() or 0
    return (_MESSAGE.c.id > first, _MESSAGE.c.heard_at > since, _MESSAGE.c.heard_at <= until)


def _count(tx: Tx, *conditions: ColumnElement[bool]) -> int:
    return int(tx.db.execute(select(func.count()).select_from(_MESSAGE).where(*conditions)).scalar_one())
