"""Named word lists: one list for many rules, local packs change it, a wrong name is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.words import Verdict
from handlers.classify import Classifier, RuleError
from handlers.classify.pack import SHIPPED, load_pack

LISTS = '[screen]\nwords = ["电影里", "連續劇"]\n[broken]\nwords = ["坏了", "停了"]\n'
WATER = """category = "water"
[[rule]]
id = "water.a"
topics = ["水龙王"]
signs = ["发怒", "@broken"]
unless = ["@screen", "梦里"]
"""


def _written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_named_list_stands_for_its_words(tmp_path: Path) -> None:
    classifier = Classifier(load_pack(_written(tmp_path, _lists=LISTS, water=WATER)))
    assert classifier.hear("水龙王坏了").verdict is Verdict.ISSUE
    assert classifier.hear("水龙王发怒").verdict is Verdict.ISSUE
    hearing = classifier.hear("连续剧水龙王坏了")
    assert hearing.verdict is Verdict.NONE
    assert [(one.keyword, one.by) for one in hearing.suppressed] == [("水龙王", "连续剧"), ("坏了", "连续剧")]
    rule = next(rule for rule in classifier.pack.rules if rule.id == "water.a")
    assert rule.unless == ("电影里", "连续剧", "梦里")
    assert rule.named == (("signs", "broken"), ("unless", "screen"))


def test_a_local_list_takes_the_place_of_the_shipped_one_in_shipped_rules(tmp_path: Path) -> None:
    shipped = load_pack()
    name, rule = next((name, rule) for rule in shipped.rules for key, name in rule.named if key == "unless")
    local = load_pack(_written(tmp_path, _lists=f'[{name}]\nwords = ["水龙王"]\n'))
    changed = next(one for one in local.rules if one.id == rule.id)
    assert "水龙王" in changed.unless
    assert not {*shipped.lists.words[name]} <= {*changed.unless}
    assert {*local.lists.words} == {*shipped.lists.words}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"_lists": LISTS, "water": WATER.replace("@screen", "@scren")},
            "water.toml:6: rule water.a: unless names the list @scren, which is nowhere; write @screen, "
            "or add [scren] with words to _lists.toml",
        ),
        ({"_lists": '[a]\nwords = ["x"]\n[b]\nwords = ["@a"]\n'}, "_lists.toml:3: list b: holds the list @a"),
        ({"_lists": "[a]\nwords = []\n"}, "_lists.toml:1: list a: is empty or has an empty word"),
        ({"_lists": '[a]\nword = ["x"]\n'}, "_lists.toml:1: list a: must hold `words` and nothing else"),
        ({"_lists": '[Big]\nwords = ["x"]\n'}, "_lists.toml:1: list Big: the name must be small letters"),
        (
            {"_frames": '[past]\nscope = "clause"\nfactor = 0\nwords = ["@nowhere_at_all"]\n'},
            "_frames.toml:4: [past] words names the list @nowhere_at_all, which is nowhere; add",
        ),
    ],
)
def test_a_wrong_list_is_told_with_its_line_and_how_to_mend_it(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    with pytest.raises(RuleError) as caught:
        load_pack(_written(tmp_path, **files))
    assert len(caught.value.mistakes) == 1
    assert told in caught.value.mistakes[0]


def test_frames_may_name_lists(tmp_path: Path) -> None:
    frames = '[screen]\nscope = "message"\nfactor = 0.0\nwords = ["@screen"]\n'
    water = WATER.replace('unless = ["@screen", "梦里"]', "")
    classifier = Classifier(load_pack(_written(tmp_path, _lists=LISTS, water=water, _frames=frames)))
    assert {one.why for one in classifier.hear("连续剧水龙王坏了").suppressed} == {"screen"}


def test_every_shipped_list_is_used() -> None:
    pack = load_pack(SHIPPED)
    used = {name for rule in pack.rules for _, name in rule.named}
    tables = "".join((SHIPPED / f"_{name}.toml").read_text(encoding="utf-8") for name in ("frames", "cues"))
    assert [name for name in pack.lists.words if name not in used and f'"@{name}"' not in tables] == []
