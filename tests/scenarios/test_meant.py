"""Which issue a reply is about: every rule, where it holds and where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from street import Bot, Group, Street

HEAD, MEMBER, LEAD, STEWARD, SECRETARY, CHIEF = "wang-qiang", "li-na", "liu-shulan", "gao-peng", "sun-li", "zhao-min"
MEDIATOR, OFFICER, DELEGATE = "hu-guiying", "ma-jun", "zheng-aiguo"


@pytest.fixture
def lamp(street: Street, bot: Bot, 群: Group) -> str:
    """#1: 楼道灯 is out; the bell rings. The id of the report."""
    report = 群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    return report


@pytest.fixture
def two(street: Street, bot: Bot, 群: Group, lamp: str) -> dict[str, Any]:
    """#1 楼道灯 and #2 垃圾, told at the same time: what can be pointed at."""
    rubbish = 群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    ack = [sent for sent in bot.sent if sent.to == 群.key]
    bot.forget()
    return {"lamp": lamp, "rubbish": rubbish, "ack": ack[-1]}


def answered(street: Street) -> list[int]:
    return [issue.number for issue in street.issues() if issue.state != "open"]


# ---- pointing


@pytest.mark.parametrize(
    ("how", "meant"),
    [
        ({"text": "收到", "quote": "lamp"}, [1]),
        ({"text": "收到", "quote": "rubbish"}, [2]),
        ({"text": "收到", "quote": "ack"}, [2]),
        ({"text": "物业说配件还没到", "quote": "lamp"}, [1]),
        ({"text": "几楼的", "quote": "lamp"}, [1]),
        ({"text": "请拍个照片", "quote": "lamp"}, [1]),
        ({"text": "[强]", "quote": "lamp"}, [1]),
        ({"text": "@赵 好的", "mentions": ("居民-赵",)}, [2]),
        ({"text": "@赵 马上来看看", "mentions": ("居民-赵",)}, [2]),
        ({"text": "#2 收到"}, [2]),
        ({"text": "收到 #2"}, [2]),
        ({"text": "好的#2"}, [2]),
        ({"text": "＃２ 好的"}, [2]),
        ({"text": "@楼铃 #2 好的", "mentions_bot": True}, [2]),
        ({"text": "#1 #2 收到"}, [1, 2]),
        ({"text": "#1、#2 都收到"}, [1, 2]),
        ({"text": "#2 电工说周五来"}, [2]),
    ],
    ids=lambda how: " ".join(map(str, how.values())) if isinstance(how, dict) else "",
)
def test_what_points_at_an_issue_answers_it(
    street: Street, bot: Bot, 群: Group, two: dict[str, Any], how: dict[str, Any], meant: list[int]
) -> None:
    street.staff(HEAD).replies(群, **{**how, "quote": two.get(how.get("quote", ""))})
    assert answered(street) == meant
    bot.said_nothing_else()
    street.stops_here()


def test_what_points_and_answers_nothing_leaves_it_ringing(
    street: Street, bot: Bot, 群: Group, two: dict[str, Any]
) -> None:
    for said in ("哈哈哈", "晚上吃饭吗", "辛苦了", "我家也是"):
        street.staff(HEAD).replies(群, said, quote=two["lamp"])
        assert answered(street) == [], said
    for said in ("#7 收到", "3#楼的收快递", "#1 晚上吃什么", "#1 谢谢大家"):
        street.staff(HEAD).replies(群, said)
        assert answered(street) == [], said
    street.staff(HEAD).replies(群, "@王 晚上一起吃饭", mentions=("居民-王",))
    street.staff(HEAD).replies(群, "@孙 好的呀晚上见", mentions=("居民-孙",))
    assert answered(street) == []
    bot.said_nothing_else()
    street.stops_here()


def test_each_number_has_its_own_words(street: Street, bot: Bot, 群: Group, two: dict[str, Any]) -> None:
    street.staff(HEAD).replies(群, "#1 收到，#2 清走了")
    assert [issue.state for issue in street.issues()] == ["answered", "resolved"]
    bot.posted(群, "#2 环境卫生 反馈已解决")
    street.stops_here()


@pytest.mark.parametrize("how", ["quote", "number"])
def test_a_chief_who_asks_has_not_answered_and_the_head_hears_it(
    street: Street, bot: Bot, 群: Group, two: dict[str, Any], how: str
) -> None:
    quote = two["lamp"] if how == "quote" else None
    street.staff(CHIEF).replies(群, "怎么还没处理" if quote else "#1 怎么还没处理", quote=quote)
    assert answered(street) == []
    bot.told(HEAD, "【居民追问】", "怎么还没处理", "#1 照明")
    street.stops_here()


# ---- words of the same category


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ("灯修好了", ["resolved", "open"]),
        ("垃圾清走了", ["open", "resolved"]),
        ("灯泡物业在换", ["answered", "open"]),
        ("电工说配件没到，灯周五换", ["answered", "open"]),
        ("垃圾下午三点清走", ["open", "answered"]),
        ("灯和垃圾都处理好了", ["resolved", "resolved"]),
        ("灯修好了，垃圾下午清", ["resolved", "answered"]),
    ],
)
def test_words_of_a_category_mean_its_issue(
    street: Street, bot: Bot, 群: Group, two: dict[str, Any], said: str, states: list[str]
) -> None:
    street.staff(HEAD).replies(群, said)
    assert [issue.state for issue in street.issues()] == states
    bot.forget()
    street.stops_here()


def test_other_words_of_a_category_mean_none(street: Street, bot: Bot, 群: Group, two: dict[str, Any]) -> None:
    for said in ("红绿灯那边修好了路面", "灯怎么又不亮了？", "垃圾还没人清吗", "水管修好了"):
        street.staff(HEAD).replies(群, said)
        assert answered(street) == [], said
    bot.forget()
    street.stops_here()


def test_a_time_with_the_subject_is_a_promise(street: Street, bot: Bot, 群: Group, two: dict[str, Any]) -> None:
    street.staff(HEAD).replies(群, "灯修好了，垃圾下午三点清走")
    promised = street.issue(2).promise_at
    assert promised is not None
    assert f"{street.house.street.local(promised):%m-%d %H:%M}" == "06-02 15:00"
    bot.posted(群, "#1 照明 反馈已解决")
    street.stops_here()


# ---- the only one that waits


@pytest.mark.parametrize(
    "said",
    ["收到", "好的", "马上", "知道了", "我看看", "在路上", "来了", "已经报给物业了", "[OK]", "👌", "@楼铃 收到"],
)
def test_an_acknowledgement_answers_the_only_one(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).replies(群, said)
    assert street.issue(1).state == "answered"
    street.later("1h")
    bot.said_nothing_else()


@pytest.mark.parametrize("said", ["已报修，下午三点到", "好的，下午三点前修好", "物业说灯下午三点换"])
@pytest.mark.parametrize("how", ["group", "direct"])
def test_a_promise_is_quiet_until_then_and_rings_again_after(
    street: Street, bot: Bot, 群: Group, lamp: str, said: str, how: str
) -> None:
    if how == "group":
        street.staff(HEAD).replies(群, said)
    else:
        street.staff(HEAD).answers(said)
        bot.told(HEAD, "#1 已记为：处理中，06-02 15:00前")
    street.until("14:59")
    bot.said_nothing_else()
    street.until("15:00")
    bot.told(HEAD, "【请回音】", "您说06-02 15:00前处理", at="15:00")
    street.until("16:00")
    bot.told(HEAD, "【催办】", "还没有办结", at="16:00")
    street.stops_here()


@pytest.mark.parametrize("said", ["修好了", "已换好", "灯亮了", "处理完毕"])
def test_done_resolves_the_only_one(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).replies(群, said)
    bot.posted(群, "反馈已解决（王强）")
    assert street.issue(1).state == "resolved"


def test_water_that_is_back_resolves_and_who_comes_does_not(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "来了")
    assert street.issue(1).state == "answered"  # he may mean himself
    street.staff(HEAD).replies(群, "来水了")
    assert street.issue(1).state == "resolved"
    bot.posted(群, "反馈已解决")


@pytest.mark.parametrize("trouble", ["停水了", "楼道灯不亮了"])
def test_a_resident_who_says_that_it_came_means_a_supply(street: Street, bot: Bot, 群: Group, trouble: str) -> None:
    群.says("王", trouble, alias="1-2-501 王")
    bot.forget()
    群.says("王", "来了", alias="1-2-501 王")
    assert street.issue(1).state == ("resolved" if trouble == "停水了" else "open")
    bot.forget()
    street.stops_here()


def test_talk_of_dinner_changes_nothing(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    for said in (
        "我们中午去食堂吃面",
        "好的，晚上食堂见",
        "收到，明天开会我去",
        "行，下班一起接孩子",
        "晚上吃饭吗",
        "周末爬山去不去",
        "快递到了，马上去拿",
        "今天天气真好",
    ):
        street.staff(HEAD).replies(群, said)
        assert answered(street) == [], said
        street.staff(HEAD).answers(said)
        assert answered(street) == [], said
    bot.said_nothing_else()
    street.stops_here()


@pytest.mark.parametrize("said", ["开完会过去处理", "收到，下班前处理好", "吃完饭去看看灯"])
def test_work_that_is_fitted_in_between_is_an_answer(street: Street, bot: Bot, 群: Group, lamp: str, said: str) -> None:
    street.staff(HEAD).replies(群, said, quote=lamp)
    assert answered(street) == [1]
    street.stops_here()


# ---- a notice in between, and nearness in time


def test_received_under_a_notice_answers_the_notice(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.later("20m")
    street.staff(SECRETARY).replies(群, "通知：明天上午九点社区义诊，欢迎参加")
    street.staff(MEMBER).replies(群, "收到")
    street.staff(HEAD).replies(群, "收到")
    assert answered(street) == []
    bot.said_nothing_else()
    street.staff(HEAD).replies(群, "收到，马上安排电工")  # more than a nod
    assert answered(street) == [1]


def test_a_notice_about_the_matter_itself_may_be_received(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(SECRETARY).replies(群, "通知：今天下午三点修楼道灯")
    street.staff(HEAD).replies(群, "收到")
    assert answered(street) == [1]


def test_after_the_notice_a_resident_spoke_of_it_again(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.later("5m")
    street.staff(SECRETARY).replies(群, "通知：明天上午九点社区义诊，欢迎参加")
    street.later("1m")
    群.says("李", "楼道灯还没好吗", alias="1-1-102 李")
    bot.told(HEAD, "【居民追问】")
    street.staff(HEAD).replies(群, "收到")
    assert answered(street) == [1]


@pytest.mark.parametrize(("gap", "meant"), [("70m", [2]), ("30m", [])], ids=["long before", "not long before"])
def test_a_reply_to_what_was_told_just_now(street: Street, bot: Bot, 群: Group, gap: str, meant: list[int]) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.later(gap)
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    street.later("2m")
    bot.forget()
    street.staff(HEAD).replies(群, "收到")
    assert answered(street) == meant
    if not meant:
        bot.told(HEAD, "【请选一下】")
    bot.said_nothing_else()
    street.stops_here()


def test_an_end_is_not_guessed_from_nearness(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.later("70m")
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")
    bot.forget()
    street.staff(HEAD).replies(群, "处理完毕")
    bot.told(HEAD, "【请选一下】您说的“处理完毕”", "#1 照明", "#2 环境卫生")
    assert answered(street) == []
    street.stops_here()


# ---- asked which


def test_the_question_comes_once_and_the_newest_words_count(
    street: Street, bot: Bot, 群: Group, two: dict[str, Any]
) -> None:
    street.staff(HEAD).replies(群, "收到")
    bot.told(HEAD, "【请选一下】您说的“收到”", "1 #2", "2 #1")
    street.staff(HEAD).replies(群, "好的，下午三点前处理")
    bot.said_nothing_else()
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "#1 已记为：处理中，06-02 15:00前")
    assert answered(street) == [1]
    street.stops_here()


def test_what_was_settled_meanwhile_says_so(street: Street, bot: Bot, 群: Group, two: dict[str, Any]) -> None:
    street.staff(HEAD).replies(群, "收到")
    bot.told(HEAD, "【请选一下】")
    群.says("王", "楼道灯亮了", alias="1-2-501 王")
    bot.posted(群, "#1 照明 反馈已解决（居民反馈）")
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "#1 这个提问已经过期或已有结果")
    assert street.issue(1).state == "resolved"
    street.stops_here()


# ---- whose reply counts


@pytest.mark.parametrize(
    ("who", "across"),
    [
        (HEAD, False),
        (MEMBER, False),
        (LEAD, False),
        (OFFICER, True),  # one officer and one mediator for both grids
        (MEDIATOR, True),
        (SECRETARY, True),
        (CHIEF, True),
    ],
)
def test_a_reply_counts_by_duty_and_building(
    street: Street, bot: Bot, 群: Group, lamp: str, who: str, across: bool
) -> None:
    other = street.group("文化小区4号楼业主群")  # another grid of the same community
    report = other.says("周", "楼道灯不亮了", alias="4-1-101 周")
    bot.forget()
    street.staff(who).replies(other, "马上安排", quote=report)
    here, there = street.issues()
    assert (here.state, there.state) == ("open", "answered" if across else "open")
    street.staff(who).replies(群, "马上安排")
    assert street.issues()[0].state == "answered"
    bot.forget()
    street.stops_here()


def test_who_has_no_duty_here_is_a_neighbour(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    for who in ("li-jun", "chen-jing", "chen-jianguo"):
        street.staff(who).replies(群, "马上安排")
        street.staff(who).replies(群, "#1 收到")
        street.staff(who).answers("收到")
    assert answered(street) == []
    bot.said_nothing_else()
    street.stops_here()


# ---- 不归我们管


@pytest.mark.parametrize("how", ["group", "direct"])
def test_not_ours_asks_whose_it_is_and_the_bell_goes_on(
    street: Street, bot: Bot, 群: Group, lamp: str, how: str
) -> None:
    said = "这个不归我们管，找市政"
    street.staff(HEAD).replies(群, said) if how == "group" else street.staff(HEAD).answers(said)
    bot.told(HEAD, "【转给谁】您说“这个不归我们管，找市政”", "#1 照明", "5 姓名")
    assert answered(street) == []
    street.later("30m")
    bot.told_all((HEAD, MEMBER, LEAD), "没有人回应")
    street.staff(HEAD).answers("5 高鹏")
    bot.told(HEAD, "转给高鹏")
    bot.told(STEWARD, "【转办】王强")
    assert street.issue(1).assignee_id == STEWARD
    street.stops_here()


def test_whose_it_is_may_be_named_in_the_same_breath(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).replies(群, "不归我们管，归高鹏管")
    bot.told(HEAD, "#1 转给高鹏")
    bot.told(STEWARD, "【转办】王强把这件事转给您：不归我们管，归高鹏管")
    assert street.history(1)[-2:] == ["issue_referred", "issue_reminded"]
    street.stops_here()


def test_who_was_given_it_gives_it_back_with_these_words(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("5 高鹏")
    bot.told(HEAD, "转给高鹏")
    bot.told(STEWARD, "【转办】")
    street.staff(STEWARD).replies(群, "这不归我们物业管")
    bot.told(STEWARD, "#1 已退回给王强")
    bot.told(HEAD, "【退单】高鹏退回给您：这不归我们物业管")
    street.staff(HEAD).replies(群, "也不归我们管")  # the third time the community decides
    bot.told(HEAD, "社区书记孙丽")
    bot.told(SECRETARY, "【转办】已转手3次", "这不归我们物业管")
    assert street.issue(1).assignee_id == SECRETARY
    street.stops_here()


def test_a_partner_declines_in_the_group_as_by_prompt(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(HEAD).answers("#1 中事")
    bot.forget()
    street.staff(STEWARD).replies(群, "楼道灯不归我们管")
    bot.told(STEWARD, "#1 已记为：不归我")
    bot.told(HEAD, "【协助回音】高鹏：不归我管")
    bot.told(SECRETARY, "请来的各方都说不归自己管")
    bot.said_nothing_else()
    street.stops_here()


def test_whoever_else_says_so_is_heard_by_the_head(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    street.staff(LEAD).replies(群, "这个不归我管")
    bot.told(HEAD, "【协助回音】刘淑兰：不归我管")
    bot.said_nothing_else()
    assert answered(street) == []
    street.stops_here()


def test_not_ours_of_two_asks_which(street: Street, bot: Bot, 群: Group, two: dict[str, Any]) -> None:
    street.staff(HEAD).replies(群, "不归我们管")
    bot.told(HEAD, "【请选一下】您说的“不归我们管”")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "【转给谁】", "#2 环境卫生")
    street.stops_here()


def test_what_only_sounds_like_it(street: Street, bot: Bot, 群: Group, lamp: str) -> None:
    for said in ("谁说不归我们管", "这事不归社区管吗？", "晚上的聚餐不归我们管"):
        street.staff(HEAD).replies(群, said)
    assert answered(street) == []
    bot.said_nothing_else()
    street.stops_here()


# ---- residents


def test_residents_may_name_the_number_too(street: Street, bot: Bot, 群: Group, two: dict[str, Any]) -> None:
    street.later("10m")
    群.says("钱", "#2 还没好吗", alias="1-1-502 钱")
    bot.told(HEAD, "【居民追问】第1次：#2 还没好吗", "#2 环境卫生")
    群.says("钱", "#1 修好了", alias="1-1-502 钱")
    bot.posted(群, "#1 照明 反馈已解决（居民反馈）")
    群.says("钱", "#7 还没好吗", alias="1-1-502 钱")
    bot.said_nothing_else()
    street.stops_here()
