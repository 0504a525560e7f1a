"""A reply of somebody with a duty: which issue it is about, and what it does to it (design, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain import wording
from domain.calendar import Mode
from domain.lifecycle import UNSETTLED
from domain.prompts import named_issue
from domain.spans import Length
from domain.words import Act, Category, IssueState, MessageKind, PromptKind, Purpose
from handlers import outcomes
from handlers.case import REPLIES, Case
from handlers.classify import promised_time, speech_act
from store import bell, issues, outbox, prompts
from store.outbox import Letter
from store.tables import Issue

_NEVER = frozenset({Act.NOTICE, Act.STORY, Act.THANKS})
_MAY_PROMISE = frozenset({Act.PROMISE, Act.ACKNOWLEDGEMENT, Act.REPORT, Act.CHAT})
_SUBSTANCE = 6  # characters: «社区二楼办理» answers a question, «收到» only acknowledges it
_ASKED_ABOUT = 5  # more choices are no help on an old phone
_WHICH_WAIT = Length(seconds=12 * 3600)


@dataclass(frozen=True, slots=True)
class Match:
    """The issues a reply may mean: one is answered, several are asked about."""

    targets: tuple[int, ...]
    said: str


def match(case: Case) -> Match | None:
    """Whether this is a reply of somebody with a duty for this building, and about which issues."""
    if case.person is None or not case.text or case.message.kind is MessageKind.SYSTEM:
        return None
    if not case.is_direct and not case.duties:
        return None
    number, said = named_issue(case.text)
    live = _answerable(case)
    if number is not None:
        named = [issue.id for issue in live if issue.number == number]
        return Match(tuple(named), said) if named and said else None
    if not live:
        return None
    found = _by_pointing(case, live) or _by_words(case, live)
    return Match(tuple(found), case.text) if found else None


def _answerable(case: Case) -> list[Issue]:
    """In a group: its unsettled issues. In a direct message: those of every building the person answers for."""
    if not case.is_direct:
        return [issue for issue in case.unsettled if case.duties_at(issue.building_id) and case.names_building(issue)]
    assert case.person is not None
    return issues.of_buildings(case.tx, case.tx.directory.buildings_of(case.person), UNSETTLED)


def _by_pointing(case: Case, live: list[Issue]) -> list[int]:
    """A quote of the issue's message or of the bot's post, or a mention of its reporter."""
    ids = {issue.id for issue in live}
    if case.quoted_issue is not None:
        return [case.quoted_issue] if case.quoted_issue in ids and case.act not in _NEVER else []
    if not case.message.mentions or case.act in _NEVER:
        return []
    reported = [issue.id for issue in live if issues.reporter_external_id(case.tx, issue) in case.message.mentions]
    ringing = {issue.id for issue in live if issue.state is IssueState.OPEN}
    return [issue for issue in reported if issue in ringing][:1] or reported[:1]


def _by_words(case: Case, live: list[Issue]) -> list[int]:
    """Words of the same category, or the only unanswered issue and a speech act that replies."""
    act = case.act
    if act not in REPLIES and not _gives_information(case, live):
        return []
    same = [issue for issue in live if issue.category in case.subjects]
    if case.is_direct and not same:
        same = [issue for issue in live if bell.on_duty(case.tx, issue) == case.person] or live
    if act is Act.RESOLVED and case.subjects and not same:
        return []  # the end of something else
    ringing = [issue.id for issue in (same or live) if issue.state is IssueState.OPEN]
    if len(ringing) == 1 and not (act is Act.RESOLVED and len(same) > 1):
        return ringing
    if act in (Act.RESOLVED, Act.PROMISE) and not ringing:
        return [issue.id for issue in same] if same else [issue.id for issue in live] if len(live) == 1 else []
    return ringing or ([same[0].id] if len(same) == 1 else [])


def _gives_information(case: Case, live: list[Issue]) -> bool:
    """A question of a resident (consult) is answered by any sentence with substance about its subject."""
    if case.act in _NEVER or case.hearing.matters or len(case.text) < _SUBSTANCE:
        return False
    return any(issue.category is Category.CONSULT and Category.CONSULT in case.subjects for issue in live)


def handle(case: Case, found: Match) -> None:
    """Answer the one that is meant; ask when several could be."""
    if len(found.targets) == 1:
        return apply(case, issues.load(case.tx, found.targets[0]), found.said)
    return ask_which(case, found.targets, found.said)


def ask_which(case: Case, targets: Sequence[int], said: str) -> None:
    """The one who replied is asked which of several issues was meant."""
    meant = [issues.load(case.tx, target) for target in targets[:_ASKED_ABOUT]]
    options = [{"issue": issue.id, "said": said} for issue in meant]
    expires = case.tx.street.calendar.add(case.now, _WHICH_WAIT, Mode.ALWAYS)
    assert case.person is not None
    prompt_id = prompts.open_prompt(case.tx, PromptKind.WHICH, f"staff:{case.person}", None, expires, options)
    body = wording.ask_which([bell.words(case.tx, issue) for issue in meant], said)
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, None, prompt_id, reply=True))


def apply(case: Case, issue: Issue, said: str) -> None:
    """What a reply of somebody responsible does to one issue."""
    if issue.state not in UNSETTLED:
        return
    act = speech_act(said)
    local = case.tx.street.local(case.now)
    if act is Act.RESOLVED:
        outcomes.resolved(case.tx, issue, case.cause, by_staff=True)
    elif issue.category is Category.CONSULT and act not in (Act.ACKNOWLEDGEMENT, Act.ASK_BACK, Act.PROMISE):
        outcomes.answered(case.tx, issue, case.cause)
        outcomes.resolved(case.tx, issues.load(case.tx, issue.id), case.cause, by_staff=True)
    else:
        promise = (
            promised_time(said, local) if act in (Act.PROMISE, Act.ACKNOWLEDGEMENT, Act.REPORT, Act.CHAT) else None
        )
        later = promise if promise is not None and promise > local else None
        outcomes.answered(case.tx, issue, case.cause, later)
    if case.is_direct and case.person:
        state = issues.load(case.tx, issue.id).state
        body = wording.noted(issue.number, wording.state_word(state))
        outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))
