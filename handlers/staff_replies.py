"""A reply of somebody with a duty: which issue it is about, and what it does to it (design, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain import wording
from domain.calendar import Mode
from domain.lifecycle import UNSETTLED
from domain.spans import Length
from domain.words import Act, Category, MessageKind, PromptKind, Purpose
from handlers import meant, outcomes
from handlers.case import Case
from handlers.classify import promised_time
from handlers.meant import Part
from store import bell, issues, outbox, prompts
from store.outbox import Letter
from store.tables import Issue

_MAY_PROMISE = frozenset({Act.PROMISE, Act.ACKNOWLEDGEMENT, Act.REPORT, Act.CHAT, Act.REQUEST})
_ONLY_ACKNOWLEDGES = frozenset({Act.ACKNOWLEDGEMENT, Act.ASK_BACK, Act.PROMISE})
_ASKED_ABOUT = 5  # more choices are no help on an old phone
_WHICH_WAIT = Length(seconds=12 * 3600)


@dataclass(frozen=True, slots=True)
class Match:
    """What was said of which issues: a part that means one is an answer, one that means several is asked about."""

    parts: tuple[Part, ...]


def match(case: Case) -> Match | None:
    """Whether this is a reply of somebody with a duty for this building, and about which issues."""
    if not may_reply(case):
        return None
    live = meant.live(case)
    parts = meant.numbered(case, live)
    if parts is not None:
        parts = [part for part in parts if meant.answers(part.said, meant.staff_act(part.said))]
    elif live:
        found = meant.pointed(case, live)
        if found is None:
            parts = meant.by_words(case, live)
        elif found and meant.answers(case.text, case.act):
            parts = [Part(tuple(found), case.text)]
    return Match(tuple(parts)) if parts else None


def may_reply(case: Case) -> bool:
    """Words of somebody on the roster: to the bot alone, or in a group of a building they have a duty for."""
    if case.person is None or not case.text or case.message.kind is MessageKind.SYSTEM:
        return False
    return case.is_direct or bool(case.duties)


def handle(case: Case, found: Match) -> None:
    """Answer the ones that are meant; ask where several could be."""
    for part in found.parts:
        if len(part.targets) == 1:
            apply(case, issues.load(case.tx, part.targets[0]), part.said)
        else:
            ask_which(case, part.targets, part.said)


def ask_which(case: Case, targets: Sequence[int], said: str) -> None:
    """The one who replied is asked which of several issues was meant; asked already, the newest words count."""
    options = [{"issue": target, "said": said} for target in targets[:_ASKED_ABOUT]]
    expires = case.tx.street.calendar.add(case.now, _WHICH_WAIT, Mode.ALWAYS)
    assert case.person is not None
    asked = {each["issue"] for each in options}
    for prompt in case.open_prompts:
        if prompt.kind is PromptKind.WHICH and {each["issue"] for each in prompt.options or []} == asked:
            return prompts.put_options(case.tx, prompt.id, [{**each, "said": said} for each in prompt.options or []])
    meant_ones = [issues.load(case.tx, target) for target in targets[:_ASKED_ABOUT]]
    prompt_id = prompts.open_prompt(case.tx, PromptKind.WHICH, f"staff:{case.person}", None, expires, options)
    body = wording.ask_which([bell.words(case.tx, issue) for issue in meant_ones], said)
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, None, prompt_id, reply=True))
    return None


def apply(case: Case, issue: Issue, said: str) -> None:
    """What a reply of somebody responsible does to one issue."""
    if issue.state not in UNSETTLED:
        return
    act = meant.staff_act(said)
    local = case.tx.street.local(case.now)
    promise = promised_time(said, local) if act in _MAY_PROMISE else None
    later = promise if promise is not None and promise > local else None
    if act is Act.RESOLVED:
        outcomes.resolved(case.tx, issue, case.cause, by_staff=True)
    elif issue.category is Category.CONSULT and act not in _ONLY_ACKNOWLEDGES:
        outcomes.answered(case.tx, issue, case.cause)
        outcomes.resolved(case.tx, issues.load(case.tx, issue.id), case.cause, by_staff=True)
    else:
        outcomes.answered(case.tx, issue, case.cause, later)
    if case.is_direct and case.person:
        now = issues.load(case.tx, issue.id)
        until = later if later is not None and now.promise_at is not None else None
        body = wording.noted(issue.number, wording.state_word(now.state), until)
        outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))
