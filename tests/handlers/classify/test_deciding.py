"""What words decide: once a category, once a list, and only what an example depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.words import Category
from handlers.classify import Classifier, load_classifier
from handlers.classify.checking import Heard, heard_examples, mistakes
from handlers.classify.deciding import Proof, prove
from handlers.classify.examples import load_examples

WATER = """category = "water"
[[rule]]
id = "water.one"
topics = ["龙王"]
signs = ["@angry", "歇了"]
unless = ["戏台", "庙会"]
[[rule]]
id = "water.two"
topics = ["龙王", "龙女"]
signs = ["@angry", "歇了"]
"""
GAS = 'category = "gas"\n[[rule]]\nid = "gas.one"\ntopics = ["火神"]\nsigns = ["@angry"]\n'
LISTS = '[angry]\nwords = ["发怒", "发威", "发飙"]\n'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "examples").mkdir()
    for name, text in {"water": WATER, "gas": GAS, "_lists": LISTS}.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def _proved(pack: Path, water: str, gas: str = "") -> tuple[Classifier, list[Heard], Proof]:
    (pack / "examples" / "water.toml").write_text(water, encoding="utf-8")
    (pack / "examples" / "gas.toml").write_text(gas, encoding="utf-8")
    classifier = load_classifier(pack)
    heard = heard_examples(classifier, load_examples(pack))
    assert not mistakes(heard)
    own = {"water.one", "water.two", "gas.one"}
    return (
        classifier,
        heard,
        prove(classifier, heard, lambda rule: rule.id in own, named=lambda name: name == "angry"),
    )


def test_a_word_of_two_rules_of_a_category_is_asked_once_and_taken_out_of_both(pack: Path) -> None:
    _, _, proof = _proved(pack, '[[match]]\ntext = "龙王歇了"\n')
    assert proof.asked == {Category.WATER: 3}
    assert "歇了" not in {one.word for one in proof.undecided}


def test_a_word_of_a_list_is_asked_once_for_all_rules_and_decided_by_any(pack: Path) -> None:
    gas = '[[match]]\ntext = "火神发怒"\n[[miss]]\ntext = "发威"\n'
    _, _, proof = _proved(pack, '[[match]]\ntext = "龙王歇了"\n', gas)
    assert proof.asked_of_lists == 3
    assert [str(one) for one in proof.undecided if one.named] == [
        "list angry: 发威 decides no example",
        "list angry: 发飙 stands in no example",
    ]
    assert proof.open_of(None) == (1, 1)


def test_of_two_words_that_silence_one_clause_neither_decides(pack: Path) -> None:
    text = (
        '[[match]]\ntext = "龙王歇了"\n[[miss]]\ntext = "戏台庙会龙王发怒"\n[[match]]\ntext = "龙女在庙会发怒"\n'
        '[[miss]]\ntext = "庙会，戏台，别的"\n'
    )
    (pack / "water.toml").write_text(WATER.replace('["龙王", "龙女"]', '["龙女"]'), encoding="utf-8")
    _, _, proof = _proved(pack, text)
    assert [str(one) for one in proof.undecided if one.into == "unless"] == [
        "rule water.one: unless 戏台 decides no example",
        "rule water.one: unless 庙会 decides no example",
    ]
    single = text.replace("戏台庙会龙王", "庙会龙王")
    _, _, proof = _proved(pack, single)
    assert [one.word for one in proof.undecided if one.into == "unless"] == ["戏台"]


def test_after_the_proof_everything_is_heard_as_before(pack: Path) -> None:
    classifier, heard, _ = _proved(pack, '[[match]]\ntext = "龙王歇了"\n')
    assert heard_examples(classifier, [one.example for one in heard]) == heard
