"""The contract of ``louling classify``: N lines in, N JSON lines out, whatever the bytes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli import main
from bot.commands.classify import answer
from handlers.classify import Classifier, load_classifier

KEYS = [
    "text",
    "verdict",
    "is_issue",
    "category",
    "tier",
    "urgency",
    "act",
    "score",
    "evidence",
    "suppressed",
    "matters",
]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return load_classifier(cache_dir=tmp_path_factory.mktemp("dictionary"))


def answers(classifier: Classifier, data: bytes) -> list[dict[str, Any]]:
    sink = io.BytesIO()
    answer(classifier, io.BytesIO(data), sink)
    lines = sink.getvalue().decode("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_key_is_there_in_order(classifier: Classifier) -> None:
    (one,) = answers(classifier, "三单元电梯又坏了\n".encode())
    assert list(one) == KEYS
    assert one["is_issue"] is True
    assert one["verdict"] == "issue"
    assert one["category"] == "elevator"
    assert list(one["evidence"][0]) == ["rule", "keyword", "start", "end", "role"]
    assert one["matters"][0]["category"] == "elevator"


def test_no_matter_has_null_category_tier_and_urgency(classifier: Classifier) -> None:
    (one,) = answers(classifier, "大家早上好".encode())
    assert (one["verdict"], one["category"], one["tier"], one["urgency"]) == ("none", None, None, None)
    assert one["is_issue"] is False


def test_lines_end_at_newline_only(classifier: Classifier) -> None:
    texts = ["停水\u2028了", "a\r", "\x0b\x0c\x1c\x85", "\u2029", ""]
    found = answers(classifier, ("\n".join(texts) + "\n").encode())
    assert [one["text"] for one in found] == texts


def test_empty_lines_and_invalid_bytes_are_answered(classifier: Classifier) -> None:
    found = answers(classifier, b"\n\xff\xfe\n\nlast")
    assert [one["text"] for one in found] == ["", "\ufffd\ufffd", "", "last"]
    assert answers(classifier, b"") == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw), min_size=1, max_size=8))
def test_as_many_lines_out_as_in_and_in_order(classifier: Classifier, raws: list[bytes]) -> None:
    found = answers(classifier, b"".join(raw + b"\n" for raw in raws))
    assert [one["text"] for one in found] == [raw.decode("utf-8", errors="replace") for raw in raws]


def test_a_broken_pack_is_told_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gas.toml").write_text("category = ", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["louling", "classify", "--rules", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert "gas.toml: not TOML" in told.err
    assert told.out == ""
