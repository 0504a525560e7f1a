"""How the people of a simulated street react to what happens: staff who answer early, late, with promises or never,
neighbours who join and chase, residents who say that it is over or grade the result.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.replay.driver import Happening
from bot.simulate import texts
from bot.simulate.days import Said
from bot.simulate.street import MadeStreet, Resident, Room
from domain.street import Street
from domain.words import Category, Urgency

_WAKING = (time(7, 0), time(22, 0))  # staff answer between these, in an emergency at any time
_ABOVE = ("secretary", "chief")


class Temper(StrEnum):
    """How somebody of the staff answers."""

    EARLY = "early"
    LATE = "late"
    PROMISES = "promises"
    NEVER = "never"


_TEMPERS = {Temper.EARLY: 45, Temper.LATE: 27, Temper.PROMISES: 18, Temper.NEVER: 10}
_FIRST_WORD = {Temper.EARLY: (2.0, 20.0), Temper.LATE: (60.0, 300.0), Temper.PROMISES: (10.0, 60.0)}  # minutes


@dataclass
class Matter:
    """What the people know of an issue: where it was told, by which message, who answers for it."""

    number: int
    room: Room
    message: str
    reporter: Resident
    category: Category
    urgency: Urgency
    assignee: str | None
    helped: bool = False  # somebody above has taken it in hand
    asked: bool = False  # the reporter is asked whether content


class People:
    """Everybody who reacts. One happening of the trail in, what follows from it out."""

    def __init__(self, street: MadeStreet, clock: Street, seed: int) -> None:
        self._rng = random.Random(f"people-{seed}")
        self._local = clock.local
        self._rooms = {room.topic: room for room in street.rooms}
        self._residents = {resident.id: resident for room in street.rooms for resident in room.residents}
        self._names = {person.id: person.name for person in street.roster.staff}
        tempers, shares = list(_TEMPERS), list(_TEMPERS.values())
        self._tempers = {person: self._rng.choices(tempers, shares)[0] for person in self._names}
        self._matters: dict[int, Matter] = {}

    def react(self, happening: Happening) -> Iterator[Said]:
        """What people will write because of it."""
        reaction = _REACTIONS.get(happening.what)
        if reaction is not None and happening.issue is not None:
            yield from reaction(self, happening, happening.issue)

    def opened(self, happening: Happening, issue: int) -> Iterator[Said]:
        """Neighbours join, the reporter chases, whoever answers for it answers in their own way."""
        matter = self._learn(happening, issue)
        if matter is None:
            return
        yield from self._neighbours(happening.at, matter)
        temper = self._tempers.get(matter.assignee or "", Temper.NEVER)
        if temper in (Temper.NEVER, Temper.LATE):
            chase = self._after(happening.at, 90, 400)
            yield Said(chase, matter.room, matter.reporter, self._rng.choice(texts.CHASES), "other", matter.message)
        if temper is not Temper.NEVER:
            yield from self._answer(happening.at, matter, temper)

    def suspected(self, happening: Happening, issue: int) -> Iterator[Said]:
        """Remembered, for the question to the building lead."""
        self._learn(happening, issue)
        return iter(())

    def _learn(self, happening: Happening, issue: int) -> Matter | None:
        data = happening.data
        room, reporter = self._rooms.get(data["group"]), self._residents.get(data["reporter"])
        if room is None or reporter is None or not data["messages"]:
            return None
        category, urgency = Category(data["category"]), Urgency(data["urgency"])
        found = Matter(data["number"], room, data["messages"][0], reporter, category, urgency, data["assignee"])
        self._matters[issue] = found
        return found

    def _neighbours(self, at: datetime, matter: Matter) -> Iterator[Said]:
        rng = self._rng
        many = rng.randint(1, 3) if matter.category in texts.OUTAGES or rng.random() < 0.2 else 0
        for _ in range(many):
            who = rng.choice(matter.room.residents)
            yield Said(self._after(at, 1, 40), matter.room, who, rng.choice(texts.JOINS), "other", matter.message)

    def _answer(self, at: datetime, matter: Matter, temper: Temper) -> Iterator[Said]:
        rng, head = self._rng, str(matter.assignee)
        least, most = _FIRST_WORD[temper]
        if matter.urgency is not Urgency.NORMAL:
            least, most = least / 2, most / 4
        first = self._awake(self._after(at, least, most), matter)
        if matter.category is Category.CONSULT:
            yield self._in_group(first, matter, head, texts.CONSULT_ANSWER)
            return
        words = texts.PROMISES if temper is Temper.PROMISES else texts.ANSWERS
        yield self._in_group(first, matter, head, rng.choice(words))
        hours = (0.5, 5) if matter.urgency is not Urgency.NORMAL else (2, 60)
        done = self._awake(self._after(first, hours[0] * 60, hours[1] * 60), matter)
        how = rng.random()
        if how < 0.45:
            yield self._in_group(done, matter, head, rng.choice(texts.DONE))
        elif how < 0.7:
            yield self._direct(done, head, f"#{matter.number} 1")
        elif how < 0.85 and matter.category in texts.OVER:
            yield Said(done, matter.room, matter.reporter, texts.OVER[matter.category], "other")

    def sent(self, happening: Happening, issue: int) -> Iterator[Said]:
        """A result asks the reporter; an escalation reaches somebody who has the say."""
        matter, rng = self._matters.get(issue), self._rng
        if matter is None:
            return
        purpose, to = happening.data["purpose"], str(happening.data["to"])
        if purpose == "result" and matter.asked and rng.random() < 0.35:
            grade = rng.choices("123", (78, 15, 7))[0]
            post = f"bot-{happening.data['outbox']}"
            yield Said(self._after(happening.at, 5, 600), matter.room, matter.reporter, grade, "other", post)
        elif purpose == "escalation" and to.startswith("staff:") and not matter.helped and rng.random() < 0.6:
            person = to.removeprefix("staff:")
            matter.helped = person.startswith(_ABOVE)
            first = self._awake(self._after(happening.at, 10, 90), matter)
            yield self._direct(first, person, f"#{matter.number} 2")
            yield self._direct(self._awake(self._after(first, 120, 1800), matter), person, f"#{matter.number} 1")

    def asked(self, happening: Happening, issue: int) -> Iterator[Said]:
        """A prompt was opened: is it an issue, or is the reporter content."""
        kind, to = happening.data["kind"], str(happening.data["to"])
        matter = self._matters.get(issue)
        if matter is None:
            return
        if kind == "satisfied":
            matter.asked = True
        elif kind == "is_issue" and self._rng.random() < 0.65:
            person = to.removeprefix("staff:")
            digit = "1" if self._rng.random() < 0.6 else "3"
            yield self._direct(
                self._awake(self._after(happening.at, 3, 50), matter), person, f"#{matter.number} {digit}"
            )

    def overdue(self, happening: Happening, issue: int) -> Iterator[Said]:
        """Asked whether it is handled: most answer, some let it pass."""
        matter = self._matters.get(issue)
        if matter is None or matter.assignee is None or self._tempers[matter.assignee] is Temper.NEVER:
            return
        if self._rng.random() < 0.7:
            digit = self._rng.choices("1234", (70, 20, 7, 3))[0]
            yield self._direct(self._after(happening.at, 5, 50), matter.assignee, f"#{matter.number} {digit}")

    def ended(self, _happening: Happening, issue: int) -> Iterator[Said]:
        """Forgotten."""
        self._matters.pop(issue, None)
        return iter(())

    def _in_group(self, at: datetime, matter: Matter, person: str, words: str) -> Said:
        return Said(at, matter.room, self._staff(person), words, "other", matter.message)

    def _direct(self, at: datetime, person: str, words: str) -> Said:
        return Said(at, None, self._staff(person), words, "other")

    def _staff(self, person: str) -> Resident:
        return Resident(person, self._names.get(person, person), "")

    def _after(self, at: datetime, least: float, most: float) -> datetime:
        """``least`` to ``most`` minutes later, sooner rather than later."""
        return at + timedelta(minutes=self._rng.triangular(least, most, least + (most - least) / 4))

    def _awake(self, at: datetime, matter: Matter) -> datetime:
        """``at``, or the next morning."""
        local = self._local(at)
        if matter.urgency is Urgency.EMERGENCY or _WAKING[0] <= local.time() < _WAKING[1]:
            return at
        morning = datetime.combine(local.date(), _WAKING[0], local.tzinfo)
        if local.time() >= _WAKING[1]:
            morning += timedelta(days=1)
        return morning + timedelta(minutes=self._rng.uniform(0, 90))


_REACTIONS: Mapping[str, Callable[[People, Happening, int], Iterator[Said]]] = {
    "issue_opened": People.opened,
    "issue_suspected": People.suspected,
    "sent": People.sent,
    "prompt_opened": People.asked,
    "issue_overdue": People.overdue,
    "issue_closed": People.ended,
    "issue_dismissed": People.ended,
}
"""Who does what because of a line of the trail."""
