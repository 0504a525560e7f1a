"""Every word that people read has one label, in the words of the field."""

from __future__ import annotations

from enum import StrEnum

import pytest

from domain.decide import Action
from domain.prompts import OPTIONS
from domain.words import (
    LABELS,
    Category,
    CouncilState,
    DismissReason,
    Duty,
    GatheringKind,
    IssueState,
    PromptKind,
    SignupState,
    Tier,
    Urgency,
    zh,
)

READ: list[type[StrEnum]] = [
    Duty,
    Category,
    Tier,
    Urgency,
    IssueState,
    DismissReason,
    CouncilState,
    GatheringKind,
    SignupState,
]


@pytest.mark.parametrize("words", READ, ids=lambda words: words.__name__)
def test_each_word_has_a_chinese_label_of_its_own(words: type[StrEnum]) -> None:
    labels = [zh(word) for word in words]
    assert all(label and not label.isascii() for label in labels)
    assert len(set(labels)) == len(labels)


def test_labels_belong_to_words_that_people_read() -> None:
    assert {type(word) for word in LABELS} == set(READ)


def test_words_of_different_kinds_never_share_a_label_slot() -> None:
    """Two enums with a member of equal value would overwrite each other in the table: StrEnum members hash as text."""
    assert len(LABELS) == sum(len(words) for words in READ)


def test_a_word_nobody_reads_has_no_label() -> None:
    with pytest.raises(KeyError):
        zh(Action.RESUME)


def test_every_prompt_with_fixed_answers_offers_digits_from_one() -> None:
    assert {kind for kind in PromptKind if not kind.value.startswith("which")} == set(OPTIONS)
    for options in OPTIONS.values():
        assert [option.digit for option in options] == list(range(1, len(options) + 1))
