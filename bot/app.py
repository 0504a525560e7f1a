"""The running service: start everything in order, serve until told to stop, stop in the reverse order."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.engine import make_url

from bot.channels.sandbox import OFFSET, Sandbox, SandboxChannel, invented_residents
from bot.clock import SandboxClock
from bot.config import Settings
from bot.database import SANDBOX, open_store
from bot.health import HouseHealth
from bot.house import House
from bot.roster import example_path, read_roster
from bot.scene import play_scene, scene_start
from domain import wording
from domain.errors import LoulingError
from domain.street import Pace, Street
from domain.words import Purpose
from handlers.classify import BoundaryVotes, Classifier
from handlers.classify.pack import load_pack
from store import outbox
from store.directory import get_setting
from store.engine import Store, lock_single_run
from store.outbox import Letter
from store.roster import import_roster
from store.tx import Tx
from web.app import make_app

log = logging.getLogger("louling.app")

TICK_SECONDS = 2
_AT_ONCE = Pace(room_seconds=0, account_seconds=0, jitter_seconds=0, daily_cap=1_000_000, emergency_reserve=0)


class Service:
    """``louling run``: the house, its scheduler and its web pages, from start to stop."""

    def __init__(self, settings: Settings, url: str, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._url = url
        self._say = say
        self._closing: list[Callable[[], Awaitable[None]]] = []

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        try:
            await self._start()
            await stop.wait()
            log.info("stopping", extra={"action": "stopping"})
        finally:
            await self._stop()

    async def _start(self) -> None:
        store = self._open()
        classifier = self._classifier()
        house, sandbox = await self._sandbox_house(store, classifier)
        health = HouseHealth(house)
        self._schedule(sandbox.tick)
        await self._serve(house, health, sandbox)
        health.ready = True

    async def _stop(self) -> None:
        """Reverse order: pages and intake first, then the rooms drain, then the store. Each step has its limit."""
        for close in reversed(self._closing):
            try:
                await close()
            except Exception:
                log.exception("a step of stopping failed", extra={"action": "stop_failed"})

    def _open(self) -> Store:
        database = make_url(self._url).database
        if make_url(self._url).get_backend_name() == "sqlite" and database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
            handle = lock_single_run(Path(f"{database}.lock"))
            self._closing.append(_closing(lambda: os.close(handle)))
        store = open_store(self._url, SANDBOX)
        self._closing.append(_closing(store.close))
        return store

    def _classifier(self) -> Classifier:
        """The rules now, the boundary dictionary in the background with its cache in the data folder."""
        rules_dir = Path(self._settings.rules.dir) if self._settings.rules.dir else None
        database = make_url(self._url).database
        votes = BoundaryVotes(Path(database).parent if database else None)
        classifier = Classifier(load_pack(rules_dir), votes)
        votes.load_in_background()
        return classifier

    async def _sandbox_house(self, store: Store, classifier: Classifier) -> tuple[House, Sandbox]:
        street = replace(self._settings.as_street(), pace=_AT_ONCE)
        offset = await store.read(lambda db: get_setting(db, OFFSET))
        clock = SandboxClock(timedelta(seconds=float(offset or 0)))
        fresh = offset is None
        if fresh:
            clock.move_to(scene_start(clock.now(), street.calendar))
        channel = SandboxChannel()
        house = House(store, street, classifier, {channel.name: channel}, clock)
        if fresh:
            roster = read_roster(example_path())
            await house.desk.write(clock.now(), lambda tx: import_roster(tx, roster))
            await house.desk.write(clock.now(), lambda tx: _post_notices(tx, street))
        await house.start()
        self._closing.append(house.drain)
        directory = (await house.desk.read(clock.now(), lambda tx: tx)).directory
        groups = sorted(directory.groups.values(), key=lambda group: group.id)
        sandbox = Sandbox(house, clock, invented_residents([(group.key, group.topic) for group in groups]))
        await house.settle()
        if fresh:
            await play_scene(sandbox, house.desk, groups)
        return house, sandbox

    def _schedule(self, tick: Callable[[], Awaitable[None]]) -> None:
        """APScheduler calls the tick; what is due is in the database, never in its memory."""
        scheduler = AsyncIOScheduler()
        scheduler.add_job(
            tick, "interval", seconds=TICK_SECONDS, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        scheduler.start()

        async def stop() -> None:
            scheduler.shutdown(wait=False)

        self._closing.append(stop)

    async def _serve(self, house: House, health: HouseHealth, sandbox: Sandbox) -> None:
        console = self._settings.console
        token = secrets.token_urlsafe(18)
        app = make_app(house.store, house.street, health, token=token, clock=house.clock.now, sandbox=sandbox)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=3)
        await runner.setup()
        self._closing.append(runner.cleanup)
        site = web.TCPSite(runner, console.host, console.port)
        try:
            await site.start()
        except OSError as error:
            raise LoulingError(
                f"console.port {console.port} on {console.host} cannot be used ({error.strerror}); "
                "stop what uses it, or set another port under [console] in a config file"
            ) from None
        port = runner.addresses[0][1]
        host = f"[{console.host}]" if ":" in console.host else console.host
        self._say(f"http://{host}:{port}/?token={token}")


def _post_notices(tx: Tx, street: Street) -> None:
    body = wording.notice(street.name, street.retention.days)
    for group in tx.directory.groups.values():
        outbox.to_group(tx, group.id, Letter(Purpose.NOTICE, body))


def _closing(close: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        with suppress(OSError):
            close()

    return run
