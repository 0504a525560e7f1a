"""Which words of whom quiet the bell, and which do not."""

from __future__ import annotations

from typing import Any

import pytest
from street import Bot, Group, Street

HEAD = "wang-qiang"


@pytest.fixture
def lamp(street: Street, bot: Bot, 群: Group) -> str:
    """楼道灯 is out; the bell rings. The id of the report."""
    report = 群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.ack = bot.posted(群, "已登记 #1")  # type: ignore[attr-defined]
    bot.forget()
    return report


def quiet(street: Street) -> bool:
    return street.issue(1).state == "answered"


@pytest.mark.parametrize(
    "how",
    [
        {"text": "收到", "quote": "report"},
        {"text": "知道了，我看一下", "quote": "report"},
        {"text": "收到", "quote": "ack"},
        {"text": "#1 收到"},
        {"text": "＃1 好的"},
        {"text": "@王 好的", "mentions": ("居民-王",)},
        {"text": "楼道灯马上安排"},
        {"text": "收到"},
        {"text": "好的，马上处理"},
        {"text": "请问是几楼的？"},
    ],
    ids=lambda how: " ".join(map(str, how.values())),
)
def test_a_reply_of_the_grid_head_in_the_group_quiets_the_bell(
    street: Street, bot: Bot, 群: Group, lamp: str, how: dict[str, Any]
) -> None:
    quote = {"report": lamp, "ack": street.ack}.get(how.pop("quote", ""))  # type: ignore[attr-defined]
    street.staff(HEAD).replies(群, **how, quote=quote)
    assert quiet(street)
    street.later("1h")
    bot.said_nothing_else()


@pytest.mark.parametrize(
    "who", ["li-na", "liu-shulan", "sun-li", "zhao-min", "ma-jun", "hu-guiying", "zheng-aiguo", "gao-peng"]
)
def test_everybody_with_a_duty_for_the_building_may_answer(
    street: Street, bot: Bot, 群: Group, lamp: str, who: str
) -> None:
    street.staff(who).replies(群, "收到")
    assert quiet(street)


@pytest.mark.parametrize(
    "text",
    [
        "早上好",
        "大家早上好呀",
        "通知：明天上午九点社区义诊，欢迎参加",
        "晚上一起吃饭吗",
        "今天食堂的红烧肉不错",
        "谢谢大家",
        "[强]",
        "哈哈哈",
    ],
)
def test_words_that_are_no_reply_leave_it_ringing(street: Street, bot: Bot, 群: Group, lamp: str, text: str) -> None:
    street.staff(HEAD).replies(群, text)
    assert not quiet(street)
    street.later("30m")
    bot.told_all((HEAD, "li-na", "liu-shulan"))
    street.stops_here()


def test_a_new_report_of_a_staff_member_is_no_reply(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff("liu-shulan").replies(群, "垃圾堆了好几天没人清")
    assert street.issue(1).state == "open"
    assert street.issue(2).category == "garbage"
    bot.forget()
    street.stops_here()


def test_a_neighbours_word_does_not_stop_the_bell(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    群.says("李", "收到")
    群.says("李", "好的")
    群.says("赵", "马上安排")
    assert not quiet(street)
    bot.said_nothing_else()
    street.stops_here()


def test_a_neighbours_answer_is_offered_to_the_building_lead_who_may_settle_it(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    群.says("李", "我来看看", quote=lamp, alias="1-1-102 李")
    bot.told("liu-shulan", "【邻居已回应】", "1-1-102 李", "我来看看")
    bot.said_nothing_else()
    assert not quiet(street)
    street.staff("liu-shulan").answers("1")
    bot.told("liu-shulan", "#1", "已经解决")
    bot.posted(群, "#1", "反馈已解决")
    assert street.issue(1).state == "resolved"


def test_staff_of_another_grid_have_no_say(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff("li-jun").replies(群, "收到，马上处理", quote=lamp)
    bot.told("liu-shulan", "【邻居已回应】", "收到，马上处理")  # here he is a neighbour like any other
    street.staff("chen-jing").replies(群, "#1 收到")
    assert not quiet(street)
    bot.said_nothing_else()
    street.stops_here()


def test_when_several_could_be_meant_the_replier_is_asked_once(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.staff(HEAD).replies(群, "收到，马上处理")
    bot.told(HEAD, "【请选一下】", "#1 照明", "#2 环境卫生")
    bot.said_nothing_else()
    assert {issue.state for issue in street.issues()} == {"open"}
    street.staff(HEAD).answers("2")
    answered = [issue.number for issue in street.issues() if issue.state == "answered"]
    assert len(answered) == 1
    bot.told(HEAD, f"#{answered[0]}", "处理中")
    bot.said_nothing_else()
    street.stops_here()


def test_words_of_a_category_choose_among_several(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.staff(HEAD).replies(群, "垃圾马上安排人清运")
    assert street.issue(1).state == "open"
    assert street.issue(2).state == "answered"
    bot.said_nothing_else()
    street.stops_here()


def test_the_number_chooses_among_several_and_an_unknown_number_chooses_nothing(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.staff(HEAD).replies(群, "#7 收到")
    assert {issue.state for issue in street.issues()} == {"open"}
    street.staff(HEAD).replies(群, "#2 收到")
    assert street.issue(2).state == "answered"
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()


def test_plain_words_to_the_bot_work_as_well_as_digits(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("收到")
    assert quiet(street)
    bot.told(HEAD, "#1", "处理中")
    street.later("1h")
    street.staff(HEAD).answers("修好了")
    bot.told(HEAD, "#1", "已解决")
    bot.posted(群, "反馈已解决（王强）", "是否满意", to="王")


def test_dinner_in_a_direct_message_changes_nothing(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("晚上吃什么")
    street.staff(HEAD).answers("今天真热")
    assert not quiet(street)
    bot.said_nothing_else()
    street.stops_here()


def test_a_consultation_is_over_with_an_answer_of_substance(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "请问医保在哪办", alias="1-2-501 王")
    bot.forget()
    street.staff("sun-li").replies(群, "收到")
    assert street.issue(1).state == "answered"
    street.staff("sun-li").replies(群, "医保在社区二楼大厅办理，带身份证就行")
    bot.posted(群, "#1 政策咨询", "反馈已解决", to="王")
    assert street.issue(1).state == "resolved"


def test_in_a_group_with_full_posting_the_residents_hear_of_a_direct_answer(
    street: Street, bot: Bot, 群: Group
) -> None:
    street.begins("2026-06-02 09:00", posting={"default": "full"})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
    bot.posted(群, "#1 照明", "王强已在处理")


def test_in_a_silent_group_only_staff_hear_of_anything(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 09:00", posting={"default": "silent"})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.told(HEAD, "【新诉求】")
    bot.told("gao-peng", "【请协助】")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
