"""Danger grows, and never shrinks."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street

HEAD = "wang-qiang"
EVERYBODY = (HEAD, "li-na", "liu-shulan", "sun-li", "zhao-min", "ma-jun", "gao-peng")


@pytest.mark.parametrize("who", ["王", "赵"], ids=["the reporter", "a neighbour"])
def test_a_stuck_lift_turns_out_to_hold_people(street: Street, bot: Bot, 群: Group, who: str) -> None:
    群.says("王", "电梯停了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 电梯·紧急")
    bot.told(HEAD, "【新诉求】")
    bot.told("gao-peng", "【请协助】")
    street.later("2m")
    群.says(who, "里面有人")
    bot.posted(群, "#1 已升为危急", "110", "119", "120")
    bot.told_all(EVERYBODY, "【危急】", "电梯停了")
    assert street.issue(1).urgency == "emergency"
    assert len(street.issues()) == 1
    street.later("3m")
    bot.told_all(EVERYBODY, "【危急】")
    street.staff("gao-peng").replies(群, "收到，维保十分钟后到")
    bot.said_nothing_else()
    street.later("10m")
    bot.told(HEAD, "【请回音】", "09:15前")
    street.staff("gao-peng").replies(群, "人出来了，电梯修好了")
    bot.posted(群, "反馈已解决（高鹏）", to="王")


def test_an_answered_issue_opens_again_when_danger_grows(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "电梯停了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "收到，联系维保")
    assert street.issue(1).state == "answered"
    群.says("赵", "电梯里有人被困", alias="1-1-301 赵")
    bot.posted(群, "#1 已升为危急", "119")
    bot.told_all(EVERYBODY, "【危急】")
    assert street.issue(1).state == "open"
    assert len(street.issues()) == 1
    street.staff(HEAD).replies(群, "电梯修好了，人没事")
    bot.posted(群, "反馈已解决")


def test_it_never_falls(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "电梯里有人被困", alias="1-2-501 王")
    群.says("赵", "电梯好像有异响", alias="1-1-301 赵")
    assert [issue.urgency for issue in street.issues()] == ["emergency"]
    bot.forget()
    street.stops_here()


def test_an_emergency_at_night_goes_out_at_once_and_the_rest_waits(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-03 02:00")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.said_nothing_else()
    群.says("王", "闻到煤气味", alias="1-2-501 王")
    bot.posted(群, "110", "#2", at="02:00")
    bot.told_all(EVERYBODY, "【危急】", "#2", at="02:00")
    bot.said_nothing_else()
    bot.forget()
    street.stops_here()


def test_even_a_silent_group_is_told_whom_to_call(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-03 10:00", posting={"default": "silent"})
    群.says("王", "电梯里有人被困", alias="1-2-501 王")
    bot.told_all(EVERYBODY, "【危急】")
    bot.said_nothing_else()
    street.stops_here()
