"""kill -9 at random points: no message lost, none handled twice, no second post in a group."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
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
POINTS = [("", 0), ("handled", 3), ("post", 2), ("handling", 3), ("commit", 40), ("direct", 5)]
"""Where it is killed, and the most times it passes there before; the first is any moment at all."""
TALK = ["早上好", "谢谢", "有人团购鸡蛋吗", "+1", "还没好吗", "收到，马上到", "哈哈"]


def script(seed: int, length: int) -> list[dict[str, Any]]:
    """A lively chat of three groups: troubles, chases, replies, chatter."""
    chance, at = random.Random(seed), datetime(2026, 12, 1, 1, tzinfo=UTC)
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


def feeder(url: str, chat: Path, log: Path, *crash: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(FEEDER), url, str(chat), str(log), *crash]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)})


def run_to_the_end(url: str, chat: Path, log: Path) -> None:
    with feeder(url, chat, log) as process:
        out, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    assert out.split() == ["ready", "end"]


def look(url: str, log: Path) -> After:
    engine = open_engine(url)
    message, event, issue, outbox = table(MessageRow), table(Event), table(Issue), table(Outbox)
    with engine.connect() as db:
        found = After(
            Counter((row.external_id, row.state.value) for row in db.execute(select(message))),
            [
                (row.what, row.issue_id, row.message_id)
                for row in db.execute(
                    select(event).where(event.c.what.like("issue\\_%", escape="\\")).order_by(event.c.id)
                )
            ],
            [(row.number, row.category.value, row.summary) for row in db.execute(select(issue).order_by(issue.c.id))],
            {row.id: (row.target, row.state) for row in db.execute(select(outbox))},
            Counter(int(line.split()[0]) for line in log.read_text().splitlines()),
        )
    engine.dispose()
    return found


def killed_and_restarted(url: str, folder: Path, chat: Path, kills: int, chance: random.Random) -> int:
    """Kill it so many times, at random moments and around commits and sends, then let it finish. How many kills hit."""
    hits, log = 0, folder / "killed.log"
    for number in range(kills):
        point, most = POINTS[number % len(POINTS)]
        crash = [f"{point}:{chance.randint(1, most)}"] if point else []
        with feeder(url, chat, log, *crash) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=60 if crash else chance.uniform(0.0, 0.5))
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
            hits += process.returncode == -signal.SIGKILL
    run_to_the_end(url, chat, log)
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
    lost = [row for row, (target, state) in killed.outbox.items() if target == "staff" and state is SendState.FAILED]
    assert lost == []
    assert set(killed.arrived) <= set(killed.outbox)


@pytest.mark.parametrize(
    ("kills", "length"), [(20, 80), pytest.param(300, 1500, marks=pytest.mark.soak)], ids=["20", "soak"]
)
def test_a_killed_house_loses_nothing_and_doubles_nothing(tmp_path: Path, kills: int, length: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201
    chat = tmp_path / "chat.json"
    chat.write_text(json.dumps(script(seed, length)), encoding="utf-8")
    calm_url, killed_url = f"sqlite:///{tmp_path}/calm.db", f"sqlite:///{tmp_path}/killed.db"
    run_to_the_end(calm_url, chat, tmp_path / "calm.log")
    hits = killed_and_restarted(killed_url, tmp_path, chat, kills, random.Random(seed))
    print(f"{hits} of {kills} kills hit it at work")  # noqa: T201
    assert hits >= kills // 4
    calm, killed = look(calm_url, tmp_path / "calm.log"), look(killed_url, tmp_path / "killed.log")
    assert len(calm.issues) > length // 20
    compare(calm, killed, length)
