"""Reading packs: every mistake is named with its place; local packs lie over the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.words import Act, Category, Verdict
from handlers.classify import RuleError, load_classifier
from handlers.classify.checking import claimed_twice, heard_examples, mistakes, shadowed
from handlers.classify.deciding import prove
from handlers.classify.examples import load_examples
from handlers.classify.hits import Role
from handlers.classify.pack import SHIPPED, load_pack

RULE = '[[rule]]\nid = "water.dragon"\nphrases = ["水龙王发怒"]\n'


def test_every_mistake_of_a_pack_is_named(tmp_path: Path) -> None:
    (tmp_path / "water.toml").write_text(
        'category = "water"\n[[rule]]\nid = "water.a"\nphrases = []\n'
        '[[rule]]\nid = "gas.b"\nphrases = ["x"]\nurgency = "soon"\n'
        '[[rule]]\nid = "water.c"\ntopic = ["水"]\nphrases = ["y"]\n',
        encoding="utf-8",
    )
    (tmp_path / "gas.toml").write_text("category = ", encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        load_pack(tmp_path)
    lines = caught.value.mistakes
    assert any("water.toml:3: rule water.a: nothing can hit" in line for line in lines)
    assert any("water.toml:6" in line and "begin with the file's category" in line for line in lines)
    assert any("urgency = 'soon'; write one of normal, urgent, emergency" in line for line in lines)
    assert any("water.toml:10: rule water.c: unknown key topic" in line for line in lines)
    assert any("gas.toml: not TOML" in line for line in lines)


def test_a_missing_folder_is_a_rule_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        load_classifier(tmp_path / "nowhere")


def test_a_local_pack_adds_rules_and_replaces_rules_by_id(tmp_path: Path) -> None:
    (tmp_path / "water.toml").write_text(f'category = "water"\n{RULE}', encoding="utf-8")
    local = load_classifier(tmp_path)
    assert local.hear("水龙王发怒").verdict is Verdict.ISSUE
    assert len(local.pack.rules) == len(load_pack().rules) + 1


def test_a_local_file_may_replace_a_category(tmp_path: Path) -> None:
    (tmp_path / "water.toml").write_text(f'category = "water"\nreplace = true\n{RULE}', encoding="utf-8")
    rules = load_pack(tmp_path).rules
    assert [rule.id for rule in rules if rule.category is Category.WATER] == ["water.dragon"]


def test_the_shipped_examples_are_heard_as_they_ask() -> None:
    examples = load_examples(SHIPPED)
    found = mistakes(heard_examples(load_classifier(), examples)) + claimed_twice(examples)
    assert [str(finding) for finding in found] == []


def test_mutation_finds_words_that_decide_nothing_and_spares_those_that_do(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "water.toml").write_text(
        'category = "water"\n[[rule]]\nid = "water.dragon"\ntopics = ["龙王"]\nsigns = ["发怒", "发威"]\n'
        'exclude = ["龙王庙"]\nunless = ["戏台"]\n',
        encoding="utf-8",
    )
    (tmp_path / "examples" / "water.toml").write_text(
        '[[match]]\ntext = "龙王发怒"\n[[miss]]\ntext = "龙王庙里有人发怒"\n'
        '[[miss]]\ntext = "没人在戏台上，龙王回来了"\n',
        encoding="utf-8",
    )
    classifier = load_classifier(tmp_path)
    heard = heard_examples(classifier, load_examples(tmp_path))
    assert not mistakes(heard)
    proof = prove(classifier, heard, lambda rule: rule.id == "water.dragon")
    assert [str(one) for one in proof.undecided] == [
        "rule water.dragon: signs 发威 stands in no example",
        "rule water.dragon: unless 戏台 decides no example",
    ]
    assert proof.asked == {Category.WATER: 4}
    assert proof.open_of(Category.WATER) == (1, 1)
    assert [one.mistake for one in heard_examples(classifier, [one.example for one in heard])] == ["", "", ""]


def test_a_rule_that_finds_nothing_of_its_own_is_shadowed(tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "water.{}"\ntopics = ["龙王"]\nsigns = {}\n'
    (tmp_path / "water.toml").write_text(
        'category = "water"\n' + rule.format("wide", '["发怒", "发威"]') + rule.format("narrow", '["发怒"]'),
        encoding="utf-8",
    )
    classifier = load_classifier(tmp_path)
    assert "rule water.narrow is shadowed by water.wide: all it finds, that finds" in [
        one.what for one in shadowed(classifier.pack.rules, [])
    ]


def test_an_example_file_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "water.toml").write_text('[[match]]\ntxt = "停水"\n', encoding="utf-8")
    with pytest.raises(RuleError, match=r"water\.toml:1: unknown key txt"):
        load_examples(tmp_path)


def test_the_documented_closed_lists_are_the_ones_in_force() -> None:
    text = (SHIPPED.parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
    classifier = load_classifier()
    words = [*Act, *(role.label for role in Role if role < Role.EXCLUDE), *(frame.name for frame in classifier.frames)]
    words += ["context", "excluded", "unless", "boundary", "negated", "nearer", "outranked", "resolved", "notice"]
    assert [word for word in words if f"`{word}`" not in text] == []
