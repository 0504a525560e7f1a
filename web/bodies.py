"""What pages may send: checked bodies, and one line when they are wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from http import HTTPStatus
from typing import Annotated, Self, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from domain.words import Category, DismissReason, GatheringKind, Tier
from store.tx import Tx
from web.errors import Refusal
from web.keys import STREET, WATCH

B = TypeVar("B", bound=BaseModel)

Key = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Say(_Body):
    """A line: by whom, in which group (its key; empty for a direct message to the bot)."""

    sender: Key
    group: Key | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    quote: Key | None = None
    mentions: tuple[Key, ...] = Field(default=(), max_length=20)


class Recall(_Body):
    """Take back a message: by its writer, where it was written."""

    sender: Key
    group: Key | None = None
    message: Key


class Advance(_Body):
    """Move the clock: so many minutes on, or to the next time it is ``to`` in the street's zone."""

    minutes: int | None = Field(default=None, ge=1, le=60 * 24 * 60)
    to: time | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.minutes is None) == (self.to is None):
            raise ValueError("minutes 和 to 要且只要给一个")
        return self


Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
"""A few sentences of the technician; may be empty."""


class Act(_Body):
    """What is done to an issue: a person, a tier, a reason or another issue's number, as the action needs it.

    ``reports`` are places in the list of reports, from 1; ``hours`` of silence.
    """

    person: Key | None = None
    tier: Tier | None = None
    why: DismissReason | None = None
    into: int | None = Field(default=None, ge=1, le=10**6)
    note: Words = ""
    reports: tuple[Annotated[int, Field(ge=1, le=10**4)], ...] = Field(default=(), max_length=200)
    category: Category | None = None
    hours: float | None = Field(default=None, gt=0, le=24 * 31)


class Planned(_Body):
    """Something that will be off in some groups, at local times; without an end nobody knows how long."""

    category: Category
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    groups: tuple[int, ...] = Field(min_length=1, max_length=2000)


class Call(_Body):
    """A meeting of one community's council, at a local time."""

    community: int = Field(ge=1)
    at: datetime
    place: Words = ""


class Decide(_Body):
    """A resolution: in which words, carried out by whom, by the end of which day."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
    carrier: Key
    due: date


class Invite(_Body):
    """A reception day or an activity for some groups, at a local time."""

    kind: GatheringKind
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    place: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    starts_at: datetime
    online: bool = False
    places: int | None = Field(default=None, ge=1, le=9999)
    groups: tuple[int, ...] = Field(min_length=1, max_length=2000)


_WRONG = {
    "extra_forbidden": "多余的字段",
    "missing": "缺少",
    "string_too_short": "不能为空",
    "string_too_long": "太长",
    "too_long": "太多",
    "json_invalid": "不是正确的 JSON",
}


async def body(request: web.Request, model: type[B]) -> B:
    """The checked body of a request. Raises ``Refusal`` (400) that names the field."""
    try:
        given = json.loads(await request.text())
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "请求内容不是正确的 JSON") from None
    try:
        return model.model_validate_json(json.dumps(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = _WRONG.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{where}：{what}" if where else what) from None


def instant(request: web.Request, local: datetime) -> datetime:
    """A local time of a form as an instant."""
    at = local if local.tzinfo else local.replace(tzinfo=request.app[STREET].calendar.zone)
    return at.astimezone(UTC)


def ahead(request: web.Request, local: datetime) -> datetime:
    """A local time of a form as an instant. Raises ``Refusal`` (400) for one that is past."""
    at = instant(request, local)
    if at <= request.app[WATCH].now():
        raise Refusal(HTTPStatus.BAD_REQUEST, "这个时间已经过去了")
    return at


def chosen_groups(tx: Tx, groups: Iterable[int]) -> list[int]:
    """The groups a form chose, each once. Raises ``Refusal`` (400) for one that is not there."""
    wanted = sorted(set(groups))
    if any(group not in tx.directory.groups for group in wanted):
        raise Refusal(HTTPStatus.BAD_REQUEST, "groups：没有这个群")
    return wanted


def number(text: str, line: str) -> int:
    """A whole number of an address. Raises ``Refusal`` (404) with ``line``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refusal(HTTPStatus.NOT_FOUND, line)
    return int(text)
