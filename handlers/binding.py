"""Which group is this room? The one who brought the bot into it answers with a digit, or with the group's name."""

from __future__ import annotations

from dataclasses import dataclass

from domain import wording
from domain.prompts import normal
from domain.words import PromptKind, Purpose
from handlers.case import Case
from store import outbox, prompts, rooms
from store.outbox import Letter
from store.rooms import RoomError
from store.tables import Prompt

_NONE = "0"


@dataclass(frozen=True, slots=True)
class Match:
    """The question and the group chosen; empty for none of those offered."""

    prompt: Prompt
    room_id: int
    group_id: int | None


def match(case: Case) -> Match | None:
    """An answer to the newest question, or to the quoted one, when it asks for a group."""
    if not case.is_direct or case.person is None or not case.text:
        return None
    prompt = _asked(case)
    if prompt is None or prompt.kind is not PromptKind.WHICH_GROUP or not prompt.options:
        return None
    said = normal(case.text).rstrip("。. ")
    chosen = {str(index): option["group"] for index, option in enumerate(prompt.options, start=1)}
    named = {case.tx.directory.groups[each].topic: each for each in chosen.values() if each in case.tx.directory.groups}
    room_id = int(prompt.options[0]["room"])
    if said == _NONE or normal(case.text) == "都不是":
        return Match(prompt, room_id, None)
    group = chosen.get(said, named.get(case.text))
    return Match(prompt, room_id, int(group)) if group is not None else None


def _asked(case: Case) -> Prompt | None:
    quoted = outbox.prompt_of_post(case.tx.db, case.message.quote) if case.message.quote else None
    if quoted is not None:
        return next((prompt for prompt in case.open_prompts if prompt.id == quoted), None)
    return case.open_prompts[0] if case.open_prompts else None


def handle(case: Case, found: Match) -> None:
    """Bind the room; a group that has its room already, or a room settled meanwhile, is left to the technician."""
    assert case.person is not None
    prompts.answered(case.tx, found.prompt, case.cause, str(found.group_id or _NONE))
    body = wording.room_not_bound()
    if found.group_id is not None and _bound(case, found.room_id, found.group_id):
        body = wording.room_bound(case.tx.directory.groups[found.group_id].topic)
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))


def _bound(case: Case, room_id: int, group_id: int) -> bool:
    if rooms.hearing(case.tx, group_id) is not None:
        return False
    try:
        if rooms.load(case.tx, room_id).group_id is not None:
            return False
        rooms.bind(case.tx, room_id, group_id, case.cause)
    except RoomError:
        return False
    return True
