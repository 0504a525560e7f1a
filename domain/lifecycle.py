"""The lifecycle of an issue as a table (design, section 5)."""

from __future__ import annotations

from domain.errors import LifecycleError
from domain.words import IssueState as S

MOVES: dict[S, frozenset[S]] = {
    S.SUSPECTED: frozenset({S.OPEN, S.DISMISSED, S.MERGED}),
    S.OPEN: frozenset({S.ANSWERED, S.RESOLVED, S.COUNCIL, S.DISMISSED, S.MERGED}),
    S.ANSWERED: frozenset({S.RESOLVED, S.COUNCIL, S.OPEN, S.DISMISSED, S.MERGED}),
    S.COUNCIL: frozenset({S.OPEN, S.ANSWERED, S.RESOLVED, S.DISMISSED, S.MERGED}),
    S.RESOLVED: frozenset({S.CLOSED, S.ANSWERED, S.OPEN}),
    S.CLOSED: frozenset({S.OPEN}),
    S.DISMISSED: frozenset({S.OPEN}),
    S.MERGED: frozenset({S.OPEN}),
}

LIVE: frozenset[S] = frozenset({S.SUSPECTED, S.OPEN, S.ANSWERED, S.COUNCIL, S.RESOLVED})
"""States that still have a next step; every issue in one of them has a ``next_at``."""

UNSETTLED: frozenset[S] = frozenset({S.OPEN, S.ANSWERED, S.COUNCIL})
"""States in which the matter itself is not over."""

MERGEABLE: frozenset[S] = UNSETTLED | {S.SUSPECTED}
"""States in which a new report of the same matter joins instead of opening another issue."""


def may_move(old: S, new: S) -> bool:
    """Whether the table allows ``old`` → ``new``."""
    return new in MOVES[old]


def check_move(old: S, new: S) -> None:
    """Raise ``LifecycleError`` unless the table allows ``old`` → ``new``."""
    if not may_move(old, new):
        raise LifecycleError(f"an issue cannot go from {old} to {new}; the allowed moves are in domain/lifecycle.py")
