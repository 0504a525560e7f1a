"""The service's own life: it stops when told to, and loudly when a part of it ends by itself."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import _until
from bot.running import Side, ended
from domain.errors import LoulingError


async def nothing() -> None:
    """A stop that has nothing to do."""


async def test_it_waits_for_the_order_to_stop() -> None:
    stop = asyncio.Event()
    going = asyncio.create_task(asyncio.Event().wait())
    stop.set()
    await _until(stop, (Side("hearing", nothing, going),))
    assert not going.done()
    await ended(going)


@pytest.mark.parametrize("fault", [None, ValueError("a room's words")])
async def test_a_side_that_ends_by_itself_ends_the_service_with_a_line_that_names_it(fault: Exception | None) -> None:
    async def side() -> None:
        if fault is not None:
            raise fault

    with pytest.raises(LoulingError) as caught:
        await _until(asyncio.Event(), (Side("hearing", nothing, asyncio.create_task(side())),))
    assert "hearing ended by itself" in str(caught.value)
    assert "words" not in str(caught.value)
