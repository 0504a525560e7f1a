"""Digits and words that answer the bot's questions."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street

HEAD = "wang-qiang"


@pytest.fixture
def rung(street: Street, bot: Bot, 群: Group) -> None:
    """楼道灯 is out and the grid head was told."""
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()


@pytest.mark.parametrize("said", ["1", "１", "①", "1。", "已解决", "修好了", "#1 1", "#1 已解决"])
def test_one_resolves(street: Street, bot: Bot, 群: Group, rung: None, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "好的，#1 已记为", "已解决")
    bot.posted(群, "#1 照明 反馈已解决（王强）", to="王")
    assert street.issue(1).state == "resolved"


@pytest.mark.parametrize("said", ["2", "处理中", "在处理"])
def test_two_quiets(street: Street, bot: Bot, 群: Group, rung: None, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "好的，#1 已记为", "处理中")
    assert street.issue(1).state == "answered"


def test_two_today_and_one_tomorrow_answer_the_same_question(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
    street.later("1d")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决")


def test_three_brings_in_the_community(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).answers("3")
    bot.told(HEAD, "需社区协调")
    bot.told("sun-li", "【需社区协调】王强", "#1 照明")
    bot.told("gao-peng", "【请协助】中事", "1 能处理")
    issue = street.issue(1)
    assert (issue.state, issue.tier) == ("answered", "medium")
    street.staff("sun-li").answers("1")
    bot.told("sun-li", "已解决")
    bot.posted(群, "反馈已解决（孙丽）")


def test_four_goes_to_the_council(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).answers("4")
    bot.told(HEAD, "上议事会")
    bot.told("sun-li", "【议事会】新列入")
    issue = street.issue(1)
    assert (issue.state, issue.tier) == ("council", "large")


@pytest.mark.parametrize("said", ["5 李娜", "5、李娜", "转给李娜", "5 li-na"])
def test_five_with_a_name_refers(street: Street, bot: Bot, 群: Group, rung: None, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "转给李娜")
    bot.told("li-na", "【转办】王强", "#1 照明")
    assert street.issue(1).assignee_id == "li-na"
    street.staff("li-na").answers("1")
    bot.told("li-na", "已解决")
    bot.posted(群, "反馈已解决（李娜）")


def test_five_alone_asks_for_the_name(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).answers("5")
    bot.told(HEAD, "转给谁")
    street.staff(HEAD).answers("5 赵四")
    bot.told(HEAD, "花名册里没有“赵四”")
    assert street.issue(1).state == "open"
    street.stops_here()


def test_a_name_that_two_carry_is_not_guessed(street: Street, bot: Bot, 群: Group) -> None:
    from dataclasses import replace

    from domain.places import Person

    street.roster = replace(street.roster, staff=(*street.roster.staff, Person("li-na-2", "李娜")))
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("5 李娜")
    bot.told(HEAD, "重名")
    assert street.issue(1).assignee_id == HEAD
    street.stops_here()


@pytest.mark.parametrize("said", ["6", "9", "0", "12", "1 2"])
def test_a_wrong_digit_gets_help(street: Street, bot: Bot, 群: Group, rung: None, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "没看懂", "1 已解决")
    assert street.issue(1).state == "open"
    street.stops_here()


def test_a_digit_without_a_question_says_so(street: Street, bot: Bot, 群: Group) -> None:
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "没有等您回答的提问")


def test_a_digit_after_another_settled_it_says_so(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.later("30m")
    bot.forget()
    street.staff("li-na").answers("1")
    bot.told("li-na", "已解决")
    bot.posted(群, "反馈已解决（李娜）")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "#1", "已有结果")


def test_a_quoted_old_question_is_stale(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    question = bot.told(HEAD, "【新诉求】")
    bot.forget()
    群.says("王", "灯亮了")
    bot.posted(群, "反馈已解决（居民反馈）")
    street.staff(HEAD).answers("2", quote=question)
    bot.told(HEAD, "#1", "已有结果")


def test_two_questions_are_told_apart_by_quote_number_and_age(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    lamp = bot.told(HEAD, "【新诉求】")
    street.later("5m")
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    street.later("1m")
    群.says("孙", "下水道堵了", alias="1-1-401 孙")
    bot.forget()
    street.staff(HEAD).answers("2")  # the newest
    bot.told(HEAD, "#3", "处理中")
    street.staff(HEAD).answers("#2 2")
    bot.told(HEAD, "#2", "处理中")
    street.staff(HEAD).answers("2", quote=lamp)
    bot.told(HEAD, "#1", "处理中")
    assert {issue.state for issue in street.issues()} == {"answered"}


def test_in_a_group_a_bare_digit_is_no_answer_to_the_bot(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).replies(群, "1")
    群.says("王", "1")
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()


def test_in_a_group_a_digit_with_the_bot_mentioned_answers(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).replies(群, "@楼铃 2", mentions_bot=True)
    assert street.issue(1).state == "answered"


@pytest.mark.parametrize(("said", "grade"), [("1", 1), ("满意", 1), ("2", 2)])
def test_a_content_reporter_closes(street: Street, bot: Bot, 群: Group, rung: None, said: str, grade: int) -> None:
    street.staff(HEAD).answers("1")
    bot.told(HEAD)
    result = bot.posted(群, "1 满意  2 一般  3 没解决", to="王")
    群.says("王", said, quote=result)
    issue = street.issue(1)
    assert (issue.state, issue.satisfaction) == ("closed", grade)


@pytest.mark.parametrize("said", ["3", "没解决", "不满意"])
def test_a_discontent_reporter_reopens_to_the_same_person(
    street: Street, bot: Bot, 群: Group, rung: None, said: str
) -> None:
    street.staff(HEAD).answers("1")
    bot.told(HEAD)
    result = bot.posted(群, "3 没解决", to="王")
    群.says("王", said, quote=result)
    bot.posted(群, "#1 照明 已重新打开", "王强")
    bot.told(HEAD, "#1 照明")
    assert street.issue(1).state == "open"
    street.staff(HEAD).answers("1")
    bot.told(HEAD)
    bot.posted(群, "反馈已解决", "如果还没好")  # nobody is asked twice
    bot.said_nothing_else()


@pytest.mark.parametrize(("days", "state"), [("3d", "open"), ("8d", "closed")], ids=["after three days", "too late"])
def test_not_resolved_counts_as_long_as_the_trouble_would_reopen(
    street: Street, bot: Bot, 群: Group, rung: None, days: str, state: str
) -> None:
    street.staff(HEAD).answers("1")
    bot.told(HEAD)
    result = bot.posted(群, "3 没解决", to="王")
    street.later(days)
    assert street.issue(1).state == "closed"
    群.says("王", "3", quote=result)
    assert street.issue(1).state == state
    bot.forget()
    street.stops_here()


def test_only_the_reporter_grades(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).answers("1")
    bot.told(HEAD)
    result = bot.posted(群, "3 没解决", to="王")
    群.says("赵", "1", quote=result)
    assert street.issue(1).satisfaction is None
    bot.said_nothing_else()


def test_the_list_and_help(street: Street, bot: Bot, 群: Group, rung: None) -> None:
    street.staff(HEAD).answers("列表")
    bot.told(HEAD, "待办1件", "#1 照明 待回应")
    street.staff(HEAD).answers("帮助")
    bot.told(HEAD, "可以这样用")
    street.staff("chen-jing").answers("列表")
    bot.told("chen-jing", "没有待办")
    street.stops_here()
