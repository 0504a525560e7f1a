"""Who may be read and who may act: «退出», «加入», and the one-time code that binds a staff member's contact."""

from __future__ import annotations

from dataclasses import dataclass

from domain import wording
from domain.words import Purpose
from handlers.case import Case
from store import outbox, people
from store.messages import OPT_IN_WORDS
from store.outbox import Letter

_OPT_OUT_WORDS = frozenset({"退出", "退出楼铃", "不想被记录"})


@dataclass(frozen=True, slots=True)
class Match:
    """What was asked for: ``code``, ``out`` or ``in``; for a code, the code itself."""

    what: str
    code: str = ""


def match(case: Case) -> Match | None:
    """A one-time code in a direct message, or a resident's wish."""
    if case.person is None and case.is_direct:
        code = people.looks_like_code(case.text)
        if code:
            return Match("code", code)
    if case.text in _OPT_OUT_WORDS:
        return Match("out")
    gone = case.external in case.tx.directory.opted_out
    return Match("in") if gone and case.text in OPT_IN_WORDS else None


def handle(case: Case, found: Match) -> None:
    """Bind, stop or resume."""
    if found.what == "code":
        people.wrote_direct(case.tx, case.identity)
        person = people.enrol(case.tx, case.identity, found.code, case.cause)
        body = wording.enrolled(case.tx.directory.name(person)) if person else wording.code_refused()
        outbox.to_resident(case.tx, case.identity, Letter(Purpose.NOTICE, body, reply=True))
        return
    out = found.what == "out"
    people.opt_out(case.tx, case.identity, case.cause, out=out)
    body = wording.opted_out() if out else wording.opted_in()
    letter = Letter(Purpose.NOTICE, body, mentions=(case.identity,), reply=True)
    if case.group is not None:
        outbox.to_group(case.tx, case.group.id, letter)
    else:
        outbox.to_resident(case.tx, case.identity, letter)
