"""What may be a matter and may be none: somebody who knows the building is asked."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street, with_duty

LEAD, HEAD = "liu-shulan", "wang-qiang"
GRAY = "灯有点暗"


@pytest.fixture
def gray(street: Street, bot: Bot, 群: Group) -> None:
    """A gray line: the building lead is asked, and nobody else hears of it."""
    群.says("王", GRAY, alias="1-2-501 王")
    bot.told(LEAD, "【请确认】这是诉求吗？", "照明", GRAY, "1 是诉求", at="09:00")
    bot.said_nothing_else()
    assert street.issue(1).state == "suspected"


@pytest.mark.parametrize("said", ["1", "是", "是诉求"])
def test_one_opens_it_under_the_same_number(street: Street, bot: Bot, 群: Group, gray: None, said: str) -> None:
    street.later("20m")
    street.staff(LEAD).answers(said)
    bot.told(LEAD, "#1", "是诉求")
    bot.posted(群, "已登记 #1 照明", to="王")
    bot.told(HEAD, "【新诉求】", "#1")
    bot.told("gao-peng", "【请协助】")
    assert street.history(1)[:2] == ["issue_suspected", "issue_opened"]
    street.staff(HEAD).replies(群, "收到")
    assert street.issue(1).state == "answered"


@pytest.mark.parametrize(("said", "category"), [("2 电梯", "elevator"), ("2 停电", "power"), ("别的类别 漏水", "leak")])
def test_two_names_another_category(street: Street, bot: Bot, 群: Group, gray: None, said: str, category: str) -> None:
    street.staff(LEAD).answers(said)
    bot.told(LEAD, "#1", "是诉求")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD, "【新诉求】")
    assert street.issue(1).category == category
    bot.forget()
    street.stops_here()


def test_two_with_an_unknown_category_gets_help(street: Street, bot: Bot, 群: Group, gray: None) -> None:
    street.staff(LEAD).answers("2")
    bot.told(LEAD, "没看懂", "2 是别的类别")
    street.staff(LEAD).answers("2 外星人")
    bot.told(LEAD, "没有“外星人”这个类别")
    assert street.issue(1).state == "suspected"
    street.stops_here()


@pytest.mark.parametrize(
    ("said", "why"),
    [("3", "not_a_matter"), ("不是", "not_a_matter"), ("4", "own_matter"), ("自己的事", "own_matter")],
)
def test_three_and_four_put_it_aside_without_a_word_to_anybody(
    street: Street, bot: Bot, 群: Group, gray: None, said: str, why: str
) -> None:
    street.staff(LEAD).answers(said)
    bot.told(LEAD, "#1")
    issue = street.issue(1)
    assert (issue.state, issue.dismiss_reason, issue.next_at) == ("dismissed", why, None)


def test_unanswered_for_an_hour_it_goes_to_the_grid_heads_list_and_the_digest(
    street: Street, bot: Bot, 群: Group, gray: None
) -> None:
    street.until("09:59")
    bot.said_nothing_else()
    street.until("10:00")
    bot.told(HEAD, "【待确认】", GRAY, at="10:00")
    street.staff(LEAD).answers("1")
    bot.told(LEAD, "已经过期或已有结果")
    street.until("18:00")
    digest = bot.digest("zhao-min")
    assert "待确认：1件" in digest
    assert GRAY in digest
    assert "新增0件" in digest
    street.staff(HEAD).answers("列表")
    bot.told(HEAD, "#1 照明 待确认")
    street.staff(HEAD).answers("3")
    bot.told(HEAD, "不是诉求")
    assert street.issue(1).state == "dismissed"


def test_a_suspicion_nobody_answers_is_put_aside_after_a_week(street: Street, bot: Bot, 群: Group, gray: None) -> None:
    street.later("1h")
    bot.told(HEAD, "【待确认】")
    street.later("6d")
    assert street.issue(1).state == "suspected"
    street.later("1d")
    assert street.issue(1).state == "dismissed"
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "没有等您回答的提问")


def test_the_lead_is_asked_twice_a_day_at_most_and_again_tomorrow(street: Street, bot: Bot, 群: Group) -> None:
    for unit in (1, 2, 3):
        群.says(f"住户{unit}", f"{unit}单元灯有点暗", alias=f"1-{unit}-501")
    bot.told(LEAD, "【请确认】", "1单元")
    bot.told(LEAD, "【请确认】", "2单元")
    bot.said_nothing_else()
    third = street.issue(3)
    assert (third.state, third.listed) == ("suspected", True)
    street.later("1d")
    bot.told(HEAD, "【待确认】", "#1")
    bot.told(HEAD, "【待确认】", "#2")
    群.says("住户4", "4单元灯有点暗", alias="1-4-501")
    bot.told(LEAD, "【请确认】", "4单元")
    street.stops_here()


def test_asked_in_the_evening_the_hour_does_not_pass_in_the_night(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 21:40")
    群.says("王", GRAY, alias="1-2-501 王")
    bot.told(LEAD, "【请确认】", at="21:40")
    street.until("2026-06-03 07:39")
    bot.said_nothing_else()
    street.until("2026-06-03 07:40")
    bot.told(HEAD, "【待确认】", at="07:40")


def test_without_a_building_lead_it_is_on_the_list_at_once(street: Street, bot: Bot, 群: Group) -> None:
    street.roster = with_duty("buildings", "文化小区1号楼", building_lead=[])(street.roster)
    群.says("王", GRAY, alias="1-2-501 王")
    assert street.issue(1).listed
    street.until("18:00")
    assert "待确认：1件" in bot.digest("zhao-min")


def test_a_clear_report_of_the_same_makes_it_an_issue(street: Street, bot: Bot, 群: Group, gray: None) -> None:
    群.says("赵", "楼道灯不亮了", alias="1-1-301 赵")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD, "【新诉求】")
    bot.told("gao-peng", "【请协助】")
    assert [issue.state for issue in street.issues()] == ["open"]
    street.staff(LEAD).answers("3")
    bot.told(LEAD)
    assert street.issue(1).state == "open"
    street.stops_here()


def test_words_of_danger_are_opened_and_not_asked_about(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "好像闻到煤气味", alias="1-2-501 王")
    assert street.issue(1).state == "open"
    assert street.issue(1).urgency == "emergency"
    bot.forget()
    street.stops_here()
