"""Limits by profile, frozen at opening; the assignee is warned once before a limit, a breach stands in the digest."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street

HEAD, CHIEF = "wang-qiang", "zhao-min"


def test_the_assignee_is_warned_once_before_the_limit(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
    street.until("2026-06-05 08:59")  # the limit is three working days, Friday nine o'clock
    bot.told(HEAD, "【快到期】办理时限是06-05 09:00", "#1 照明", at="06-04 18:36")
    bot.said_nothing_else()
    street.until("2026-06-05 09:00")
    bot.told(HEAD, "【请回音】办理时限已到")
    street.until("2026-06-05 18:00")
    assert "■ 超过办理时限：1件" in bot.digest(CHIEF)
    assert "快到办理时限" not in bot.digest(CHIEF)
    bot.forget()
    street.stops_here()


def test_who_answers_when_the_limit_is_near_knows_it(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.until("2026-06-05 08:30")
    bot.forget()
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
    street.until("2026-06-05 08:59")
    bot.said_nothing_else()
    street.stops_here()


def test_a_promise_before_the_limit_needs_no_warning(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "收到，周四下午五点前修好")
    street.until("2026-06-04 17:00")
    bot.told(HEAD, "【请回音】您说06-04 17:00前处理")
    bot.said_nothing_else()
    street.stops_here()


@pytest.mark.parametrize(
    ("profile", "said", "response", "resolution"),
    [
        ("gentle", "楼道灯不亮了", "06-02 13:00", "06-05 09:00"),
        ("beijing", "楼道灯不亮了", "06-02 11:00", "06-09 09:00"),
        ("beijing", "物业不作为", "06-02 11:00", "06-17 09:00"),
        ("tianjin", "楼道灯不亮了", "06-02 13:00", "06-09 09:00"),
    ],
)
def test_a_profile_sets_the_limits(
    street: Street, bot: Bot, 群: Group, profile: str, said: str, response: str, resolution: str
) -> None:
    street.begins("2026-06-02 09:00", profiles={"use": profile})
    群.says("王", said, alias="1-2-501 王")
    issue = street.issue(1)
    if profile == "beijing" and said == "物业不作为":
        street.staff(HEAD).answers("#1 大事")
        issue = street.issue(1)
    local = street.house.street.local
    assert f"{local(issue.response_at):%m-%d %H:%M}" == response
    assert f"{local(issue.resolution_at):%m-%d %H:%M}" == resolution
    bot.forget()
    street.stops_here()


def test_limits_are_those_of_the_opening(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 09:00", profiles={"rules": [{"categories": ["lighting"], "resolution": "1wd"}]})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.settings["profiles"] = {"use": "tianjin"}
    street.restart()
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
    street.until("2026-06-03 09:00")
    bot.told(HEAD, "【快到期】办理时限是06-03 09:00")
    bot.told(HEAD, "【请回音】办理时限已到", at="06-03 09:00")
    street.stops_here()


def test_a_limit_that_is_near_stands_in_the_digest(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 08:00", profiles={"warn_at": 0.5})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("2")
    street.until("2026-06-04 18:00")
    assert "■ 快到办理时限：1件" in bot.digest(CHIEF)
    assert "超过办理时限" not in bot.digest(CHIEF)
    bot.told(HEAD, "处理中")
    bot.told(HEAD, "【快到期】")
    bot.forget()
    street.stops_here()
