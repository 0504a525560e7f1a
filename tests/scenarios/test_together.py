"""Several reminders for one person at one moment are one message; its answers are told apart."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street

HEAD, MEMBER, LEAD, SECRETARY, CHIEF, STEWARD = (
    "wang-qiang",
    "li-na",
    "liu-shulan",
    "sun-li",
    "zhao-min",
    "gao-peng",
)


@pytest.fixture
def two(street: Street, bot: Bot, 群: Group) -> None:
    """#1 and #2 at one moment; half an hour later both are due."""
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.later("30m")


def test_two_reminders_at_one_moment_are_one_message(street: Street, bot: Bot, 群: Group, two: None) -> None:
    for who in (HEAD, MEMBER, LEAD):
        told = bot.told(who, "【催办】几件诉求", "#1 照明 文化小区1号楼 待回应 已等30分钟：楼道灯不亮了", "#2 环境卫生")
        assert len(told.text.splitlines()) <= 8
    bot.said_nothing_else()
    street.later("1h")
    bot.told(SECRETARY, "【升级】几件诉求", "#1", "#2")
    bot.forget()
    street.stops_here()


def test_a_bare_digit_asks_which_and_the_number_needs_no_question(
    street: Street, bot: Bot, 群: Group, two: None
) -> None:
    bot.forget()
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "【请选一下】", "1 #", "2 #")
    bot.said_nothing_else()
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "处理中")
    assert sorted(issue.state for issue in street.issues()) == ["answered", "open"]
    street.staff(MEMBER).answers("#1 2")
    street.staff(MEMBER).answers("#2 2")
    bot.told(MEMBER, "#1")
    bot.told(MEMBER, "#2")
    assert {issue.state for issue in street.issues()} == {"answered"}
    street.stops_here()


def test_quoting_the_message_with_a_number_answers_and_without_asks(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.later("30m")
    told = bot.told(HEAD, "几件诉求")
    bot.forget()
    street.later("10m")
    street.staff(HEAD).answers("1", quote=told)
    bot.told(HEAD, "【请选一下】")
    street.staff(HEAD).answers("#2 1", quote=told)
    bot.told(HEAD, "#2 已记为：已解决")
    bot.posted(群, "#2 环境卫生 反馈已解决")
    assert street.issue(1).state == "open"
    street.stops_here()


def test_after_an_outage_five_issues_are_one_message_to_each(street: Street, bot: Bot, 群: Group) -> None:
    for number in range(1, 4):
        street.group(f"文化小区{number}号楼业主群").says(f"住户{number}", "楼道灯不亮了", alias=f"{number}-1-101")
    for number, words in ((1, "垃圾堆了好几天没人清"), (2, "下水道堵了"), (3, "单元门坏了关不上")):
        street.group(f"文化小区{number}号楼业主群").says(f"邻居{number}", words, alias=f"{number}-1-201")
    bot.forget()
    street.outage("3h")
    assert [sent.to for sent in bot.sent if not sent.expected].count(HEAD) == 1
    bot.told(HEAD, "【催办】几件诉求", "另有1件")
    bot.told(SECRETARY, "【升级】几件诉求", "另有1件")
    bot.forget()
    street.stops_here()


def test_what_is_answered_before_it_leaves_is_left_out(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 19:50", ladder={"normal": NIGHT})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.until("22:30")  # the reminders are queued in quiet hours and wait for the morning
    群.says("赵", "垃圾清走了")
    bot.said_nothing_else()
    street.until("2026-06-03 07:00")
    bot.told(MEMBER, "【催办】几件诉求", "#1 照明", lacks="#2")
    bot.forget()
    street.stops_here()


NIGHT = {
    "clock": "always",
    "repeat": "1d",
    "rungs": [{"after": "0m", "to": ["grid_head"]}, {"after": "150m", "to": ["grid_member"]}],
}


def test_emergencies_stay_alone(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "电梯里有人被困", alias="1-2-501 王")
    street.group("文化小区2号楼业主群").says("李", "电梯里有人被困", alias="2-1-101 李")
    bot.forget()
    street.later("3m")
    told = [sent for sent in bot.sent if not sent.expected and sent.to == HEAD]
    assert ["【危急】" in sent.text for sent in told] == [True, True]
    bot.forget()
    street.stops_here()
