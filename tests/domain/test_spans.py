"""Lengths of time as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.spans import ClockSpan, Length, Span, parse_length


class Model(BaseModel):
    any: Span = Length()
    clock: ClockSpan = Length(seconds=60)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0m", Length()),
        ("45s", Length(seconds=45)),
        ("30m", Length(seconds=1800)),
        (" 4 h ", Length(seconds=14400)),
        ("7d", Length(seconds=7 * 86400)),
        ("3wd", Length(workdays=3)),
    ],
)
def test_the_accepted_forms(text: str, length: Length) -> None:
    assert parse_length(text) == length


@pytest.mark.parametrize(
    "text", ["", "30", "m", "-5m", "1.5h", "3 weeks", "30M", "1h30m", "9999999s", "３０分", "3wd "[:2]]
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 30m, 4h, 7d or 3wd"):
        parse_length(text)


@pytest.mark.parametrize("text", ["367d", "367wd", "9000h", "999999d"])
def test_more_than_a_year_is_a_slip_of_the_pen(text: str) -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_length(text)


@pytest.mark.parametrize("value", [30, 1.5, None, ["30m"], True])
def test_only_text_is_a_length_in_a_config(value: object) -> None:
    with pytest.raises(ValidationError, match="a length of time is text"):
        Model(any=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["3wd", "0m", "0wd"])
def test_a_clock_length_is_neither_working_days_nor_nothing(text: str) -> None:
    with pytest.raises(ValidationError, match="counted on the clock"):
        Model(clock=text)  # type: ignore[arg-type]


@given(st.integers(0, 366 * 86400).map(lambda n: Length(seconds=n)) | st.integers(1, 366).map(Length))
def test_what_is_written_reads_back_the_same(length: Length) -> None:
    if len(str(length)) <= 9 and int("".join(c for c in str(length) if c.isdigit())) < 10**6:
        assert parse_length(str(length)) == length
        assert Model.model_validate_json(Model(any=length).model_dump_json()).any == length
