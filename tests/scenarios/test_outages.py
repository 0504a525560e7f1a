"""What was announced to be off is no issue: who asks is pointed to the notice; after its end the bell rings as ever."""

from __future__ import annotations

import pytest
from street import Bot, Group, Street

from domain.words import Posting
from store import rooms

HEAD, MEMBER, LEAD, STEWARD = "wang-qiang", "li-na", "liu-shulan", "gao-peng"
NOTICE = "停水通知：明天9:00—17:00，因管网检修停水，请提前储水"


@pytest.fixture
def announced(street: Street, 群: Group) -> str:
    """The steward announces on Tuesday what is off on Wednesday; nothing is said to anybody."""
    return street.staff(STEWARD).replies(群, NOTICE)


def test_who_asks_is_pointed_to_the_notice_once(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    street.until("2026-06-03 09:20")
    群.says("王", "怎么没水了")
    bot.posted(群, "高鹏", "06月02日09:00通知过的停水：06月03日09:00—17:00", "预计17:00来水", "17:30", to="王")
    for who, said in (
        ("李", "几点来水"),
        ("赵", "停水了？"),
        ("王", "还没来水吗"),
        ("周", "家里没水，没法做饭"),
        ("吴", "停到几点啊"),
    ):
        群.says(who, said)
    assert street.issues() == []
    bot.said_nothing_else()


def test_the_evening_before_a_question_is_answered_and_water_that_is_off_already_is_an_issue(
    street: Street, bot: Bot, 群: Group, announced: str
) -> None:
    street.until("15:00")
    群.says("王", "明天几点停水")
    bot.posted(群, "06月03日09:00—17:00", to="王")
    群.says("李", "没水了", alias="1-2-501 李")
    bot.posted(群, "已登记 #1 供水")
    bot.told(HEAD, "【新诉求】")
    bot.told(STEWARD, "【请协助】")
    street.stops_here()


def test_a_little_before_its_hour_it_is_the_outage(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    street.until("2026-06-03 08:40")
    群.says("王", "没水了")
    bot.posted(群, "通知过的停水")
    assert street.issues() == []


def test_after_the_end_and_a_grace_it_is_an_issue(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    street.until("2026-06-03 17:10")
    群.says("王", "还没来水")
    bot.posted(群, "17:30还没来水，请在群里再说一声", to="王")
    street.until("17:31")
    群.says("王", "还没来水", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 供水·紧急")
    bot.told(HEAD, "【新诉求】", "还没来水（通知说06月03日17:00恢复）")
    bot.told(STEWARD, "【请协助】")
    street.stops_here()


def test_another_matter_opens_as_always_and_danger_is_never_silenced(
    street: Street, bot: Bot, 群: Group, announced: str
) -> None:
    street.until("2026-06-03 10:00")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 照明")
    群.says("李", "水管爆了往外喷水", alias="1-2-502 李")
    bot.posted(群, "已登记 #2 供水")
    群.says("赵", "水发黄，有怪味", alias="1-2-503 赵")  # joins what is open about water
    群.says("周", "停水了，电梯里还困了人", alias="1-2-504 周")
    bot.posted(群, "110", "119", "120", "#3")
    assert [(issue.category, issue.urgency) for issue in street.issues()] == [
        ("lighting", "normal"),
        ("water", "urgent"),
        ("elevator", "emergency"),
    ]
    bot.forget()
    street.stops_here()


def test_of_two_matters_in_one_line_only_the_other_one_opens(
    street: Street, bot: Bot, 群: Group, announced: str
) -> None:
    street.until("2026-06-03 10:00")
    群.says("王", "停水了，电梯也坏了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 电梯")
    bot.posted(群, "通知过的停水", to="王")
    assert [issue.category for issue in street.issues()] == ["elevator"]
    bot.forget()
    street.stops_here()


def test_the_notice_of_one_building_is_not_that_of_another(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    other = street.group("文化小区2号楼业主群")
    street.until("2026-06-03 10:00")
    other.says("周", "停水了", alias="2-1-301 周")
    bot.posted(other, "已登记 #1 供水")
    bot.forget()
    street.stops_here()


def test_a_silent_group_is_not_answered_and_nothing_opens(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    here = street.look(lambda tx: tx.directory.group_by_key[群.key])
    street.change(lambda tx: rooms.set_posting(tx, here, Posting.SILENT))
    street.until("2026-06-03 10:00")
    群.says("王", "怎么没水了")
    bot.said_nothing_else()
    assert street.issues() == []


@pytest.mark.parametrize("said", ["停水取消了，改天另行通知", "明天的停水取消"])
def test_what_is_called_off_covers_nothing(street: Street, bot: Bot, 群: Group, announced: str, said: str) -> None:
    street.staff(STEWARD).replies(群, said)
    street.until("2026-06-03 10:00")
    群.says("王", "没水了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 供水")
    bot.forget()
    street.stops_here()


def test_a_recalled_notice_covers_nothing_and_leaves_no_words(
    street: Street, bot: Bot, 群: Group, announced: str
) -> None:
    from domain.words import MessageKind

    street.staff(STEWARD).replies(群, "", kind=MessageKind.RECALL, recall_of=announced)
    assert "管网检修" not in street.texts_in_database()
    street.until("2026-06-03 10:00")
    群.says("王", "没水了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 供水")
    bot.forget()
    street.stops_here()


def test_a_longer_outage_is_told_anew(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    street.until("2026-06-03 10:00")
    群.says("王", "几点来水")
    bot.posted(群, "17:00来水")
    street.until("16:30")
    street.staff(STEWARD).replies(群, "检修延长到20:00，给大家添麻烦了，预计20:00供水")
    群.says("李", "怎么还没水")
    bot.posted(群, "09:00—20:00", "20:30", to="李")
    street.until("18:00")
    群.says("赵", "还没来水")
    bot.said_nothing_else()
    assert street.issues() == []


def test_back_before_its_time_what_goes_off_again_is_an_issue(
    street: Street, bot: Bot, 群: Group, announced: str
) -> None:
    street.until("2026-06-03 14:00")
    street.staff(STEWARD).replies(群, "来水了，提前修好了")
    群.says("王", "怎么又没水了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 供水")
    bot.forget()
    street.stops_here()


def test_the_notice_answers_what_rings_for_the_same_reason(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    bot.forget()
    street.later("5m")
    street.staff(STEWARD).replies(群, "【停水通知】因爆管抢修，今天9:00-12:00停水")
    assert street.issue(1).state == "answered"
    street.until("11:59")
    bot.said_nothing_else()
    street.until("12:00")
    bot.told(HEAD, "【请回音】您说06-02 12:00前处理")
    street.stops_here()


@pytest.mark.parametrize("who", ["王", None], ids=["a resident", "staff of another place"])
def test_only_staff_of_the_place_announce(street: Street, bot: Bot, 群: Group, who: str | None) -> None:
    notice = "停水通知：今天9:00—17:00，因管网检修停水"
    群.says(who, notice) if who else street.staff("feng-li").replies(群, notice)
    群.says("李", "没水了", alias="1-2-501 李")
    bot.posted(群, "已登记 #1 供水")
    bot.forget()
    street.stops_here()


@pytest.mark.parametrize(
    ("notice", "asks"),
    [
        ("接供电局通知，今天8:30-17:00停电检修", "怎么停电了"),
        ("各位邻居，今天上午9点到下午5点燃气管道维修，停气", "没燃气了"),
        ("今天暖气管道抢修，9:00至18:00停暖", "暖气怎么停了"),
        ("通知：今天9:00-11:00电梯年检，暂停使用", "电梯怎么停了"),
        ("今天9:00-10:30网络割接，会断网", "家里断网了"),
    ],
)
def test_other_supplies_too(street: Street, bot: Bot, 群: Group, notice: str, asks: str) -> None:
    street.staff(MEMBER).replies(群, notice)
    street.later("10m")
    群.says("王", asks)
    bot.posted(群, "李娜 06月02日09:00通知过的", to="王")
    assert street.issues() == []


def test_a_question_that_quotes_the_notice(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    群.says("王", "那几点能弄好？", quote=announced)
    bot.posted(群, "06月03日09:00—17:00", to="王")
    群.says("李", "楼道灯不亮了", alias="1-2-501 李", quote=announced)
    bot.posted(群, "已登记 #1 照明")
    bot.forget()
    street.stops_here()


def test_after_the_days_of_chat_the_notice_is_forgotten(street: Street, bot: Bot, 群: Group, announced: str) -> None:
    street.later("34d")
    assert "管网检修" not in street.texts_in_database()
