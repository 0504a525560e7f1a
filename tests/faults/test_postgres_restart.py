"""PostgreSQL is restarted while messages come in, and is away for a while: the service goes on by itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bot.pipeline
from bot.clock import VirtualClock
from bot.config import Settings
from bot.house import House
from domain.places import Roster
from handlers.classify import Classifier, load_classifier
from store.engine import Store
from store.roster import import_roster
from store.tables import Issue, MessageRow, MessageState
from store.upgrade import upgrade
from tests.bot.conftest import START, Network, Stage, _notices_posted
from tests.conftest import _or_skip, _start_server

pytestmark = pytest.mark.postgres

GROUPS = ("文化小区1号楼业主群", "文化小区2号楼业主群", "文化小区3号楼业主群")
LINES = {0: "电梯坏了，一直不动", 40: "路灯都不亮了，太黑了", 90: "下水道堵了，污水冒出来"}


class OwnServer:
    """A server of this test's own, which it may restart."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="louling-postgres-")
        self._server = _start_server(self._folder)
        self.url = str(self._server.get_uri("postgres"))

    def control(self, *words: str) -> None:
        """``pg_ctl``, as the user that owns the server."""
        command = [str(Path(self._server.bin_path) / "pg_ctl"), "-D", str(self._server.pgdata), "-w", *words]
        user = self._server.system_user
        subprocess.run(command, check=True, capture_output=True, user=user, cwd="/", env=dict(os.environ))

    def stop(self) -> None:
        """For good."""
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """Started; gone afterwards."""
    made: Any = _or_skip(OwnServer)  # type: ignore[arg-type]
    yield made
    made.stop()


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The shipped pack."""
    return load_classifier(cache_dir=tmp_path_factory.mktemp("dictionary"))


async def persevering(accept: Callable[[], Any], refused: Counter[str]) -> None:
    """As a network that redelivers what nobody took."""
    while True:
        try:
            await accept()
        except Exception as error:  # noqa: BLE001  whatever the database said, it is delivered again
            refused[type(error).__name__] += 1
            await asyncio.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.soak)])
async def test_a_restart_under_load_loses_and_doubles_nothing(
    server: OwnServer, classifier: Classifier, roster: Roster, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.setattr(bot.pipeline, "DATABASE_PAUSE", 0.1)
    store = Store(server.url)
    upgrade(store.engine)
    network, clock = Network(), VirtualClock(START)
    channels: dict[str, Any] = {network.name: network}
    house = House(store, Settings().as_street(), classifier, channels, clock)
    stage = Stage(house, clock, network)
    store.write_now(lambda db: import_roster(house.desk.tx(db, clock.now()), roster))
    store.write_now(lambda db: _notices_posted(db, clock.now()))
    await house.start()
    refused: Counter[str] = Counter()
    lines = [stage.line(LINES.get(at, f"早上好 {at}"), room_id=GROUPS[at % 3]) for at in range(120 * rounds)]

    async def deliver() -> None:
        for line in lines:
            await persevering(lambda line=line: stage.accept(line), refused)

    delivering = asyncio.create_task(deliver())
    for round_ in range(rounds):
        handled = 40 + 120 * round_
        async with asyncio.timeout(60):
            while await _done(store) < handled:  # noqa: ASYNC110  the database is what is waited for
                await asyncio.sleep(0.01)
        await asyncio.to_thread(server.control, "stop", "-m", "immediate")
        if round_ % 2 == 0:
            await asyncio.sleep(0.5)  # it is away for a while
        await asyncio.to_thread(server.control, "restart", "-l", "/dev/null")  # as before
    await asyncio.wait_for(delivering, 60 + rounds * 20)
    await asyncio.wait_for(house.pipeline.idle(), 60)
    assert refused, "the database was away while messages came"
    rows = stage.rows(MessageRow)
    assert Counter(row.external_id for row in rows) == Counter(line.message_id for line in lines)
    assert {row.state for row in rows} == {MessageState.DONE}
    assert len(stage.rows(Issue)) == len(LINES), "each matter once"
    await house.stop()


async def _done(store: Store) -> int:
    from sqlalchemy import func, select
    from sqlalchemy.exc import SQLAlchemyError

    from store.messages import MESSAGE

    try:
        counted = select(func.count()).where(MESSAGE.c.state == MessageState.DONE)
        return int(await store.read(lambda db: db.execute(counted).scalar_one()))
    except SQLAlchemyError:
        return -1
