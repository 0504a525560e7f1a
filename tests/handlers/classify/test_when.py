"""When somebody promised to come, from a Monday at ten in the morning."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.classify import promised_time

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("下午三点到", "2026-11-23T15:00"),
        ("3点半过去", "2026-11-23T15:30"),
        ("15:00", "2026-11-23T15:00"),
        ("十五点二十", "2026-11-23T15:20"),
        ("明天上午", "2026-11-24T12:00"),
        ("明早九点", "2026-11-24T09:00"),
        ("半小时后", "2026-11-23T10:30"),
        ("两个小时内", "2026-11-23T12:00"),
        ("一个半小时之后", "2026-11-23T11:30"),
        ("大概20分钟", "2026-11-23T10:20"),
        ("三天内修好", "2026-11-26T10:00"),
        ("今晚", "2026-11-23T22:00"),
        ("晚上八点半", "2026-11-23T20:30"),
        ("周五", "2026-11-27T18:00"),
        ("下周一上午十点", "2026-11-30T10:00"),
        ("28号", "2026-11-28T18:00"),
        ("3月5号", "2027-03-05T18:00"),
        ("5日下午两点", "2026-12-05T14:00"),
        ("9点到11点来修", "2026-11-23T11:00"),
        ("下班前", "2026-11-23T18:00"),
        ("后天", "2026-11-25T18:00"),
    ],
)
def test_the_time_said(text: str, due: str) -> None:
    assert promised_time(text, NOW) == datetime.fromisoformat(due).replace(tzinfo=ZONE)


@pytest.mark.parametrize("text", ["好的", "3号楼的", "2单元501", "收到马上", "", "31号楼", "99点", "25:70"])
def test_no_time_said(text: str) -> None:
    assert promised_time(text, NOW) is None


@given(st.text(max_size=60), st.datetimes(NOW.replace(tzinfo=None), NOW.replace(year=2090, tzinfo=None)))
def test_any_text_gives_a_time_in_the_zone_or_none(text: str, naive: datetime) -> None:
    due = promised_time(text, naive.replace(tzinfo=ZONE))
    assert due is None or due.tzinfo is ZONE


@given(
    st.lists(
        st.sampled_from(
            [
                "周",
                "日",
                "号",
                "点",
                "半",
                "小时",
                "后",
                "内",
                "31",
                "12",
                "十",
                "明天",
                "晚",
                "下",
                "2",
                "月",
                "：",
                "30",
            ]
        ),
        max_size=12,
    )
)
def test_scrambled_time_words_never_raise(parts: list[str]) -> None:
    promised_time("".join(parts), NOW)
