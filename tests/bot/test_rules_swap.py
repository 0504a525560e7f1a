"""A changed local pack is in force without a restart; a broken one is refused and told, in the running service."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app import Service
from bot.config import read_settings
from bot.house import House
from handlers.classify import BoundaryVotes, Classifier
from handlers.classify.pack import load_pack
from handlers.classify.swap import PackWatch

RULE = 'category = "water"\n[[rule]]\nid = "water.dragon"\ntopics = ["龙王"]\nsigns = ["发怒"{}]\n'
EXAMPLES = '[[match]]\ntext = "龙王发怒了"\n[[miss]]\ntext = "{}"\n'


def write(folder: Path, more: str = "", miss: str = "龙王庙") -> None:
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    (folder / "water.toml").write_text(RULE.format(more), encoding="utf-8")
    (folder / "examples" / "water.toml").write_text(EXAMPLES.format(miss), encoding="utf-8")


@pytest.fixture
def watch(tmp_path: Path) -> PackWatch:
    write(tmp_path)
    return PackWatch(tmp_path, Classifier(load_pack(tmp_path), BoundaryVotes()))


def test_an_unchanged_pack_stays(watch: PackWatch) -> None:
    assert watch.look() is None
    assert watch.problems == ()


def test_a_changed_pack_is_checked_and_handed_over(watch: PackWatch, tmp_path: Path) -> None:
    write(tmp_path, ', "发威"')
    changed = watch.look()
    assert changed is not None
    assert changed.hear("龙王发威").verdict == "issue"
    assert watch.in_force is changed
    assert watch.look() is None


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda folder: (folder / "water.toml").write_text("category =", encoding="utf-8"), "water.toml"),
        (lambda folder: write(folder, miss="龙王又发怒"), "examples/water.toml:3"),
        (lambda folder: (folder / "_acts.toml").write_text("[dance]", encoding="utf-8"), "_acts.toml"),
        (lambda folder: (folder / "water.toml").write_bytes(b"\xff"), "water.toml"),
    ],
)
def test_a_broken_pack_leaves_the_old_in_force_and_says_where(
    watch: PackWatch, tmp_path: Path, spoil: Callable[[Path], None], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = watch.in_force
    spoil(tmp_path)
    assert watch.look() is None
    assert watch.in_force is before
    assert len(watch.problems) == 1
    assert place in watch.problems[0]
    assert [record.__dict__["action"] for record in caplog.records] == ["rules_refused"]
    assert watch.look() is None
    assert len(caplog.records) == 1


def test_a_mended_pack_takes_the_problem_away(watch: PackWatch, tmp_path: Path) -> None:
    (tmp_path / "water.toml").write_text("category =", encoding="utf-8")
    assert watch.look() is None
    write(tmp_path, ', "发威"')
    assert watch.look() is not None
    assert watch.problems == ()


async def test_the_running_service_swaps_and_tells_its_health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.RULES_SECONDS", 0.05)
    swapped: asyncio.Queue[House] = asyncio.Queue()
    hear_by = House.hear_by

    def noted(house: House, classifier: Classifier) -> None:
        hear_by(house, classifier)
        swapped.put_nowait(house)

    monkeypatch.setattr(House, "hear_by", noted)
    pack = tmp_path / "pack"
    write(pack)
    config = tmp_path / "config.toml"
    config.write_text('[rules]\ndir = "pack"\n[console]\nport = 0\n', encoding="utf-8")
    links: asyncio.Queue[str] = asyncio.Queue()
    service = Service(read_settings(config), f"sqlite:///{tmp_path / 'data.db'}", links.put_nowait)
    running = asyncio.create_task(service.run())
    try:
        found = re.search(r"http://[^/]+", await asyncio.wait_for(links.get(), 30))
        assert found
        write(pack, ', "发威"')
        house = await asyncio.wait_for(swapped.get(), 30)
        assert house.pipeline.classifier.hear("龙王发威").verdict == "issue"
        (pack / "water.toml").write_text("category =", encoding="utf-8")
        async with ClientSession() as http:
            async with asyncio.timeout(30):
                while "water.toml" not in await (await http.get(f"{found[0]}/healthz")).text():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 30)
