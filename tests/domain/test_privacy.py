"""Phone, identity-card and room numbers stay out of what many people read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.privacy import excerpt, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我电话13812345678，找我", "我电话[电话]，找我"),
        ("138 1234 5678", "[电话]"),
        ("138-1234-5678", "[电话]"),
        ("+86 13812345678", "[电话]"),
        ("+8613812345678。", "[电话]。"),
        ("物业0371-65432100", "物业[电话]"),
        ("010 62345678", "[电话]"),
        ("身份证41010519900307123X", "身份证[证件号]"),
        ("身份证410105199003071234谢谢", "身份证[证件号]谢谢"),
        ("我家3-2-501漏水", "我家[房号]漏水"),
        ("3－2－1501", "[房号]"),
        ("501室没水", "[房号]室没水"),
        ("1203户", "[房号]户"),
        ("两个号13812345678和13987654321", "两个号[电话]和[电话]"),
        ("１３８１２３４５６７８", "[电话]"),
        ("13812345678转13912345678", "[电话]转[电话]"),
    ],
)
def test_numbers_that_name_a_person_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "停水2天了",
        "2026-12-01 18:00",
        "12345热线",
        "110、119、120",
        "价格3999元",
        "电梯停在18楼",
        "单号202612010001234567890",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=40), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(max_size=40))
def test_a_phone_number_between_any_words_is_gone(before: str, phone: str, after: str) -> None:
    if not before[-1:].isdigit() and not after[:1].isdigit() and not before.rstrip("- ")[-1:].isdigit():
        assert phone not in masked(f"{before}{phone}{after}")


@given(st.text(max_size=200), st.integers(1, 50))
def test_an_excerpt_is_one_line_and_no_longer_than_asked(text: str, length: int) -> None:
    short = excerpt(text, length)
    assert len(short) <= length
    assert len(short.splitlines()) <= 1
