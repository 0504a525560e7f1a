"""Whatever happens to issues in whatever order: none is lost, none rings at nobody unseen, none spins.

A Hypothesis state machine does all that people and time can do to issues, in the transactions the handlers
use, while people go away, come back and leave the roster. After every step each live issue has a next step, an
owner or a word that nobody is on duty, and a history that replays to what it is, by moves of the lifecycle table. When
the duties are filled again the bell reaches somebody, and when people settle everything it all comes to an end.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, update
from street import with_duty

from bot.config import Settings
from bot.roster import example_path, read_roster
from domain.errors import LifecycleError
from domain.hearing import Matter, Place
from domain.lifecycle import LIVE, MERGEABLE, MOVES, UNSETTLED, may_move
from domain.messages import Inbound
from domain.places import Roster
from domain.words import (
    URGENCY_RANK,
    Category,
    DismissReason,
    Duty,
    IssueState,
    PromptKind,
    PromptState,
    Tier,
    Urgency,
    Verdict,
)
from handlers import council, outcomes, reports, tiers
from schedules.tick import next_due, tick
from store import away, bell, issues, messages, people
from store.audit import broken_promises
from store.council import Resolution
from store.desk import Desk
from store.engine import Store
from store.issues import ISSUE, Report
from store.prompts import PROMPT
from store.roster import import_roster
from store.tables import Event, GroupRow, Issue, table
from store.tx import Cause, Tx, frozen_policy

_S = IssueState
_BECOMES = {
    "issue_suspected": _S.SUSPECTED,
    "issue_opened": _S.OPEN,
    "issue_answered": _S.ANSWERED,
    "issue_promised": _S.ANSWERED,
    "issue_resolved": _S.RESOLVED,
    "issue_reopened": _S.OPEN,
    "issue_closed": _S.CLOSED,
    "issue_dismissed": _S.DISMISSED,
    "issue_merged": _S.MERGED,
    "issue_council": _S.COUNCIL,
    "issue_resumed": _S.OPEN,
    "issue_referred": _S.OPEN,
    "issue_split": _S.OPEN,
}
"""To which state an event leads."""

_HANDS = {PromptKind.HANDLED, PromptKind.PARTNER, PromptKind.IS_ISSUE, PromptKind.NEIGHBOUR_ANSWER}
"""Questions to staff that mean nothing once an issue is over."""
_PEOPLE = ("wang-qiang", "li-na", "sun-li", "zhao-min", "gao-peng", "hu-guiying", "ma-jun")


def vacant(roster: Roster) -> Roster:
    """Nobody holds any duty in the first grid."""
    for kind, name, duties in (
        ("grids", "文化第一网格", ("grid_head", "grid_member", "police", "mediator", "delegate")),
        ("buildings", "文化小区1号楼", ("building_lead", "property_steward")),
        ("communities", "文化社区", ("section_chief", "community_secretary")),
    ):
        roster = with_duty(kind, name, **dict.fromkeys(duties, ()))(roster)
    return roster


class AnyLife(RuleBasedStateMachine):
    """Residents, staff and time, in any order."""

    def __init__(self, migrated: Path) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="louling-any-life-")
        shutil.copyfile(migrated, Path(self.folder) / "louling.db")
        self.store = Store(f"sqlite:///{self.folder}/louling.db", durable=False)
        self.desk = Desk(self.store, Settings().as_street())
        self.runner = asyncio.Runner()
        self.now = datetime(2026, 6, 2, 1, tzinfo=UTC)
        self.count = 0

    def teardown(self) -> None:
        try:
            if self.count:
                self.everything_comes_to_an_end()
        finally:
            self.runner.close()
            self.store.close()
            shutil.rmtree(self.folder)

    @initialize(empty=st.booleans())
    def open_the_street(self, empty: bool) -> None:
        roster = self.roster = read_roster(example_path())
        self.empty = empty
        self.do(lambda tx: import_roster(tx, vacant(roster) if empty else roster))
        self.do(lambda tx: tx.db.execute(update(table(GroupRow)).values(notice_at=tx.now)))

    # ---- what may happen

    @rule(
        urgency=st.sampled_from(Urgency),
        tier=st.sampled_from(Tier),
        category=st.sampled_from([Category.WATER, Category.CONSULT]),
        gray=st.booleans(),
    )
    def somebody_reports(self, urgency: Urgency, tier: Tier, category: Category, gray: bool) -> None:
        self.do(lambda tx: self.opened(tx, urgency, tier, category, gray=gray))

    @rule(which=st.integers(0, 20), minutes=st.one_of(st.none(), st.integers(1, 5000)))
    def staff_answer(self, which: int, minutes: int | None) -> None:
        until = self.now + timedelta(minutes=minutes) if minutes else None
        self.change(which, UNSETTLED, lambda tx, issue: outcomes.answered(tx, issue, self.by(), until))

    @rule(which=st.integers(0, 20), by_staff=st.booleans())
    def it_is_over(self, which: int, by_staff: bool) -> None:
        self.change(which, UNSETTLED, lambda tx, issue: outcomes.resolved(tx, issue, self.by(), by_staff=by_staff))

    @rule(which=st.integers(0, 20))
    def it_came_back(self, which: int) -> None:
        over = {_S.RESOLVED, _S.CLOSED, _S.DISMISSED}
        self.change(which, over, lambda tx, issue: outcomes.reopened(tx, issue, self.by()))

    @rule(which=st.integers(0, 20), grade=st.integers(1, 3))
    def the_reporter_grades(self, which: int, grade: int) -> None:
        self.change(which, {_S.RESOLVED, _S.CLOSED}, lambda tx, i: outcomes.graded(tx, i, self.by(), grade))

    @rule(which=st.integers(0, 20), urgency=st.sampled_from(Urgency))
    def danger_grows(self, which: int, urgency: Urgency) -> None:
        def work(tx: Tx, issue: Issue) -> None:
            if URGENCY_RANK[urgency] > URGENCY_RANK[issue.urgency]:
                outcomes.raised(tx, issue, self.by(), urgency)

        self.change(which, UNSETTLED | {_S.RESOLVED, _S.SUSPECTED}, work)

    @rule(which=st.integers(0, 20), to=st.sampled_from(["li-na", "gao-peng"]))
    def somebody_refers(self, which: int, to: str) -> None:
        self.change(which, UNSETTLED, lambda tx, issue: outcomes.referred(tx, issue, self.by(), to))

    @rule(which=st.integers(0, 20))
    def it_goes_to_the_community(self, which: int) -> None:
        self.change(which, UNSETTLED, lambda tx, issue: outcomes.asked_community(tx, issue, self.by()))

    @rule(which=st.integers(0, 20))
    def it_goes_to_the_council(self, which: int) -> None:
        self.change(which, UNSETTLED - {_S.COUNCIL}, lambda tx, issue: outcomes.to_council(tx, issue, self.by()))

    @rule(which=st.integers(0, 20), why=st.sampled_from(DismissReason))
    def it_is_put_aside(self, which: int, why: DismissReason) -> None:
        self.change(which, MERGEABLE, lambda tx, issue: outcomes.dismissed(tx, issue, self.by(), why))

    @rule(which=st.integers(0, 20))
    def a_suspicion_is_confirmed(self, which: int) -> None:
        self.change(which, {_S.SUSPECTED}, lambda tx, issue: outcomes.confirmed(tx, issue, self.by()))

    @rule(which=st.integers(0, 20), into=st.integers(0, 20))
    def two_are_one(self, which: int, into: int) -> None:
        def work(tx: Tx, issue: Issue) -> None:
            other = self.pick(tx, into, MERGEABLE)
            if other is not None and other.id != issue.id:
                bell.quiet(tx, issues.merge(tx, issue, other, self.by()), "merged")

        self.change(which, MERGEABLE, work)

    @rule(which=st.integers(0, 20))
    def they_were_two_after_all(self, which: int) -> None:
        """A merge is undone: what it took away comes back."""

        def work(tx: Tx, issue: Issue) -> None:
            outcomes.reopened(tx, issue, self.by())
            assert issues.message_ids(tx, issue), "the reports did not come back"

        self.change(which, {_S.MERGED}, work)

    @rule(which=st.integers(0, 20), at=st.integers(0, 20))
    def one_was_two(self, which: int, at: int) -> None:
        def work(tx: Tx, issue: Issue) -> None:
            issue = issues.join_report(tx, issue, self.report(tx))
            told = issues.reports_of(tx, issue.id)
            moved = [told[at % len(told)]]
            new = issues.split(tx, issue, self.by(), moved, issues.responsible(tx, issue.building_id))
            outcomes.opened(tx, new)

        self.change(which, UNSETTLED, work)

    @rule(which=st.integers(0, 20))
    def another_resident_joins(self, which: int) -> None:
        self.change(which, MERGEABLE, lambda tx, issue: issues.join_report(tx, issue, self.report(tx)))

    @rule(which=st.integers(0, 20), hours=st.integers(1, 24))
    def the_assignee_asks_for_quiet(self, which: int, hours: int) -> None:
        def work(tx: Tx, issue: Issue) -> None:
            policy = frozen_policy(tx, issue.policy_id)
            if issue.urgency is not Urgency.EMERGENCY and issue.snoozes < policy.snoozes_per_issue:
                issues.snooze(tx, issue, self.by(), self.now + timedelta(hours=hours))

        self.change(which, UNSETTLED, work)

    @rule(which=st.integers(0, 20), category=st.sampled_from([Category.NOISE, Category.WATER, Category.LEAK]))
    def it_is_about_something_else(self, which: int, category: Category) -> None:
        self.change(which, MERGEABLE, lambda tx, issue: issues.set_category(tx, issue, self.by(), category))

    @rule(which=st.integers(0, 20), tier=st.sampled_from(Tier))
    def the_tier_is_set(self, which: int, tier: Tier) -> None:
        self.change(which, UNSETTLED, lambda tx, issue: tiers.changed(tx, issue, self.by(), tier))

    @rule(which=st.integers(0, 20), who=st.sampled_from(_PEOPLE), said=st.integers(1, 3))
    def a_partner_speaks(self, which: int, who: str, said: int) -> None:
        says = (tiers.partner_can, tiers.partner_needs_help, tiers.partner_declines)[said - 1]
        self.change(which, UNSETTLED, lambda tx, issue: says(tx, issue, Cause(who, "m")))

    @rule(days=st.integers(1, 20))
    def the_council_is_called(self, days: int) -> None:
        def work(tx: Tx) -> None:
            everywhere = frozenset(tx.directory.communities)
            council.call(tx, council.Meeting(everywhere, self.now + timedelta(days=days), "议事厅"), self.by())

        self.do(work)

    @rule(which=st.integers(0, 20), carrier=st.sampled_from(_PEOPLE), days=st.integers(1, 40))
    def the_council_decides(self, which: int, carrier: str, days: int) -> None:
        made = Resolution("公示维修记录", carrier, self.now + timedelta(days=days))
        self.change(which, UNSETTLED, lambda tx, issue: council.decide(tx, issue, made, self.by()))

    @rule(who=st.sampled_from(_PEOPLE), stand_in=st.sampled_from([None, *_PEOPLE]), days=st.integers(1, 14))
    def somebody_goes_away(self, who: str, stand_in: str | None, days: int) -> None:
        today = self.now.date()
        if stand_in != who:
            last = today + timedelta(days=days)
            self.do(lambda tx: away.put_away(tx, who, stand_in, today, last, self.by()))

    @rule(who=st.sampled_from(_PEOPLE))
    def somebody_comes_back(self, who: str) -> None:
        self.do(lambda tx: away.come_back(tx, who, self.by()))

    @rule(empty=st.booleans())
    def a_new_roster_comes(self, empty: bool) -> None:
        self.empty = empty
        self.do(lambda tx: import_roster(tx, vacant(self.roster) if empty else self.roster))

    @rule(which=st.integers(0, 20))
    def a_resident_chases(self, which: int) -> None:
        def work(tx: Tx, issue: Issue) -> None:
            issue = issues.chased(tx, issue, self.report(tx), passed=False)
            if issue.state is _S.OPEN and issue.chases % 3 == 0:
                reports.ring_next_rung(tx, issue)

        self.change(which, UNSETTLED, work)

    @rule(minutes=st.one_of(st.integers(1, 90), st.integers(90, 20_000)))
    def time_passes(self, minutes: int) -> None:
        """By the steps at which something is due, as the service does, then to the end."""
        end = self.now + timedelta(minutes=minutes)
        self.tick()
        for _ in range(60):
            due = self.runner.run(next_due(self.desk, self.now))
            if due is None or due > end:
                break
            assert due > self.now, "what is due feeds itself"
            self.now = due
            self.tick()
        self.now = end
        self.tick()

    @rule(hours=st.integers(1, 400))
    def the_service_was_down(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.tick()

    @rule(which=st.integers(0, 20), state=st.sampled_from(IssueState))
    def a_forbidden_move_changes_nothing(self, which: int, state: IssueState) -> None:
        moves: dict[IssueState, Callable[[Tx, Issue], Any]] = {
            _S.CLOSED: lambda tx, issue: issues.close(tx, issue, self.by()),
            _S.COUNCIL: lambda tx, issue: issues.to_council(tx, issue, self.by()),
            _S.RESOLVED: lambda tx, issue: issues.resolve(tx, issue, self.by(), by_staff=True),
            _S.DISMISSED: lambda tx, issue: issues.dismiss(tx, issue, self.by(), DismissReason.DUPLICATE),
        }
        found = self.do(lambda tx: self.pick(tx, which, set(IssueState)))
        if found is None or state not in moves or may_move(found.state, state):
            return
        with pytest.raises(LifecycleError):
            self.do(lambda tx: moves[state](tx, issues.load(tx, found.id)))
        assert self.do(lambda tx: issues.load(tx, found.id)) == found

    # ---- what must hold

    @invariant()
    def every_live_issue_has_a_next_step_an_owner_and_a_history(self) -> None:
        rows, events = self.do(lambda tx: (_all_issues(tx), _events(tx)))
        for issue in rows:
            own = [event for event in events if event.issue_id == issue.id]
            assert own, "no history"
            _replayed(own, issue)
            _rings_are_told(own)
            if issue.state not in LIVE:
                assert issue.next_at is None
                continue
            assert issue.next_at is not None
            unmanned = any(event.what == "nobody_on_duty" or _is_orphaned(event) for event in own)
            told = issue.rung >= 0 and issue.state is _S.OPEN
            assert issue.assignee_id or unmanned or not told
        numbers = [issue.number for issue in rows if issue.state in LIVE]
        assert len(numbers) == len(set(numbers))

    @invariant()
    def nobody_is_asked_about_what_is_over(self) -> None:
        def idle(tx: Tx) -> list[Any]:
            of_ended = (PROMPT.c.issue_id == ISSUE.c.id, PROMPT.c.state == PromptState.OPEN)
            ended = ISSUE.c.state.in_([_S.RESOLVED, _S.CLOSED, _S.DISMISSED, _S.MERGED])
            return list(tx.db.execute(select(PROMPT.c.kind).where(*of_ended, ended)).scalars())

        assert not _HANDS & set(self.do(idle))
        assert self.store.read_now(broken_promises) == []

    def everything_comes_to_an_end(self) -> None:
        """With the duties filled the bell reaches somebody; with everything settled nothing is left to come."""
        for who in _PEOPLE:
            self.somebody_comes_back(who)
        self.do(lambda tx: import_roster(tx, self.roster))
        before, began = self.do(_last_event), self.now
        for _ in range(80):  # past the longest snooze, a weekend and the quiet hours
            ringing = [i for i in self.do(_all_issues) if i.state is _S.OPEN and not self.told(i.id, before)]
            if not ringing:
                break
            self.now = max(self.now, min(issue.next_at for issue in ringing))
            self.tick()
        assert not ringing, "it rings at nobody"
        assert self.now - began < timedelta(days=15), "it rings too late"  # a snooze and the longest holiday
        for issue in self.do(_all_issues):
            if issue.state in UNSETTLED:
                self.do(lambda tx, one=issue.id: outcomes.resolved(tx, issues.load(tx, one), self.by(), by_staff=True))
        for _ in range(10):
            self.now += timedelta(days=1)
            self.tick()
        assert not [issue for issue in self.do(_all_issues) if issue.state in LIVE]

    def told(self, issue_id: int, since: int) -> bool:
        """Whether a rung of an issue reached somebody after an event."""
        rung = [e for e in self.do(_events) if e.issue_id == issue_id and e.id > since and e.what in _RUNGS]
        return any(event.data["to"] for event in rung)

    def tick(self) -> None:
        self.runner.run(tick(self.desk, self.now))
        for issue in self.do(_all_issues):
            assert issue.next_at is None or issue.next_at > self.now, "still due after a tick"

    # ---- hands

    def do(self, work: Callable[[Tx], Any]) -> Any:
        return self.store.write_now(lambda db: work(self.desk.tx(db, self.now)))

    def change(self, which: int, states: set[IssueState] | frozenset[IssueState], work: Callable[[Tx, Issue], Any]):
        """Do it to an issue in one of these states; one is brought there when there is none."""

        def on_one(tx: Tx) -> None:
            issue = self.pick(tx, which, states) or self.brought_to(tx, states)
            work(tx, issues.load(tx, issue.id))

        self.do(on_one)

    def brought_to(self, tx: Tx, states: set[IssueState] | frozenset[IssueState]) -> Issue:
        if not states & UNSETTLED and _S.SUSPECTED in states:
            return self.opened(tx, Urgency.NORMAL, Tier.SMALL, Category.WATER, gray=True)
        issue = self.opened(tx, Urgency.NORMAL, Tier.SMALL, Category.WATER, gray=False)
        if _S.MERGED in states:
            into = self.opened(tx, Urgency.URGENT, Tier.MEDIUM, Category.NOISE, gray=False)
            issue = issues.merge(tx, issue, into, self.by())
            bell.quiet(tx, issue, "merged")
        elif not states & UNSETTLED:
            issue = outcomes.resolved(tx, issue, self.by(), by_staff=True)
        return issue

    def opened(self, tx: Tx, urgency: Urgency, tier: Tier, category: Category, *, gray: bool) -> Issue:
        verdict, state = (Verdict.SUSPECTED, _S.SUSPECTED) if gray else (Verdict.ISSUE, _S.OPEN)
        matter = Matter(verdict, category, tier, urgency, 1.0, Place(), (Duty.MEDIATOR,), ())
        report, assignee = self.report(tx), issues.responsible(tx, 1)
        issue = issues.open_issue(tx, matter, issues.Place(1, 1), report, text="停水了", state=state, assignee=assignee)
        return issue if gray else outcomes.opened(tx, issue, matter.partners)

    @staticmethod
    def pick(tx: Tx, which: int, states: set[IssueState] | frozenset[IssueState]) -> Issue | None:
        found = [issue for issue in _all_issues(tx) if issue.state in states]
        return found[which % len(found)] if found else None

    @staticmethod
    def by() -> Cause:
        return Cause("wang-qiang", "m")

    def report(self, tx: Tx) -> Report:
        self.count += 1
        message = Inbound("replay", "main", f"m{self.count}", "群", "居民", tx.now, "停水了")
        row = messages.put_whole(tx.db, message, 1, tx.now)
        return Report(row, message.message_id, people.identity(tx, ("replay", "main", "居民"), "王"), "居民")


def _all_issues(tx: Tx) -> list[Issue]:
    return [Issue(**row._mapping) for row in tx.db.execute(select(table(Issue)).order_by(table(Issue).c.id))]


def _events(tx: Tx) -> list[Any]:
    event = table(Event)
    return list(tx.db.execute(select(event).where(event.c.issue_id.is_not(None)).order_by(event.c.id)))


def _last_event(tx: Tx) -> int:
    return int(tx.db.execute(select(func.max(table(Event).c.id))).scalar() or 0)


_RUNGS = {"issue_reminded", "issue_escalated"}


def _is_orphaned(event: Any) -> bool:
    """Whether the trail says that a new roster left nobody for an issue."""
    return event.what == "issue_assigned" and event.data["assignee"] is None


def _rings_are_told(events: list[Any]) -> None:
    """A rung that reached nobody is written down as such, just before it."""
    for before, event in pairwise([None, *events]):
        if event.what in _RUNGS and not event.data["to"]:
            assert before is not None
            assert before.what == "nobody_on_duty"


def _replayed(events: list[Any], issue: Issue) -> None:
    """What a history leads to, every move checked against the table, is the issue."""
    state: IssueState | None = None
    known: dict[str, Any] = {}
    times: Counter[str] = Counter()
    for event in events:
        times[event.what] += 1
        new = _BECOMES.get(event.what, state)
        if event.what == "issue_raised" and state in (_S.ANSWERED, _S.COUNCIL):
            new = _S.OPEN
        assert new is not None
        assert state is None or new is state or new in MOVES[state], f"{event.what}: {state} → {new}"
        state = new
        data = event.data or {}
        known |= {name: data[name] for name in ("category", "tier", "urgency", "number") if name in data}
        if event.what == "issue_council":
            known["tier"] = Tier.LARGE.value
        known["merged_into"] = data.get("into") if event.what == "issue_merged" else known.get("merged_into")
        known["dismiss_reason"] = data.get("why") if event.what == "issue_dismissed" else known.get("dismiss_reason")
        if event.what == "issue_reopened":
            known |= {"merged_into": None, "dismiss_reason": None}
        if event.what in ("issue_referred", "issue_assigned"):
            known["assignee_id"] = data.get("to", data.get("assignee"))
    assert state is issue.state
    for name, value in known.items():
        assert getattr(issue, name) == value, f"{name}: the trail says {value}, the issue {getattr(issue, name)}"
    counted = (times["issue_referred"], times["issue_reopened"], times["issue_snoozed"])
    assert counted == (issue.referrals, issue.reopened, issue.snoozes)


@pytest.mark.parametrize(
    ("lives", "steps"), [(14, 40), pytest.param(400, 60, marks=pytest.mark.soak)], ids=["short", "soak"]
)
def test_whatever_happens_no_issue_is_lost_and_none_spins(migrated_sqlite: Path, lives: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: AnyLife(migrated_sqlite),
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],  # shrinking a life takes minutes; the first failing one is told as it was
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
