"""``louling doctor``: is everything there that a street needs? One line each: ok, warn or fail, and how to mend it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from bot.clock import SystemClock
from bot.commands.opening import database_url
from bot.config import Settings, read_settings
from bot.config_wechat import WechatyPart
from bot.database import LIVE, SANDBOX, open_store
from domain.calendar import knows_year
from domain.errors import LoulingError
from domain.words import Duty, SendState
from store import coverage, rooms, sends
from store.deafness import deaf_groups
from store.desk import Desk
from store.engine import open_engine
from store.outbox import OUTBOX
from store.tx import Tx
from store.upgrade import current_revision, head_revision

_SHOWN = 5  # names in one line
_FRESH = timedelta(seconds=30)  # an older heartbeat means that the service does not run
_LATELY = timedelta(days=1)
_LEAST_DISK = 2 * 2**30  # bytes: a street writes some 10 GiB a year, and a backup needs the same again
_SOON = timedelta(days=14)  # how far ahead days away are looked at


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's."""

    level: Level
    about: str
    said: str


def diagnose(config: Path | None) -> int:
    """Print every finding; the exit code is 1 when one of them is a failure."""
    failed = False
    for finding in _findings(config):
        failed = failed or finding.level is Level.FAIL
        print(f"{finding.level.value:<4}  {finding.about}: {finding.said}", flush=True)  # noqa: T201
    return int(failed)


def _findings(config: Path | None) -> Iterator[Finding]:
    try:
        settings = read_settings(config)
    except LoulingError as error:
        yield from (Finding(Level.FAIL, "config", line) for line in str(error).splitlines())
        return
    which = "the sandbox (no [[wechaty]] account)" if settings.is_sandbox else f"{len(settings.wechaty)} account(s)"
    yield Finding(Level.OK, "config", f"{config or 'shipped defaults'}, {which}")
    yield from _database(settings, config)
    if not settings.is_sandbox:
        yield _monitor(settings)
    now = SystemClock().now()
    yield from _holidays(settings, now)
    for part in settings.wechaty:
        yield asyncio.run(_gateway(part))


def _database(settings: Settings, config: Path | None) -> Iterator[Finding]:
    try:
        url = database_url(settings, config)
        engine = open_engine(url)
        try:
            before = current_revision(engine)
        finally:
            engine.dispose()
        store = open_store(url, SANDBOX if settings.is_sandbox else LIVE)
    except Exception as error:  # noqa: BLE001  whatever is wrong with the database is the finding
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        yield Finding(Level.FAIL, "database", f"{line}; mend database.url or start the server")
        return
    try:
        head = head_revision()
        was = "" if before == head else f", was {before or 'empty'} and is upgraded now"
        yield Finding(Level.OK, "database", f"revision {head}{was}")
        if store.is_sqlite:
            yield from _disk(str(make_url(url).database))
        desk, now = Desk(store, settings.as_street()), SystemClock().now()
        yield from store.read_now(lambda db: list(_inside(desk.tx(db, now), sandbox=settings.is_sandbox)))
    finally:
        store.close()


def _inside(tx: Tx, *, sandbox: bool) -> Iterator[Finding]:
    yield from _roster(tx)
    if not sandbox and tx.directory.people:
        yield from _reach(tx)
        yield from _groups(tx)
    if not sandbox:
        yield from _accounts(tx)
        yield _operator(tx)
    yield from _sends(tx)


def _roster(tx: Tx) -> Iterator[Finding]:
    directory = tx.directory
    if not directory.people or not directory.groups:
        yield Finding(Level.FAIL, "roster", "none is imported; run `louling roster import FILE`")
        return
    used = {house for group in directory.groups.values() for house in group.buildings}
    headless = [directory.buildings[each].name for each in used if not directory.by_roster(each).get(Duty.GRID_HEAD)]
    chiefless = [
        directory.buildings[each].name for each in used if not directory.by_roster(each).get(Duty.SECTION_CHIEF)
    ]
    counts = f"{len(directory.people)} staff, {len(used)} buildings, {len(directory.groups)} groups"
    yield Finding(Level.OK, "roster", counts)
    if headless:
        yield Finding(Level.FAIL, "grid heads", f"nobody is responsible for {_some(headless)}; mend the roster")
    if chiefless:
        said = f"no section chief for {_some(chiefless)}: the ladder ends lower and no digest is sent; mend the roster"
        yield Finding(Level.WARN, "section chiefs", said)
    yield from _on_duty(tx, used)


def _on_duty(tx: Tx, used: set[int]) -> Iterator[Finding]:
    """Grids whose head is away now or soon and nobody stands in."""
    directory, soon = tx.directory, tx.now + _SOON
    begins = {max(each.since, tx.now) for each in directory.absences if each.since < soon and each.until > tx.now}
    empty: dict[str, str] = {}
    for at in sorted(begins):
        then = directory.at(at)
        for house in sorted(used):
            if directory.by_roster(house).get(Duty.GRID_HEAD) and not then.holding(house, Duty.GRID_HEAD):
                grid = directory.grids[directory.buildings[house].grid_id]
                empty.setdefault(grid, f"{grid} from {tx.street.local(at):%m-%d}")
    if empty:
        said = f"nobody is on duty in {_some(list(empty.values()))}; run `louling staff away … --stand-in …`"
        yield Finding(Level.WARN, "days away", said)


def _reach(tx: Tx) -> Iterator[Finding]:
    directory = tx.directory
    missing = [person for person in directory.people if person not in directory.reach]
    if not missing:
        yield Finding(Level.OK, "staff", f"all {len(directory.people)} can be written to")
        return
    heads = {who for house in directory.buildings for who in directory.holding(house, Duty.GRID_HEAD)}
    level = Level.FAIL if heads & set(missing) else Level.WARN
    names = _some(
        [f"{directory.name(person)} ({person})" for person in sorted(missing, key=lambda who: who not in heads)]
    )
    said = f"{len(missing)} of {len(directory.people)} cannot be written to: {names}; run `louling roster codes`"
    yield Finding(level, "staff", said)


def _groups(tx: Tx) -> Iterator[Finding]:
    directory = tx.directory
    bound = set(directory.rooms.values())
    deaf = [group.topic for group in directory.groups.values() if group.id not in bound]
    silent = [g.topic for g in directory.groups.values() if g.id in bound and g.notice_at is None]
    loose = len(rooms.unbound(tx))
    said = f"{len(bound)} of {len(directory.groups)} have their room"
    if deaf:
        yield Finding(Level.WARN, "groups", f"{said}; not heard: {_some(deaf)}; see `louling groups`")
    else:
        yield Finding(Level.OK, "groups", said)
    unheard = [each for each in deaf_groups(tx) if each.account]
    if unheard:
        helped = sum(bool(each.stand_by) for each in unheard)
        mend = f"{helped} have an account that stands by: `louling groups assign ACCOUNT`"
        names = _some([each.topic for each in unheard])
        yield Finding(Level.FAIL, "deaf groups", f"the account of {names} does not hear; {mend}")
    if silent:
        yield Finding(Level.WARN, "notices", f"not posted yet in {_some(silent)}; nothing of them is kept until then")
    if loose:
        yield Finding(Level.WARN, "rooms", f"{loose} belong to no group; run `louling groups`, then `… bind`")


def _accounts(tx: Tx) -> Iterator[Finding]:
    seen = coverage.last_seen(tx.db)
    if seen is None or tx.now - seen.at > _FRESH:
        since = f" since {tx.street.local(seen.at):%m-%d %H:%M}" if seen else ""
        yield Finding(Level.WARN, "service", f"is not running{since}; start it with `louling run`")
        return
    for name, (link, detail) in seen.links.items():
        level = Level.OK if link == "up" else Level.FAIL
        yield Finding(level, f"login of {name}", f"{link}: {detail}")


def _operator(tx: Tx) -> Finding:
    who = tx.street.operator
    if not who:
        return Finding(Level.WARN, "operator", "nobody is told when the self-audit fails; set health.operator")
    if who not in tx.directory.people:
        return Finding(Level.FAIL, "operator", f"{who} stands in no roster; set health.operator to a staff id of it")
    return Finding(Level.OK, "operator", f"{who} is told when the self-audit fails")


def _monitor(settings: Settings) -> Finding:
    if settings.health.ping_url.get_secret_value():
        return Finding(Level.OK, "monitor", f"is told every {settings.health.ping_every} that all is well")
    return Finding(Level.WARN, "monitor", "nobody notices when this machine is gone; set health.ping_url")


def _disk(database: str) -> Iterator[Finding]:
    try:
        room = shutil.disk_usage(Path(database).resolve().parent)
    except OSError:
        return  # the folder is the database's finding
    said = f"{room.free / 2**30:,.1f} GiB free of {room.total / 2**30:,.1f}"
    short = room.free < _LEAST_DISK
    yield Finding(Level.WARN if short else Level.OK, "disk", f"{said}; make room" if short else said)


def _sends(tx: Tx) -> Iterator[Finding]:
    stopped = sends.stopped(tx.db)
    if stopped or not tx.street.sending:
        whose = "all accounts" if sends.EVERY in stopped or not tx.street.sending else _some(sorted(stopped))
        mend = "run `louling sending resume`" if stopped else "set sending.enabled = true"
        yield Finding(Level.WARN, "switch", f"{whose} send nothing; {mend}")
    lately = (OUTBOX.c.state.in_([SendState.FAILED, SendState.UNKNOWN]), OUTBOX.c.queued_at > tx.now - _LATELY)
    counted = select(OUTBOX.c.state, func.count()).where(*lately).group_by(OUTBOX.c.state)
    found = {row[0]: row[1] for row in tx.db.execute(counted)}
    if not found:
        yield Finding(Level.OK, "sends", "none failed in the last 24 hours")
        return
    said = f"{found.get(SendState.FAILED, 0)} failed, {found.get(SendState.UNKNOWN, 0)} of unknown fate in 24 hours"
    yield Finding(Level.WARN, "sends", f"{said}; the issue's timeline says which and why")


def _holidays(settings: Settings, now: datetime) -> Iterator[Finding]:
    this = settings.as_street().local(now).year
    for year in (this, this + 1):
        if knows_year(year):
            yield Finding(Level.OK, f"holidays {year}", "known")
            continue
        own = [day for day in settings.hours.holidays if day.year == year]
        level = Level.OK if own else Level.WARN
        said = f"{len(own)} from hours.holidays" if own else "not known yet; update chinesecalendar, or hours.holidays"
        yield Finding(level, f"holidays {year}", said)


async def _gateway(part: WechatyPart) -> Finding:
    """Connect, show the token, ask for a sign of life: it disturbs nobody who listens."""
    from bot.channels.wechaty import CallError
    from bot.channels.wechaty.client import GatewayClient

    client = GatewayClient(part.settings())
    try:
        await client.open()
        await client.ding("doctor")
    except CallError as fault:
        return Finding(Level.FAIL, f"gateway of {part.account}", f"{fault.detail}; mend endpoint, token or certificate")
    finally:
        await client.close()
    return Finding(Level.OK, f"gateway of {part.account}", f"{part.endpoint} answers and takes the token")


def _some(names: list[str]) -> str:
    shown = "、".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
