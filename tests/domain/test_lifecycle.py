"""The lifecycle table says what the design says, and what follows from it holds."""

from __future__ import annotations

from itertools import product

import pytest

from domain.errors import LifecycleError
from domain.lifecycle import LIVE, MERGEABLE, MOVES, UNSETTLED, check_move, may_move
from domain.words import IssueState

DESIGN = """
suspected: open dismissed merged
open: answered resolved council dismissed merged
answered: resolved council open dismissed merged
council: open answered resolved dismissed merged
resolved: closed answered open
closed: open
dismissed: open
merged: open
"""


def test_the_table_is_the_designs() -> None:
    wanted = dict(line.split(": ") for line in DESIGN.strip().splitlines())
    assert {old.value: {new.value for new in moves} for old, moves in MOVES.items()} == {
        old: set(news.split()) for old, news in wanted.items()
    }


@pytest.mark.parametrize(("old", "new"), list(product(IssueState, IssueState)))
def test_a_move_outside_the_table_is_refused_by_name(old: IssueState, new: IssueState) -> None:
    if may_move(old, new):
        check_move(old, new)
        return
    with pytest.raises(LifecycleError, match=f"from {old} to {new}"):
        check_move(old, new)


def test_every_state_can_be_reached_and_nothing_is_stuck_open() -> None:
    reached = {IssueState.SUSPECTED, IssueState.OPEN}
    for _ in IssueState:
        reached |= {new for old in reached for new in MOVES[old]}
    assert reached == set(IssueState)
    assert all(IssueState.OPEN in moves or old is IssueState.OPEN for old, moves in MOVES.items())


def test_the_groups_of_states_fit_together() -> None:
    assert UNSETTLED < MERGEABLE < LIVE
    assert set(IssueState) - LIVE == {IssueState.CLOSED, IssueState.DISMISSED, IssueState.MERGED}
