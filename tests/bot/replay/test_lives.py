"""Whole lives of issues as chats that anybody may replay: what happens in each, in order, and nothing else."""

from __future__ import annotations

import asyncio
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.replay.chat import read_chat
from bot.replay.driver import Happening, Replay
from bot.roster import read_roster_checked
from handlers.classify import Classifier, load_classifier
from store.audit import broken_promises
from store.engine import Store

ROOT = Path(__file__).parents[3]
ROSTER = read_roster_checked(ROOT / "roster.example.toml")[0]
LIVES = Path(__file__).parent / "lives"

EXPECTED: dict[str, tuple[str, ...]] = {
    "lift_with_people": ("opened reminded report_joined raised reminded reminded promised resolved closed",),
    "outage_over_five_buildings": (
        "opened reminded answered resolved closed",
        "opened linked reminded answered resolved closed",
        "opened linked reminded answered resolved closed",
        "opened reminded answered resolved closed",  # the other grid's own first one
        "opened linked reminded answered resolved closed",
    ),
    "promise_kept": ("opened reminded promised resolved satisfaction closed",),
    "promise_broken": ("opened reminded promised overdue resumed reminded resolved closed",),
    "answered_never_fixed": ("opened reminded answered warned overdue resumed reminded reminded resolved closed",),
    "settled_by_a_neighbour": ("opened reminded resolved closed",),
    "noise_through_mediator_and_officer": ("opened reminded tier reminded answered resolved satisfaction closed",),
    "money_matter_through_the_council": (
        "opened reminded council council_listed council_meeting council_decided assigned promised resolved "
        "council_done satisfaction closed",
    ),
    "referral_ping_pong": (
        "opened reminded referred reminded referred reminded referred reminded referred reminded reminded "
        "resolved closed",
    ),
    "head_on_leave_over_a_holiday": (
        "opened reminded reminded promised resolved closed",
        "opened reminded answered resolved closed",
    ),
    "reporter_recalls": ("opened reminded dismissed",),
    "back_on_day_six": ("opened reminded resolved closed report_joined reopened reminded resolved closed",),
    "back_on_day_nine": ("opened reminded resolved closed", "opened reminded linked answered resolved closed"),
    "a_suspicion_nobody_answers": ("suspected suspicion_listed dismissed",),
}
"""By chat: what happens to each of its issues. Questions and sends are left out; their times have scenarios."""


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier(None)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_life(name: str, migrated_sqlite: Path, tmp_path: Path, classifier: Classifier) -> None:
    shutil.copyfile(migrated_sqlite, tmp_path / "life.db")
    store = Store(f"sqlite:///{tmp_path}/life.db", durable=False)
    chat = read_chat(LIVES / f"{name}.jsonl", ROSTER, None)
    end = chat.messages[-1].sent_at + timedelta(days=8 if name == "a_suspicion_nobody_answers" else 3)
    found: dict[int, list[str]] = {}

    def tell(told: Happening) -> None:
        if told.issue is not None and not told.what.startswith(("prompt_", "sent", "dropped")):
            found.setdefault(told.issue, []).append(told.what.removeprefix("issue_"))

    try:
        asyncio.run(Replay(store, Settings().as_street(), classifier, ROSTER).run(chat.messages, end, tell))
        assert store.read_now(broken_promises) == []
    finally:
        store.close()
    assert tuple(" ".join(found[issue]) for issue in sorted(found)) == EXPECTED[name]


def timeline(name: str) -> str:
    words = ["replay", str(LIVES / f"{name}.jsonl"), "--roster", str(ROOT / "roster.example.toml")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_timeline_is_told_in_words() -> None:
    told = timeline("money_matter_through_the_council") + timeline("referral_ping_pong")
    for words in ("列入议程", "定会 2026-06-05T19:00 邻里议事厅", "由gao-peng，2026-06-20前", "决议已落实"):
        assert words in told
    assert not re.search(r"#1 +(?:issue|council|prompt|suspicion|report)_", told)


def test_every_life_is_in_the_list_with_a_scenario_that_exists() -> None:
    assert {path.stem for path in LIVES.glob("*.jsonl")} == set(EXPECTED)
    listed = (ROOT / "docs" / "lives.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(\w+)\.jsonl`", listed)) == set(EXPECTED)
    scenarios = re.findall(r"`(test_\w+\.py)::(test_\w+)`", listed)
    assert len(scenarios) == len(EXPECTED)
    for file, name in scenarios:
        assert f"def {name}(" in (ROOT / "tests" / "scenarios" / file).read_text(encoding="utf-8"), name
