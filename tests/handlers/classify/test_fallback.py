"""A fallback rule is there for what no other rule names: it yields to any certain one."""

from pathlib import Path

from handlers.classify import load_classifier

_WATER = """
category = "water"
replace = true
[[rule]]
id = "water.brown"
topics = ["龙头"]
signs = ["发黄"]
"""
_OTHER = """
category = "other"
replace = true
[[rule]]
id = "other.anything"
fallback = {fallback}
topics = ["希望"]
signs = ["尽快"]
"""


def _heard(folder: Path, fallback: str, text: str) -> list[str]:
    folder.mkdir()
    (folder / "water.toml").write_text(_WATER, encoding="utf-8")
    (folder / "other.toml").write_text(_OTHER.format(fallback=fallback), encoding="utf-8")
    hearing = load_classifier(folder).hear(text)
    return sorted({word.rule for matter in hearing.matters for word in matter.evidence})


def test_a_fallback_yields_to_a_certain_hit(tmp_path: Path) -> None:
    text = "龙头发黄三天，希望尽快来人"
    assert _heard(tmp_path / "last", "true", text) == ["water.brown"]
    assert _heard(tmp_path / "equal", "false", text) == ["other.anything", "water.brown"]


def test_a_fallback_stands_where_nothing_else_was_heard(tmp_path: Path) -> None:
    assert _heard(tmp_path / "alone", "true", "希望你们尽快") == ["other.anything"]
