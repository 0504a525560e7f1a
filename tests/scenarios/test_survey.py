"""Whether the reporter is content is asked once for one matter, however many issues it was."""

from __future__ import annotations

from street import Bot, Group, Street

HEAD = "wang-qiang"
ASKED, NOT_ASKED = "1 满意  2 一般  3 没解决", "如果还没好，请在群里说一声"


def test_an_event_over_buildings_asks_who_told_of_it_twice_only_once(street: Street, bot: Bot, 群: Group) -> None:
    second, third = street.group("文化小区2号楼业主群"), street.group("文化小区3号楼业主群")
    群.says("王", "停水了", alias="1-2-501 王")
    second.says("王", "停水了", alias="2-1-101 王")  # he lets a flat there
    third.says("周", "停水了", alias="3-1-101 周")
    bot.forget()
    first, other, last = street.issues()
    assert other.linked_to == last.linked_to == first.id
    for group in (群, second, third):
        street.staff(HEAD).replies(group, "水厂抢修好了，已来水")
    bot.posted(群, "反馈已解决", ASKED, to="王")
    bot.posted(second, "反馈已解决", NOT_ASKED, lacks=ASKED)
    bot.posted(third, "反馈已解决", ASKED, to="周")  # somebody else is asked
    assert [issue.surveyed for issue in street.issues()] == [True, False, True]


def test_what_was_merged_is_not_asked_about_again(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.later("5m")
    群.says("王", "垃圾堆了好几天没人清", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("#2 办结")
    bot.told(HEAD, "已解决")
    bot.posted(群, "#2 环境卫生 反馈已解决", ASKED, to="王")
    street.staff(HEAD).answers("#2 重开")
    bot.forget()
    street.staff(HEAD).answers("#2 并入 #1 是一回事")
    bot.told(HEAD, "#2 已并入 #1")
    street.staff(HEAD).answers("#1 办结")
    bot.told(HEAD, "已解决")
    bot.posted(群, "#1 照明 反馈已解决", NOT_ASKED, lacks=ASKED)
    assert [issue.surveyed for issue in street.issues()] == [False, True]


def test_a_split_matter_is_two_matters_and_asks_each_reporter(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.later("5m")
    群.says("赵", "我家也是", alias="1-1-301 赵")
    street.staff(HEAD).answers("#1 拆分 2")
    bot.forget()
    for number, who in ((1, "王"), (2, "赵")):
        street.staff(HEAD).answers(f"#{number} 办结")
        bot.told(HEAD, "已解决")
        bot.posted(群, f"#{number} 照明 反馈已解决", ASKED, to=who)


def test_the_same_trouble_weeks_later_is_asked_about_anew(street: Street, bot: Bot, 群: Group) -> None:
    for number in (1, 2):
        群.says("王", "楼道灯不亮了", alias="1-2-501 王")
        bot.forget()
        street.staff(HEAD).answers(f"#{number} 办结")
        bot.told(HEAD, "已解决")
        bot.posted(群, f"#{number} 照明 反馈已解决", ASKED, to="王")
        street.later("9d")
    assert street.issue(2).recurrence_of == street.issue(1).id
