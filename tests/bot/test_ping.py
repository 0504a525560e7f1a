"""The dead man's ping: a real server is called while all is well, and only then; its address is a secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from aiohttp import web

from bot.ping import DeadManPing
from domain.messages import ChannelState
from domain.ports import Health


class Fixed:
    """A health that is as it is told."""

    def __init__(self, *, ok: bool = True) -> None:
        self.ok = ok

    async def health(self) -> Health:
        """As told."""
        return Health(self.ok, True)

    def channels(self) -> Mapping[str, ChannelState]:
        """None."""
        return {}


class Monitor:
    """A monitor outside: counts the calls and answers with ``status``."""

    def __init__(self) -> None:
        self.calls, self.status, self.url = 0, 200, ""
        self.called = asyncio.Event()

    async def hear(self, _request: web.Request) -> web.Response:
        """One call."""
        self.calls += 1
        self.called.set()
        return web.Response(status=self.status)


@pytest.fixture
async def monitor() -> AsyncIterator[Monitor]:
    """On a port of its own."""
    made, app = Monitor(), web.Application()
    app.router.add_get("/ping/secret-path", made.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ping/secret-path"
    yield made
    await runner.cleanup()


async def test_it_is_called_while_all_is_well_and_not_when_a_promise_is_broken(monitor: Monitor) -> None:
    health = Fixed()
    ping = DeadManPing(monitor.url, 60, health)
    async with aiohttp.ClientSession() as session:
        assert await ping.once(session)
        health.ok = False
        assert not await ping.once(session)
        assert monitor.calls == 1
        health.ok = True
        assert await ping.once(session)
    assert monitor.calls == 2


async def test_it_goes_on_by_itself_until_it_is_stopped(monitor: Monitor) -> None:
    task = asyncio.create_task(DeadManPing(monitor.url, 0.01, Fixed()).run())
    async with asyncio.timeout(10):
        while monitor.calls < 3:
            monitor.called.clear()
            await monitor.called.wait()
    task.cancel()
    assert await asyncio.gather(task, return_exceptions=True)
    assert not task.cancelled() or monitor.calls >= 3


async def test_a_monitor_that_is_away_is_logged_once_and_its_address_never(
    monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "louling.ping")
    monitor.status = 500
    ping = DeadManPing(monitor.url, 60, Fixed())
    async with aiohttp.ClientSession() as session:
        assert not await ping.once(session)
        assert not await ping.once(session)
        monitor.status = 200
        assert await ping.once(session)
        nobody = DeadManPing("http://127.0.0.1:1/ping/secret-path", 60, Fixed())
        assert not await nobody.once(session)
    said = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[0] for line in said] == [
        "the outside monitor is not reached",
        "the outside monitor is reached again",
        "the outside monitor is not reached",
    ]
    assert "secret-path" not in caplog.text
