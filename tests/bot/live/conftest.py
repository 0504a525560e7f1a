"""Gateways of a test's own, and a street that is ready to start."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_service import Service, gateway_process


def _gateway() -> Any:
    missing = gateway_process.missing()
    if missing:
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return gateway_process.Gateway()


@pytest.fixture
def gateway() -> Iterator[Any]:
    """A gateway of the test's own."""
    own = _gateway()
    own.launch()
    try:
        own.wait()
        yield own
    finally:
        own.close()


@pytest.fixture
def second_gateway() -> Iterator[Any]:
    """Another account's gateway: the same rooms, seen by another phone."""
    own = _gateway()
    own.launch()
    try:
        own.wait()
        yield own
    finally:
        own.close()


@pytest.fixture
async def service(tmp_path: Path, gateway: Any) -> AsyncIterator[Service]:
    """A street with one account, roster imported, not started."""
    made = Service(tmp_path, {"main": gateway})
    made.prepare()
    await made.command("roster", "import", str(tmp_path / "roster.toml"))
    yield made
    await made.close()
