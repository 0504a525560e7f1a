"""Danger put together from lists, words that raise a whole category, and frames under which it is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.words import Category, Urgency, Verdict
from handlers.classify import RuleError, load_classifier
from handlers.classify.classifier import Classifier
from handlers.classify.pack import load_pack

LISTS = '[fall_in]\nwords = ["掉进", "栽进"]\n[hole]\nwords = ["井", "河"]\n'


def pack(folder: Path, rules: str = "", **tables: str) -> Path:
    (folder / "care.toml").write_text(f'category = "care"\nreplace = true\n{rules}', encoding="utf-8")
    for name, text in tables.items():
        (folder / f"_{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_word_put_together_from_lists_is_every_combination(tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "care.in"\nphrases = ["{fall_in}{hole}里"]\n'
    found = next(one for one in load_pack(pack(tmp_path, rule, lists=LISTS)).rules if one.id == "care.in")
    assert found.phrases == ("掉进井里", "掉进河里", "栽进井里", "栽进河里")
    assert found.composed == set(found.phrases)


def test_a_composed_word_names_its_mistakes(tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "care.in"\nphrases = ["{fall_inn}{hole}"]\n'
    with pytest.raises(RuleError, match=r"care\.toml:5: .*names the list .* write \{fall_in\}\{hole\}, or"):
        load_pack(pack(tmp_path, rule, lists=LISTS))
    many = "[many]\nwords = [" + ", ".join(f'"字{number}"' for number in range(60)) + "]\n"
    with pytest.raises(RuleError, match="is 3600 words; at most 2000"):
        load_pack(pack(tmp_path, '[[rule]]\nid = "care.in"\nphrases = ["{many}{many}"]\n', lists=many))


def test_words_of_a_category_raise_whatever_rule_of_it_hits(tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "care.lantern"\nphrases = ["灯笼歪了"]\n'
    raising = '[[raise]]\ncategories = ["care"]\nurgent = ["快掉"]\nemergency = ["砸着人"]\n'
    heard = load_classifier(pack(tmp_path, rule, urgency=raising)).hear
    assert [heard(text).matters[0].urgency for text in ("灯笼歪了", "灯笼歪了，快掉了", "灯笼歪了，砸着人了")] == [
        Urgency.NORMAL,
        Urgency.URGENT,
        Urgency.EMERGENCY,
    ]
    assert heard("灯笼歪了，快掉了").evidence[-1].role == "urgent"
    assert heard("快掉了").verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("raising", "told"),
    [
        ('[[raise]]\ncategories = ["cares"]\nurgent = ["快"]\n', "unknown category cares"),
        ('[[raise]]\nurgent = ["快"]\n', "write categories"),
        ('[[raise]]\ncategories = ["care"]\nurgent = "快"\n', "urgent must be a list"),
        (
            '\n\n[[raise]]\ncategories = ["care"]\nurgent = ["@nowhere_at_all"]\n',
            r"_urgency\.toml:5: raise: urgent names",
        ),
    ],
)
def test_a_wrong_raise_is_told_with_its_place(tmp_path: Path, raising: str, told: str) -> None:
    with pytest.raises(RuleError, match=told):
        load_pack(pack(tmp_path, urgency=raising))


def test_topic_and_sign_anywhere_but_not_far_apart(tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "care.x"\ntopics = ["灯笼"]\nsigns = ["翻了"]\nnear = "message"\nwithin = 8\n'
    heard = load_classifier(pack(tmp_path, rule)).hear
    assert heard("灯笼在那边，它翻了").verdict is Verdict.ISSUE
    assert heard("灯笼在那边挂了好些日子，后来船翻了").verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("楼上水管漏水，止不住", Urgency.URGENT),
        ("楼上水管经常漏水，止不住", Urgency.NORMAL),
        ("楼上水管经常漏水，现在止不住了", Urgency.URGENT),
    ],
)
def test_a_habit_is_no_matter_of_hours(shipped: Classifier, text: str, urgency: Urgency) -> None:
    assert shipped.hear(text).matters[0].urgency is urgency


@pytest.mark.parametrize(
    "text",
    [
        "消防演练，楼道里有人晕倒是演的",
        "走失的老人已经在车站找到",
        "昨天晕倒的大爷今天出院",
        "怕孩子掉进河里，装了护栏",
    ],
)
def test_danger_that_is_over_feared_or_played_is_no_emergency(shipped: Classifier, text: str) -> None:
    assert all(matter.urgency is not Urgency.EMERGENCY for matter in shipped.hear(text).matters)


def test_a_matter_of_its_own_category_goes_before_the_person_hurt(shipped: Classifier) -> None:
    first = shipped.hear("广告牌掉下来砸到一个大爷，头上都是血").gravest
    assert first is not None
    assert (first.category, first.urgency) == (Category.FALLING, Urgency.EMERGENCY)
