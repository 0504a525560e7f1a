"""People come and go while issues are open."""

from __future__ import annotations

from dataclasses import replace

from street import Bot, Group, Street, with_duty

HEAD, NEW = "wang-qiang", "li-jun"
STEWARD = "gao-peng"


def test_a_new_grid_head_takes_over_what_is_open(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.later("10m")
    street.new_roster(with_duty("grids", "文化第一网格", grid_head=[NEW]))
    assert street.issue(1).assignee_id == NEW
    street.until("09:30")
    bot.told(NEW, "没有人回应", at="09:30")
    bot.told_all(("li-na", "liu-shulan"), at="09:30")
    bot.said_nothing_else()
    street.staff(HEAD).replies(群, "收到")  # no duty here any more
    assert street.issue(1).state == "open"
    street.staff(NEW).replies(群, "收到")
    assert street.issue(1).state == "answered"


def test_a_referred_issue_stays_with_the_person_while_he_has_a_duty_there(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("5 高鹏")
    bot.told(HEAD, "转给高鹏")
    bot.told(STEWARD, "【转办】")
    street.new_roster(with_duty("grids", "文化第一网格", grid_head=[NEW]))
    assert street.issue(1).assignee_id == STEWARD
    street.new_roster(with_duty("buildings", "文化小区1号楼", property_steward=["deng-chao"]))
    assert street.issue(1).assignee_id == NEW
    street.staff(NEW).replies(群, "收到")
    bot.said_nothing_else()


def test_who_left_the_roster_has_no_say_and_is_told_nothing(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()

    street.new_roster(with_duty("grids", "文化第一网格", grid_head=[NEW]))
    street.new_roster(lambda roster: replace(roster, staff=tuple(p for p in roster.staff if p.id != HEAD)))
    street.staff(HEAD).replies(群, "收到")
    street.staff(HEAD).answers("1")
    assert street.issue(1).state == "open"
    street.later("30m")
    bot.told_all((NEW, "li-na", "liu-shulan"))
    bot.said_nothing_else()
    street.stops_here()


def test_a_new_ladder_does_not_change_an_old_issue(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.settings["ladder"] = {
        "normal": {
            "clock": "working",
            "repeat": "8h",
            "rungs": [{"after": "0m", "to": ["grid_head"]}, {"after": "5m", "to": ["section_chief"]}],
        }
    }
    street.restart()
    street.until("09:29")
    bot.said_nothing_else()
    street.until("09:30")
    bot.told_all((HEAD, "li-na", "liu-shulan"), at="09:30")
    street.stops_here()


def test_two_holders_of_a_duty_are_both_told_and_one_answers(street: Street, bot: Bot, 群: Group) -> None:
    street.roster = with_duty("grids", "文化第一网格", grid_head=[HEAD, NEW])(street.roster)
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD, "【新诉求】")
    bot.told(STEWARD, "【请协助】")
    street.staff(NEW).replies(群, "收到")
    assert street.issue(1).state == "answered"
    bot.forget()
