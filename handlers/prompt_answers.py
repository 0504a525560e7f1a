"""An answer to a prompt: a digit, the label or a plain word, in a direct message or quoting the prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from domain import wording
from domain.lifecycle import UNSETTLED
from domain.prompts import OPTIONS, Answer, Choice, category_named, is_digit_answer, named_issue, understand
from domain.words import Category, DismissReason, Duty, IssueState, PromptKind, PromptState, Purpose
from handlers import commands, not_ours, outcomes, staff_replies, tiers
from handlers.case import Case
from store import issues, outbox, prompts
from store.outbox import Letter
from store.tables import Issue, Prompt


@dataclass(frozen=True, slots=True)
class Match:
    """The prompt a message answers; ``answer`` is empty when the prompt does not understand it."""

    prompt: Prompt | None
    answer: Answer | None
    picked: int | None = None
    unsure: tuple[Prompt, ...] = ()


_REMEMBERED = timedelta(days=3)  # a digit so long after the last question is still meant for it


def match(case: Case) -> Match | None:
    """Which prompt this message answers, if any."""
    if not case.text or (not case.is_direct and not (case.message.quote or case.message.mentions_bot)):
        return None
    quoted = outbox.prompt_of_post(case.tx.db, case.message.quote) if case.message.quote else None
    if quoted is not None:
        prompt = prompts.by_id(case.tx, quoted)
        return _match_one(case, prompt) if prompt and prompt.asked_of == case.asked_as else None
    quoted_together = outbox.prompts_of_post(case.tx.db, case.message.quote) if case.message.quote else []
    if quoted_together:
        return _match_several(case, [prompt for prompt in case.open_prompts if prompt.id in quoted_together])
    if not case.is_direct and not (case.message.mentions_bot and is_digit_answer(_without_mention(case.text))):
        return None
    return _match_newest(case)


def _match_newest(case: Case) -> Match | None:
    """A digit answers the newest open prompt unless ``#12`` names another issue's."""
    text = _without_mention(case.text)
    number, _rest = named_issue(text)
    named = _named(case, case.open_prompts, number)
    alike = [prompt for prompt in named if number is not None and _match_one(case, prompt)]
    if len({prompt.issue_id for prompt in alike}) > 1:  # one number in two grids
        return Match(None, None, unsure=tuple(alike))
    if number is None and named and named[0].options and named[0].kind is PromptKind.HANDLED:
        return _match_several(case, [prompt for prompt in named if prompt.options == named[0].options])
    for prompt in named:
        found = _match_one(case, prompt)
        if found:
            return found
    changeable = _named(case, prompts.still_good(case.tx, case.asked_as), number)
    several = len({prompt.issue_id for prompt in changeable}) > 1
    for prompt in changeable:
        found = _match_one(case, prompt)
        if found:
            unsure = several and found.answer is not None
            return Match(None, None, unsure=tuple(changeable)) if unsure else found
    if not is_digit_answer(text) or not case.is_direct or case.person is None:
        return None
    last = prompts.newest_of(case.tx, case.asked_as)
    fresh = last is not None and case.now - last.opened_at <= _REMEMBERED
    return Match(last if fresh else None, None)


def _match_several(case: Case, asked: list[Prompt]) -> Match | None:
    """An answer to a message that asked about several issues: which one is not guessed."""
    asked = _named(case, asked, named_issue(_without_mention(case.text))[0])
    answered = [prompt for prompt in asked if (found := _match_one(case, prompt)) and found.answer]
    if len(answered) > 1:
        return Match(None, None, unsure=tuple(answered))
    return next((found for prompt in asked if (found := _match_one(case, prompt))), None)


def _named(case: Case, asked: list[Prompt], number: int | None) -> list[Prompt]:
    return asked if number is None else [prompt for prompt in asked if _about_number(case, prompt, number)]


def _about_number(case: Case, prompt: Prompt, number: int) -> bool:
    return prompt.issue_id is not None and issues.load(case.tx, prompt.issue_id).number == number


def _match_one(case: Case, prompt: Prompt) -> Match | None:
    text = named_issue(_without_mention(case.text))[1]
    if prompt.kind is PromptKind.WHICH:
        picked = int(text.rstrip("。. ")) if text.rstrip("。. ").isascii() and text.rstrip("。. ").isdigit() else 0
        options = prompt.options or []
        if 0 < picked <= len(options):
            return Match(prompt, None, options[picked - 1]["issue"])
        return Match(prompt, None) if is_digit_answer(text) else None
    if prompt.kind not in OPTIONS:  # not about issues: which group a room is (handlers.binding)
        return None
    answer = understand(text, OPTIONS[prompt.kind])
    if answer is None and not is_digit_answer(text):
        return None
    return Match(prompt, answer)


def _without_mention(text: str) -> str:
    """The text without a leading ``@楼铃``."""
    if text.startswith("@"):
        _name, _space, rest = text.replace("\u2005", " ").partition(" ")
        return rest.strip() or text
    return text


def handle(case: Case, found: Match) -> None:
    """Do what the answer says; help with a wrong digit, say so of a stale one."""
    if found.unsure:
        return _ask_which(case, found.unsure)
    if found.prompt is None:
        return _say(case, wording.nothing_open())
    issue = issues.load(case.tx, found.prompt.issue_id) if found.prompt.issue_id is not None else None
    if _is_over(found.prompt, issue):
        return _say(case, wording.stale_prompt(issue.number if issue else None))
    if found.picked is not None:
        prompts.answered(case.tx, found.prompt, case.cause, f"issue {found.picked}")
        return _picked(case, found.prompt, found.picked)
    if found.prompt.kind is PromptKind.WHICH:
        return _say(case, wording.which_help(len(found.prompt.options or [])))
    if found.answer is None or issue is None:
        return _say(case, wording.prompt_help(found.prompt.kind))
    return _answer(case, found.prompt, issue, found.answer)


def _picked(case: Case, prompt: Prompt, issue_id: int) -> None:
    """The reply that was kept back is about this issue: a digit as to its own question, words as in the group."""
    said = (prompt.options or [{}])[0].get("said", "")
    issue = issues.load(case.tx, issue_id)
    still = [*case.open_prompts, *prompts.still_good(case.tx, case.asked_as)]
    asked = [p for p in still if p.issue_id == issue_id and p.kind is PromptKind.HANDLED]
    answer = understand(said, OPTIONS[PromptKind.HANDLED]) if asked else None
    if issue.state not in UNSETTLED:
        return _say(case, wording.stale_prompt(issue.number))
    if answer is not None:
        return _answer(case, asked[0], issue, answer)
    if commands.resume(case, issue, said):
        return None
    if not_ours.declines(said):
        return not_ours.apply(case, issue, said)
    return staff_replies.apply(case, issue, said)


def _ask_which(case: Case, changeable: tuple[Prompt, ...]) -> None:
    """A digit that may change what was said of several issues: which one is not guessed."""
    meant = list(dict.fromkeys(prompt.issue_id for prompt in changeable if prompt.issue_id is not None))
    staff_replies.ask_which(case, meant, _without_mention(case.text))


def _is_over(prompt: Prompt, issue: Issue | None) -> bool:
    """«2 处理中» today and «1 已解决» tomorrow answer the same question: it stays good while the issue lives."""
    if prompt.state is PromptState.ANSWERED and prompt.kind is PromptKind.HANDLED:
        return issue is None or issue.state not in UNSETTLED
    return prompt.state is not PromptState.OPEN


def _answer(case: Case, prompt: Prompt, issue: Issue, answer: Answer) -> None:
    if answer.option.choice is Choice.REFER:
        return _refer(case, prompt, issue, answer.text)
    if answer.option.choice is Choice.OTHER_CATEGORY:
        return _other_category(case, prompt, issue, answer.text)
    states, change = _CHANGES[answer.option.choice]
    if issue.state not in states:
        prompts.answered(case.tx, prompt, case.cause, str(answer.option.digit))
        return _say(case, wording.stale_prompt(issue.number))
    prompts.answered(case.tx, prompt, case.cause, str(answer.option.digit))
    change(case, issue)
    if case.is_direct:
        _say(case, wording.noted(issue.number, answer.option.label))
    return None


def _refer(case: Case, prompt: Prompt, issue: Issue, name: str) -> None:
    if not name:
        return _say(case, wording.refer_whom())
    if issue.state not in UNSETTLED:
        return _say(case, wording.stale_prompt(issue.number))
    before = issue.referrals
    said = commands.refer(case, issue, name)
    if issues.load(case.tx, issue.id).referrals > before:  # else it was refused and the question stands
        prompts.answered(case.tx, prompt, case.cause, f"5 {name}")
    return _say(case, said)


def _other_category(case: Case, prompt: Prompt, issue: Issue, name: str) -> None:
    category = category_named(name)
    if category is None:
        return _say(case, wording.unknown_category(name) if name else wording.prompt_help(prompt.kind))
    if issue.state is not IssueState.SUSPECTED:
        return _say(case, wording.stale_prompt(issue.number))
    prompts.answered(case.tx, prompt, case.cause, f"2 {category.value}")
    outcomes.confirmed(case.tx, issue, case.cause, category, _partners(case, issue, category))
    return _say(case, wording.noted(issue.number, f"是诉求（{name}）"))


def _confirm(case: Case, issue: Issue) -> None:
    outcomes.confirmed(case.tx, issue, case.cause, partners=_partners(case, issue, issue.category))


def _partners(case: Case, issue: Issue, category: Category) -> tuple[Duty, ...]:
    """Who is brought in, by the rule that heard the matter."""
    heard = case.classifier.hear(issue.summary).matters
    return next((matter.partners for matter in heard if matter.category is category), ())


def _say(case: Case, body: str) -> None:
    """Answer the one who just wrote: directly, or in the group when that is where a resident asked."""
    letter = Letter(Purpose.PROMPT, body, reply=True)
    if case.person:
        outbox.to_staff(case.tx, case.person, letter)
    elif case.is_direct:
        outbox.to_resident(case.tx, case.identity, letter)


_SUSPECTED = frozenset({IssueState.SUSPECTED})
_OVER = frozenset({IssueState.RESOLVED, IssueState.CLOSED})

_CHANGES: dict[Choice, tuple[frozenset[IssueState], Callable[[Case, Issue], object]]] = {
    Choice.IS_ISSUE: (_SUSPECTED, _confirm),
    Choice.NOT_A_MATTER: (
        _SUSPECTED,
        lambda case, issue: outcomes.dismissed(case.tx, issue, case.cause, DismissReason.NOT_A_MATTER),
    ),
    Choice.OWN_MATTER: (
        _SUSPECTED,
        lambda case, issue: outcomes.dismissed(case.tx, issue, case.cause, DismissReason.OWN_MATTER),
    ),
    Choice.RESOLVED: (UNSETTLED, lambda case, issue: outcomes.resolved(case.tx, issue, case.cause, by_staff=True)),
    Choice.HANDLING: (UNSETTLED, lambda case, issue: outcomes.answered(case.tx, issue, case.cause)),
    Choice.COMMUNITY: (UNSETTLED, lambda case, issue: outcomes.asked_community(case.tx, issue, case.cause)),
    Choice.COUNCIL: (
        UNSETTLED - {IssueState.COUNCIL},
        lambda case, issue: outcomes.to_council(case.tx, issue, case.cause),
    ),
    Choice.SATISFIED: (_OVER, lambda case, issue: outcomes.graded(case.tx, issue, case.cause, 1)),
    Choice.SO_SO: (_OVER, lambda case, issue: outcomes.graded(case.tx, issue, case.cause, 2)),
    Choice.NOT_RESOLVED: (_OVER, lambda case, issue: outcomes.graded(case.tx, issue, case.cause, 3)),
    Choice.SETTLED: (UNSETTLED, lambda case, issue: outcomes.resolved(case.tx, issue, case.cause, by_staff=True)),
    Choice.NOT_SETTLED: (UNSETTLED, lambda case, issue: None),
    Choice.CAN_HANDLE: (UNSETTLED, lambda case, issue: tiers.partner_can(case.tx, issue, case.cause)),
    Choice.NEEDS_HELP: (UNSETTLED, lambda case, issue: tiers.partner_needs_help(case.tx, issue, case.cause)),
    Choice.NOT_OURS: (UNSETTLED, lambda case, issue: tiers.partner_declines(case.tx, issue, case.cause)),
}
"""What each choice does, and in which states of the issue it still means something."""
