"""The account of a simulation: every issue, every trouble told and every post accounted for, and the three rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bot.simulate.driver import Told
from domain.figures import Rate, Rates
from domain.lifecycle import LIVE
from store.audit import broken_promises
from store.figures import LEFT_OUT, rates
from store.issues import ISSUE, of_row
from store.tables import Event, IssueReport, MessageRow, MessageState, Outbox, table

_REPORT, _MESSAGE, _OUTBOX, _EVENT = table(IssueReport), table(MessageRow), table(Outbox), table(Event)
_LATE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """What came of everything. ``problems`` are promises that do not hold; empty when all is accounted for."""

    issues: dict[str, int]
    live: int
    troubles: dict[str, int]
    opened_by_chatter: int
    prompts: dict[str, int]
    digests: int
    sends: dict[str, int]
    rates: Rates
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs: numbers only, rates as numerator and denominator."""
        named = {"response": self.rates.response, "resolution": self.rates.resolution}
        named["satisfaction"] = self.rates.satisfaction
        return {
            "issues": self.issues,
            "live": self.live,
            "troubles": self.troubles,
            "opened_by_chatter": self.opened_by_chatter,
            "prompts": self.prompts,
            "digests": self.digests,
            "sends": self.sends,
            "rates": {name: {"good": rate.good, "of": rate.of} for name, rate in named.items()},
            "asked": self.rates.asked,
            "accounted_for": not self.problems,
            "problems": list(self.problems),
        }


def account(db: Connection, told: Told, now: datetime) -> Account:
    """Take stock of the database after ``told`` at ``now``, the end of the last day."""
    known = [of_row(row) for row in db.execute(select(ISSUE))]
    states = Counter(issue.state.value for issue in known)
    reported = set(
        db.execute(select(_MESSAGE.c.external_id).join(_REPORT, _REPORT.c.message_id == _MESSAGE.c.id)).scalars()
    )
    first = select(func.min(_REPORT.c.message_id)).group_by(_REPORT.c.issue_id)
    openers = set(db.execute(select(_MESSAGE.c.external_id).where(_MESSAGE.c.id.in_(first))).scalars())
    meant = told.troubles | told.gray | told.others
    sends = db.execute(select(_OUTBOX.c.state, func.count()).group_by(_OUTBOX.c.state))
    return Account(
        issues=dict(sorted(states.items())),
        live=sum(issue.state in LIVE for issue in known),
        troubles={
            "told": len(told.troubles),
            "opened": len(told.troubles & openers),
            "joined": len(told.troubles & reported - openers),
            "not_heard": len(told.troubles - reported),
        },
        opened_by_chatter=len(openers - meant),
        prompts={name: told.happened[f"prompt_{name}"] for name in ("opened", "answered", "expired")},
        digests=told.happened["digest_made"],
        sends={row[0].value: row[1] for row in sends},
        rates=rates([issue for issue in known if issue.state not in LEFT_OUT], now),
        problems=tuple(_problems(db, told, now)),
    )


def _problems(db: Connection, told: Told, now: datetime) -> list[str]:
    problems = broken_promises(db)
    opening = _EVENT.c.what.in_(["issue_opened", "issue_suspected"])
    untold = ~select(_EVENT.c.id).where(_EVENT.c.issue_id == ISSUE.c.id, opening).exists()
    unknown = int(db.execute(select(func.count()).select_from(ISSUE).where(untold)).scalar_one())
    if unknown:
        problems.append(f"{unknown} issues have no opening in the trail")
    if told.happened["message_set_aside"]:
        problems.append(f"{told.happened['message_set_aside']} messages could not be handled")
    overdue = db.execute(select(func.min(ISSUE.c.next_at)).where(ISSUE.c.next_at <= now)).scalar()
    if overdue is not None and (now - overdue).total_seconds() > _LATE_SECONDS:
        problems.append(f"a step was due at {overdue:%m-%d %H:%M} and did not happen")
    waiting = _MESSAGE.c.state.in_([MessageState.HEARD, MessageState.READ])
    undone = int(db.execute(select(func.count()).select_from(_MESSAGE).where(waiting)).scalar_one())
    if undone:
        problems.append(f"{undone} messages were heard and not handled")
    return problems


def shown(rate: Rate) -> str:
    """A rate as people read it."""
    return f"{rate.good}/{rate.of}" + (f" ({100 * rate.good / rate.of:.0f} %)" if rate.of else "")
