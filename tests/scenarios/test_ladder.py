"""The bell: who is told, when, until somebody responsible replies."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street, with_duty

from domain.words import Purpose

HEAD, MEMBER, LEAD = "wang-qiang", "li-na", "liu-shulan"
SECRETARY, CHIEF, POLICE, STEWARD = "sun-li", "zhao-min", "ma-jun", "gao-peng"
GRID = (HEAD, MEMBER, LEAD)


def the_lamp_is_out(bot: Bot, 群: Group, at: str = "") -> None:
    """A small ordinary matter: the head and the property steward hear of it at once."""
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 照明", "王强", at=at, to="王")
    bot.told(HEAD, "【新诉求】", "楼道灯不亮了", at=at)
    bot.told(STEWARD, "【请协助】", at=at)
    bot.said_nothing_else()


def test_an_ordinary_issue_climbs_every_half_hour_up_to_the_section_chief(street: Street, bot: Bot, 群: Group) -> None:
    the_lamp_is_out(bot, 群, at="09:00")
    street.until("09:29")
    bot.said_nothing_else()
    street.until("10:29")
    for at in ("09:30", "10:00"):
        bot.told_all(GRID, "没有人回应", at=at)
    street.until("12:59")
    bot.told_all(GRID, "没有人回应", at="10:30")
    bot.told(SECRETARY, "【升级】", "1小时30分", at="10:30")
    for at in ("11:00", "11:30", "12:00", "12:30"):
        bot.told_all(GRID, "【催办】", at=at)
    bot.said_nothing_else()
    street.until("13:00")
    bot.told(HEAD, "【催办】", at="13:00")
    bot.told(SECRETARY, "【催办】", at="13:00")
    bot.told(CHIEF, "【升级】", "已等4小时", at="13:00")
    bot.said_nothing_else()
    street.until("17:00")
    bot.told_all((HEAD, SECRETARY, CHIEF), "【催办】", "已等8小时", at="17:00")
    street.until("2026-06-03 09:00")
    bot.told_all((HEAD, SECRETARY, CHIEF), "【催办】", "已等24小时", at="06-03 09:00")
    street.stops_here()


def test_in_the_evening_the_head_is_told_at_once_and_the_rest_waits_for_working_time(
    street: Street, bot: Bot, 群: Group
) -> None:
    street.begins("2026-06-02 19:50")
    the_lamp_is_out(bot, 群, at="19:50")
    street.until("2026-06-03 08:19")
    bot.said_nothing_else()
    street.until("2026-06-03 08:20")  # ten minutes in the evening and twenty in the morning
    bot.told_all(GRID, at="06-03 08:20")
    street.stops_here()


def test_at_the_weekend_the_ladder_stands_still(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-06 10:00")  # a Saturday
    the_lamp_is_out(bot, 群, at="10:00")
    street.until("2026-06-08 08:29")
    bot.said_nothing_else()
    street.until("2026-06-08 08:30")
    bot.told_all(GRID, at="06-08 08:30")
    street.stops_here()


def test_over_spring_festival_the_ladder_stands_still_and_a_make_up_saturday_counts(
    street: Street, bot: Bot, 群: Group
) -> None:
    street.begins("2026-02-14 19:40")  # a working Saturday; the holiday is from the 15th to the 23rd
    the_lamp_is_out(bot, 群, at="19:40")
    street.until("2026-02-24 08:09")
    bot.said_nothing_else()
    street.until("2026-02-24 08:10")
    bot.told_all(GRID, "没有人回应", at="02-24 08:10")
    street.stops_here()


def test_a_night_report_waits_for_the_morning_and_is_told_once(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 23:00")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.said_nothing_else()
    street.until("2026-06-03 06:59")
    bot.said_nothing_else()
    street.until("2026-06-03 07:00")
    bot.posted(群, "已登记 #1", at="07:00")
    bot.told(HEAD, "【新诉求】", at="07:00")
    bot.told(STEWARD, "【请协助】", at="07:00")
    street.until("08:29")
    bot.said_nothing_else()
    street.until("08:30")
    bot.told_all(GRID, at="08:30")
    street.stops_here()


def test_what_is_over_by_the_morning_rings_nobody(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 23:00")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.later("10m")
    群.says("王", "灯亮了")
    bot.said_nothing_else()
    street.until("2026-06-03 07:00")
    bot.posted(群, "反馈已解决", at="07:00")
    bot.said_nothing_else()


def test_an_urgent_issue_climbs_every_ten_minutes_also_at_the_weekend(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-06 10:00")
    群.says("王", "停水了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 供水·紧急", at="10:00")
    bot.told(HEAD, "【新诉求】", at="10:00")
    bot.told(STEWARD, "【请协助】", at="10:00")
    street.until("10:29")
    bot.told_all(GRID, at="10:10")
    bot.told_all(GRID, "20分钟", at="10:20")
    bot.told(SECRETARY, "【升级】", at="10:20")
    bot.said_nothing_else()
    street.until("10:30")
    bot.told_all((*GRID, SECRETARY), "【催办】", at="10:30")
    bot.told(CHIEF, "【升级】", at="10:30")
    street.until("11:30")
    bot.told_all((*GRID, SECRETARY, CHIEF), "【催办】", at="11:30")
    street.stops_here()


def test_an_urgent_issue_of_the_evening_is_silent_in_quiet_hours_and_goes_on_in_the_morning(
    street: Street, bot: Bot, 群: Group
) -> None:
    street.begins("2026-06-02 21:55")
    群.says("王", "停水了", alias="1-2-501 王")
    bot.forget()
    street.until("2026-06-03 07:04")
    bot.said_nothing_else()
    street.until("2026-06-03 07:05")
    bot.told_all(GRID, at="07:05")
    street.stops_here()


@pytest.mark.parametrize("begin", ["2026-06-02 10:00", "2026-06-07 02:00"], ids=["by day", "in the night of a Sunday"])
def test_an_emergency_tells_all_at_once_and_every_three_minutes_at_any_hour(
    street: Street, bot: Bot, 群: Group, begin: str
) -> None:
    everybody = (HEAD, MEMBER, LEAD, SECRETARY, CHIEF, POLICE, STEWARD)
    street.begins(begin)
    群.says("王", "电梯里有人被困", alias="1-2-501 王")
    bot.posted(群, "110", "119", "120", "#1", at=begin[-5:], to="王")
    bot.told_all(everybody, "【危急】", "110/119/120", at=begin[-5:])
    bot.said_nothing_else()
    street.later("2m")
    bot.said_nothing_else()
    street.later("1m")
    bot.told_all(everybody, "【危急】", "已等3分钟")
    street.later("3m")
    bot.told_all(everybody, "【危急】", "已等6分钟")
    street.staff(MEMBER).replies(群, "收到，马上到")
    street.later("1h")
    bot.said_nothing_else()
    street.staff(MEMBER).replies(群, "人已经救出来了，电梯修好了")
    street.later("8h")  # the result is no alarm: at night it waits for the morning
    bot.posted(群, "反馈已解决")


def test_the_whole_ladder_of_an_emergency(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "电梯里有人被困", alias="1-2-501 王")
    street.later("30m")
    told = [sent.at.minute for sent in bot.sent if sent.to == CHIEF]
    assert told == list(range(0, 31, 3))
    bot.forget()
    street.stops_here()


def test_after_an_outage_overdue_rungs_are_one_reminder(street: Street, bot: Bot, 群: Group) -> None:
    the_lamp_is_out(bot, 群)
    street.outage("3h")
    bot.told_all(GRID, "没有人回应", at="12:00")
    bot.told(SECRETARY, "【升级】", at="12:00")
    bot.said_nothing_else()
    street.stops_here()


def test_a_person_with_several_duties_is_told_once(street: Street, bot: Bot, 群: Group) -> None:
    street.roster = with_duty("buildings", "文化小区1号楼", building_lead=["li-na"])(street.roster)
    the_lamp_is_out(bot, 群)
    street.later("30m")
    bot.told(HEAD)
    bot.told(MEMBER)
    bot.said_nothing_else()
    street.stops_here()


def test_nobody_on_duty_tells_the_next_rung_at_once_and_says_so(street: Street, bot: Bot, 群: Group) -> None:
    street.roster = with_duty("grids", "文化第一网格", grid_head=[], grid_member=[])(street.roster)
    street.roster = with_duty("buildings", "文化小区1号楼", building_lead=[])(street.roster)
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1", "社区")
    bot.told(SECRETARY, "没有人，请直接处理", at="09:00", purpose=Purpose.ESCALATION)
    bot.told(STEWARD, "【请协助】")
    bot.said_nothing_else()
    street.stops_here()


def test_nobody_at_all_is_written_down_and_does_not_spin(street: Street, bot: Bot, 群: Group) -> None:
    street.roster = with_duty("grids", "文化第一网格", grid_head=[], grid_member=[])(street.roster)
    street.roster = with_duty("buildings", "文化小区1号楼", building_lead=[], property_steward=[])(street.roster)
    street.roster = with_duty("communities", "文化社区", community_secretary=[], section_chief=[])(street.roster)
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    assert "nobody_on_duty" in street.history(1)
    assert street.issue(1).next_at is not None
    street.later("3d")
    bot.said_nothing_else()


def test_a_ladder_goes_through_several_spans_of_a_day(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 11:50", hours={"working": ["08:30-12:00", "14:00-17:30"]})
    the_lamp_is_out(bot, 群, at="11:50")
    street.until("14:19")
    bot.said_nothing_else()
    street.until("14:20")  # ten minutes before noon, twenty after it
    bot.told_all(GRID, at="14:20")
    street.until("17:20")
    bot.forget()
    street.until("2026-06-03 08:29")
    bot.said_nothing_else()
    street.stops_here()


def test_in_a_year_without_official_days_the_week_counts(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2090-06-02 19:50")  # a Friday
    the_lamp_is_out(bot, 群, at="19:50")
    street.until("2090-06-05 08:19")
    bot.said_nothing_else()
    street.until("2090-06-05 08:20")
    bot.told_all(GRID, at="06-05 08:20")
    street.stops_here()


def test_after_an_outage_ten_issues_are_one_reminder_to_a_person(street: Street, bot: Bot, 群: Group) -> None:
    for number, said in enumerate(("楼道灯不亮了", "垃圾堆了好几天没人清", "单元门坏了关不上"), start=1):
        群.says(f"王{number}", said, alias=f"1-2-50{number} 王")
    bot.forget()
    street.outage("3h")
    for who in (*GRID, SECRETARY):
        assert len([sent for sent in bot.sent if sent.to == who and not sent.expected]) == 1
    bot.forget()
    street.stops_here()
