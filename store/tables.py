"""The tables: the truth of Louling. Instants are aware UTC, words are stored by value.

Names follow the design; ``message`` is inbox and raw chat in one (a row is heard, read, done, and
later deleted by retention), ``seen`` keeps the narrow dedup keys, ``event`` is the append-only trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    func,
    literal_column,
    select,
    text,
)
from sqlmodel import Field, SQLModel

from domain.lifecycle import LIVE
from domain.words import (
    Category,
    CouncilState,
    DismissReason,
    Duty,
    GatheringKind,
    IssueState,
    MessageKind,
    Posting,
    PromptKind,
    PromptState,
    Purpose,
    SendState,
    SignupState,
    Tier,
    Urgency,
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes: a missing zone is a defect, not a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant needs a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC on every database."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Word(TypeDecorator[StrEnum]):
    """A word of ``domain.words``, stored by value."""

    impl = String(24)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Accept the word or its value; anything else is a ``ValueError``."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """The word itself."""
        return None if value is None else self.words(value)


_BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows only in an INTEGER PRIMARY KEY

# Ids of a network may be of any length. SQLite never looked at the width; PostgreSQL refuses what is longer.
_EXTERNAL = Text().with_variant(String(128), "sqlite")


def _id() -> Any:
    return Field(default=None, sa_column=Column(_BIG, primary_key=True, autoincrement=True))


def _at(*, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Instant, nullable=null))


def _word(words: type[StrEnum], *, null: bool = False, default: StrEnum | None = None) -> Any:
    return Field(default=default, sa_column=Column(Word(words), nullable=null, default=default))


def _text(default: str = "") -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=False, server_default=text("''")))


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class MessageState(StrEnum):
    """Two stages and an end; ``set_aside`` is a poisoned message that a person has to look at."""

    HEARD = "heard"
    READ = "read"
    DONE = "done"
    UNHEARD = "unheard"
    SET_ASIDE = "set_aside"


class Setting(SQLModel, table=True):
    """Facts about this database: ``kind`` (live or sandbox), roster version, sandbox clock offset."""

    name: str = Field(primary_key=True, max_length=64)
    value: str = _text()


class PersonRow(SQLModel, table=True):
    """A staff member of the roster. ``active`` is false once a newer roster no longer names them."""

    __tablename__ = "person"
    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=64)
    active: bool = True


class CommunityRow(SQLModel, table=True):
    """社区."""

    __tablename__ = "community"
    id: int = _id()
    name: str = Field(unique=True, max_length=64)
    active: bool = True


class GridRow(SQLModel, table=True):
    """网格. ``last_number`` is the last issue number given out in it."""

    __tablename__ = "grid"
    id: int = _id()
    name: str = Field(unique=True, max_length=64)
    community_id: int = Field(foreign_key="community.id", index=True)
    last_number: int = 0
    active: bool = True


class BuildingRow(SQLModel, table=True):
    """楼栋."""

    __tablename__ = "building"
    id: int = _id()
    name: str = Field(unique=True, max_length=64)
    grid_id: int = Field(foreign_key="grid.id", index=True)
    active: bool = True


class GroupRow(SQLModel, table=True):
    """One residents' group. Nothing of it is kept before ``notice_at``."""

    __tablename__ = "residents_group"
    id: int = _id()
    key: str = Field(unique=True, max_length=128)  # the roster's id, else the topic
    topic: str = Field(max_length=128)
    own_posting: Posting | None = _word(Posting, null=True)  # empty: ``posting.default`` of the config
    notice_at: datetime | None = _at(null=True)
    active: bool = True


class GroupBuildingRow(SQLModel, table=True):
    """Which buildings live in a group."""

    __tablename__ = "group_building"
    group_id: int = Field(foreign_key="residents_group.id", primary_key=True)
    building_id: int = Field(foreign_key="building.id", primary_key=True, index=True)


class DutyRow(SQLModel, table=True):
    """Who holds which duty where. ``rank`` keeps the roster's order among several holders."""

    __tablename__ = "duty"
    id: int = _id()
    person_id: str = Field(foreign_key="person.id", index=True, max_length=64)
    duty: Duty = _word(Duty)
    place: str = Field(max_length=16)  # community | grid | building
    place_id: int = Field(sa_type=_BIG)
    rank: int = 0


class AwayRow(SQLModel, table=True):
    """Days on which somebody is away, and who stands in; nobody, when ``stand_in_id`` is empty."""

    __tablename__ = "away"
    id: int = _id()
    person_id: str = Field(foreign_key="person.id", max_length=64)
    stand_in_id: str | None = Field(default=None, foreign_key="person.id", max_length=64)
    since: datetime = _at()
    until: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
    cancelled_at: datetime | None = _at(null=True)


class IdentityRow(SQLModel, table=True):
    """A contact of a network: staff when ``person_id`` is bound, else a resident."""

    __tablename__ = "identity"
    __table_args__ = (Index("ix_identity_external", "channel", "account", "epoch", "external_id", unique=True),)
    id: int = _id()
    channel: str = Field(max_length=32)
    account: str = Field(max_length=64)
    epoch: int = 0
    external_id: str = Field(sa_type=_EXTERNAL)
    name: str = Field(default="", max_length=128)
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True, max_length=64)
    wrote_direct: bool = False
    opted_out_at: datetime | None = _at(null=True)


class RoomRow(SQLModel, table=True):
    """A room of a network, bound to a group once a person or a marker said so.

    ``standby``: another account hears for the group. ``noticed_at`` keeps the room's notice while it is not the
    one that hears. ``members`` are short hashes of names, kept only where ids change at login.
    """

    __tablename__ = "room"
    __table_args__ = (Index("ix_room_external", "channel", "account", "epoch", "external_id", unique=True),)
    id: int = _id()
    channel: str = Field(max_length=32)
    account: str = Field(max_length=64)
    epoch: int = 0
    external_id: str = Field(sa_type=_EXTERNAL)
    topic: str = Field(default="", max_length=256)
    group_id: int | None = Field(default=None, foreign_key="residents_group.id", index=True)
    standby: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    left_at: datetime | None = _at(null=True)
    noticed_at: datetime | None = _at(null=True)
    members: list[Any] | None = _json()


class EnrolmentCode(SQLModel, table=True):
    """A one-time code; only its hash is kept."""

    __tablename__ = "enrolment_code"
    code_hash: str = Field(primary_key=True, max_length=64)
    person_id: str = Field(foreign_key="person.id", max_length=64)
    expires_at: datetime = _at()
    used_at: datetime | None = _at(null=True)


class Seen(SQLModel, table=True):
    """Dedup keys of the last 7 days, narrow on purpose: random ids make a wide index slow."""

    account: str = Field(primary_key=True, max_length=96)  # channel:account
    message_id: str = Field(primary_key=True, sa_type=_EXTERNAL)
    heard_at: datetime = _at()


class MessageRow(SQLModel, table=True):
    """One message: inbox and raw chat. Texts of groups without notice and of opted-out residents are never stored."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_waiting",
            "lane",
            "id",
            sqlite_where=text("state IN ('heard', 'read')"),
            postgresql_where=text("state IN ('heard', 'read')"),
        ),
        Index(
            "ix_message_unhandled",
            "state",
            sqlite_where=text("state IN ('unheard', 'set_aside')"),
            postgresql_where=text("state IN ('unheard', 'set_aside')"),
        ),
    )
    id: int = _id()
    channel: str = Field(max_length=32)
    account: str = Field(max_length=64)
    external_id: str = Field(sa_type=_EXTERNAL)
    state: MessageState = _word(MessageState)
    kind: MessageKind | None = _word(MessageKind, null=True)
    room_id: str | None = Field(default=None, sa_type=_EXTERNAL)
    group_id: int | None = None
    sender_id: str = Field(default="", sa_type=_EXTERNAL)
    sender_name: str = Field(default="", max_length=128)
    sender_alias: str = Field(default="", max_length=128)
    body: str = _text()
    extra: dict[str, Any] | None = _json()
    sent_at: datetime | None = _at(null=True)
    heard_at: datetime = _at()
    failures: int = 0
    lane: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # a number of its room: one FIFO each
    kept: bool = False  # belongs to an issue: outlives retention


class PolicyRow(SQLModel, table=True):
    """A policy as it was when issues opened under it; ``id`` is the hash of ``body``."""

    __tablename__ = "policy"
    id: str = Field(primary_key=True, max_length=64)
    body: str = _text()


LIVE_WORDS = tuple(state for state in IssueState if state in LIVE)
"""The live states in the order in which the index of live issues without a next step names them."""

_STEPLESS = f"next_at IS NULL AND state IN ({', '.join(repr(word.value) for word in LIVE_WORDS)})"


class Issue(SQLModel, table=True):
    """One matter. Changed only by ``store.issues``; every change appends an event."""

    __table_args__ = (
        Index(
            "ix_issue_due",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_issue_stepless", "id", sqlite_where=text(_STEPLESS), postgresql_where=text(_STEPLESS)),
        Index("ix_issue_group", "group_id", "state"),
        Index("ix_issue_grid", "grid_id", "state", "number"),
        Index("ix_issue_opened", "opened_at"),
    )
    id: int = _id()
    number: int
    grid_id: int = Field(foreign_key="grid.id")
    community_id: int = Field(foreign_key="community.id")
    building_id: int = Field(foreign_key="building.id")
    group_id: int = Field(foreign_key="residents_group.id")
    state: IssueState = _word(IssueState)
    category: Category = _word(Category)
    tier: Tier = _word(Tier)
    urgency: Urgency = _word(Urgency)
    dismiss_reason: DismissReason | None = _word(DismissReason, null=True)
    summary: str = _text()
    place: str = _text()
    reporter_id: int = Field(foreign_key="identity.id")
    assignee_id: str | None = Field(default=None, foreign_key="person.id", max_length=64)
    policy_id: str = Field(foreign_key="policy.id", max_length=64)
    evidence: list[Any] | None = _json()
    opened_at: datetime = _at()
    ladder_at: datetime = _at()
    ladder_from: int = 0
    rung: int = -1
    next_at: datetime | None = _at(null=True)
    response_at: datetime = _at()  # limit for the first answer
    resolution_at: datetime = _at()  # limit for the end
    check_at: datetime = _at()  # when an answered issue is asked after, if nothing was promised
    promise_at: datetime | None = _at(null=True)
    asked_at: datetime | None = _at(null=True)
    listed: bool = False
    answered_at: datetime | None = _at(null=True)  # the first answer of somebody responsible
    resolved_at: datetime | None = _at(null=True)
    resolved_by: str = Field(default="", max_length=16)  # staff | resident
    ended_at: datetime | None = _at(null=True)
    reopened: int = 0
    chases: int = 0
    chase_passed_at: datetime | None = _at(null=True)
    satisfaction: int | None = None  # 1 satisfied, 2 so-so, 3 not resolved
    surveyed: bool = False
    merged_into: int | None = None
    recurrence_of: int | None = None
    linked_to: int | None = None
    warned_response: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    warned_resolution: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    snoozed_until: datetime | None = _at(null=True)
    snoozes: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    referrals: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class IssueReport(SQLModel, table=True):
    """A message that belongs to an issue: the first report, one that joined, a chase."""

    __tablename__ = "issue_report"
    issue_id: int = Field(foreign_key="issue.id", primary_key=True)
    message_id: int = Field(primary_key=True, sa_type=_BIG, index=True)
    identity_id: int = Field(foreign_key="identity.id", index=True)
    at: datetime = _at()


class Event(SQLModel, table=True):
    """The audit trail: every change of an issue, every prompt, every send. Append-only."""

    __table_args__ = (Index("ix_event_issue", "issue_id", "id"), Index("ix_event_at", "at"))
    id: int = _id()
    at: datetime = _at()
    what: str = Field(max_length=32)
    issue_id: int | None = None
    by: str = Field(default="clock", sa_type=_EXTERNAL)
    message_id: str | None = Field(default=None, sa_type=_EXTERNAL)
    reason: str = _text()
    data: dict[str, Any] | None = _json()


class Prompt(SQLModel, table=True):
    """A numbered question to one person, answered by a digit or plain words."""

    __table_args__ = (
        Index("ix_prompt_open", "asked_of", "state"),
        Index(
            "ix_prompt_due", "expires_at", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")
        ),
        Index("ix_prompt_issue", "issue_id", "state"),
    )
    id: int = _id()
    kind: PromptKind = _word(PromptKind)
    asked_of: str = Field(max_length=160)  # staff:ID or resident:IDENTITY
    issue_id: int | None = Field(default=None, foreign_key="issue.id")
    options: list[Any] | None = _json()
    state: PromptState = _word(PromptState, default=PromptState.OPEN)
    opened_at: datetime = _at()
    expires_at: datetime = _at()
    answer: str = Field(default="", max_length=64)


class Outbox(SQLModel, table=True):
    """A message on its way out; the only way anything is ever sent."""

    __table_args__ = (
        Index(
            "ix_outbox_queued",
            "priority",
            "not_before",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_outbox_open",
            "lease_until",
            sqlite_where=text("state IN ('sending', 'unknown')"),
            postgresql_where=text("state IN ('sending', 'unknown')"),
        ),
        Index("ix_outbox_external", "external_id"),
        Index("ix_outbox_issue", "issue_id"),
    )
    id: int = _id()
    target: str = Field(max_length=16)  # group | staff | resident
    target_id: str = Field(max_length=64)  # group id, person id, identity id
    purpose: Purpose = _word(Purpose)
    issue_id: int | None = None
    prompt_id: int | None = None
    rung: int | None = None
    body: str = _text()
    mentions: list[Any] | None = _json()  # identity ids put before the text
    parts: list[Any] | None = _json()  # several issues in one message: each with its prompt, rung and words
    priority: int = 5  # 0 emergency first, 9 last
    exempt: bool = False  # leaves in quiet hours too
    state: SendState = _word(SendState, default=SendState.QUEUED)
    queued_at: datetime = _at()
    not_before: datetime = _at()
    lease_until: datetime | None = _at(null=True)
    fence: int = 0
    attempts: int = 0
    external_id: str | None = Field(default=None, sa_type=_EXTERNAL)
    conversation: str | None = Field(default=None, sa_type=_EXTERNAL)
    account: str | None = Field(default=None, max_length=96)
    sent_at: datetime | None = _at(null=True)
    reason: str = _text()
    attachment_id: int | None = Field(default=None, sa_type=_BIG)


class AttachmentRow(SQLModel, table=True):
    """A file that goes with a message. Deleted with the chat of its days; the letter stays."""

    __tablename__ = "attachment"
    id: int = _id()
    name: str = Field(max_length=128)
    media_type: str = Field(max_length=128)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = _at()


class SendCount(SQLModel, table=True):
    """How many messages an account sent on a local day; one of unknown fate counts, for it may have arrived."""

    __tablename__ = "send_count"
    account: str = Field(primary_key=True, max_length=96)  # channel:account
    day: str = Field(primary_key=True, max_length=10)  # YYYY-MM-DD in the street's zone
    sends: int


class DigestRun(SQLModel, table=True):
    """One digest of one section chief: due, made, sent. The window runs from the previous due time to this one."""

    __tablename__ = "digest_run"
    __table_args__ = (
        Index("ix_digest_chief", "chief_id", "due_at", unique=True),
        Index(
            "ix_digest_due", "due_at", sqlite_where=text("made_at IS NULL"), postgresql_where=text("made_at IS NULL")
        ),
    )
    id: int = _id()
    chief_id: str = Field(foreign_key="person.id", max_length=64)
    since: datetime = _at()
    due_at: datetime = _at()
    made_at: datetime | None = _at(null=True)
    body: str = _text()


class Job(SQLModel, table=True):
    """A housekeeping job that comes round: retention, self-audit."""

    name: str = Field(primary_key=True, max_length=32)
    due_at: datetime = _at()
    done_at: datetime | None = _at(null=True)


class Lease(SQLModel, table=True):
    """What one process does at a time: rooms, an account, the tick. ``fence`` grows with every new holder."""

    name: str = Field(primary_key=True, max_length=160)
    holder: str = Field(max_length=96)
    fence: int = Field(sa_type=BigInteger)
    until: datetime = _at()


class CoverageGap(SQLModel, table=True):
    """A time in which an account could not hear; ``until`` is empty while it lasts."""

    __tablename__ = "coverage_gap"
    __table_args__ = (Index("ix_coverage_gap_since", "since"),)
    id: int = _id()
    channel: str = Field(max_length=32)
    account: str = Field(max_length=64)
    since: datetime = _at()
    until: datetime | None = _at(null=True)
    reason: str = _text()


class CouncilItem(SQLModel, table=True):
    """One large matter on a community's agenda: listed, given a meeting, decided, carried out (or taken off)."""

    __tablename__ = "council_item"
    __table_args__ = (
        Index("ix_council_community", "community_id", "state"),
        Index(
            "ix_council_due",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )
    id: int = _id()
    issue_id: int = Field(foreign_key="issue.id", unique=True)
    community_id: int = Field(foreign_key="community.id")
    state: CouncilState = _word(CouncilState)
    listed_at: datetime = _at()
    meeting_at: datetime | None = _at(null=True)
    place: str = _text()
    resolution: str = _text()
    carrier_id: str | None = Field(default=None, foreign_key="person.id", max_length=64)
    decided_at: datetime | None = _at(null=True)
    due_at: datetime | None = _at(null=True)
    ended_at: datetime | None = _at(null=True)
    next_at: datetime | None = _at(null=True)  # when the secretary is reminded of the missing resolution


class Gathering(SQLModel, table=True):
    """A reception day or an activity that residents can sign up for. ``id`` is the number said to people."""

    __table_args__ = (Index("ix_gathering_starts", "starts_at"),)
    id: int = _id()
    kind: GatheringKind = _word(GatheringKind)
    title: str = _text()
    place: str = _text()
    online: bool = False
    hosts: str = _text()
    starts_at: datetime = _at()
    places: int | None = None  # empty: no limit
    created_by: str = Field(max_length=128)
    created_at: datetime = _at()
    cancelled_at: datetime | None = _at(null=True)


class GatheringGroup(SQLModel, table=True):
    """A group that a gathering is announced to. ``outbox_id`` is empty where its posting policy forbids the post."""

    __tablename__ = "gathering_group"
    gathering_id: int = Field(foreign_key="gathering.id", primary_key=True)
    group_id: int = Field(foreign_key="residents_group.id", primary_key=True, index=True)
    outbox_id: int | None = Field(default=None, sa_type=_BIG, index=True)


class GatheringSignup(SQLModel, table=True):
    """One resident's place. ``number`` counts within the gathering; ``answer_id`` is the post that confirms it."""

    __tablename__ = "gathering_signup"
    __table_args__ = (Index("ix_signup_of", "gathering_id", "identity_id", unique=True),)
    id: int = _id()
    gathering_id: int = Field(foreign_key="gathering.id")
    identity_id: int = Field(foreign_key="identity.id", index=True)
    group_id: int = Field(foreign_key="residents_group.id")
    number: int
    state: SignupState = _word(SignupState)
    people: int = 1
    words: str = _text()  # what they want to talk about
    at: datetime = _at()
    answer_id: int | None = Field(default=None, sa_type=_BIG, index=True)
    issue_id: int | None = Field(default=None, foreign_key="issue.id")  # the outcome of a reception


class Outage(SQLModel, table=True):
    """Something that staff announced to be off in a group for a time: questions about it are no issues."""

    __table_args__ = (Index("ix_outage_group", "group_id", "ends_at"),)
    id: int = _id()
    group_id: int = Field(foreign_key="residents_group.id")
    building_id: int | None = Field(default=None, foreign_key="building.id")  # empty: all buildings of the group
    category: Category = _word(Category)
    starts_at: datetime = _at()
    ends_at: datetime = _at()
    surely: bool = False  # the notice names the end
    body: str = _text()  # the beginning of the notice
    announced_by: str = Field(max_length=128)
    announced_at: datetime = _at()
    message_id: str | None = Field(default=None, sa_type=_EXTERNAL)
    post_id: int | None = Field(default=None, sa_type=_BIG)  # the bot's own post of it
    asked: int = 0  # residents who asked about it
    answered_at: datetime | None = _at(null=True)  # when the group was pointed to the notice
    cancelled_at: datetime | None = _at(null=True)


def written(column: ColumnElement[Any], *words: StrEnum) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``words``, which are written out in the statement.

    SQLite takes a partial index only for the very condition of that index, never for a bound value.
    """
    values: list[ColumnElement[Any]] = [literal_column(f"'{word.value}'") for word in words]
    return column == values[0] if len(values) == 1 else column.in_(values)


def by_state(db: Connection, column: ColumnElement[Any], *groups: Sequence[StrEnum]) -> dict[str, int]:
    """How many rows are in each state, 0 for none. A partial index each answers for a group of states."""
    found = {word.value: 0 for words in groups for word in words}
    for words in groups:
        counted = select(column, func.count()).where(written(column, *words)).group_by(column)
        found.update({row[0].value: row[1] for row in db.execute(counted)})
    return found


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model: hot paths and conditions are written with its columns."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
