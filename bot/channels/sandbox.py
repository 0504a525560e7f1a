"""The sandbox: a street that anyone can play. People write from a web page, the clock can be moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from bot.clock import SandboxClock
from bot.house import House
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt
from domain.ports import Line, Resident
from domain.words import MessageKind
from store.directory import put_setting

OFFSET = "sandbox_offset_seconds"
"""The setting that keeps the sandbox clock's offset over a restart."""

_FURTHEST = timedelta(days=60)
_SLACK = timedelta(minutes=1)  # the clock runs on while a person presses the button


class SandboxChannel:
    """The sandbox's network: everything arrives at once."""

    name = "sandbox"

    async def run(self, intake: Intake) -> None:
        """The page brings what is heard; nothing comes by itself."""
        await asyncio.Event().wait()

    async def send(self, message: Outbound) -> Receipt:
        """Shown on the page as soon as it is recorded."""
        return Receipt(Outcome.SENT, f"bot-{message.key}")

    def state(self) -> dict[str, ChannelState]:
        """Always up."""
        return {"main": ChannelState(LinkState.UP)}


class Sandbox:
    """``domain.ports.SandboxPort`` over a running house. One thing happens at a time."""

    def __init__(self, house: House, clock: SandboxClock, residents: Sequence[Resident]) -> None:
        self.residents = residents
        self._house = house
        self._clock = clock
        self._intake = house.pipeline.intake(SandboxChannel.name)
        self._turn = asyncio.Lock()
        self._version = 0
        self._changed = asyncio.Event()
        self._said = 0

    async def say(self, line: Line) -> str:
        """Deliver a line; returns its id once everything it caused is sent."""
        async with self._turn:
            self._said += 1
            now = self._clock.now()
            message = Inbound(
                channel=SandboxChannel.name,
                account="main",
                message_id=f"say-{now.timestamp():.6f}-{self._said}",
                room_id=line.group,
                sender_id=line.sender,
                sent_at=now,
                text=line.text,
                kind=MessageKind.RECALL if line.recall_of else line.kind,
                sender_name=line.sender_name,
                sender_alias=line.sender_alias,
                mentions=line.mentions,
                mentions_bot=line.text.lstrip().startswith("@楼铃"),
                quote=line.quote,
                recall_of=line.recall_of,
            )
            await self._intake.accept(message)
            await self._house.settle()
        self._bump()
        return message.message_id

    async def advance(self, until: datetime) -> None:
        """Move the clock, doing everything that falls due on the way at its own time."""
        async with self._turn:
            now = self._clock.now()
            if until < now - _SLACK:
                raise ValueError("the sandbox clock cannot go back")
            if until - now > _FURTHEST:
                raise ValueError("the sandbox clock moves at most 60 days at a time")
            due = await self._house.settle()
            while due is not None and due <= until:
                self._clock.move_to(due)
                due = await self._house.settle()
                self._bump()
            self._clock.move_to(until)
            await self._house.settle()
            seconds = str(self._clock.offset.total_seconds())
            await self._house.desk.write(self._clock.now(), lambda tx: put_setting(tx.db, OFFSET, seconds))
        self._bump()

    async def tick(self) -> None:
        """What the scheduler calls: do what fell due by itself."""
        async with self._turn:
            busy = await self._house.tick()
            await self._house.settle()
        if busy:
            self._bump()

    def now(self) -> datetime:
        """The sandbox clock."""
        return self._clock.now()

    async def changes(self) -> AsyncIterator[int]:
        """A growing number whenever something happened, beginning with the present one."""
        seen = -1
        while True:
            if seen != self._version:
                seen = self._version
                yield seen
            await self._changed.wait()

    def _bump(self) -> None:
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()


def invented_residents(groups: Sequence[tuple[str, str]]) -> list[Resident]:
    """Three residents for each group (key, topic); the house number in the topic becomes their alias."""
    names = ("王秀英", "李建国", "张敏", "刘洋", "陈静", "杨帆", "赵磊", "黄丽", "周杰", "吴芳", "徐强", "孙燕")
    homes = ((2, 501), (1, 302), (3, 1201))
    residents = []
    for index, (key, topic) in enumerate(groups):
        number = "".join(filter(str.isdigit, topic)) or "1"
        for place, (unit, room) in enumerate(homes):
            name = names[(index * 3 + place) % len(names)]
            alias = f"{number}-{unit}-{room} {name}"
            residents.append(Resident(f"resident-{index + 1}-{place + 1}", name, alias, key))
    return residents
