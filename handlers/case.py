"""One message on the desk, with all that a handler may ask about it; looked up on first need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from domain.hearing import Hearing, Place
from domain.lifecycle import UNSETTLED
from domain.messages import Inbound
from domain.words import Act, Category, Duty, IssueState
from handlers.classify import Classifier, place_from_alias, speech_act
from handlers.classify.normalise import normalise
from handlers.classify.place import place_of
from handlers.subjects import subjects
from store import issues, messages, outbox, people, prompts
from store.directory import External, GroupInfo
from store.issues import Report
from store.messages import Waiting
from store.tables import Issue, Prompt
from store.tx import Cause, Tx

REPLIES = frozenset({Act.ACKNOWLEDGEMENT, Act.PROMISE, Act.ASK_BACK, Act.RESOLVED})
"""Speech acts of somebody who answers, not of somebody who greets, announces or reports."""


@dataclass
class Case:
    """``hearing`` was made outside the transaction; everything read here is read inside it."""

    tx: Tx
    waiting: Waiting
    hearing: Hearing
    classifier: Classifier
    group: GroupInfo | None = field(init=False)

    def __post_init__(self) -> None:
        group_id = self.waiting.group_id
        self.group = self.tx.directory.groups.get(group_id) if group_id is not None else None

    @property
    def message(self) -> Inbound:
        """The message itself."""
        return self.waiting.message

    @property
    def now(self) -> datetime:
        """The instant of handling (aware UTC)."""
        return self.tx.now

    @cached_property
    def text(self) -> str:
        """Its words, without the spaces around."""
        return self.message.text.strip()

    @property
    def is_direct(self) -> bool:
        """Whether it was written to the bot alone."""
        return self.message.room_id is None

    @cached_property
    def external(self) -> External:
        """The sender as the network knows them."""
        return (self.message.channel, self.message.account, self.message.sender_id)

    @cached_property
    def person(self) -> str | None:
        """The staff member the sender is bound to."""
        return self.tx.directory.person_of(*self.external)

    @cached_property
    def duties(self) -> frozenset[Duty]:
        """The sender's duties for the buildings of this group."""
        if self.person is None or self.group is None:
            return frozenset()
        return self.tx.directory.duties_of(self.person, self.group.buildings)

    def duties_at(self, building_id: int) -> frozenset[Duty]:
        """The sender's duties for one building."""
        return self.tx.directory.duties_of(self.person, (building_id,)) if self.person else frozenset()

    @property
    def by(self) -> str:
        """Who wrote: a staff id, else the network's id of the resident."""
        return self.person or self.message.sender_id

    @property
    def cause(self) -> Cause:
        """This message as the cause of a change."""
        return Cause(self.by, self.message.message_id)

    @cached_property
    def identity(self) -> int:
        """The row of the sender's contact."""
        return people.identity(self.tx, self.external, self.message.sender_alias or self.message.sender_name)

    @property
    def report(self) -> Report:
        """This message as a report of a matter."""
        message = self.message
        return Report(self.waiting.row_id, message.message_id, self.identity, self.by, message.sender_id)

    @cached_property
    def live(self) -> list[Issue]:
        """The group's live issues, newest first."""
        return issues.of_group(self.tx, self.group.id) if self.group else []

    @property
    def unsettled(self) -> list[Issue]:
        """Those whose matter is not over."""
        return [issue for issue in self.live if issue.state in UNSETTLED]

    @property
    def ringing(self) -> list[Issue]:
        """Those nobody responsible has answered."""
        return [issue for issue in self.live if issue.state is IssueState.OPEN]

    @cached_property
    def quoted_issue(self) -> int | None:
        """The issue of the quoted message or of the bot's quoted post."""
        quote = self.message.quote
        if not quote:
            return None
        row = messages.by_external(self.tx.db, self.waiting.group_id, quote)
        if row is not None:
            found = issues.issue_of_message(self.tx, row.id)
            if found is not None:
                return found
        return outbox.issue_of_post(self.tx.db, quote)

    @cached_property
    def asked_as(self) -> str:
        """How prompts name the sender."""
        return f"staff:{self.person}" if self.person else f"resident:{self.identity}"

    @cached_property
    def open_prompts(self) -> list[Prompt]:
        """The sender's open prompts, newest first."""
        return prompts.open_of(self.tx, self.asked_as)

    @cached_property
    def act(self) -> Act:
        """What the words do, read with all care: hearing passes quickly over lines that tell of no matter.

        «垃圾马上安排人清运» sounds like a report of garbage; beside an unsettled issue of that category it is a reply.
        """
        said = speech_act(self.text)
        heard = {matter.category for matter in self.hearing.matters}
        if not heard or (said in REPLIES and any(issue.category in heard for issue in self.unsettled)):
            return said
        return self.hearing.act

    @cached_property
    def subjects(self) -> frozenset[Category]:
        """The categories the words are about, whether or not they say that something is wrong."""
        return subjects(self.text, self.hearing)

    @cached_property
    def place(self) -> Place:
        """Where, from the words, completed by the home in the sender's group alias."""
        said, home = self.hearing.place, place_from_alias(self.message.sender_alias)
        if said.building or said.unit or said.room or said.spot:
            return Place(said.building or home.building, said.unit, said.floor, said.room, said.spot)
        return Place(home.building, home.unit, said.floor, home.room)

    def names_building(self, issue: Issue) -> bool:
        """Whether the words may mean the building of an issue: they do unless they name another one."""
        if self.group is None or len(self.group.buildings) == 1:
            return True
        said = self.said_place.building
        return not said or self._is_named(said, issue.building_id)

    @cached_property
    def said_place(self) -> Place:
        """The place in the words alone; hearing looks for one only where it matters to a verdict."""
        return place_of(normalise(self.text).text)

    def _is_named(self, said: str, building_id: int) -> bool:
        name = self.tx.directory.buildings[building_id].name
        return any(f"{said}{word}" in name for word in ("号", "栋", "幢", "座"))

    @cached_property
    def building_id(self) -> int:
        """Which of the group's buildings the words or the alias name; the first when they name none."""
        assert self.group is not None
        if len(self.group.buildings) > 1 and self.place.building:
            for building in self.group.buildings:
                if self._is_named(self.place.building, building):
                    return building
        return self.group.buildings[0]
