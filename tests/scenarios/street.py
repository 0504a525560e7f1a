"""A street to play on: people write, time passes, and every word of the bot must be expected.

The real house stands on a database of its own under a clock that the test moves; only the network is
replaced, by a channel that takes down what is sent. A scenario reads like the chat it tells of::

    群.says("王", "电梯坏了")
    bot.posted(群, "已登记 #1")
    bot.told("wang-qiang", "【新诉求】")
    street.later("30m")

A message of the bot that no line of the scenario expected fails it, also in the days after its last line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select, update

from bot.clock import VirtualClock
from bot.config import settings_of
from bot.database import LIVE, REPLAY, open_store
from bot.house import House
from bot.roster import example_path, read_roster
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt
from domain.places import Roster
from domain.spans import parse_length
from domain.words import MessageKind, Purpose
from handlers.classify import Classifier
from store.directory import TRUSTED_CHANNELS, directory_changed
from store.roster import import_roster
from store.tables import Event, GroupRow, Issue, Outbox, RoomRow, table
from store.tx import Tx

T = TypeVar("T")

AFTERMATH = timedelta(hours=52)  # how long a scenario runs on: past the close, before a small matter's limit is near
BEGIN = "2026-06-02 09:00"  # a Tuesday, an ordinary working day
_SENDING = {"room_seconds": 0, "account_seconds": 0, "jitter_seconds": 0}  # pace has its own tests; here instants count


class Network:
    """The channel of a scenario: takes down what is sent, and can be told to fail."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.receipts: list[Receipt] = []  # what the next sends come to; then everything arrives
        self.taken: Callable[[Outbound, Receipt], None] = lambda _message, _receipt: None

    async def run(self, intake: Intake) -> None:
        """The scenario itself feeds the intake."""
        await asyncio.Event().wait()

    async def send(self, message: Outbound) -> Receipt:
        """Delivered at once, unless the scenario said otherwise."""
        receipt = self.receipts.pop(0) if self.receipts else Receipt(Outcome.SENT, f"bot-{message.key}")
        self.taken(message, receipt)
        return receipt

    def state(self) -> dict[str, ChannelState]:
        """Always up."""
        return {"main": ChannelState(LinkState.UP)}


@dataclass
class Sent:
    """One message of the bot. ``id`` can be quoted; ``at`` is local time."""

    to: str
    text: str
    purpose: Purpose
    at: datetime
    id: str
    mentions: tuple[str, ...]
    expected: bool = False

    def __str__(self) -> str:
        text = " ".join(self.text.split())[:90]
        return f"{self.at:%m-%d %H:%M:%S}  楼铃 → {self.to} [{self.purpose}] {text}"


@dataclass
class Bot:
    """What the bot said, and whether the scenario expected it."""

    street: Street
    sent: list[Sent] = field(default_factory=list)

    def told(self, who: str, *words: str, at: str = "", purpose: Purpose | None = None, lacks: str = "") -> Sent:
        """One message that ``who`` got directly, with all of ``words`` in it and at that local time."""
        __tracebackhide__ = True
        return self._expect(who, words, at, purpose, lacks)

    def posted(
        self,
        group: Group,
        *words: str,
        at: str = "",
        purpose: Purpose | None = None,
        to: str | None = None,
        lacks: str = "",
    ) -> Sent:
        """One post in a group; ``to`` is a resident it mentions."""
        found = self._expect(group.key, words, at, purpose, lacks)
        if to is not None:
            assert self.street.resident_id(to) in found.mentions, self.street.story(f"{found}\nmentions {to}")
        return found

    def told_all(self, people: Sequence[str], *words: str, at: str = "", purpose: Purpose | None = None) -> None:
        """One message to each of these people."""
        for who in people:
            self.told(who, *words, at=at, purpose=purpose)

    def digest(self, chief: str) -> str:
        """The newest digest of a chief; digests come every day and are not part of the other expectations."""
        found = [sent for sent in self.sent if sent.to == chief and sent.purpose is Purpose.DIGEST]
        assert found, self.street.story(f"{chief} got no digest")
        return found[-1].text

    def digests(self, chief: str) -> list[Sent]:
        """All digests of a chief."""
        return [sent for sent in self.sent if sent.to == chief and sent.purpose is Purpose.DIGEST]

    def said_nothing_else(self) -> None:
        """Everything the bot said was expected."""
        __tracebackhide__ = True
        unexpected = [sent for sent in self.sent if not sent.expected and sent.purpose is not Purpose.DIGEST]
        if unexpected:
            raise AssertionError(self.street.story("not expected:\n" + "\n".join(map(str, unexpected))))

    def forget(self) -> None:
        """What was said up to here is not what this scenario is about."""
        for sent in self.sent:
            sent.expected = True

    def _expect(self, to: str, words: Sequence[str], at: str, purpose: Purpose | None, lacks: str) -> Sent:
        __tracebackhide__ = True
        for sent in self.sent:
            if sent.expected or sent.to != to or not all(word in sent.text for word in words):
                continue
            if (purpose is None or sent.purpose is purpose) and (not lacks or lacks not in sent.text):
                when = f"{sent.at:%m-%d %H:%M}"
                assert when.endswith(at), self.street.story(f"expected at {at}: {sent}")
                sent.expected = True
                return sent
        wanted = f"{to} {at} {purpose or ''} {' + '.join(words)}{f' without {lacks}' if lacks else ''}"
        raise AssertionError(self.street.story(f"expected and not said: {wanted}"))


@dataclass(frozen=True)
class Group:
    """A residents' group."""

    street: Street
    key: str

    def says(self, who: str, text: str, **extra: Any) -> str:
        """A resident writes; returns the message's id. ``alias`` is the name carried in the group."""
        return self.street.hear(self.street.resident_id(who), text, room=self.key, name=who, **extra)

    def recalls(self, who: str, message: str) -> str:
        """A resident takes a message back."""
        return self.says(who, "", kind=MessageKind.RECALL, recall_of=message)


@dataclass(frozen=True)
class Staff:
    """Somebody on the roster."""

    street: Street
    id: str

    def replies(self, group: Group, text: str, **extra: Any) -> str:
        """In a group."""
        return self.street.hear(self.id, text, room=group.key, name=self.id, **extra)

    def answers(self, text: str, **extra: Any) -> str:
        """To the bot alone."""
        return self.street.hear(self.id, text, room=None, name=self.id, **extra)


class Street:
    """The house, its clock and its database. It opens with the first word that is said."""

    def __init__(self, url: str, classifier: Classifier) -> None:
        self.url = url
        self.bot = Bot(self)
        self.roster = read_roster(example_path())
        self.network = Network("replay")
        self.settings: dict[str, Any] = {"sending": _SENDING}
        self.notices_posted = True
        self.lines: list[str] = []
        self._classifier = classifier
        self._clock = VirtualClock(self._instant(BEGIN))
        self._runner = asyncio.Runner()
        self._house: House | None = None
        self._due: datetime | None = None
        self._numbers = count(1)
        self._stopped = False

    # ---- before it opens

    def begins(self, at: str, **settings: Mapping[str, Any]) -> None:
        """Local time of the first word, and settings by part of the config file."""
        assert self._house is None, "the street has opened"
        self._clock = VirtualClock(self._instant(at))
        self.settings |= settings

    def on_network(self, name: str, rooms: Mapping[str, str]) -> None:
        """A network where ids prove nothing. ``rooms``: room id → topic of the group it is bound to."""
        assert self._house is None, "the street has opened"
        self.network = Network(name)
        self._rooms = dict(rooms)

    # ---- who is there

    def group(self, topic: str) -> Group:
        """A group of the roster; on a real network its room."""
        return Group(self, topic)

    def staff(self, person: str) -> Staff:
        """Somebody on the roster; on a real network a contact."""
        return Staff(self, person)

    @staticmethod
    def resident_id(who: str) -> str:
        """The contact id of a resident."""
        return f"居民-{who}"

    # ---- time

    @property
    def now(self) -> datetime:
        """Local time."""
        return self.house.street.local(self._clock.now())

    def later(self, span: str) -> None:
        """Time passes, and everything that falls due on the way is done."""
        self._pass_until(self._clock.now() + parse_length(span).delta)

    def until(self, at: str) -> None:
        """Until a local time: ``HH:MM`` of this day, or a date and a time."""
        self._pass_until(self._instant(at if " " in at else f"{self.now:%Y-%m-%d} {at}"))

    def outage(self, span: str) -> None:
        """Time passes while the service is down: what fell due is found afterwards."""
        self._clock.move_to(self._clock.now() + parse_length(span).delta)
        self._settle()

    def stops_here(self) -> None:
        """The scenario is not about what follows; what was said must still have been expected."""
        self._stopped = True

    def ends(self) -> None:
        """Nothing unexpected was said, and nothing unexpected follows."""
        self.bot.said_nothing_else()
        if not self._stopped:
            self._pass_until(self._clock.now() + AFTERMATH)
            self.bot.said_nothing_else()

    # ---- what is written

    def hear(self, sender: str, text: str, *, room: str | None, name: str, alias: str = "", **extra: Any) -> str:
        """One message comes in, and everything it causes at this instant is done. Returns its id."""
        message_id = str(extra.pop("id", None) or f"m{next(self._numbers)}")
        quote = extra.pop("quote", None)
        message = Inbound(
            channel=self.network.name,
            account="main",
            message_id=message_id,
            room_id=room,
            sender_id=sender,
            sent_at=self._clock.now(),
            text=text,
            room_topic=room or "",
            sender_name=name,
            sender_alias=alias,
            quote=quote.id if isinstance(quote, Sent) else quote,
            **extra,
        )
        self.house  # noqa: B018  open first, so that the story begins with the opening
        self.lines.append(f"{self.now:%m-%d %H:%M:%S}  {name or sender}（{room or '私信'}）：{text or message.kind}")
        self._run(self.house.pipeline.intake(self.network.name).accept(message))
        self._settle()
        return message_id

    # ---- looking inside

    def issue(self, number: int) -> Issue:
        """The newest issue of this number."""
        chosen = select(table(Issue)).where(table(Issue).c.number == number).order_by(table(Issue).c.id.desc())
        row = self.look(lambda tx: tx.db.execute(chosen.limit(1)).one())
        return Issue(**row._mapping)

    def issues(self) -> list[Issue]:
        """All issues, oldest first."""
        rows = self.look(lambda tx: tx.db.execute(select(table(Issue)).order_by(table(Issue).c.id)).all())
        return [Issue(**row._mapping) for row in rows]

    def history(self, number: int) -> list[str]:
        """What happened to an issue, in order; prompts and sends left out."""
        event, wanted = table(Event), self.issue(number).id
        chosen = select(event.c.what).where(event.c.issue_id == wanted).order_by(event.c.id)
        found = self.look(lambda tx: list(tx.db.execute(chosen).scalars()))
        return [what for what in found if what.startswith(("issue", "report", "suspicion", "nobody"))]

    def look(self, work: Callable[[Tx], T]) -> T:
        """Read the database."""
        return self._run(self.house.desk.read(self._clock.now(), work))

    def change(self, work: Callable[[Tx], T]) -> T:
        """Change the database as another command would, then let the house notice."""
        done = self._run(self.house.desk.write(self._clock.now(), work))
        self._settle()
        return done

    def new_roster(self, change: Callable[[Roster], Roster]) -> None:
        """Import a changed roster while the house runs."""
        self.roster = change(self.roster)
        self.change(lambda tx: import_roster(tx, self.roster))

    def texts_in_database(self) -> str:
        """Every text column of every table, for «this stands nowhere any more»."""
        with self.house.store.engine.connect() as db:
            tables = table(Issue).metadata.sorted_tables
            return "\n".join(str(tuple(row)) for each in tables for row in db.execute(select(each)))

    def story(self, ending: str) -> str:
        """The whole chat so far, for a failed expectation."""
        return "\n".join([*self.lines, "", ending])

    # ---- the house

    @property
    def house(self) -> House:
        """The running house."""
        if self._house is None:
            self._house = self._open()
            self._settle()
        return self._house

    def close(self) -> None:
        """Stop the house."""
        try:
            if self._house is not None:
                self._run(self._house.stop())
        finally:
            self._runner.close()

    def restart(self) -> None:
        """Stop and start again on the same database."""
        self._run(self.house.stop())
        self._house = None
        self._house = self._open(first=False)
        self._settle()

    def _open(self, *, first: bool = True) -> House:
        trusted = self.network.name in TRUSTED_CHANNELS
        store = open_store(self.url, REPLAY if trusted else LIVE, durable=False)
        street = settings_of(self.settings, "the scenario").as_street()
        house = House(store, street, self._classifier, {self.network.name: self.network}, self._clock)
        self.network.taken = self._take_down
        if first:
            self._run(house.desk.write(self._clock.now(), self._furnish))
        self._run(house.start())
        return house

    def _furnish(self, tx: Tx) -> None:
        import_roster(tx, self.roster)
        if self.notices_posted:
            tx.db.execute(update(table(GroupRow)).values(notice_at=tx.now))
        groups = {row.topic: row.id for row in tx.db.execute(select(table(GroupRow)))}
        for room, topic in getattr(self, "_rooms", {}).items():
            values = {"channel": self.network.name, "account": "main", "external_id": room, "group_id": groups[topic]}
            tx.db.execute(table(RoomRow).insert().values(epoch=0, topic=topic, **values))
        directory_changed(tx.db)

    def _take_down(self, message: Outbound, receipt: Receipt) -> None:
        local = self.house.street.local(self._clock.now())
        mentioned = tuple(contact for contact, _name in message.mentions)
        network_id = receipt.message_id or f"lost-{message.key}"
        sent = Sent(message.conversation, message.text, message.purpose, local, network_id, mentioned)
        self.bot.sent.append(sent)
        if sent.purpose is not Purpose.DIGEST:
            self.lines.append(str(sent))

    def _settle(self) -> None:
        assert self._house is not None
        self._due = self._run(self._house.settle())

    def _pass_until(self, at: datetime) -> None:
        self.house  # noqa: B018
        while self._due is not None and self._due <= at:
            self._clock.move_to(self._due)
            self._settle()
        self._clock.move_to(at)
        self._settle()

    def _run(self, work: Any) -> Any:
        return self._runner.run(work)

    def _instant(self, at: str) -> datetime:
        from zoneinfo import ZoneInfo

        return datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def with_duty(kind: str, name: str, **duties: Sequence[str]) -> Callable[[Roster], Roster]:
    """A roster in which a place's duties are other people's: ``with_duty("grids", "…网格", grid_head=["li-na"])``."""

    def change(roster: Roster) -> Roster:
        places = getattr(roster, kind)
        changed = tuple(
            replace(place, duties={**place.duties, **{d: tuple(p) for d, p in duties.items()}})
            if place.name == name
            else place
            for place in places
        )
        return replace(roster, **{kind: changed})

    return change


__all__ = ["Bot", "Group", "Network", "Outbox", "Path", "Sent", "Staff", "Street", "with_duty"]
