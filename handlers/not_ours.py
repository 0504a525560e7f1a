"""«不归我们管»: no answer, the beginning of a referral. The bell goes on until somebody takes the matter.

Who was given the matter gives it back with their words as the reason; a partner who was asked declines; who may
hand it on does so to the person they name, or is asked to whom; anybody else's word reaches who handles it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain import wording
from domain.words import IssueState, PromptKind, Purpose
from handlers import meant, staff_replies, tiers
from handlers.case import Case
from handlers.commands import on_issue
from handlers.commands.rights import HANDLING
from handlers.meant import Part
from store import bell, issues, outbox, prompts
from store.outbox import Letter
from store.tables import Issue
from store.tx import Cause

_WHOSE = r"(?:我们?|咱们?|俺们?|本|物业|社区|居委会?|网格|街道|派出所|所里)"
_NOT_OURS = re.compile(
    rf"(?:不归|不属于|不是|不在|不由){_WHOSE}(?:物业|社区|居委会?|网格|派出所)?(?:这边|这里|这儿)?的?(?:来)?"
    r"(?:管|负责|职责|职权|管辖|范围|管理|业务|辖区|责任|该管|的?事(?!故|情?已))|不归我们?$|我们?管不[了着]"
)
_ASKED = re.compile(r"谁说|怎么会|不是不归|难道|[吗？?]")


@dataclass(frozen=True, slots=True)
class Match:
    """What was said to be somebody else's, and in which words."""

    parts: tuple[Part, ...]


def declines(said: str) -> bool:
    """Whether these words say that a matter is somebody else's."""
    return bool(_NOT_OURS.search(said)) and not _ASKED.search(said) and not meant.idle(said)


def match(case: Case) -> Match | None:
    """Somebody with a duty says that it is not theirs, of an issue that can be told."""
    if not staff_replies.may_reply(case) or not declines(case.text):
        return None
    live = meant.live(case)
    parts = meant.numbered(case, live)
    if parts is None:
        found = meant.pointed(case, live)
        parts = [Part(tuple(_by_subject(case, live) if found is None else found), case.text)]
    parts = [part for part in parts if part.targets and declines(part.said)]
    return Match(tuple(parts)) if parts else None


def _by_subject(case: Case, live: list[Issue]) -> list[int]:
    """What they name, else what is theirs to handle, else what rings."""
    same = [issue for issue in live if issue.category in case.subjects]
    mine = [issue for issue in live if bell.on_duty(case.tx, issue) == case.person]
    ringing = [issue for issue in (same or mine or live) if issue.state is IssueState.OPEN]
    return [issue.id for issue in ringing or same or mine or live]


def handle(case: Case, found: Match) -> None:
    """Begin the referral; ask where several could be meant."""
    for part in found.parts:
        if len(part.targets) == 1:
            apply(case, issues.load(case.tx, part.targets[0]), part.said)
        else:
            staff_replies.ask_which(case, part.targets, part.said)


def apply(case: Case, issue: Issue, said: str) -> None:
    """It is somebody else's: whose, depends on who says so."""
    assert case.person is not None
    asked = [p for p in case.open_prompts if p.kind is PromptKind.PARTNER and p.issue_id == issue.id]
    way = issues.referrals_of(case.tx, issue.id)
    cause = Cause(case.cause.by, case.cause.message, said[:200])
    if asked:
        prompts.answered(case.tx, asked[0], case.cause, "3")
        tiers.partner_declines(case.tx, issue, cause)
        _say(case, wording.noted(issue.number, "不归我"))
    elif way and way[-1].to == issue.assignee_id and bell.on_duty(case.tx, issue) == case.person:
        _say(case, on_issue.give_back(case, issue, said))
    elif HANDLING.held_by(case, issue):
        named = _named(case, issue, said)
        _say(case, on_issue.hand_over(case, issue, named, said)) if named else _ask_whose(case, issue, said)
    else:
        tiers.not_theirs(case.tx, issue, cause)


def _named(case: Case, issue: Issue, said: str) -> str | None:
    """The one person with a duty for the building whom the words name."""
    held = case.tx.directory.by_roster(issue.building_id).values()
    people = {person for duty in held for person in duty if case.tx.directory.name(person) in said} - {case.person}
    return people.pop() if len(people) == 1 else None


def _ask_whose(case: Case, issue: Issue, said: str) -> None:
    assert case.person is not None
    end = bell.prompt_end(case.tx, issue)
    prompt_id = prompts.ensure(case.tx, PromptKind.HANDLED, f"staff:{case.person}", issue.id, end)
    body = wording.ask_whose(bell.words(case.tx, issue), said)
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, issue.id, prompt_id, reply=True))


def _say(case: Case, body: str) -> None:
    assert case.person is not None
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))
