"""The Wechaty channel beside bare calls of the published stubs, on the official gateway with its mock puppet.

    .venv/bin/python bench/wechaty.py [MESSAGES] [--wheel PYTHON]

Needs Node; the first run installs the gateway's packages (see tests/gateway). Bare means: the event stream, one
``message_payload`` per event, sixteen at a time, nothing kept, nothing ordered, no names. The channel makes ids
durable (in memory here), reads, looks names up, converts and releases in order. Both run in this one process
against the same gateway, so the ratio is what counts; the gateway itself takes part of the same cores. ``--wheel``
names an interpreter with the ``wechaty`` wheel installed, and says whether it can be imported there.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import logging
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.channels.wechaty import WechatyChannel, WechatySettings  # noqa: E402
from bot.channels.wechaty.client import GatewayClient  # noqa: E402
from domain.messages import Heard, Inbound, LinkState, Outbound, TargetKind  # noqa: E402
from domain.words import Purpose  # noqa: E402

Read = Callable[[str, str, float], Awaitable[None]]  # room, text, when it was sent


def gateway_process() -> Any:
    """The module that runs the gateway for the tests."""
    spec = importlib.util.spec_from_file_location("louling_bench_gateway", ROOT / "tests" / "gateway" / "process.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Ids:
    """The least an intake can do."""

    def __init__(self, read: Callable[[Inbound], Awaitable[None]]) -> None:
        self.ids: dict[str, int] = {}
        self._read = read

    async def accept(self, message: Inbound) -> bool:
        return True

    async def heard(self, account: str, message_id: str) -> int | None:
        return self.ids.setdefault(message_id, len(self.ids)) if message_id not in self.ids else None

    async def read(self, arrival: int, message: Inbound) -> None:
        if not message.is_self:
            await self._read(message)

    async def unreadable(self, arrival: int, why: str) -> None:
        raise RuntimeError(why)

    async def unread(self, account: str) -> list[Heard]:
        return []

    async def gap(self, account: str, since: datetime, until: datetime, reason: str) -> None:
        raise RuntimeError(f"a gap in the bench: {reason}")


class Bare:
    """The stubs alone."""

    def __init__(self, settings: WechatySettings, read: Read) -> None:
        self.client, self._read = GatewayClient(settings), read

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.client.open()
        await self.client.start()
        slots = asyncio.Semaphore(16)
        stub = self.client._stub(10)

        async def one(message_id: str) -> None:
            async with slots:
                raw = await stub.message_payload(id=message_id)
            if raw.from_id != "wxid_bot":
                await self._read(raw.room_id, raw.text, raw.timestamp / 1000)

        async def listen() -> None:
            async with asyncio.TaskGroup() as group:
                async for event in self.client._stub(None).event():
                    if int(event.type) == 2:
                        group.create_task(one(event.payload[14:-2]))  # {"messageId":"…"}

        task = asyncio.create_task(listen())
        await asyncio.sleep(0.5)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.client.close()

    async def reply(self, room: str, text: str) -> None:
        await self.client._stub(10).message_send_text(conversation_id=room, text=text, mentonal_ids=[])


class Whole:
    """The channel."""

    def __init__(self, settings: WechatySettings, read: Read) -> None:
        async def taken(message: Inbound) -> None:
            await read(message.room_id or "", message.text, message.sent_at.timestamp())

        self.channel = WechatyChannel(settings, lambda: datetime.now(UTC))
        self._intake = Ids(taken)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.channel.run(self._intake))
        while self.channel.state()["main"].link is not LinkState.UP:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def reply(self, room: str, text: str) -> None:
        await self.channel.send(Outbound(1, "main", TargetKind.GROUP, room, text, Purpose.ACK))


async def measured(gateway: Any, settings: WechatySettings, kind: type[Bare | Whole], n: int) -> dict[str, float]:
    """Messages per second read, read and replied to, and latency in ms at 50 messages a second."""
    found: dict[str, float] = {}
    delays: list[float] = []
    tasks: set[asyncio.Task[None]] = set()
    replies = False

    async def read(room: str, text: str, sent: float) -> None:
        delays.append(time.time() - sent)
        if replies:  # not awaited, as the sender works beside the intake
            task = asyncio.get_running_loop().create_task(side.reply(room, text))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    side = kind(settings, read)

    async def round_of(count: int, **how: Any) -> float:
        delays.clear()
        began = time.perf_counter()
        await gateway.ask("burst", n=count, **how)
        while len(delays) < count or tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        rate = count / (time.perf_counter() - began)
        await asyncio.sleep(1)  # its own echoes are still coming in
        return rate

    async with side.running():
        await round_of(100)
        found["read/s"] = await round_of(n)
        replies = True
        found["read+reply/s"] = await round_of(n // 2)
        replies = False
        await round_of(300, every=20)
        delays.sort()
        found["p50 ms"] = delays[len(delays) // 2] * 1000
        found["p99 ms"] = delays[int(len(delays) * 0.99)] * 1000
    return found


async def main(n: int) -> None:
    """Run and print."""
    process = gateway_process()
    if missing := process.missing():
        sys.exit(missing)
    gateway = process.Gateway()
    settings = WechatySettings("main", gateway.endpoint, process.TOKEN, insecure=True)
    try:
        await gateway.start()
        before = memory()
        bare = await measured(gateway, settings, Bare, n)
        between = memory()
        whole = await measured(gateway, settings, Whole, n)
        after = memory()
    finally:
        gateway.close()
    sys.stdout.write(f"{n} messages, official gateway and mock puppet; bare = published stubs, 16 calls at a time\n")
    sys.stdout.write(f"{'':14}{'bare':>10}{'channel':>10}{'ratio':>8}\n")
    for name in ("read/s", "read+reply/s"):
        sys.stdout.write(f"{name:14}{bare[name]:10.0f}{whole[name]:10.0f}{whole[name] / bare[name]:8.2f}\n")
    for name in ("p50 ms", "p99 ms"):
        sys.stdout.write(f"{name:14}{bare[name]:10.1f}{whole[name]:10.1f}{whole[name] - bare[name]:+8.1f} added\n")
    sys.stdout.write(
        f"memory, peak   {before:.0f} MiB imported, {between:.0f} after bare, {after:.0f} after the channel\n"
    )


def wheel(python: str) -> str:
    """Whether the ``wechaty`` wheel can be imported by this interpreter: its version, or the error that ends it."""
    said = "import sys, wechaty; print('imported on', sys.version.split()[0], wechaty.__version__)"
    done = subprocess.run([python, "-c", said], capture_output=True, text=True, timeout=60, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[-1]


def memory() -> float:
    """Peak resident memory in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    words = argparse.ArgumentParser(description="The channel beside bare stubs.")
    words.add_argument("messages", nargs="?", type=int, default=2_000)
    words.add_argument("--wheel", metavar="PYTHON")
    given = words.parse_args()
    asyncio.run(main(given.messages))
    if given.wheel:
        sys.stdout.write(f"wechaty wheel  {wheel(given.wheel)}\n")
