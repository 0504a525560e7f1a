"""The real channel against the real gateway; only the store behind the channel is a fake.

A test reads like a chat: ``await chat.says("停电了")``, then it waits with ``chat.until(...)``, never by sleeping.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.wechaty import Limits, WechatyChannel, WechatySettings
from domain.messages import (
    Attachment,
    ChannelState,
    Heard,
    Inbound,
    LinkState,
    Outbound,
    Receipt,
    TargetKind,
)
from domain.words import Purpose
from tests.gateway import process as gateway_process

QUICK = Limits(pause_first=0.05, pause_max=0.3, pause_token=0.3, second_try=0.5, accept_every=0.05, login_grace=0.3)
LIMIT = 8.0


async def until(true: Callable[[], Any], limit: float = LIMIT, what: str = "") -> Any:
    """Wait until something is true and give it; fails after ``limit`` seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    while not (found := true()):
        if loop.time() > end:
            pytest.fail(f"did not happen within {limit:g} s: {what or 'the condition'}")
        await asyncio.sleep(0.005)
    return found


@dataclass
class FakeIntake:
    """An ``Intake`` in memory that checks the order of the stages: heard, then read once."""

    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    messages: list[Inbound] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)
    gaps: list[tuple[str, datetime, datetime, str]] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    broken: int = 0  # that many of the next calls fail
    refused: str = ""  # a text that read() never takes
    unanswered: int = 0  # that many of the next ids are made durable and nobody hears of it

    async def accept(self, message: Inbound) -> bool:
        raise AssertionError("the channel hears in two stages")

    async def heard(self, account: str, message_id: str) -> int | None:
        await self._works()
        if (account, message_id) in self.ids:
            return None
        self.ids[account, message_id] = arrival = len(self.ids) + 1
        if self.unanswered:
            self.unanswered -= 1
            raise ConnectionResetError("the answer to the commit was lost")
        return arrival

    async def read(self, arrival: int, message: Inbound) -> None:
        await self._works()
        if self.refused and message.text == self.refused:
            raise ValueError("this text is not taken")
        assert self.ids[message.account, message.message_id] == arrival
        assert arrival not in self.done, "delivered twice"
        self.done.add(arrival)
        self.messages.append(message)

    async def unreadable(self, arrival: int, why: str) -> None:
        await self._works()
        assert arrival not in self.done
        self.done.add(arrival)
        self.lost[arrival] = why

    async def unread(self, account: str) -> list[Heard]:
        await self._works()
        return [Heard(n, key) for (owner, key), n in self.ids.items() if owner == account and n not in self.done]

    async def gap(self, account: str, since: datetime, until: datetime, reason: str) -> None:
        await self._works()
        assert since.tzinfo is not None
        assert since <= until
        self.gaps.append((account, since, until, reason))

    async def _works(self) -> None:
        await asyncio.sleep(0)
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


@dataclass
class Told:
    """An observer that writes down what it is told."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    fails: bool = False

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        async def tell(*about: Any) -> None:
            self.calls.append((name, *about))
            if self.fails:
                raise RuntimeError("the observer is broken")

        return tell

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [about for called, *about in self.calls if called == name]


class Kept(logging.Handler):
    """Keeps log records, those of the fixtures' time too."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@dataclass
class Chat:
    """A channel that runs against a gateway, and the people on the other side."""

    gateway: Any
    channel: WechatyChannel
    intake: FakeIntake
    told: Told
    records: list[logging.LogRecord]
    task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self.channel.run(self.intake))

    async def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(self.task, 5)
            self.task = None

    @property
    def state(self) -> ChannelState:
        return self.channel.state()["main"]

    async def until(self, true: Callable[[], Any], limit: float = LIMIT, what: str = "") -> Any:
        return await until(true, limit, f"{what} (state {self.state}, log {self.actions})")

    async def until_link(self, link: LinkState, limit: float = LIMIT) -> None:
        await self.until(lambda: self.state.link is link, limit, f"link {link}")
        assert self.task is None or not self.task.done()

    async def says(self, text: str, **more: Any) -> str:
        """A resident writes."""
        return str(await self.gateway.ask("hear", text=text, **more))

    async def hears(self, text: str, limit: float = LIMIT) -> Inbound:
        """Wait until the bot has read this text."""
        found: list[Inbound] = await self.until(
            lambda: [each for each in self.intake.messages if each.text == text], limit, f"hears {text!r}"
        )
        assert len(found) == 1
        return found[0]

    async def send(self, conversation: str, text: str, target: TargetKind = TargetKind.GROUP, **more: Any) -> Receipt:
        outbound = Outbound(7, "main", target, conversation, text, Purpose.ACK, **more)
        return await self.channel.send(outbound)

    @property
    def actions(self) -> list[str]:
        """The action keys of the log lines, in order, without debug."""
        return [vars(record)["action"] for record in self.records if record.levelno >= logging.INFO]

    @property
    def log(self) -> str:
        """All that was logged, as text, with the keys beside it."""
        return "\n".join(f"{record.getMessage()} {vars(record)}" for record in self.records)


@pytest.fixture(scope="session")
def shared_gateway() -> Iterator[Any]:
    with gateway_process.running() as gateway:
        yield gateway


@pytest.fixture
async def gateway(shared_gateway: Any) -> Any:
    """A running gateway in its first state, shared by the tests that do it no harm."""
    await shared_gateway.ask("reset")
    return shared_gateway


@pytest.fixture
def absent_gateway() -> Iterator[Any]:
    """A gateway of the test's own, not started yet; to be killed, frozen and started at will."""
    with gateway_process.running(launched=False) as gateway:
        yield gateway


@pytest.fixture
async def own_gateway(absent_gateway: Any) -> Any:
    """A gateway of the test's own."""
    await absent_gateway.start()
    return absent_gateway


MakeChat = Callable[..., Chat]


@pytest.fixture
async def make_chat() -> AsyncIterator[MakeChat]:
    """Makes chats that are closed at the end of the test."""
    chats: list[Chat] = []

    def make(gateway: Any, limits: dict[str, Any] | None = None, intake: FakeIntake | None = None, **more: Any) -> Chat:
        more = {"token": gateway_process.TOKEN, "insecure": True} | more
        settings = WechatySettings("main", gateway.endpoint, limits=replace(QUICK, **(limits or {})), **more)
        told = Told()
        kept = Kept()
        log = logging.Logger("chat", logging.DEBUG)
        log.addHandler(kept)
        channel = WechatyChannel(settings, lambda: datetime.now(UTC), told, log)
        chat = Chat(gateway, channel, intake or FakeIntake(), told, kept.records)
        chats.append(chat)
        return chat

    yield make
    for chat in chats:
        await chat.close()


@pytest.fixture
async def chat(gateway: Any, make_chat: MakeChat) -> Chat:
    """A bot that listens."""
    opened = make_chat(gateway)
    opened.open()
    await opened.until_link(LinkState.UP)
    return opened


@pytest.fixture
def attachment() -> Callable[[str, bytes], Attachment]:
    return lambda name, content: Attachment(name, "application/octet-stream", content)
