"""Gateways of a test's own, and a street that is ready to start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_service import Service, gateway_process


@pytest.fixture
def gateway() -> Iterator[Any]:
    """A gateway of the test's own."""
    with gateway_process.running() as own:
        yield own


@pytest.fixture
def second_gateway() -> Iterator[Any]:
    """Another account's gateway: the same rooms, seen by another phone."""
    with gateway_process.running() as own:
        yield own


@pytest.fixture
async def service(tmp_path: Path, gateway: Any) -> AsyncIterator[Service]:
    """A street with one account, roster imported, not started."""
    made = Service(tmp_path, {"main": gateway})
    made.prepare()
    await made.command("roster", "import", str(tmp_path / "roster.toml"))
    yield made
    await made.close()
