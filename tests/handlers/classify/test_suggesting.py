"""Proposals on a small pack: what each word would have gained and harmed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.words import Category
from handlers.classify import Classifier
from handlers.classify.suggesting import Proposal, proposals

ELEVATOR = """
category = "elevator"
[[rule]]
id = "elevator.stopped"
topics = ["电梯"]
signs = ["坏了"]
"""
Make = Callable[..., Classifier]


@pytest.fixture
def small(pack_of: Make) -> Classifier:
    return pack_of(elevator=ELEVATOR)


def words(found: list[Proposal]) -> dict[tuple[str, str], tuple[int, int]]:
    return {(one.into, one.word): (one.gain, one.harm) for one in found}


def test_nothing_judged_otherwise_proposes_nothing(small: Classifier) -> None:
    assert proposals(small, [("电梯坏了", Category.ELEVATOR), ("吃饭了", None)], ["早上好"]) == []


def test_a_word_that_silences_the_wrong_and_spares_the_right(small: Classifier) -> None:
    judged = [("孩子的玩具电梯坏了", None), ("玩具电梯又坏了", None), ("单元电梯坏了", Category.ELEVATOR)]
    found = words(proposals(small, judged, []))
    assert found["unless", "玩具"] == (2, 0)
    assert found["exclude", "玩具电梯"] == (2, 0)


def test_a_word_that_would_silence_as_many_right_ones_is_not_proposed(small: Classifier) -> None:
    judged = [("孩子把电梯坏了的事写进作文", None), ("孩子被困了电梯坏了", Category.ELEVATOR)]
    assert ("unless", "孩子") not in words(proposals(small, judged, []))


def test_a_missed_text_proposes_the_sign_it_lacks_with_the_harm_of_every_stored_line(small: Classifier) -> None:
    judged = [("电梯抖得厉害", Category.ELEVATOR), ("电梯厉害抖动", Category.ELEVATOR)]
    found = words(proposals(small, judged, ["电梯广告厉害了", "真厉害"]))
    assert found["signs", "厉害"] == (2, 1)


def test_the_order_is_gain_first_and_stable(small: Classifier) -> None:
    judged = [("孩子的玩具电梯坏了", None), ("玩具电梯又坏了", None)]
    found = proposals(small, judged, [])
    assert found == proposals(small, judged, [])
    assert [one.gain for one in found] == sorted((one.gain for one in found), reverse=True)
