"""Partners are brought together over a medium matter: told privately, each with a prompt (能处理/需协助/不归我)."""

from __future__ import annotations

from collections.abc import Collection

from domain import wording_council as wording
from domain.partners import partners_of
from domain.words import Duty, PromptKind, PromptState, Purpose
from store import bell, outbox, prompts
from store.outbox import Letter
from store.prompts import PROMPT
from store.tables import Issue
from store.tx import Tx


def bring(tx: Tx, issue: Issue, duties: tuple[Duty, ...] = (), told: Collection[str] = ()) -> list[str]:
    """Ask the partners of the grid and building: those of the rule that heard it, else those of its category.

    ``told`` were told of the issue a moment ago. Returns who was asked.
    """
    head = bell.on_duty_name(tx, issue)
    people = bell.responsible_people(tx, issue, duties or partners_of(issue.category))
    handling = {issue.assignee_id, bell.on_duty(tx, issue), *told}
    asked = [person for person in people if person not in handling]
    for person in asked:
        prompt_id = prompts.ensure(tx, PromptKind.PARTNER, f"staff:{person}", issue.id, bell.prompt_end(tx, issue))
        body = wording.partner_asked(bell.words(tx, issue), head)
        outbox.to_staff(tx, person, Letter(Purpose.REMINDER, body, issue.id, prompt_id, urgency=issue.urgency))
    return asked


def all_declined(tx: Tx, issue: Issue) -> bool:
    """Whether every partner who was asked said that it is not theirs."""
    asked = (PROMPT.c.issue_id == issue.id, PROMPT.c.kind == PromptKind.PARTNER)
    rows = tx.db.execute(PROMPT.select().where(*asked)).all()
    return bool(rows) and all(row.state is PromptState.ANSWERED and row.answer == "3" for row in rows)
