"""The row of an issue: read as a plain value, written with the next step it leads to.

Only the modules of this package write issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import configure_mappers

from domain.decide import IssueFacts, plan
from domain.lifecycle import check_move
from domain.words import IssueState
from store.prepared import Prepared
from store.tables import Issue, table
from store.tx import Tx, frozen_policy

ISSUE = table(Issue)
_FIELDS = Issue.model_fields
configure_mappers()  # before the first row is read: ``made`` does not go through the constructor, which would

# Built once: building a statement and its cache key costs several times what running it does.
_LOCKED = Prepared(select(ISSUE).where(ISSUE.c.id == bindparam("issue")).with_for_update())
_OF_ISSUE = Prepared(update(ISSUE).where(ISSUE.c.id == bindparam("issue")))

UNSET: dict[str, Any] = {name: None if field.is_required() else field.default for name, field in _FIELDS.items()}
"""The columns of an issue that nothing is known of."""


def load(tx: Tx, issue_id: int) -> Issue:
    """One issue, its row locked until the transaction ends. Raises ``NoResultFound``."""
    return of_row(_LOCKED.on(tx.db, {"issue": issue_id}).one())


def facts(issue: Issue) -> IssueFacts:
    """What ``domain.decide`` needs of an issue."""
    known = issue.__dict__  # past the mapper, which asks at every attribute
    return IssueFacts(**{name: known[name] for name in IssueFacts.__slots__})


def move(tx: Tx, issue: Issue, state: IssueState, **changes: Any) -> Issue:
    """Change the state as the lifecycle table allows. Raises ``LifecycleError``."""
    check_move(issue.state, state)
    return put(tx, issue, state=state, **changes)


def put(tx: Tx, issue: Issue, **changes: Any) -> Issue:
    """Write the changes and the next step they lead to. Returns the issue as it is now."""
    changed = made({**values_of(issue), **changes})
    changes["next_at"] = changed.__dict__["next_at"] = next_step_at(tx, changed)
    _OF_ISSUE.on(tx.db, {"issue": issue.id, **changes})
    return changed


def next_step_at(tx: Tx, issue: Issue) -> datetime | None:
    """When the issue needs something next (aware UTC)."""
    step = plan(facts(issue), frozen_policy(tx, issue.policy_id), tx.street.calendar)
    return step.at if step else None


def of_row(row: Row[Any]) -> Issue:
    """A row of the table as an issue."""
    return made(row._asdict())


def made(values: Mapping[str, Any]) -> Issue:
    """An issue as a plain value, past validation and change tracking: its columns are typed already."""
    issue: Issue = Issue.__new__(Issue)
    issue.__dict__.update(values)
    return issue


def values_of(issue: Issue) -> dict[str, Any]:
    """The columns of an issue."""
    known = issue.__dict__
    return {name: known[name] for name in _FIELDS}
