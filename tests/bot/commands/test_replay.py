"""``louling replay`` and its neighbours as a person types them: one clear line for a mistake, nothing half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
LOULING = Path(sys.executable).with_name("louling")
ROSTER = ROOT / "roster.example.toml"
GROUP = "文化小区1号楼业主群"
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def louling(tmp_path: Path) -> Callable[..., Done]:
    """Runs the command in an empty folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def run(*words: object, **environment: str) -> Done:
        told = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment}
        command = [sys.executable, LOULING, *map(str, words)]
        return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False, timeout=120)

    return run


def chat(tmp_path: Path, *changes: dict[str, Any]) -> Path:
    lines = []
    for number, change in enumerate(changes, start=1):
        values = {"id": f"m{number}", "at": f"2026-12-01T10:{number:02}:00+08:00", "group": GROUP, "sender": "r1"}
        lines.append(json.dumps(values | {"text": "2单元电梯坏了，一直不动"} | change))
    path = tmp_path / "chat.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(done: Done, *parts: str) -> None:
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr


def test_two_replays_print_the_same_bytes_whatever_the_hash_seed(louling: Callable[..., Done], tmp_path: Path) -> None:
    texts = ["电梯坏了", "又停水了", "+1", "收到，马上到", "下水道堵了，污水冒出来", "早", "来水了", "还没好吗"]
    people = ["r1", "r2", "r3", "wang-qiang", "r4", "r5", "r2", "r1"]
    lines = [{"text": text, "sender": person} for text, person in zip(texts, people, strict=True)]
    path = chat(tmp_path, *lines)
    words = ("replay", path, "--roster", ROSTER, "--json", "--until", "2026-12-02T20:00:00+08:00")
    first = louling(*words, PYTHONHASHSEED="1", TZ="America/New_York")
    second = louling(*words, PYTHONHASHSEED="271828", TZ="Asia/Shanghai")
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert len(first.stdout.splitlines()) > 50
    assert all(json.loads(line)["what"] for line in first.stdout.splitlines())


def test_a_mistake_anywhere_in_the_file_runs_nothing_and_leaves_no_database(
    louling: Callable[..., Done], tmp_path: Path
) -> None:
    path = chat(tmp_path, {}, {}, {"group": "没有"})
    kept = tmp_path / "kept.db"
    refused(louling("replay", path, "--roster", ROSTER, "--json", "--db", kept), "chat.jsonl: line 3:", "unknown group")
    assert not kept.exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_database_is_kept_where_asked_and_never_mixed_with_another(
    louling: Callable[..., Done], tmp_path: Path
) -> None:
    path, kept = chat(tmp_path, {}), tmp_path / "kept.db"
    assert louling("replay", path, "--roster", ROSTER, "--db", kept).returncode == 0
    before = kept.read_bytes()
    refused(louling("replay", path, "--roster", ROSTER, "--db", kept), "exists already; name a new file")
    assert kept.read_bytes() == before


def test_an_unknown_quote_is_a_warning_beside_the_output(louling: Callable[..., Done], tmp_path: Path) -> None:
    done = louling("replay", chat(tmp_path, {"quote": "m77"}), "--roster", ROSTER, "--json")
    assert done.returncode == 0
    assert done.stderr.startswith("warning: ")
    assert "line 1: quote 'm77'" in done.stderr
    assert all(json.loads(line) for line in done.stdout.splitlines())


def test_the_timeline_ends_with_a_summary(louling: Callable[..., Done], tmp_path: Path) -> None:
    done = louling("replay", chat(tmp_path, {}, {"text": "早上好"}), "--roster", ROSTER)
    assert done.returncode == 0
    assert "新诉求 电梯" in done.stdout
    assert "消息 2 条；诉求 1 件（电梯1）" in done.stdout


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("replay", "none.jsonl", "--roster", ROSTER), ("none.jsonl: cannot be read",)),
        (("replay", ".", "--roster", ROSTER), ("cannot be read",)),
        (("replay", "CHAT", "--roster", "none.toml"), ("none.toml",)),
        (("replay", "CHAT", "--roster", "CHAT"), ("neither .toml nor .xlsx",)),
        (("replay", "CHAT", "--roster", ROSTER, "--until", "tomorrow"), ("--until 'tomorrow'", "write 2026")),
        (("replay", "CHAT", "--roster", ROSTER, "--until", "2026-12-01T18:00:00"), ("has no offset",)),
        (("replay", "CHAT", "--roster", ROSTER, "--config", "none.toml"), ("none.toml: cannot be read",)),
        (("replay", "CHAT", "--roster", ROSTER, "--group", "没有"), ("--group: unknown group",)),
        (("replay", "CHAT", "--roster", ROSTER, "--db", "/proc/none/x.db"), ("cannot be",)),
        (("digest", "--date", "yesterday"), ("--date 'yesterday'", "write 2026-12-01")),
        (("digest", "--config", "none.toml"), ("none.toml: cannot be read",)),
        (("digest", "--chief", "nobody"), ("'nobody' is no section chief",)),
        (("issues", "--config", "none.toml"), ("none.toml: cannot be read",)),
        (("db", "upgrade", "--config", "none.toml"), ("none.toml: cannot be read",)),
        (("roster", "import", "none.toml"), ("none.toml",)),
        (("roster", "codes", "nobody"), ("nobody: is no staff id",)),
    ],
)
def test_bad_input_is_one_clear_line(
    louling: Callable[..., Done], tmp_path: Path, words: tuple[object, ...], parts: tuple[str, ...]
) -> None:
    path = chat(tmp_path, {})
    refused(louling(*(path if word == "CHAT" else word for word in words)), *parts)


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "louling.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", [("db", "upgrade"), ("issues",), ("digest",)])
def test_a_database_that_is_none_is_one_clear_line(
    louling: Callable[..., Done], tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "sandbox.db").write_bytes(b"no database at all" * 100)
    path = config(tmp_path, "[database]\nurl = 'sqlite:///louling.db'")
    refused(louling(*command, "--config", path), "cannot be opened")


def test_the_street_is_looked_after_from_any_folder(louling: Callable[..., Done], tmp_path: Path) -> None:
    path = config(tmp_path, "[database]\nurl = 'sqlite:///data/louling.db'")
    upgraded = louling("db", "upgrade", "--config", path)
    assert upgraded.stdout.startswith("database: upgraded from empty to revision ")
    assert louling("db", "upgrade", "--config", path).stdout.startswith("database: already at revision ")
    refused(louling("roster", "codes", "--config", path), "run `louling roster import FILE` first")
    assert "new: 34 staff" in louling("roster", "import", ROSTER, "--config", path).stdout
    again = louling("roster", "import", ROSTER, "--config", path).stdout
    assert "new: nothing; gone: nothing; issues re-assigned: 0" in again
    codes = louling("roster", "codes", "wang-qiang", "--config", path)
    assert "王强" in codes.stdout
    assert "【楼铃日报】" in louling("digest", "--config", path, "--chief", "赵敏").stdout
    assert louling("issues", "--config", path).returncode == 0
    assert [file.name for file in tmp_path.iterdir() if file.name == "data"] == ["data"]
    assert list((tmp_path / "elsewhere").iterdir()) == []
