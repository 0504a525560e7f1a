"""Several processes on one PostgreSQL: killed and frozen in turn under load, the result is a single one's."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from bot.config import Settings
from bot.roster import read_roster_checked
from domain.words import SendState
from store.desk import Desk
from store.directory import directory_changed
from store.engine import Store, open_engine
from store.leases import holders
from store.roster import import_roster
from store.tables import DigestRun, GroupRow, Issue, IssueReport, MessageRow, MessageState, Outbox, table

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MOVES_WITHIN = 10.0  # seconds
_SPEC = importlib.util.spec_from_file_location("louling_kills", HERE / "test_kills.py")
assert _SPEC is not None
assert _SPEC.loader is not None
kills = sys.modules[_SPEC.name] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(kills)
pytestmark = pytest.mark.postgres


@pytest.fixture
def two_cities(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two databases on PostgreSQL with the example street, all notices posted."""
    server = request.getfixturevalue("postgres")
    lent = [server.lend("migrated") for _ in range(2)]
    urls = [next(each) for each in lent]
    for url in urls:
        _prepare(url)
    yield urls[0], urls[1]
    for each in lent:
        next(each, None)


def _prepare(url: str) -> None:
    store, now = Store(url), datetime.now(UTC)
    roster = read_roster_checked(ROOT / "roster.example.toml")[0]

    def work(db: Any) -> None:
        import_roster(Desk(store, Settings().as_street()).tx(db, now), roster)
        db.execute(update(table(GroupRow)).values(notice_at=now))
        directory_changed(db)

    store.write_now(work)
    store.close()


class City:
    """The processes on one database."""

    def __init__(self, url: str, folder: Path, chat: Path, name: str) -> None:
        self.engine: Engine = open_engine(url)
        self._words = [url, str(chat), str(folder / f"{name}.log")]
        self.log = Path(self._words[-1])
        self._errors = (folder / f"{name}.errors").open("a")
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, role: str = "all") -> int:
        """One more process; it does not wait for it."""
        process = subprocess.Popen(
            [sys.executable, str(HERE / "city.py"), *self._words, role],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        self._processes[process.pid] = process
        return process.pid

    def holder(self, lease: str) -> int | None:
        """The process that holds a lease now."""
        with self.engine.connect() as db:
            held = holders(db).get(lease)
        return int(held.split(":")[1]) if held else None

    def shards(self) -> Counter[int]:
        """How many shards of rooms each process holds."""
        with self.engine.connect() as db:
            return Counter(int(who.split(":")[1]) for name, who in holders(db).items() if name.startswith("rooms:"))

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Kill, freeze or wake one."""
        os.kill(pid, number)
        if number is signal.SIGKILL:
            self._processes.pop(pid).wait()

    def count(self, model: Any, *where: Any) -> int:
        """How many rows."""
        with self.engine.connect() as db:
            return int(db.execute(select(func.count()).select_from(table(model)).where(*where)).scalar_one())

    def done(self) -> int:
        """Messages handled."""
        return self.count(MessageRow, table(MessageRow).c.state == MessageState.DONE)

    def quiet(self) -> bool:
        """Nothing is queued; what was under way at a kill stays so until its lease runs out, a minute later."""
        return not self.count(Outbox, table(Outbox).c.state == SendState.QUEUED)

    def close(self) -> None:
        """As systemd stops them."""
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._processes.values():
            assert process.wait(40) == 0
        self._errors.close()


def until(true: Callable[[], Any], limit: float, what: str) -> float:
    """Wait for it; how long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < limit, f"not within {limit:g} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def outcome(city: City) -> dict[str, Any]:
    """What must not depend on how many there were."""
    issue, report, outbox = table(Issue), table(IssueReport), table(Outbox)
    with city.engine.connect() as db:
        reports = Counter(db.execute(select(report.c.issue_id)).scalars())
        return {
            "issues": Counter(
                (row.group_id, row.category.value, row.summary, row.state.value, reports[row.id])
                for row in db.execute(select(issue))
            ),
            "posts": Counter(
                (row.target, row.target_id, row.purpose.value)
                for row in db.execute(select(outbox))
                if row.state in (SendState.SENT, SendState.SENDING, SendState.UNKNOWN)
            ),
        }


def opened(city: City) -> Counter[tuple[int, str, str]]:
    """What was opened where, by whose words: what does not follow from when a line was heard."""
    issue = table(Issue)
    with city.engine.connect() as db:
        rows = db.execute(select(issue.c.group_id, issue.c.category, issue.c.summary))
        return Counter((row.group_id, row.category.value, row.summary.split("\n")[0]) for row in rows)


def no_second_post(city: City) -> None:
    lines = [line.split() for line in city.log.read_text().splitlines()]
    twice = {key: times for key, times in Counter(key for key, to, _ in lines if to == "group").items() if times > 1}
    assert twice == {}, "posts that stand in their group more than once"


@pytest.mark.parametrize(
    ("length", "rounds"), [(120, 1), pytest.param(20_000, 30, marks=pytest.mark.soak)], ids=["short", "soak"]
)
def test_three_processes_killed_and_frozen_in_turn_do_what_one_does(
    two_cities: tuple[str, str], tmp_path: Path, length: int, rounds: int
) -> None:
    chat = tmp_path / "chat.json"
    lines = [{key: value for key, value in line.items() if key != "sent_at"} for line in kills.script(7, length)]
    chat.write_text(json.dumps(lines), encoding="utf-8")
    three = City(two_cities[0], tmp_path, chat, "three")
    began = [three.start() for _ in range(3)]
    until(lambda: len(three.shards()) == 3, 60, "the rooms are shared by three")
    until(lambda: max(three.shards().values()) - min(three.shards().values()) <= 2, 20, "evenly")
    assert set(three.shards()) == set(began)
    for _round in range(rounds):
        for lease, how in (("tick", signal.SIGKILL), ("account:replay:main", signal.SIGSTOP)):
            pid = three.holder(lease)
            assert pid is not None
            three.signal(pid, how)
            moved = until(
                lambda was=pid, name=lease: three.holder(name) not in (None, was), MOVES_WITHIN, f"{lease} moves"
            )
            print(f"{lease} moved within {moved:.1f} s after {how.name}")  # noqa: T201
            if how is signal.SIGKILL:
                three.start()
            else:
                until(lambda was=pid: was not in three.shards(), MOVES_WITHIN, "the rooms move")
                three.signal(pid, signal.SIGCONT)
    until(lambda: three.done() == length, 60 + length / 50, "everything is handled")
    until(three.quiet, 30, "everything is sent")
    three.close()
    one = City(two_cities[1], tmp_path, chat, "one")
    one.start()
    until(lambda: one.done() == length, 60 + length / 50, "everything is handled by one")
    until(one.quiet, 30, "everything is sent by one")
    one.close()
    assert opened(three) == opened(one)
    if rounds == 1:  # a long run takes as long as it takes: chases and reminders follow the clock
        assert outcome(three) == outcome(one)
        assert three.count(DigestRun) == one.count(DigestRun)
    no_second_post(three)
    for city in (three, one):
        city.engine.dispose()
