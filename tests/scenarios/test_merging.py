"""One matter told by many, and many matters told alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from street import Bot, Group, Street

from domain.places import Group as RosterGroup
from domain.places import Roster
from domain.words import MessageKind

HEAD = "wang-qiang"


def opened(bot: Bot, 群: Group, number: int) -> None:
    """The bell of a new issue rang."""
    bot.posted(群, f"已登记 #{number}")
    bot.told(HEAD, "【新诉求】", f"#{number}")
    bot.told("gao-peng", "【请协助】", f"#{number}")


def reports(street: Street, number: int) -> int:
    return street.history(number).count("report_joined") + 1


@pytest.mark.parametrize("text", ["我家也没水", "停水了", "+1", "我家也是", "同样停水", "3楼没水了"])
def test_another_resident_of_the_building_joins(street: Street, bot: Bot, 群: Group, text: str) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    opened(bot, 群, 1)
    street.later("5m")
    群.says("赵", text, alias="1-1-301 赵")
    bot.said_nothing_else()
    assert len(street.issues()) == 1
    assert reports(street, 1) == 2
    street.stops_here()


@pytest.mark.parametrize(
    ("after", "text"),
    [("20m", "+1"), ("20m", "我家也是"), ("2m", "我也是醉了"), ("2m", "我也是这么想的，周末一起去爬山")],
)
def test_agreement_about_something_else_does_not_join(
    street: Street, bot: Bot, 群: Group, after: str, text: str
) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    opened(bot, 群, 1)
    street.later(after)
    bot.forget()
    群.says("赵", text, alias="1-1-301 赵")
    bot.said_nothing_else()
    assert reports(street, 1) == 1
    assert len(street.issues()) == 1
    street.stops_here()


def test_everybody_who_reported_hears_of_the_end(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    群.says("赵", "我家也没水", alias="1-1-301 赵")
    bot.forget()
    street.staff(HEAD).replies(群, "修好了，来水了")
    result = bot.posted(群, "反馈已解决", to="王")
    assert street.resident_id("赵") in result.mentions


def test_a_joined_report_tells_staff_how_many_there_are(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    群.says("赵", "我家也没水", alias="1-1-301 赵")
    bot.forget()
    street.later("10m")
    bot.told(HEAD, "共2人反映")
    bot.forget()
    street.stops_here()


def test_another_unit_is_another_matter(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "1单元停水了", alias="1-1-501 王")
    opened(bot, 群, 1)
    群.says("赵", "2单元也停水了", alias="1-2-301 赵")
    opened(bot, 群, 2)
    bot.said_nothing_else()
    street.stops_here()


@pytest.mark.parametrize("text", ["家里漏水了", "楼上漏水到我家了"])
def test_private_troubles_of_two_homes_are_two_matters(street: Street, bot: Bot, 群: Group, text: str) -> None:
    群.says("王", text, alias="1-2-501 王")
    群.says("赵", text, alias="1-1-301 赵")
    assert len(street.issues()) == 2
    bot.forget()
    street.stops_here()


def test_the_same_words_in_another_group_are_another_matter_and_linked(street: Street, bot: Bot, 群: Group) -> None:
    二号楼 = street.group("文化小区2号楼业主群")
    群.says("王", "停水了", alias="1-2-501 王")
    opened(bot, 群, 1)
    二号楼.says("周", "停水了", alias="2-1-101 周")
    opened(bot, 二号楼, 2)
    first, second = street.issues()
    assert second.linked_to == first.id
    assert first.building_id != second.building_id
    bot.said_nothing_else()
    street.stops_here()


def test_several_messages_in_a_row_and_an_image_are_one_report(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "电梯坏了", alias="1-2-501 王")
    opened(bot, 群, 1)
    street.later("20s")
    群.says("王", "", kind=MessageKind.IMAGE)
    street.later("20s")
    群.says("王", "停在6楼不动")
    street.later("20s")
    群.says("王", "电梯又停了，没人管")
    street.later("20s")
    群.says("王", "还没好吗")
    群.says("王", "+1")
    bot.said_nothing_else()
    assert len(street.issues()) == 1
    assert street.issue(1).summary.split("\n") == ["电梯坏了", "停在6楼不动", "电梯又停了，没人管"], (
        "bare words add nothing"
    )
    street.stops_here()


def test_two_matters_in_one_message_are_two_issues(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯坏了，垃圾也好几天没人清", alias="1-2-501 王")
    assert {issue.category for issue in street.issues()} == {"lighting", "garbage"}
    bot.forget()
    street.stops_here()


def test_a_day_later_it_is_a_matter_of_its_own(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "垃圾没人清", alias="1-2-501 王")
    street.staff(HEAD).replies(群, "收到")
    street.later("25h")
    群.says("赵", "垃圾没人清", alias="1-1-301 赵")
    assert len(street.issues()) == 2
    bot.forget()
    street.stops_here()


def two_in_one(roster: Roster) -> Roster:
    """1号楼 and 2号楼 share a group."""
    shared = RosterGroup("文化小区业主群", ("文化小区1号楼", "文化小区2号楼"))
    return replace(roster, groups=(shared, *roster.groups[2:]))


def test_in_a_group_of_two_buildings_words_and_alias_say_which(street: Street, bot: Bot) -> None:
    street.roster = two_in_one(street.roster)
    群 = street.group("文化小区业主群")
    群.says("王", "停水了", alias="1-2-501 王")
    opened(bot, 群, 1)
    群.says("周", "停水了", alias="2-1-101 周")
    opened(bot, 群, 2)
    群.says("吴", "2号楼停水了")
    bot.said_nothing_else()
    assert [issue.building_id for issue in street.issues()] == [1, 2]
    assert reports(street, 2) == 2
    群.says("周", "来水了", alias="2-1-101 周")
    bot.posted(群, "#2", "反馈已解决")
    assert [issue.state for issue in street.issues()] == ["open", "resolved"]
    street.staff("liu-shulan").replies(群, "1号楼的马上处理")  # lead of 1号楼 only
    assert [issue.state for issue in street.issues()] == ["answered", "resolved"]
    street.stops_here()


def test_a_lead_of_one_building_does_not_answer_for_the_other(street: Street, bot: Bot) -> None:
    street.roster = two_in_one(street.roster)
    群 = street.group("文化小区业主群")
    群.says("周", "楼道灯不亮了", alias="2-1-101 周")
    bot.forget()
    street.staff("liu-shulan").replies(群, "收到")
    assert street.issue(1).state == "open"
    street.staff("chen-jianguo").replies(群, "收到")
    assert street.issue(1).state == "answered"
