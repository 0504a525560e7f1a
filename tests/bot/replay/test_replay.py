"""The contract of a replay (design, section 9): one message, all it causes, then the clock; the same every time."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.replay.chat import parse_lines
from bot.replay.driver import Happening, Replay
from bot.replay.printing import JsonLines
from bot.roster import read_roster_checked
from handlers.classify import Classifier, load_classifier
from store.engine import Store

ROSTER = read_roster_checked(Path(__file__).parents[3] / "roster.example.toml")[0]
GROUP = "文化小区1号楼业主群"
START = datetime.fromisoformat("2026-12-01T10:00:00+08:00")
ISSUE_CHANGES = {"issue", "by", "message", "reason"}
OPENING = {"category", "tier", "urgency", "group", "reporter", "messages", "assignee"}


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier(None)


@pytest.fixture
def replayed(migrated_sqlite: Path, tmp_path: Path, classifier: Classifier) -> Any:
    """Replays lines; returns what ``--json`` prints, parsed."""

    def replay(*lines: dict[str, Any], until: datetime | None = None) -> list[dict[str, Any]]:
        path = tmp_path / f"replay-{len(list(tmp_path.iterdir()))}.db"
        path.write_bytes(migrated_sqlite.read_bytes())
        store, out = Store(f"sqlite:///{path}", durable=False), io.StringIO()
        settings = Settings()
        printer = JsonLines(out, settings.calendar())
        chat = parse_lines([json.dumps(line) for line in lines], "chat", ROSTER)
        told: list[Happening] = []

        def tell(happening: Happening) -> None:
            told.append(happening)
            printer.tell(happening)

        try:
            asyncio.run(Replay(store, settings.as_street(), classifier, ROSTER).run(chat.messages, until, tell))
        finally:
            store.close()
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return replay


def said(seconds: int, text: str, sender: str = "r1", **more: Any) -> dict[str, Any]:
    at = (START + timedelta(seconds=seconds)).isoformat()
    values = {"id": f"m{seconds}", "at": at, "group": GROUP, "sender": sender, "alias": "1-2-501 王", "text": text}
    return values | more


def whats(lines: Sequence[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["what"] == what]


LIFE = (
    said(0, "2单元电梯坏了，一直不动"),
    said(600, "收到，已经联系维保", "wang-qiang", quote="m0"),
    said(7200, "电梯修好了", "wang-qiang", quote="m0"),
)


def test_every_line_has_time_with_the_streets_offset_a_rising_number_and_a_word(replayed: Any) -> None:
    lines = replayed(*LIFE, until=START + timedelta(days=3))
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(line["at"].endswith("+08:00") and len(line["at"]) == 25 for line in lines)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert all(line["what"] for line in lines)


def test_the_keys_of_each_happening(replayed: Any) -> None:
    lines = replayed(*LIFE, until=START + timedelta(days=3))
    for line in lines:
        if line["what"].startswith("issue_"):
            assert line.keys() >= ISSUE_CHANGES, line
        if line["what"] in ("issue_opened", "issue_suspected"):
            assert line.keys() >= OPENING, line
        if line["what"] == "issue_escalated":
            assert line.keys() >= {"rung", "to"}, line
        if line["what"] == "sent":
            assert line.keys() >= {"to", "purpose", "issue", "text"}, line
            assert line["to"].partition(":")[0] in ("group", "staff", "resident")
            assert line["purpose"] in ("ack", "prompt", "reminder", "escalation", "result", "digest", "notice")
    (opened,) = whats(lines, "issue_opened")
    assert (opened["category"], opened["group"], opened["reporter"], opened["messages"], opened["assignee"]) == (
        "elevator",
        GROUP,
        "r1",
        ["m0"],
        "wang-qiang",
    )
    assert [line["message"] for line in whats(lines, "issue_resolved")] == ["m7200"]
    (closed,) = whats(lines, "issue_closed")
    assert (closed["by"], closed["message"]) == ("clock", None)
    assert closed["at"] == (START + timedelta(seconds=7200, hours=48)).isoformat(timespec="seconds")


def test_a_direct_digit_answers_the_newest_prompt(replayed: Any) -> None:
    lines = replayed(
        said(0, "2单元电梯坏了，一直不动"), said(60, "1", "wang-qiang", group=None), until=START + timedelta(hours=1)
    )
    (answered,) = whats(lines, "prompt_answered")
    assert (answered["by"], answered["message"]) == ("wang-qiang", "m60")
    assert whats(lines, "issue_resolved")


def test_what_is_due_goes_before_a_message_of_the_same_instant(replayed: Any) -> None:
    lines = replayed(said(0, "楼道灯不亮了，太黑了"), said(1800, "收到，马上到", "wang-qiang", quote="m0"))
    order = [line["what"] for line in lines if line["what"] in ("issue_reminded", "issue_answered")]
    assert order == ["issue_reminded", "issue_reminded", "issue_answered"]
    assert [line["rung"] for line in whats(lines, "issue_reminded")] == [0, 1]


def test_without_until_it_ends_after_the_last_message_and_with_it_goes_on(replayed: Any) -> None:
    report = said(0, "楼道灯不亮了，太黑了")
    assert [line["rung"] for line in whats(replayed(report), "issue_reminded")] == [0]
    later = replayed(report, until=START + timedelta(minutes=60))
    assert [line["rung"] for line in whats(later, "issue_reminded")] == [0, 1, 2]
    assert max(line["at"] for line in later) <= (START + timedelta(minutes=60)).isoformat()


def test_messages_after_until_are_left_out(replayed: Any) -> None:
    lines = replayed(said(0, "楼道灯不亮了，太黑了"), said(600, "又停水了"), until=START + timedelta(seconds=300))
    assert len(whats(lines, "issue_opened")) == 1


def test_notices_count_as_posted_and_nothing_else_is_said_of_them(replayed: Any) -> None:
    lines = replayed(said(0, "楼道灯不亮了，太黑了"), until=START + timedelta(days=1))
    assert not [line for line in lines if line.get("purpose") == "notice" or line["what"] == "roster_imported"]


def test_an_empty_chat_says_nothing(replayed: Any) -> None:
    assert replayed() == []


def test_chatter_looks_at_nothing(replayed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import bot.house

    looks = 0
    real = bot.house.tick

    async def counted(*args: Any) -> Any:
        nonlocal looks
        looks += 1
        return await real(*args)

    monkeypatch.setattr(bot.house, "tick", counted)
    assert replayed(*(said(number, f"早上好{number}") for number in range(200))) == []
    assert looks < 10


@pytest.mark.parametrize("kind", ["image", "voice", "system"])
def test_other_kinds_open_nothing(replayed: Any, kind: str) -> None:
    assert whats(replayed(said(0, "", kind=kind)), "issue_opened") == []
