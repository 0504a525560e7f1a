"""A store with the example street, and transactions at an instant of the test's choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from bot.config import Settings
from bot.roster import read_roster_checked
from domain.hearing import Matter, Place
from domain.places import Roster
from domain.words import Category, IssueState, Tier, Urgency, Verdict
from store import issues, messages, people
from store.desk import Desk
from store.engine import Store
from store.roster import import_roster
from store.tables import Issue, table
from store.tx import Tx

T = TypeVar("T")
START = datetime(2026, 12, 1, 2, tzinfo=UTC)  # a Tuesday, 10:00 in Shanghai


@dataclass
class Office:
    """One database of the street."""

    store: Store
    desk: Desk
    now: datetime = START

    def do(self, work: Callable[[Tx], T]) -> T:
        """Change something at ``now``."""
        return self.store.write_now(lambda db: work(self.desk.tx(db, self.now)))

    def rows(self, model: type[Any], *where: Any) -> list[Any]:
        """All rows of a table, by id."""
        rows = table(model)
        return self.store.read_now(lambda db: list(db.execute(select(rows).where(*where).order_by(*rows.primary_key))))

    def message(self, number: int, text: str = "早上好", group: int | None = 1) -> int:
        """A handled message."""
        from domain.messages import Inbound

        room = str(group) if group else None
        message = Inbound("replay", "main", f"m{number}", room, "r1", self.now, text=text)

        def put(tx: Tx) -> int:
            row = messages.put_whole(tx.db, message, group, tx.now)
            messages.put_done(tx.db, row)
            return row

        return self.do(put)

    def issue(self, number: int = 1, building: int = 1, text: str = "电梯坏了") -> Issue:
        """An open issue of a building, assigned to whom the roster says."""
        matter = Matter(Verdict.ISSUE, Category.ELEVATOR, Tier.SMALL, Urgency.NORMAL, 1.0, Place(), (), ())
        row = self.message(number, text)

        def open_it(tx: Tx) -> Issue:
            reporter = people.identity(tx, ("replay", "main", "r1"), "王")
            report = issues.Report(row, f"m{number}", reporter, "r1")
            place = issues.Place(1, building)
            head = issues.responsible(tx, building)
            return issues.open_issue(tx, matter, place, report, text=text, state=IssueState.OPEN, assignee=head)

        return self.do(open_it)


@pytest.fixture(scope="session")
def roster() -> Roster:
    """The example street."""
    return read_roster_checked(Path(__file__).parents[2] / "roster.example.toml")[0]


@pytest.fixture
def office(database_url: str, roster: Roster) -> Iterator[Office]:
    """The street's database with its roster imported."""
    store = Store(database_url)
    office = Office(store, Desk(store, Settings().as_street()))
    office.do(lambda tx: import_roster(tx, roster))
    yield office
    store.close()
