"""The running service: start everything in order, serve until told to stop, stop in the reverse order.

What is served is composed elsewhere: the sandbox in ``bot.playing``, real accounts in ``bot.live``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.engine import make_url

from bot import jumps
from bot.clock import SystemClock
from bot.config import Settings
from bot.database import LIVE, SANDBOX, open_store
from bot.health import HouseHealth
from bot.heap import leave_what_is_loaded
from bot.ping import DeadManPing
from bot.playing import compose_sandbox
from bot.roles import Role
from bot.running import Running, Side, ended, fresh_ticks
from domain.errors import LoulingError
from handlers.classify import BoundaryVotes, Classifier
from handlers.classify.pack import load_pack
from handlers.classify.swap import PackWatch
from store.engine import Store, lock_single_run
from web.app import make_app

log = logging.getLogger("louling.app")

TICK_SECONDS = 2
RULES_SECONDS = 3  # a changed pack is in force within five: this, and half a second to load and check it


Composer = Callable[[Settings, Store, Classifier, Callable[[str], None]], Awaitable[Running]]


class Service:
    """``louling run``: the house, its scheduler and its web pages, from start to stop. ``say`` tells the operator."""

    def __init__(self, settings: Settings, url: str, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._url = url
        self._say = say
        self._closing: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises ``LoulingError`` when a part of the service ended by itself."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        try:
            running = await self._start()
            await _until(stop, running.sides)
            log.info("stopping", extra={"action": "stopping"})
        finally:
            await self._stop()

    async def _start(self) -> Running:
        store = self._open()
        classifier = self._classifier()
        running = await self._composer()(self._settings, store, classifier, self._say)
        for side in running.sides:
            self._closing.append((side.name, side.stop))
        watch = PackWatch(Path(self._settings.rules.dir), classifier) if self._settings.rules.dir else None
        health = HouseHealth(running.house, lambda: watch.problems if watch else ())
        self._schedule(running, watch)
        await self._serve(running, health)
        leave_what_is_loaded()
        health.ready = True
        self._ping(health)
        log.info("serving", extra={"action": "serving"})
        return running

    def _composer(self) -> Composer:
        if self._settings.is_sandbox:
            return compose_sandbox
        from bot.live import compose_live  # the gateway's stubs are heavy; a sandbox does without

        return compose_live

    async def _stop(self) -> None:
        """Reverse order, each step with its limit: pages, tick, then the parts of the house, the store last."""
        for name, close in reversed(self._closing):
            try:
                await close()
            except Exception:
                log.exception("a step of stopping failed: %s", name, extra={"action": "stop_failed"})

    def _open(self) -> Store:
        """The database of this kind of service, for this process alone where it is a SQLite file."""
        database = make_url(self._url).database
        role = self._settings.process.role
        if role is not Role.ALL and make_url(self._url).get_backend_name() == "sqlite":
            raise LoulingError(
                f"role {role}: SQLite has one process, which does everything; "
                "leave the role out, or set database.url to a PostgreSQL database"
            )
        if make_url(self._url).get_backend_name() == "sqlite" and database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
            handle = lock_single_run(Path(f"{database}.lock"))
            self._closing.append(("lock", _closing(lambda: os.close(handle))))
        store = open_store(self._url, SANDBOX if self._settings.is_sandbox else LIVE)
        self._closing.append(("store", _closing(store.close)))
        return store

    def _classifier(self) -> Classifier:
        """The rules now, the boundary dictionary in the background with its cache in the data folder."""
        rules_dir = Path(self._settings.rules.dir) if self._settings.rules.dir else None
        url = make_url(self._url)
        is_file = url.get_backend_name() == "sqlite" and url.database
        votes = BoundaryVotes(Path(str(url.database)).parent if is_file else None)
        classifier = Classifier(load_pack(rules_dir), votes)
        votes.load_in_background()
        return classifier

    def _schedule(self, running: Running, watch: PackWatch | None) -> None:
        """APScheduler calls the tick and the look at the rules; what is due is in the database, never in its memory."""
        scheduler = AsyncIOScheduler()
        tick = fresh_ticks(running, scheduler, TICK_SECONDS)
        scheduler.add_job(
            tick, "interval", seconds=TICK_SECONDS, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        if watch is not None:
            scheduler.add_job(
                _swapping(watch, running), "interval", seconds=RULES_SECONDS, coalesce=True, misfire_grace_time=None
            )
        scheduler.start()
        watching = asyncio.create_task(jumps.watch(scheduler, SystemClock()), name="the clock")

        async def stop() -> None:
            await ended(watching)
            scheduler.shutdown(wait=False)

        self._closing.append(("scheduler", stop))

    def _ping(self, health: HouseHealth) -> None:
        """Tell the monitor outside, if there is one."""
        part = self._settings.health
        if url := part.ping_url.get_secret_value():
            pinging = asyncio.create_task(DeadManPing(url, part.ping_every.delta.total_seconds(), health).run())
            self._closing.append(("the ping", lambda: ended(pinging)))

    async def _serve(self, running: Running, health: HouseHealth) -> None:
        console = self._settings.console
        token = secrets.token_urlsafe(18)
        house = running.house
        app = make_app(house.store, house.street, health, token=token, clock=house.clock.now, sandbox=running.sandbox)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=3)
        await runner.setup()
        self._closing.append(("pages", runner.cleanup))
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
        self._say(f"Louling 楼铃 is running: http://{host}:{port}/?token={token}")


async def _until(stop: asyncio.Event, sides: tuple[Side, ...]) -> None:
    """Wait for the order to stop. A side that ends by itself means a deaf or mute bot: that must be loud."""
    stopping: asyncio.Task[object] = asyncio.create_task(stop.wait(), name="stop")
    tasks: dict[asyncio.Task[object], str] = {side.task: side.name for side in sides if side.task is not None}
    try:
        done, _going = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    for task in done - {stopping}:
        error = None if task.cancelled() else task.exception()
        log.critical("%s ended by itself", tasks[task], exc_info=error, extra={"action": "side_task_died"})
        raise LoulingError(f"the service stops: {tasks[task]} ended by itself ({type(error).__name__}); see the log")


def _swapping(watch: PackWatch, running: Running) -> Callable[[], Awaitable[None]]:
    async def look() -> None:
        changed = await asyncio.to_thread(watch.look)
        if changed is not None:
            running.house.hear_by(changed)

    return look


def _closing(close: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        with suppress(OSError):
            close()

    return run
