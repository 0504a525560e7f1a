"""What a notice announces to be off, from when until when."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain.words import Category
from handlers.classify import Classifier
from handlers.classify.announced import OFF_RULES, announced_outage, changed_outage

NOW = datetime(2026, 6, 2, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Tuesday


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("停水通知：明天9:00—17:00，因管网检修停水，请提前储水", "06-03 09:00 06-03 17:00"),
        ("各位居民，接供电局通知，6月3日9:00-17:00停电检修", "06-03 09:00 06-03 17:00"),
        ("【停电通知】3号楼明天上午8点至12点停电", "06-03 08:00 06-03 12:00"),
        ("今晚22:00到明早6:00暂停供水", "06-02 22:00 06-03 06:00"),
        ("晚上10点到6点停水", "06-02 22:00 06-03 06:00"),
        ("明早8点到晚上8点停水", "06-03 08:00 06-03 20:00"),
        ("6.3 8：00－18：00停水", "06-03 08:00 06-03 18:00"),
        ("６月３日８时至４日６时停水", "06-03 08:00 06-04 06:00"),
        ("6月3日8:00至6月4日6:00停電", "06-03 08:00 06-04 06:00"),
        ("3日9-17点停电", "06-03 09:00 06-03 17:00"),
        ("6月3日至4日，9:00至17:00停水", "06-03 09:00 06-04 17:00"),
        ("接通知，下午1点到5点停水", "06-02 13:00 06-02 17:00"),
        ("今天停水，预计18:00恢复", "06-02 15:00 06-02 18:00"),
        ("停水2小时", "06-02 15:00 06-02 17:00"),
        ("明天上午停水", "06-03 08:00 06-03 12:00"),
        ("明天停水，大概下午来水", "06-03 00:00 06-03 18:00"),
        ("明天全天停气", "06-03 00:00 06-04 00:00"),
        ("周四上午9点到11点停电", "06-04 09:00 06-04 11:00"),
        ("停电时间：6月5日（星期五）08:00—12:00，范围：1-6号楼", "06-05 08:00 06-05 12:00"),
        ("电梯明天9:00-11:00年检，暂停使用", "06-03 09:00 06-03 11:00"),
        ("停水不停电，6.4早8晚6", "06-04 08:00 06-04 18:00"),
        ("原定明天9:00-17:00停水，改到后天8:00-12:00", "06-04 08:00 06-04 12:00"),
    ],
)
def test_from_when_until_when(text: str, said: str) -> None:
    found = announced_outage(text, NOW)
    assert found is not None
    assert found.surely
    assert f"{found.starts_at:%m-%d %H:%M} {found.ends_at:%m-%d %H:%M}" == said


@pytest.mark.parametrize(
    "text",
    [
        "昨天停水9点到11点",
        "明天停水吗",
        "几点停水",
        "明天的停水取消了",
        "停水了",
        "电梯明天9:00-11:00擦玻璃",
        "每天9:00-17:00供应热水",
        "停水延长到20:00",
        "6月31日9:00-17:00停水",
        "12月3日9:00-17:00停水",
    ],
)
def test_no_announcement_for_the_days_ahead(text: str) -> None:
    assert announced_outage(text, NOW) is None


def test_an_end_that_is_not_said_is_not_made_up() -> None:
    found = announced_outage("【停水通知】明天停水", NOW)
    assert found is not None
    assert not found.surely


@pytest.mark.parametrize(
    ("text", "until"),
    [("停水延长到20:00", "20:00"), ("预计晚上8点恢复供水", "20:00"), ("停水取消了", ""), ("已经恢复供电", "")],
)
def test_a_change_of_what_was_announced(text: str, until: str) -> None:
    found = changed_outage(text, NOW)
    assert found is not None
    assert (f"{found.ends_at:%H:%M}" if found.ends_at else "") == until


@pytest.mark.parametrize(
    "text", ["停" * 50_000, "1月" * 5_000, "明天9:00" * 5_000, "9-" * 20_000 + "停水", "\u202e停水9:00"]
)
def test_hostile_text_costs_bounded_time(text: str) -> None:
    announced_outage(text, NOW)
    changed_outage(text, NOW)


def test_the_rules_that_say_only_that_it_is_off_exist(shipped: Classifier) -> None:
    known = {rule.id for rule in shipped.pack.rules}
    assert {f"{category}.{rule}" for category, rules in OFF_RULES.items() for rule in rules} <= known
    assert set(OFF_RULES) <= set(Category)
