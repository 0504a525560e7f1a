"""One of several processes on one PostgreSQL, composed as ``louling run`` does it, on a network of files.

    python city.py URL CHAT.json SENT.log ROLE

The account hears the chat from its beginning whenever this process holds it, one line after the other, as a network
that redelivers everything would. What it is given to send it writes to SENT.log, durably. It
prints ``serving`` and, whenever it has heard all, ``heard``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.config import Settings, settings_of
from bot.database import LIVE, open_store
from bot.live import compose
from bot.running import Running
from domain.messages import ChannelState, Inbound, Intake, LinkState, Outbound, Outcome, Receipt
from handlers.classify import load_classifier

PACE = {"room_seconds": 0, "account_seconds": 0, "jitter_seconds": 0, "daily_cap": 1_000_000}


class FileNetwork:
    """Delivers a chat, takes every message."""

    name = "replay"

    def __init__(self, chat: list[dict[str, Any]], log: Path) -> None:
        self._chat = chat
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def run(self, intake: Intake) -> None:
        """Every line in turn; what was heard before is known by its id."""
        for line in self._chat:
            await intake.accept(Inbound(**{**line, "sent_at": datetime.now(UTC)}))
        print("heard", flush=True)  # noqa: T201
        await asyncio.Event().wait()

    async def send(self, message: Outbound) -> Receipt:
        """Arrived for certain, whatever becomes of this process."""
        os.write(self._log, f"{message.key} {message.target.value} {os.getpid()}\n".encode())
        os.fsync(self._log)
        await asyncio.sleep(0)
        return Receipt(Outcome.SENT, f"out-{message.key}-{os.getpid()}")

    def state(self) -> dict[str, ChannelState]:
        """Up."""
        return {"main": ChannelState(LinkState.UP)}


async def never() -> None:
    """No rooms to look into."""
    await asyncio.Event().wait()


def settings(role: str) -> Settings:
    """A street that sends at once and never sleeps."""
    return settings_of(
        {"sending": PACE | {"emergency_reserve": 0}, "hours": {"quiet": ""}, "process": {"role": role}}, "the test"
    )


async def serve(url: str, chat: list[dict[str, Any]], log: Path, role: str) -> None:
    """Until SIGTERM."""
    store = open_store(url, LIVE)
    network = FileNetwork(chat, log)
    running: Running = await compose(
        settings(role),
        store,
        load_classifier(None),
        lambda _text: None,
        {"main": network},
        lambda house: (house.pipeline.intake(network.name), never),
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print("serving", flush=True)  # noqa: T201
    while not stop.is_set():
        await running.tick()
        try:
            async with asyncio.timeout(0.5):
                await stop.wait()
        except TimeoutError:
            continue
    for side in reversed(running.sides):
        await side.stop()
    store.close()


if __name__ == "__main__":
    script = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    asyncio.run(serve(sys.argv[1], script, Path(sys.argv[3]), sys.argv[4]))
