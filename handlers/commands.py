"""The few words with which staff ask the bot for something in a direct message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain import wording
from domain.lifecycle import UNSETTLED
from domain.words import IssueState, Purpose
from handlers.case import Case
from store import bell, issues, outbox
from store.outbox import Letter


@dataclass(frozen=True, slots=True)
class Match:
    """The command that was recognised."""

    run: Callable[[Case], str]


def match(case: Case) -> Match | None:
    """A command of somebody on the roster, in a direct message."""
    if case.person is None or not case.is_direct:
        return None
    run = _COMMANDS.get(case.text.strip("。！!. ").casefold())
    return Match(run) if run else None


def handle(case: Case, found: Match) -> None:
    """Answer the one who asked."""
    assert case.person is not None
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, found.run(case), reply=True))


def _todo(case: Case) -> str:
    assert case.person is not None
    states = [*UNSETTLED, IssueState.SUSPECTED]
    mine = issues.of_buildings(case.tx, case.tx.directory.buildings_of(case.person), states)
    return wording.todo([bell.words(case.tx, issue) for issue in reversed(mine[:20])])


def _help(_case: Case) -> str:
    return wording.help_staff()


_COMMANDS: dict[str, Callable[[Case], str]] = {
    "列表": _todo,
    "待办": _todo,
    "帮助": _help,
    "help": _help,
    "?": _help,
    "？": _help,
}
