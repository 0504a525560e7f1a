"""What staff ask in so many words: in a group with @楼铃, ``#1`` or a quote, or to the bot alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from street import Bot, Group, Street

from domain.places import Person
from store import issues
from store.tables import Event, table

HEAD, MEMBER, LEAD, SECRETARY, CHIEF = "wang-qiang", "li-na", "liu-shulan", "sun-li", "zhao-min"
STEWARD, OTHER_HEAD = "gao-peng", "li-jun"


@pytest.fixture
def lamp(street: Street, bot: Bot, 群: Group) -> str:
    """#1 楼道灯 is out; the head was told. The id of the report."""
    report = 群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    return report


def trail(street: Street, what: str) -> Any:
    event = table(Event)
    chosen = select(event).where(event.c.what == what).order_by(event.c.id.desc()).limit(1)
    return street.look(lambda tx: tx.db.execute(chosen).one())


# ---- looking


def test_the_number_alone_shows_the_issue_with_its_last_steps(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).replies(群, "收到")
    street.staff(SECRETARY).answers("#1")
    shown = bot.told(SECRETARY, "#1 照明 处理中 小事 王强负责", "楼道灯不亮了", "06-02 09:00 登记", "王强回应")
    assert len(shown.text.splitlines()) <= 8
    street.staff("chen-jing").answers("#1")
    bot.told("chen-jing", "#1 不在您负责的范围")
    street.stops_here()


@pytest.mark.parametrize("said", ["列表", "待办", " 列表。", "列表！"])
def test_the_list(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "待办1件", "#1 照明")
    street.stops_here()


def test_a_long_list_comes_in_pages(street: Street, bot: Bot, 群: Group) -> None:
    for number, words in enumerate(
        [
            "楼道灯不亮了",
            "垃圾堆了好几天没人清",
            "下水道堵了",
            "单元门坏了关不上",
            "电梯坏了",
            "停水了",
            "树枝断了掉下来",
        ],
        1,
    ):
        群.says(f"住户{number}", words, alias=f"1-1-{number}01")
    bot.forget()
    street.staff(HEAD).answers("列表")
    count = len(street.issues())
    first = bot.told(HEAD, f"待办{count}件", "列表 2").text.splitlines()
    assert len(first) == 8
    assert first[1].startswith("#1 ")
    street.staff(HEAD).answers("列表 2")
    bot.told(HEAD, "#7", lacks="#1 ")
    street.stops_here()


def test_help_names_only_what_the_person_may_do(street: Street, bot: Bot, 群: Group) -> None:
    street.staff(HEAD).answers("帮助")
    help_of_head = bot.told(HEAD, "#12 上会", "#12 静默").text
    street.staff("zheng-aiguo").answers("帮助")
    bot.told("zheng-aiguo", "#12 办结", lacks="#12 上会")
    lines = help_of_head.splitlines()
    assert len(lines) <= 8
    assert max(map(len, lines)) <= 70


def test_a_slip_of_the_finger_is_told_what_was_meant(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("列标")
    bot.told(HEAD, "您要的是“列表”吗")
    street.staff(HEAD).answers("#1 静墨")
    bot.told(HEAD, "您要的是“静默”吗", "#12 静默 2小时 原因")
    street.stops_here()


@pytest.mark.parametrize("said", ["晚上吃什么", "今天上班", "小事一桩", "大事不好", "看电影去", "转了一圈"])
def test_chatter_is_no_command(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).answers(said)
    street.staff(HEAD).replies(群, said)
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()


# ---- handing on


@pytest.mark.parametrize(
    "said", ["#1 转给李娜", "＃1　转给 李娜 她管照明", "#1 转办李娜", "1号 转给 li-na", "转给李娜"]
)
def test_handed_to_somebody(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "好的，#1 转给李娜")
    bot.told(MEMBER, "【转办】王强", "#1 照明")
    assert street.issue(1).assignee_id == MEMBER
    street.staff(MEMBER).answers("1")
    bot.told(MEMBER, "已解决")
    bot.posted(群, "反馈已解决（李娜）")


@pytest.mark.parametrize("how", ["number", "bot", "quote"])
def test_in_the_group_by_number_by_mention_or_by_quote(
    street: Street, bot: Bot, 群: Group, lamp: str, how: str
) -> None:
    said: dict[str, Any] = {
        "number": {"text": "#1 转给李娜 她管照明"},
        "bot": {"text": "@楼铃 #1 转给李娜 她管照明", "mentions_bot": True},
        "quote": {"text": "转给李娜 她管照明", "quote": lamp},
    }[how]
    street.staff(HEAD).replies(群, **said)
    bot.told(HEAD, "好的，#1 转给李娜")
    bot.told(MEMBER, "【转办】王强", "她管照明")
    event = trail(street, "issue_referred")
    assert (event.by, event.reason, event.data) == (
        HEAD,
        "她管照明",
        {"to": MEMBER, "from": HEAD, "returned": False},
    )
    assert event.message_id is not None
    bot.said_nothing_else()
    street.stops_here()


def test_who_may_not_is_told_who_may(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(LEAD).answers("#1 转给李娜")
    bot.told(LEAD, "#1 这件事要由办理人、分包科级领导、社区书记、网格长、网格员来定")
    street.staff(OTHER_HEAD).answers("#1 转给李娜")
    bot.told(OTHER_HEAD, "#1 不在您负责的范围")
    群.says("赵", "#1 转给李娜")
    assert street.issue(1).assignee_id == HEAD
    bot.said_nothing_else()
    street.stops_here()


def test_a_name_of_two_and_a_name_of_nobody(street: Street, bot: Bot, 群: Group) -> None:
    street.roster = replace(street.roster, staff=(*street.roster.staff, Person("li-na-2", "李娜")))
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(SECRETARY).answers("#1 转给李娜")
    bot.told(SECRETARY, "“李娜”有重名", "li-na（文化第一网格网格员）", "li-na-2")
    street.staff(SECRETARY).answers("#1 转给李纳")
    bot.told(SECRETARY, "花名册里没有“李纳”", "是不是“李娜”")
    assert street.issue(1).assignee_id == HEAD
    street.staff(SECRETARY).answers("#1 转给 li-na-2")
    bot.told(SECRETARY, "转给李娜")
    bot.told("li-na-2", "【转办】孙丽")
    street.stops_here()


def test_given_back_with_a_reason_and_the_third_time_the_secretary_decides(
    street: Street, bot: Bot, 群: Group, lamp: str
) -> None:
    street.staff(HEAD).answers("#1 转给高鹏 物业换灯")
    bot.told(HEAD, "转给高鹏")
    bot.told(STEWARD, "【转办】王强", "物业换灯")
    street.staff(STEWARD).answers("#1 退单")
    bot.told(STEWARD, "请写上原因")
    street.staff(STEWARD).answers("#1 退单 路灯归市政")
    bot.told(STEWARD, "已退回给王强")
    bot.told(HEAD, "【退单】高鹏退回给您", "路灯归市政")
    street.staff(HEAD).answers("#1 退单 不是我")
    bot.told(HEAD, "已转手2次", "社区书记孙丽")
    bot.told(SECRETARY, "【转办】已转手3次", "王强转给高鹏：物业换灯", "高鹏退给王强：路灯归市政", "不是我")
    assert street.issue(1).assignee_id == SECRETARY
    street.staff(SECRETARY).answers("#1 转给高鹏 你们协调市政")
    bot.told(SECRETARY, "转给高鹏")
    bot.told(STEWARD, "【转办】孙丽", "你们协调市政")
    assert street.issue(1).assignee_id == STEWARD
    street.stops_here()


def test_what_nobody_handed_over_cannot_be_given_back(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("#1 退单 太忙")
    bot.told(HEAD, "不是别人转给您的")
    assert street.issue(1).state == "open"
    street.stops_here()


# ---- quiet


@pytest.mark.parametrize(
    "said", ["#1 静默 2小时 等配件", "#1静默两小时，等配件", "静默 2h 等配件", "#1 静默到11点 等配件"]
)
def test_silence_holds_the_bell_and_then_it_goes_on(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "已静默到06月02日11:00")
    assert trail(street, "issue_snoozed").reason == "等配件"
    street.until("10:59")
    bot.said_nothing_else()
    street.until("11:29")
    bot.told(HEAD, "【催办】已等2小时", at="11:00")
    bot.said_nothing_else()
    street.until("11:30")
    bot.told_all((HEAD, MEMBER, LEAD), at="11:30")
    street.stops_here()


def test_the_limits_of_silence(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    for said, answer in (
        ("#1 静默 2小时", "请写上原因"),
        ("#1 静默 3天 出差", "一次最多静默24小时"),
        ("#1 静默 很久", "请这样写：#1 静默 2小时 等配件"),
    ):
        street.staff(HEAD).answers(said)
        bot.told(HEAD, answer)
    street.staff(LEAD).answers("#1 静默 2小时 等配件")
    bot.told(LEAD, "要由办理人来定")
    for _ in range(2):
        street.staff(HEAD).answers("#1 静默 1小时 等配件")
        bot.told(HEAD, "已静默")
    street.staff(HEAD).answers("#1 静默 1小时 等配件")
    bot.told(HEAD, "已静默2次，不能再静默")
    street.stops_here()


def test_an_emergency_is_never_silenced(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "电梯里有人被困", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("#1 静默 1小时 在路上")
    bot.told(HEAD, "危急事项，不能静默")
    street.later("3m")
    assert HEAD in {sent.to for sent in bot.sent if not sent.expected}
    bot.forget()
    street.stops_here()


# ---- away


@pytest.mark.parametrize(
    "said",
    [
        "代班 李娜 6.3-6.5",
        "代班李娜6月3日至6月5日",
        "代班 6/3-6/5 李娜",
        "代班：李娜 06-03到06-05",
        "代班 李娜 6月3-5日",
    ],
)
def test_a_stand_in_by_a_word_to_the_bot(street: Street, bot: Bot, 群: Group, said: str) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "王强06月03日至06月05日不在，由李娜代班")
    bot.told(MEMBER, "【代班】王强06月03日至06月05日不在")
    street.staff(MEMBER).answers("代班列表")
    bot.told(MEMBER, "王强 06月03日至06月05日：李娜代班")
    street.until("2026-06-03 09:00")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 照明", "李娜")
    bot.told(MEMBER, "【新诉求】")
    bot.told(STEWARD)
    street.staff(HEAD).answers("取消代班")
    bot.told(HEAD, "代班已取消")
    street.later("30m")
    bot.told_all((HEAD, MEMBER, LEAD), "没有人回应")
    street.stops_here()


def test_days_that_cannot_be_and_people_of_others(street: Street, bot: Bot, 群: Group) -> None:
    for said, answer in (
        ("代班 李娜", "请写上起止日期"),
        ("代班 李娜 6.5-6.3", "日期不对"),
        ("代班 李娜 13.5-13.9", "请写上起止日期"),
        ("代班 6.3-6.5", "请这样写：代班"),
        ("代班 刘洋 李娜 6.3-6.5", "刘洋不在您负责的范围"),
        ("取消代班", "没有登记代班"),
        ("代班列表", "没有人登记代班"),
    ):
        street.staff(HEAD).answers(said)
        bot.told(HEAD, answer)
    street.staff(SECRETARY).answers("代班 王强 李娜 明天到后天")
    bot.told(SECRETARY, "王强06月03日至06月04日不在，由李娜代班")
    bot.told(MEMBER, "【代班】王强")
    street.staff(HEAD).answers("请假 6.10")
    bot.told(HEAD, "王强06月10日不在，没有代班人")
    bot.said_nothing_else()


# ---- one matter or two


def test_a_missed_merge_is_made_and_undone(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    second = 群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.staff(HEAD).answers("#2 合并 #1 都是楼道的事")
    bot.told(HEAD, "好的，#2 已并入 #1")
    assert [issue.state for issue in street.issues()] == ["open", "merged"]
    assert trail(street, "issue_merged").data == {"into": street.issue(1).id, "messages": [second]}
    street.staff(HEAD).answers("#2 重开")
    bot.told(HEAD, "#2 已重新打开")
    bot.told(HEAD, "【再次反映】", "#2")
    bot.posted(群, "#2 环境卫生 已重新打开")
    assert [issue.state for issue in street.issues()] == ["open", "open"]
    street.staff(HEAD).answers("#1")
    bot.told(HEAD, "#1 照明", lacks="共2人")
    street.stops_here()


def test_a_merge_is_undone_when_it_was_merged_on(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    third = 群.says("孙", "下水道堵了", alias="1-1-401 孙")
    for said in ("#3 并入 #2", "#2 并入 #1", "#3 重开"):
        street.staff(HEAD).answers(said)
    wanted = street.issue(3).id
    assert street.look(lambda tx: issues.message_ids(tx, issues.load(tx, wanted))) == [third]
    assert [issue.state for issue in street.issues()] == ["open", "merged", "open"]
    bot.forget()
    street.stops_here()


def test_a_wrong_merge_is_split(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.later("5m")
    wrong = 群.says("赵", "我家也是", alias="1-1-301 赵")
    street.staff(HEAD).answers("#1 拆分")
    bot.told(HEAD, "哪几条是另一件事", "1 1-2-501 王：楼道灯不亮了", "2 1-1-301 赵：我家也是")
    street.staff(HEAD).answers("#1 拆分 1 2")
    bot.told(HEAD, "至少留一条")
    street.staff(HEAD).answers("#1 拆分 2")
    bot.told(HEAD, "好的，#1 已拆出新的一件 #2")
    bot.told(HEAD, "【新诉求】", "#2 照明", "我家也是")
    bot.posted(群, "已登记 #2", to="赵")
    event = trail(street, "issue_split")
    first, second = street.issues()
    assert (event.issue_id, event.by) == (second.id, HEAD)
    assert event.data["from"] == first.id
    assert event.data["messages"] == [wrong]
    assert (first.summary, second.summary) == ("楼道灯不亮了", "我家也是")
    assert trail(street, "reports_moved").data == {"to": second.id, "messages": [wrong]}
    bot.said_nothing_else()
    street.stops_here()


def test_different_groups_are_not_merged(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.group("文化小区2号楼业主群").says("李", "楼道灯不亮了", alias="2-1-101 李")
    bot.forget()
    street.staff(HEAD).answers("#1 合并 #2")
    bot.told(HEAD, "不在一个群")
    street.staff(HEAD).answers("#1 合并 #9")
    bot.told(HEAD, "#9 不在您负责的范围")
    street.stops_here()


def test_one_number_in_two_grids_is_asked_about(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.group("文化小区4号楼业主群").says("李", "垃圾堆了好几天没人清", alias="4-1-101 李")
    bot.forget()
    street.staff(SECRETARY).answers("#1 上会")
    bot.told(SECRETARY, "【请选一下】", "1 #1 ", "2 #1 ")
    street.staff(SECRETARY).answers("2")
    council = [issue for issue in street.issues() if issue.state == "council"]
    assert len(council) == 1
    bot.told(SECRETARY, "#1 已列入议事会")
    bot.forget()
    street.stops_here()


# ---- what it is


@pytest.mark.parametrize(
    ("said", "field", "value", "answer"),
    [
        ("#1 中事", "tier", "medium", "定为中事"),
        ("#1 定为大事", "tier", "large", "定为大事"),
        ("#1 类别 电梯", "category", "elevator", "类别已改为“电梯”"),
        ("#1 上会", "state", "council", "上议事会"),
        ("#1 不是诉求", "dismiss_reason", "not_a_matter", "已记为“不是诉求”"),
        ("#1 自己的事 家里灯", "dismiss_reason", "own_matter", "已记为“自己的事”"),
    ],
)
def test_what_the_head_may_decide(
    street: Street, bot: Bot, 群: Group, lamp: str, said: str, field: str, value: str, answer: str
) -> None:
    street.staff(HEAD).answers(said)
    bot.told(HEAD, "#1", answer)
    assert getattr(street.issue(1), field) == value
    bot.forget()  # who else is told of a tier or an agenda is the story of test_tiers
    street.stops_here()


def test_done_and_opened_again_by_words(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(MEMBER).answers("#1 办结")
    bot.told(MEMBER, "#1 已记为：已解决")
    bot.posted(群, "反馈已解决（李娜）", to="王")
    street.staff(MEMBER).answers("#1 办结")
    bot.told(MEMBER, "#1 现在是“已解决”，不能办结")
    street.staff(LEAD).answers("#1 重开")
    bot.told(LEAD, "#1 已重新打开")
    bot.posted(群, "#1 照明 已重新打开")
    bot.told(HEAD, "#1 照明")
    street.stops_here()


def test_an_unknown_category_names_some(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("#1 类别 飞碟")
    bot.told(HEAD, "没有这个类别", "供水")
    street.stops_here()


def test_a_word_without_its_issue_asks_for_it(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(SECRETARY).answers("上会")
    bot.told(SECRETARY, "请写明是哪一件，例如：#12 上会")
    assert street.issue(1).state == "open"
    street.stops_here()
