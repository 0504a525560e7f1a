"""Promises, limits, the end of a matter, and the trouble that comes back."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street

HEAD, GRID = "wang-qiang", ("wang-qiang", "li-na", "liu-shulan")


@pytest.fixture
def lamp(street: Street, bot: Bot, 群: Group) -> str:
    """楼道灯 is out and the grid head was told. The id of the report."""
    report = 群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    return report


def fixed(bot: Bot, street: Street, 群: Group) -> None:
    """The grid head says it is done in the group."""
    street.staff(HEAD).replies(群, "楼道灯换好了")
    bot.posted(群, "#1 照明 反馈已解决（王强）", "是否满意", to="王")


def test_a_promise_kept(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).replies(群, "已报修，下午三点到")
    assert street.history(1)[-1] == "issue_promised"
    street.until("14:50")
    fixed(bot, street, 群)


def test_a_promise_broken_is_asked_about_and_then_the_ladder_goes_on(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    street.later("30m")
    bot.told_all(GRID, "没有人回应")
    street.staff(HEAD).replies(群, "好的，下午三点前处理")
    street.until("14:59")
    bot.said_nothing_else()
    street.until("15:00")
    bot.told(HEAD, "【请回音】", "您说06-02 15:00前处理", at="15:00")
    street.until("15:59")
    bot.said_nothing_else()
    street.until("16:00")  # the rung where it stood, told again
    bot.told_all(GRID, "【催办】", "还没有办结", at="16:00")
    street.until("17:00")
    bot.told_all(GRID, at="16:30")
    bot.told_all(GRID, at="17:00")
    bot.told("sun-li", "【升级】", at="17:00")
    bot.said_nothing_else()
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决")


def test_who_answers_the_question_about_his_promise_is_left_in_peace(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    street.staff(HEAD).replies(群, "好的，下午三点前处理")
    street.until("15:00")
    bot.told(HEAD, "【请回音】", at="15:00")
    street.until("15:30")
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
    street.until("2026-06-05 08:59")
    bot.told(HEAD, "【快到期】")
    bot.said_nothing_else()
    street.until("2026-06-05 09:00")
    bot.told(HEAD, "【请回音】办理时限已到", at="06-05 09:00")
    street.stops_here()


def test_a_second_promise_takes_the_place_of_the_first(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).replies(群, "好的，下午三点前处理")
    street.until("12:00")
    street.staff(HEAD).replies(群, "#1 改到下午五点前处理")
    street.until("16:59")
    bot.said_nothing_else()
    street.until("17:00")
    bot.told(HEAD, "【请回音】", "17:00前处理", at="17:00")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决")


def test_answered_and_never_ended_rings_again_at_its_limit(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).replies(群, "收到")
    street.until("2026-06-05 08:59")
    bot.told(HEAD, "【快到期】")
    bot.said_nothing_else()
    street.until("2026-06-05 09:00")  # three working days
    bot.told(HEAD, "【请回音】办理时限已到", at="06-05 09:00")
    street.until("10:00")
    bot.told(HEAD, "【催办】", "还没有办结", at="10:00")
    street.until("10:30")
    bot.told_all(GRID, "还没有办结", at="10:30")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决")


def test_the_limit_waits_for_working_time(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-05 19:30")  # a Friday evening
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "收到")
    street.until("2026-06-10 19:29")
    bot.told(HEAD, "【快到期】")
    bot.said_nothing_else()
    street.until("2026-06-10 19:30")
    bot.told(HEAD, "【请回音】", at="06-10 19:30")
    street.until("2026-06-11 08:29")
    bot.said_nothing_else()
    street.until("2026-06-11 08:30")  # half an hour of the evening, half an hour of the morning
    bot.told(HEAD, "还没有办结", at="06-11 08:30")
    street.stops_here()


def test_an_urgent_matter_is_asked_about_after_four_hours(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "收到")
    street.until("12:59")
    bot.told(HEAD, "【快到期】", at="12:12")
    bot.said_nothing_else()
    street.until("13:00")
    bot.told(HEAD, "【请回音】", at="13:00")
    群.says("赵", "来水了")
    bot.posted(群, "#1 供水·紧急 反馈已解决（居民反馈）")


def test_said_to_be_over_it_closes_after_48_hours(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    fixed(bot, street, 群)
    street.later("47h")
    assert street.issue(1).state == "resolved"
    street.later("1h")
    assert street.issue(1).state == "closed"
    assert street.issue(1).next_at is None


@pytest.mark.parametrize("who", ["王", "赵"], ids=["the reporter", "a neighbour"])
def test_a_resident_says_that_it_is_over_and_nobody_is_asked(street: Street, bot: Bot, 群: Group, who: str) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    bot.forget()
    群.says(who, "来水了")
    bot.posted(群, "反馈已解决（居民反馈）", "还没好")
    issue = street.issue(1)
    assert (issue.state, issue.resolved_by, issue.answered_at, issue.surveyed) == ("resolved", "resident", None, False)
    street.later("2d")
    assert street.issue(1).state == "closed"


def test_an_end_of_something_else_ends_nothing(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    群.says("赵", "来水了")
    street.staff(HEAD).replies(群, "门禁修好了")
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()


@pytest.mark.parametrize("text", ["又坏了", "楼道灯又不亮了", "还是没修好", "楼道灯又坏了"])
def test_the_trouble_that_comes_back_reopens_within_seven_days(
    street: Street, bot: Bot, 群: Group, lamp: str, text: str
) -> None:
    fixed(bot, street, 群)
    street.later("6d")
    群.says("王", text, alias="1-2-501 王")
    bot.posted(群, "#1 照明 已重新打开", "王强")
    bot.told(HEAD, "【再次反映】", "#1 照明")
    assert len(street.issues()) == 1
    assert street.issue(1).reopened == 1
    street.staff(HEAD).answers("1")
    bot.told(HEAD)
    bot.posted(群, "反馈已解决", "如果还没好")


def test_what_came_back_climbs_sooner_and_then_as_ever(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    fixed(bot, street, 群)
    street.later("1h")
    群.says("王", "楼道灯又不亮了", alias="1-2-501 王")
    bot.posted(群, "已重新打开")
    bot.told(HEAD, "【再次反映】", at="10:00")
    street.until("10:14")
    bot.said_nothing_else()
    street.until("10:15")  # half of the usual half hour
    bot.told_all(GRID, "没有办结", at="10:15")
    street.until("10:45")
    bot.told_all(GRID, at="10:45")  # then as far apart as ever
    street.until("11:15")
    bot.told_all(GRID, at="11:15")
    bot.told("sun-li", "【升级】", at="11:15")
    bot.said_nothing_else()
    street.stops_here()


def test_a_street_may_let_it_climb_as_ever(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 09:00", bell={"reopened_wait": 1.0})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    fixed(bot, street, 群)
    群.says("王", "又不亮了", alias="1-2-501 王")
    bot.forget()
    street.until("09:29")
    bot.said_nothing_else()
    street.until("09:30")
    bot.told_all(GRID, at="09:30")
    street.stops_here()


def test_on_the_ninth_day_it_is_a_new_issue_linked_to_the_old(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    fixed(bot, street, 群)
    street.later("9d")
    群.says("王", "楼道灯又不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #2 照明")
    bot.told(HEAD, "【新诉求】", "#2")
    bot.told("gao-peng", "【请协助】")
    old, new = street.issues()
    assert (old.state, new.state, new.recurrence_of) == ("closed", "open", old.id)
    street.stops_here()


def test_a_chase_is_passed_on_once_an_hour_and_the_third_moves_up_a_rung(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    street.later("5m")
    群.says("王", "还没好吗")
    bot.told(HEAD, "【居民追问】第1次", "还没好吗")
    群.says("赵", "怎么还没人修")
    bot.said_nothing_else()
    street.later("5m")
    群.says("王", "有人管吗")
    bot.told_all(GRID, "没有人回应", at="09:10")
    bot.said_nothing_else()
    street.until("09:59")
    bot.said_nothing_else()  # the half-past rung was told early
    street.until("10:00")
    bot.told_all(GRID, at="10:00")
    street.stops_here()


def test_a_chase_of_what_is_being_handled_is_passed_on_and_does_not_ring(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    street.staff(HEAD).replies(群, "收到")
    street.later("5m")
    for text in ("还没好吗", "怎么还没人修", "有人管吗", "到底什么时候能修好"):
        群.says("王", text)
    bot.told(HEAD, "【居民追问】第1次")
    bot.said_nothing_else()
    street.later("61m")
    群.says("王", "还没好吗")
    bot.told(HEAD, "【居民追问】第5次")
    assert street.issue(1).state == "answered"


def test_thanks_are_no_end(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    群.says("王", "谢谢")
    群.says("王", "辛苦了")
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()


def test_a_wish_is_no_end(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    bot.forget()
    群.says("赵", "什么时候来水")
    bot.told(HEAD, "【居民追问】")
    群.says("李", "希望早点来水")
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()
