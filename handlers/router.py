"""Who takes a message: asked in a fixed order, the first match handles. Matching changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import (
    binding,
    commands,
    council,
    enrolment,
    gatherings,
    not_ours,
    outages,
    prompt_answers,
    recalls,
    residents,
    staff_replies,
)
from handlers.case import Case

Matcher = Callable[[Case], Any | None]
Handler = Callable[[Case, Any], None]

ROUTES: tuple[tuple[str, Matcher, Handler], ...] = (
    ("recall", recalls.match, recalls.handle),
    ("enrolment", enrolment.match, enrolment.handle),
    ("binding", binding.match, binding.handle),
    ("council", council.match, council.handle),
    ("gathering", gatherings.match, gatherings.handle),
    ("prompt answer", prompt_answers.match, prompt_answers.handle),
    ("command", commands.match, commands.handle),
    ("outage", outages.match, outages.handle),
    ("not ours", not_ours.match, not_ours.handle),
    ("staff reply", staff_replies.match, staff_replies.handle),
    ("follow-up", residents.match_follow_up, residents.handle),
    ("report", residents.match_report, residents.handle),
)
"""The bot's own messages never come here: they are proof of delivery, taken at intake."""

UNHANDLED = "chatter"


def route(case: Case) -> str:
    """Handle the message; returns who took it, ``chatter`` when nobody did."""
    for name, match, handle in ROUTES:
        found = match(case)
        if found is not None:
            handle(case, found)
            return name
    return UNHANDLED
