"""What a street writes on any day: cries, promises, decorations, dialect, questions about what was announced."""

from __future__ import annotations

import pytest

from domain.words import Act, Category, Urgency, Verdict
from handlers.classify import Classifier, load_classifier


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return load_classifier()


@pytest.mark.parametrize("text", ["着火了", "着火了!", "起火了", "冒烟了着火", "大家快，着火啦", "着火了，已打119"])
def test_a_cry_of_fire_is_an_emergency_by_itself(shipped: Classifier, text: str) -> None:
    first = shipped.hear(text).gravest
    assert first is not None
    assert (first.category, first.urgency) == (Category.FIRE, Urgency.EMERGENCY)


@pytest.mark.parametrize(
    "text", ["已打119", "消防车来了", "已打119，消防车来了", "火已经灭了", "火锅店着火爆了", "心态崩了，着火"]
)
def test_word_of_the_fire_brigade_is_no_new_fire(shipped: Classifier, text: str) -> None:
    assert shipped.hear(text).verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("师傅下午三点到", Act.PROMISE),
        ("師傅三點過來", Act.PROMISE),
        ("五分钟到", Act.PROMISE),
        ("我半小时后过来", Act.PROMISE),
        ("明天上午师傅上门", Act.PROMISE),
        ("师傅下午三点到吗", Act.QUESTION),
        ("调解好了", Act.RESOLVED),
        ("双方已达成协议", Act.RESOLVED),
        ("还没调解好", Act.CHAT),
        ("消防车来了", Act.ACKNOWLEDGEMENT),
        ("我家也是", Act.JOIN),
        ("我也是醉了", Act.CHAT),
    ],
)
def test_lines_without_a_matter_still_have_their_act(shipped: Classifier, text: str, act: Act) -> None:
    assert shipped.hear(text).act is act


@pytest.mark.parametrize(
    "text", ["水~停~了", "停.水.了", "停*水*了", "停 水 了", "停💧水了", "停\u200b水了", "電梯壞咗"]
)
def test_decorations_and_dialect_hide_nothing(shipped: Classifier, text: str) -> None:
    hearing = shipped.hear(text)
    assert hearing.verdict is Verdict.ISSUE
    for evidence in hearing.evidence:
        assert 0 <= evidence.start < evidence.end <= len(text)


@pytest.mark.parametrize(
    "text", ["通知说明天停水，是真的吗", "今天停水到几点", "停电通知上写的几点？", "明天几点停水呀"]
)
def test_a_question_about_an_announced_outage_is_no_outage(shipped: Classifier, text: str) -> None:
    assert shipped.hear(text).verdict is Verdict.NONE


def test_an_outage_that_was_not_announced_is_one(shipped: Classifier) -> None:
    assert shipped.hear("又停水了，怎么没有停水通知").verdict is Verdict.ISSUE
