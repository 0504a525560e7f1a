"""The whole service as a process, against the real gateway: what a street's technician starts, and nothing less."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from tests.gateway import process as gateway_process

ROSTER = """
[[staff]]
id = "zhao"
name = "赵敏"
[[staff]]
id = "wang"
name = "王强"
[[community]]
name = "文化社区"
section_chief = "zhao"
[[grid]]
name = "第一网格"
community = "文化社区"
grid_head = "wang"
[[building]]
name = "3号楼"
grid = "第一网格"
[[building]]
name = "4号楼"
grid = "第一网格"
[[group]]
id = "lou-3"
topic = "3号楼业主群"
building = "3号楼"
[[group]]
id = "lou-4"
topic = "4号楼业主群"
building = "4号楼"
"""

CONFIG = """
[street]
name = "试验街道"
[database]
url = "{database}"
[console]
port = 0
[hours]
working = ["00:00-23:59"]
quiet = ""
[ladder.normal]
clock = "always"
repeat = "1h"
rungs = [
    {{ after = "0s", to = ["grid_head"] }},
    {{ after = "3s", to = ["grid_head"] }},
    {{ after = "1h", to = ["grid_head"] }},
]
[sending]
room_seconds = 0
account_seconds = 0
jitter_seconds = 0
[joining]
deaf_after = "2s"
look_round = "1s"
{accounts}
"""

ACCOUNT = """
[[wechaty]]
account = "{name}"
endpoint = "{endpoint}"
token = "{token}"
insecure = true
"""


async def until(true: Callable[[], Any], limit: float = 15.0, what: str = "") -> Any:
    """Wait until something is true and give it; ``true`` may be a coroutine function."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    while True:
        found = true()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        if loop.time() > end:
            pytest.fail(f"did not happen within {limit:g} s: {what}")
        await asyncio.sleep(0.02)


@dataclass
class Service:
    """``louling`` in a folder of its own: the running service, and the commands beside it."""

    folder: Path
    gateways: dict[str, Any]
    process: asyncio.subprocess.Process | None = None
    said: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=lambda: {**os.environ, "TERM": "dumb", "COLUMNS": "200"})

    def prepare(self, database: str = "sqlite:///data/louling.db") -> None:
        accounts = "".join(
            ACCOUNT.format(name=name, endpoint=gateway.endpoint, token=gateway_process.TOKEN)
            for name, gateway in self.gateways.items()
        )
        (self.folder / "config.toml").write_text(CONFIG.format(database=database, accounts=accounts), encoding="utf-8")
        (self.folder / "roster.toml").write_text(ROSTER, encoding="utf-8")

    async def command(self, *words: str, code: int = 0) -> str:
        """Run one command; gives what it printed."""
        line = [sys.executable, "-m", "bot.cli", *words, "--config", str(self.folder / "config.toml")]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*line, stdout=pipe, stderr=pipe, env=self.env)
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == code, f"{words}: {out.decode()}{err.decode()}"
        return out.decode() + err.decode()

    async def start(self) -> None:
        """Start and wait until the link is printed."""
        line = [sys.executable, "-m", "bot.cli", "run", "--config", str(self.folder / "config.toml")]
        with (self.folder / "log").open("ab") as log:
            pipe = asyncio.subprocess.PIPE
            self.process = await asyncio.create_subprocess_exec(*line, stdout=pipe, stderr=log, env=self.env)
        assert self.process.stdout is not None
        while True:
            text = (await asyncio.wait_for(self.process.stdout.readline(), 30)).decode()
            assert text, f"the service ended: {self.log[-3000:]}"
            self.said.append(text)
            if "is running" in text:
                return

    async def says(self, words: str) -> str:
        """Wait until the terminal has shown these lines; gives all that it showed since the start."""
        assert self.process is not None
        assert self.process.stdout is not None
        while words not in "".join(self.said):
            text = (await asyncio.wait_for(self.process.stdout.readline(), 15)).decode()
            assert text, f"the service ended: {self.log[-3000:]}"
            self.said.append(text)
        return "".join(self.said)

    @property
    def link(self) -> str:
        return next(text for text in reversed(self.said) if "is running" in text).split()[-1]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    async def health(self) -> dict[str, Any]:
        url = self.link.split("/?")[0] + "/healthz"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Any())

        def ask() -> dict[str, Any]:
            with opener.open(url, timeout=5) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found

        return await asyncio.to_thread(ask)

    async def page(self, path: str) -> str:
        """A page of the console, opened by the printed link."""
        async with self._visitor() as (visitor, url), visitor.get(url + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def clicks(self, path: str, **body: Any) -> dict[str, Any]:
        """What a button of a page sends; the answer."""
        async with self._visitor() as (visitor, url), visitor.post(url + path, json=body, headers=_own(url)) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    @asynccontextmanager
    async def _visitor(self) -> AsyncIterator[tuple[ClientSession, str]]:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as visitor, visitor.get(self.link):
            yield visitor, self.link.split("/?")[0]

    async def is_up(self) -> bool:
        return not (await self.health())["numbers"]["accounts_down"]

    async def kill(self) -> None:
        """As a power cut."""
        assert self.process is not None
        self.process.kill()
        await self._gone()

    async def stop(self) -> int:
        """As systemd does it; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        await asyncio.wait_for(self.process.stdout.read(), 30)
        code = await asyncio.wait_for(self.process.wait(), 30)
        self.process = None
        return code

    async def close(self) -> None:
        if self.process is not None:
            await self.kill()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into the SQLite file."""
        db = sqlite3.connect(self.folder / "data" / "louling.db", timeout=10)
        try:
            found = db.execute(query, values).fetchall()
            db.commit()
            return found
        finally:
            db.close()

    async def code_of(self, person: str) -> str:
        """A fresh one-time code, as the technician gets it."""
        table = await self.command("roster", "codes", person)
        return next(line.split()[2] for line in table.splitlines() if line.startswith(person))


class _Any(urllib.request.HTTPErrorProcessor):
    """503 is an answer too."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


def _own(url: str) -> dict[str, str]:
    return {"Origin": url}


async def said_to(gateway: Any, conversation: str) -> list[str]:
    """What the bot sent to a room or contact, in order."""
    return [each["text"] for each in await gateway.ask("sent") if each["to"] == conversation]


async def writes(gateway: Any, who: str, text: str, room: str | None = None) -> None:
    """A person writes in a room, or to the bot alone."""
    where = {"room": room} if room else {"to": "wxid_bot"}
    await gateway.ask("hear", **{"from": who}, text=text, **where)
