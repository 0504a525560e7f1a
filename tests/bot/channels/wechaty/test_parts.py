"""The small parts, without a gateway: waiting, keeping names, calls that meddle with cancellation."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import random
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import bot.channels.wechaty as package
from bot.channels.wechaty import CallError, Fault
from bot.channels.wechaty.client import apart
from bot.channels.wechaty.names import Kept
from bot.channels.wechaty.pace import Pace, Pauses


async def _self_cancelling() -> None:
    """What grpclib does when a connection breaks: cancel the waiting task, then raise something else."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        raise ConnectionError("broken") from None


async def test_a_call_that_cancels_its_own_task_leaves_the_callers_alone() -> None:
    me = asyncio.current_task()
    assert me is not None
    with pytest.raises(ConnectionError):
        await apart(_self_cancelling())
    assert me.cancelling() == 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)


async def test_a_call_that_swallows_a_cancellation_cannot_keep_its_caller() -> None:
    inside = asyncio.Event()

    async def swallows() -> None:
        try:
            inside.set()
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            raise ConnectionError("at the same moment") from None

    task = asyncio.get_running_loop().create_task(apart(swallows()))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_pauses_grow_are_bounded_and_start_over() -> None:
    pauses = Pauses(0.2, 2.0, random.Random(1))
    found = [pauses.next() for _ in range(200)]
    assert 0.1 <= found[0] <= 0.2
    assert all(1.0 <= each <= 2.0 for each in found[10:])
    assert len(set(found[10:])) > 50
    pauses.start_over()
    assert pauses.next() <= 0.2


async def test_a_pace_lets_a_burst_through_and_then_holds() -> None:
    loop = asyncio.get_running_loop()
    pace = Pace(per_s=50, burst=10)
    began = loop.time()
    for _ in range(10):
        await pace.turn()
    assert loop.time() - began < 0.05
    await asyncio.gather(*(pace.turn() for _ in range(5)))
    assert loop.time() - began > 0.09


def _asked(answers: list[str], value: str | None) -> Callable[[], Awaitable[str]]:
    async def ask() -> str:
        answers.append("asked")
        await asyncio.sleep(0)
        if value is None:
            raise CallError(Fault.REJECTED, "no such contact")
        return value

    return ask


async def test_a_name_is_asked_once_however_many_wait() -> None:
    kept: Kept[str] = Kept(60, 10)
    asked: list[str] = []
    found = await asyncio.gather(*(kept.get_or_ask("a", _asked(asked, "王"), "") for _ in range(20)))
    assert set(found) == {"王"}
    assert len(asked) == 1


async def test_a_failed_look_up_is_not_repeated_at_once() -> None:
    kept: Kept[str] = Kept(60, 10)
    asked: list[str] = []
    for _ in range(3):
        assert await kept.get_or_ask("a", _asked(asked, None), "-") == "-"
    assert len(asked) == 1


async def test_kept_names_grow_old_and_few() -> None:
    kept: Kept[str] = Kept(0.0, 2)
    kept.put("old", "x", ttl=-1)
    assert kept.get("old") is None
    for key in "abc":
        kept.put(key, key, ttl=60)
    assert [kept.get(key) for key in "abc"] == [None, "b", "c"]


def test_one_module_imports_the_stubs_and_no_other() -> None:
    folder = Path(package.__path__[0])
    importers = {
        path.name
        for path in folder.parents[2].joinpath("bot").rglob("*.py")
        if re.search(r"^\s*(from|import) (wechaty_grpc|grpclib|betterproto)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert importers == {"stubs.py"}
    for module in pkgutil.iter_modules(package.__path__):
        assert importlib.import_module(f"{package.__name__}.{module.name}").__doc__
