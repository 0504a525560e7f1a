"""Who may command what: by duty at the issue's building, as its assignee, or anybody on the roster."""

from __future__ import annotations

from dataclasses import dataclass

from domain.words import Duty, IssueState, zh
from handlers.case import Case
from store import bell
from store.tables import Issue


@dataclass(frozen=True, slots=True)
class Right:
    """The duties that may, and whether the assignee may whatever their duty."""

    duties: frozenset[Duty] = frozenset()
    assignee: bool = True
    suspected: frozenset[Duty] = frozenset()  # who may as long as the issue is only suspected
    anybody: bool = False  # everybody with any duty at the building

    def held_by(self, case: Case, issue: Issue) -> bool:
        """Whether the sender has it for this issue."""
        own = case.duties_at(issue.building_id)
        if self.assignee and is_assignee(case, issue):
            return True
        if issue.state is IssueState.SUSPECTED and own & self.suspected:
            return True
        return bool(own) if self.anybody else bool(own & self.duties)

    def words(self) -> str:
        """Who may, in a few words."""
        named = [zh(duty) for duty in Duty if duty in self.duties]
        return "、".join((["办理人"] if self.assignee else []) + named)


def is_assignee(case: Case, issue: Issue) -> bool:
    """Whether the issue is the sender's to handle, as assignee or standing in."""
    return case.person is not None and case.person in (issue.assignee_id, bell.on_duty(case.tx, issue))


ANYBODY = Right(anybody=True)
ASSIGNEE = Right()
LEADING = Right(frozenset({Duty.GRID_HEAD, Duty.COMMUNITY_SECRETARY, Duty.SECTION_CHIEF}))
HANDLING = Right(LEADING.duties | {Duty.GRID_MEMBER})
SORTING = Right(HANDLING.duties, suspected=frozenset({Duty.BUILDING_LEAD}))
