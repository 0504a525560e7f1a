"""A meeting of the residents' council was, and nobody wrote down what it decided: the secretary is asked."""

from __future__ import annotations

from domain import wording_council as wording
from domain.words import Duty, Purpose
from store import bell, council, outbox
from store.outbox import Letter
from store.tx import Tx


def ask_for_resolutions(tx: Tx) -> int:
    """Ask now where it is due; returns how many matters were asked about."""
    due = council.without_resolution(tx)
    for item, issue in due:
        body = wording.missing_resolution(council.words(tx, item, issue))
        for person in council.secretaries(tx, issue) or bell.responsible_people(tx, issue, (Duty.GRID_HEAD,)):
            outbox.to_staff(tx, person, Letter(Purpose.PROMPT, body, issue.id))
    return len(due)
