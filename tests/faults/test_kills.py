"""kill -9 at every named point and at random: no message lost, none handled twice, no second post in a group."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.words import SendState
from store.engine import open_engine
from store.tables import Event, Issue, MessageRow, Outbox, table

FEEDER = Path(__file__).with_name("feeder.py")
ROOT = FEEDER.parents[2]
GROUPS = [f"文化小区{number}号楼业主群" for number in (1, 2, 3)]
TROUBLES = [
    "电梯坏了，一直不动",
    "楼道灯不亮了，太黑了",
    "下水道堵了，污水冒出来",
    "门禁坏了进不去",
    "垃圾好几天没人收",
]
POINTS = [
    *(f"{side}-{what}" for what in ("take", "handle", "claim", "settle", "step") for side in ("before", "after")),
    *("direct", "post", "commit"),
]
"""Where it is killed once each; then at random; then around the digest, which comes last."""
LAST = ["before-digest", "after-digest"]
TALK = ["早上好", "谢谢", "有人团购鸡蛋吗", "+1", "还没好吗", "收到，马上到", "哈哈"]


def script(seed: int, length: int) -> list[dict[str, Any]]:
    """A lively chat of three groups: troubles, chases, replies, chatter."""
    chance, at = random.Random(seed), datetime(2026, 12, 1, 4, tzinfo=UTC)
    lines = []
    for number in range(length):
        at += timedelta(seconds=chance.randint(20, 240))
        line = {"channel": "replay", "account": "main", "message_id": f"m{number}", "sent_at": at.isoformat()}
        sender = chance.choice(["r1", "r2", "r3", "r4", "wang-qiang"])
        text = chance.choice(TROUBLES if chance.random() < 0.3 else TALK)
        lines.append(line | {"room_id": chance.choice(GROUPS), "sender_id": sender, "text": text})
    return lines


@dataclass(frozen=True)
class After:
    """What is left in the database and in the network's log."""

    messages: Counter[tuple[str, str]]
    changes: list[tuple[str, int, str | None]]
    issues: list[tuple[int, str, str]]
    outbox: dict[int, tuple[str, SendState]]
    arrived: Counter[int]
    posts: Counter[tuple[str, str]]


class Nursery:
    """Lives of the service, one after the other, on one database, chat and network."""

    def __init__(self, url: str, chat: Path, log: Path) -> None:
        self.order = {"url": url, "chat": str(chat), "log": str(log)}
        self._process = subprocess.Popen(
            [sys.executable, str(FEEDER)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT)},
        )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def live(self, crash: str = "", seconds: float | None = None) -> int:
        """One life: to its end, to its crash, or killed so many seconds after it is ready. The exit code."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self.order | {"crash": crash}) + "\n")
        self._process.stdin.flush()
        said = [self._said() for _ in range(2)]
        assert sorted(word.split()[0] for word in said) == ["pid", "ready"], said
        if seconds is not None:
            pid = next(int(word.split()[1]) for word in said if word.startswith("pid"))
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
        while not (line := self._said()).startswith("exit"):
            assert line == "end", line
        return int(line.split()[1])


def run_to_the_end(url: str, chat: Path, log: Path) -> None:
    with Nursery(url, chat, log) as nursery:
        assert nursery.live() == 0


def look(url: str, log: Path) -> After:
    engine = open_engine(url)
    order: dict[int, int] = {}  # PostgreSQL gives an id away for good even where the transaction was rolled back
    message, event, issue, outbox = table(MessageRow), table(Event), table(Issue), table(Outbox)
    with engine.connect() as db:
        found = After(
            Counter((row.external_id, row.state.value) for row in db.execute(select(message))),
            [
                (row.what, order.setdefault(row.issue_id, len(order)), row.message_id)
                for row in db.execute(
                    select(event).where(event.c.what.like("issue\\_%", escape="\\")).order_by(event.c.id)
                )
            ],
            [(row.number, row.category.value, row.summary) for row in db.execute(select(issue).order_by(issue.c.id))],
            {row.id: (row.target, row.state) for row in db.execute(select(outbox))},
            Counter(int(line.split()[0]) for line in log.read_text().splitlines()),
            Counter(
                (row.target_id, row.body)
                for row in db.execute(select(outbox))
                if row.target == "group" and row.state in (SendState.SENT, SendState.UNKNOWN)
            ),
        )
    engine.dispose()
    return found


def killed_and_restarted(url: str, folder: Path, chat: Path, kills: int, chance: random.Random) -> int:
    """Kill it once at every named point and so many times at random, then let it finish. How many of these hit."""
    hits = 0
    with Nursery(url, chat, folder / "killed.log") as nursery:
        for point in POINTS:
            assert nursery.live(f"{point}:1") == -signal.SIGKILL, f"it never came to {point}"
        for number in range(kills):
            if number % 2:
                code = nursery.live(f"commit:{chance.randint(1, 30)}")
            else:
                code = nursery.live(seconds=chance.uniform(0.0, 0.2))
            hits += code == -signal.SIGKILL
        for point in LAST:
            assert nursery.live(f"{point}:1") == -signal.SIGKILL, f"it never came to {point}"
        assert nursery.live() == 0
    return hits


def compare(calm: After, killed: After, length: int) -> None:
    assert killed.messages == Counter({(f"m{number}", "done"): 1 for number in range(length)})
    assert killed.issues == calm.issues
    assert killed.changes == calm.changes
    for row, (target, state) in killed.outbox.items():
        if target == "group":
            assert killed.arrived[row] <= 1, f"post {row} stands in its group {killed.arrived[row]} times"
            assert (state is SendState.SENT) <= (killed.arrived[row] == 1)
            assert state is not SendState.SENDING
        if state is SendState.SENT:
            assert killed.arrived[row] >= 1
    assert killed.posts == calm.posts, "every post stands there, or the operator sees that its fate is unknown"
    lost = [row for row, (target, state) in killed.outbox.items() if target == "staff" and state is SendState.FAILED]
    assert lost == []
    assert set(killed.arrived) <= set(killed.outbox)


@pytest.mark.parametrize(
    ("kills", "length"), [(20, 120), pytest.param(300, 1500, marks=pytest.mark.soak)], ids=["20", "soak"]
)
def test_a_killed_house_loses_nothing_and_doubles_nothing(
    database_url: str, second_database_url: str, tmp_path: Path, kills: int, length: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201
    chat = tmp_path / "chat.json"
    chat.write_text(json.dumps(script(seed, length)), encoding="utf-8")
    run_to_the_end(second_database_url, chat, tmp_path / "calm.log")
    hits = killed_and_restarted(database_url, tmp_path, chat, kills, random.Random(seed))
    print(f"{hits} of {kills} random kills hit it at work")  # noqa: T201
    assert hits >= kills // 4
    calm, killed = look(second_database_url, tmp_path / "calm.log"), look(database_url, tmp_path / "killed.log")
    assert len(calm.changes) > length // 20, "troubles of one place join one issue; its trail grows with the chat"
    compare(calm, killed, length)
