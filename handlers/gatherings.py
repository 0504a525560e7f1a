"""Reception days and activities: staff announce them in a direct message, residents sign up by reply."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from domain import wording_gatherings as wording
from domain.gatherings import Draft, SignUp, read_draft, read_sign_up
from domain.hearing import Matter
from domain.hearing import Place as SaidPlace
from domain.words import Category, Duty, GatheringKind, IssueState, MessageKind, Purpose, Tier, Urgency, Verdict
from handlers import outcomes
from handlers.case import Case
from store import gatherings, issues, outbox
from store.issues import Place, Report
from store.outbox import Letter
from store.tables import Gathering
from store.tx import Cause, Tx, record

ANNOUNCING = frozenset({Duty.SECTION_CHIEF, Duty.COMMUNITY_SECRETARY, Duty.GRID_HEAD, Duty.DELEGATE})
"""Duties that may announce to the groups of their places."""


Action = Callable[[Case, re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Match:
    """What is to be done."""

    does: Callable[[Case], None]


def match(case: Case) -> Match | None:
    """A staff member's command in a direct message, or a resident's reply to an announcement in the group."""
    if not case.text or case.message.kind is not MessageKind.TEXT:
        return None
    if case.is_direct:
        return _command(case) if case.person is not None else None
    return _reply(case) if case.group is not None else None


def handle(case: Case, found: Match) -> None:
    """Do it."""
    found.does(case)


# ---- residents

_VERBS = ("报名", "预约")


def _reply(case: Case) -> Match | None:
    if not case.message.quote and not any(word in case.text for word in _VERBS):
        return None  # chatter, nearly always
    assert case.group is not None
    quoted = gatherings.of_post(case.tx, case.message.quote) if case.message.quote else None
    said = read_sign_up(case.text, quoted=quoted is not None)
    if said is None:
        return _question(case, quoted) if quoted is not None else None
    if quoted is not None:
        return Match(lambda case: _sign_up(case, quoted, said))
    here = gatherings.open_in_group(case.tx, case.group.id)
    named = [one for one in here if one.id == said.number] if said.number else here
    if not named:
        over = gatherings.find(case.tx, said.number) if said.number else None
        mine = over is not None and case.group.id in gatherings.groups_of(case.tx, said.number or 0)
        return Match(lambda case: _sign_up(case, said.number or 0, said)) if mine else None
    if len(named) > 1:
        return Match(lambda case: _say(case, wording.which_gathering([gatherings.words(case.tx, o) for o in named])))
    return Match(lambda case: _sign_up(case, int(named[0].id), said))


def _question(case: Case, gathering_id: int) -> Match | None:
    """Another reply to an announcement is for whoever made it: no report, except where people are in danger."""
    heard = case.hearing.gravest
    if case.duties or (heard is not None and heard.urgency is not Urgency.NORMAL):
        return None
    return Match(lambda case: _pass_question(case, gathering_id))


_WHEN_OR_WHERE = re.compile(r"几点|几号|哪天|什么时候|啥时候|何时|时间|在哪|哪里|哪儿|地点|地址|啥地方|什么地方")


def _pass_question(case: Case, gathering_id: int) -> None:
    """When and where stand in the announcement; the rest is for whoever made it, from the console: for the grid."""
    one = gatherings.load(case.tx, gathering_id)
    told = gatherings.words(case.tx, one)
    if _WHEN_OR_WHERE.search(case.text):
        return _say(case, wording.when_and_where(told))
    who = case.message.sender_alias or case.message.sender_name or "居民"
    asked = one.created_by if one.created_by in case.tx.directory.people else _responsible(case)
    if asked is not None:
        outbox.to_staff(case.tx, asked, Letter(Purpose.REMINDER, wording.question_passed(told, who, case.text)))
    record(case.tx, "gathering_asked", case.cause, data={"gathering": gathering_id, "passed": asked})
    return None


def _responsible(case: Case) -> str | None:
    """Who answers for the writer's building, or stands in."""
    holding = case.tx.directory.holding
    ranked = (holding(case.building_id, duty) for duty in (Duty.GRID_HEAD, Duty.COMMUNITY_SECRETARY))
    return next((people[0] for people in ranked if people), None)


def _sign_up(case: Case, gathering_id: int, said: SignUp) -> None:
    assert case.group is not None
    one = gatherings.load(case.tx, gathering_id)
    if not gatherings.is_open(case.tx, one):
        _say(case, wording.too_late(gatherings.words(case.tx, one)))
    elif said.cancels:
        gatherings.give_back(case.tx, one, case.identity)
    else:
        gatherings.sign_up(case.tx, one, case.identity, case.group.id, said.people, said.words)


def _say(case: Case, body: str) -> None:
    """Answer where it was written: the group under its posting policy, or the staff member."""
    if case.is_direct and case.person is not None:
        outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))
    elif case.group is not None:
        letter = Letter(Purpose.ANNOUNCEMENT, body, mentions=(case.identity,), reply=True)
        outbox.to_group(case.tx, case.group.id, letter)


# ---- staff


_ANNOUNCE = re.compile(r"^(接访|活动)日?[\s:,]*(?:\d|20\d\d)")
_BARE = re.compile(r"^(接访|活动)日?$")
_LIST = re.compile(r"^(?:接访|活动)(?:日)?列表$")
_NAMES = re.compile(r"^(?:接访|活动|报名)?名单\s*#?(\d{1,6})?$")
_CANCEL = re.compile(r"^取消(?:接访日?|活动)\s*#?(\d{1,6})$")
_OUTCOME = re.compile(r"^接访记录(?:\s*(\d{1,6})\s*-\s*(\d{1,4})[\s:,]*(.*)|.*)$", re.DOTALL)


def _command(case: Case) -> Match | None:
    said = unicodedata.normalize("NFKC", case.text).strip(" 。.!")
    for form, action in _COMMANDS:
        found = form.match(said)
        if found:
            return Match(partial(_obey, action=action, found=found))
    return None


def _obey(case: Case, action: Action, found: re.Match[str]) -> None:
    _say(case, action(case, found))


def announce_from(tx: Tx, person: str, draft: Draft) -> tuple[str, gatherings.Announced | None]:
    """Announce to the chosen groups among those the person answers for; the answer in words."""
    chosen = groups_for(tx, person, draft.groups)
    if chosen is None:
        return wording.not_allowed(), None
    if not chosen:
        return wording.no_groups("、".join(draft.groups)), None
    if draft.starts_at <= tx.now:
        return wording.in_the_past(), None
    done = gatherings.announce(tx, draft, chosen, Cause(person))
    return announced_words(tx, done), done


def announced_words(tx: Tx, done: gatherings.Announced) -> str:
    """Where it was posted and where not."""

    def topics(groups: Sequence[int]) -> list[str]:
        return [tx.directory.groups[group].topic for group in groups]

    one = gatherings.words(tx, gatherings.load(tx, done.id))
    return wording.announced(one, topics(done.posted), topics(done.silent))


def groups_for(tx: Tx, person: str, words: Sequence[str]) -> list[int] | None:
    """The groups a person may announce to whose topic holds one of ``words``; ``None``: no duty that may announce."""
    buildings = {b for b in tx.directory.buildings if tx.directory.duties_of(person, (b,)) & ANNOUNCING}
    if not buildings:
        return None
    mine = [group for group in tx.directory.groups.values() if buildings & set(group.buildings)]
    return sorted(g.id for g in mine if not words or any(word in g.topic for word in words))


def _announce(case: Case, _found: re.Match[str]) -> str:
    assert case.person is not None
    try:
        draft = read_draft(case.text, case.tx.street.local(case.now))
    except ValueError:
        draft = None
    return announce_from(case.tx, case.person, draft)[0] if draft else wording.how_to_announce()


def _how(_case: Case, _found: re.Match[str]) -> str:
    return wording.how_to_announce()


def _list(case: Case, _found: re.Match[str]) -> str:
    return wording.gathering_list([gatherings.words(case.tx, one) for one in _mine(case)])


def _names(case: Case, found: re.Match[str]) -> str:
    if found[1] is None:
        mine = _mine(case)
        if len(mine) != 1:
            return wording.gathering_list([gatherings.words(case.tx, one) for one in mine])
        return _sign_ups(case, mine[0])
    one = _known(case, int(found[1]))
    return _sign_ups(case, one) if one else wording.unknown(int(found[1]))


def _sign_ups(case: Case, one: Gathering) -> str:
    lines = [
        (row.number, row.name or "居民", row.state, row.people, row.words, row.issue_number)
        for row in gatherings.signed_up(case.tx, int(one.id))
    ]
    return wording.sign_up_list(gatherings.words(case.tx, one), lines)


def _cancel(case: Case, found: re.Match[str]) -> str:
    one = _known(case, int(found[1]))
    if one is None or one.cancelled_at is not None:
        return wording.unknown(int(found[1]))
    gatherings.cancel(case.tx, one, case.cause)
    return wording.taken_back(gatherings.words(case.tx, one))


def _outcome(case: Case, found: re.Match[str]) -> str:
    """What a resident said at a reception opens an issue in their building, reported by them."""
    if not found[1] or not (found[3] or "").strip():
        return wording.outcome_how()
    one = _known(case, int(found[1]))
    booked = [row for row in gatherings.signed_up(case.tx, int(found[1])) if row.number == int(found[2])]
    if one is None or not booked or one.kind is not GatheringKind.RECEPTION:
        return wording.unknown(int(found[1])) if one is None else wording.outcome_how()
    group = case.tx.directory.groups[booked[0].group_id]
    said = found[3].strip()
    heard = case.classifier.hear(said).gravest
    matter = heard or Matter(Verdict.ISSUE, Category.OTHER, Tier.SMALL, Urgency.NORMAL, 1.0, SaidPlace(), (), ())
    place = Place(group.id, group.buildings[0])
    report = Report(case.waiting.row_id, case.message.message_id, booked[0].identity_id, case.by)
    head = issues.responsible(case.tx, place.building_id)
    issue = issues.open_issue(case.tx, matter, place, report, text=said, state=IssueState.OPEN, assignee=head)
    gatherings.became_issue(case.tx, booked[0].id, int(issue.id))
    outcomes.opened(case.tx, issue, matter.partners)
    return wording.outcome_kept(gatherings.words(case.tx, one), issue.number)


def _mine(case: Case) -> list[Gathering]:
    assert case.person is not None
    return gatherings.ahead(case.tx, groups_for(case.tx, case.person, ()) or ())


def _known(case: Case, number: int) -> Gathering | None:
    """A gathering of a group this person answers for."""
    assert case.person is not None
    mine = set(groups_for(case.tx, case.person, ()) or ())
    return gatherings.find(case.tx, number) if mine & set(gatherings.groups_of(case.tx, number)) else None


_COMMANDS: tuple[tuple[re.Pattern[str], Action], ...] = (
    (_ANNOUNCE, _announce),
    (_BARE, _how),
    (_LIST, _list),
    (_NAMES, _names),
    (_CANCEL, _cancel),
    (_OUTCOME, _outcome),
)
"""What staff write to the bot alone, and what answers it."""
