"""Reception days and activities: announced by staff, signed up for by reply, their outcomes kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from street import Bot, Group, Sent, Street

from domain.gatherings import Draft
from domain.words import GatheringKind, Posting, Purpose
from store import gatherings, rooms
from store.tables import GatheringSignup, table
from store.tx import Cause, Tx

HEAD, SECRETARY, STEWARD = "wang-qiang", "sun-li", "gao-peng"


@pytest.fixture
def post(street: Street, bot: Bot, 群: Group) -> Sent:
    """A reception day with three places, announced to one group."""
    street.staff(HEAD).answers("接访 6.4 14:00 线下 社区一楼 限3人 发到 1号楼")
    bot.told(HEAD, "接访日1已登记，06月04日14:00", "发到1个群：文化小区1号楼业主群")
    return bot.posted(群, "【接访日】06月04日14:00，线下，社区一楼", "名额3人", "预约 1", purpose=Purpose.ANNOUNCEMENT)


def test_places_are_booked_given_back_and_the_waiting_list_moves_up(
    street: Street, bot: Bot, 群: Group, post: Sent
) -> None:
    群.says("王", "预约 1，想说说电梯", alias="1-2-501 王")
    street.later("1m")
    bot.posted(群, "接访日1：已预约。现在1/3人", to="王")
    群.says("李", "预约 2人", alias="1-1-302 李")
    street.later("1m")
    bot.posted(群, "已预约2人。现在3/3人", to="李")
    群.says("赵", "+1", quote=post)
    street.later("1m")
    bot.posted(群, "名额满了，先排候补", to="赵")
    群.says("王", "取消预约")
    street.later("1m")
    told = bot.posted(群, "王已取消预约", "赵已预约", "现在3/3人", to="赵")
    assert street.resident_id("王") in told.mentions
    street.staff(HEAD).answers("名单 1")
    bot.told(HEAD, "1-2 1-1-302 李 2人", "1-3 ", lacks="候补")


def test_answers_near_in_time_are_confirmed_in_one_post(street: Street, bot: Bot, 群: Group, post: Sent) -> None:
    群.says("王", "我要预约")
    street.later("20s")
    群.says("李", "预约1")
    street.later("1m")
    told = bot.posted(群, "接访日1：已预约2人。现在2/3人", to="王")
    assert street.resident_id("李") in told.mentions


def test_a_question_about_it_goes_to_its_maker_and_is_no_report(
    street: Street, bot: Bot, 群: Group, post: Sent
) -> None:
    群.says("王", "能不能反映楼道灯不亮的事？", alias="1-2-501 王", quote=post)
    bot.told(HEAD, "居民1-2-501 王在群里问", "楼道灯不亮")
    assert street.issues() == []


def test_people_in_danger_are_heard_even_in_a_reply_to_it(street: Street, bot: Bot, 群: Group, post: Sent) -> None:
    群.says("王", "电梯里困人了，快来", alias="1-2-501 王", quote=post)
    assert [issue.urgency for issue in street.issues()] == ["emergency"]
    bot.forget()
    street.stops_here()


def test_what_was_said_at_a_reception_becomes_an_issue_of_the_resident(
    street: Street, bot: Bot, 群: Group, post: Sent
) -> None:
    群.says("王", "预约", alias="1-2-501 王")
    street.later("1m")
    bot.posted(群, "已预约", to="王")
    street.until("2026-06-04 15:00")
    street.staff(HEAD).answers("接访记录 1-1 楼道灯不亮，请换新的")
    bot.posted(群, "已登记 #1 照明", to="王")
    bot.told(HEAD, "【新诉求】")
    bot.told(STEWARD, "【请协助】")
    bot.told(HEAD, "接访日1：已登记为诉求 #1")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决", to="王")


def test_an_activity_counts_people_and_silent_groups_are_left_to_staff(street: Street, bot: Bot, 群: Group) -> None:
    silent = street.look(lambda tx: tx.directory.group_by_key["文化小区2号楼业主群"])
    street.change(lambda tx: rooms.set_posting(tx, silent, Posting.SILENT))
    street.staff(HEAD).answers("活动 6月5日9:00 义诊 地点小广场")
    bot.told(HEAD, "活动1 义诊已登记", "发到2个群", "这些群设为不发言，请自己转发：文化小区2号楼业主群")
    bot.posted(群, "【活动】义诊，06月05日09:00，小广场", "报名 1")
    bot.posted(street.group("文化小区3号楼业主群"), "【活动】义诊")
    群.says("王", "报名 2人")
    street.group("文化小区2号楼业主群").says("周", "报名")  # a silent group: counted, not answered
    street.later("1m")
    bot.posted(群, "活动1 义诊：已报名2人。现在共", to="王")
    street.staff(HEAD).answers("活动列表")
    bot.told(HEAD, "活动1 义诊，06月05日09:00，现在共3人")
    street.staff(HEAD).answers("取消活动 1")
    bot.told(HEAD, "已取消")
    bot.posted(群, "【取消】原定06月05日09:00的活动1 义诊")
    bot.posted(street.group("文化小区3号楼业主群"), "【取消】")
    群.says("李", "报名 1")
    bot.posted(群, "已经开始、结束或取消", to="李")


def test_announced_at_night_it_waits_for_the_morning(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 22:30")
    street.staff(HEAD).answers("活动 6.5 9:00 义诊 发到 1号楼")
    bot.told(HEAD, "活动1 义诊已登记", at="22:30")
    bot.said_nothing_else()
    street.until("2026-06-03 07:00")
    bot.posted(群, "【活动】义诊", at="07:00")


def test_two_at_a_time_are_told_apart(street: Street, bot: Bot, 群: Group, post: Sent) -> None:
    street.staff(SECRETARY).answers("活动 6.5 9:00 义诊 发到 1号楼")
    bot.told(SECRETARY, "活动2 义诊已登记")
    bot.posted(群, "【活动】义诊")
    群.says("王", "报名")
    bot.posted(群, "请写明编号：预约 1：接访日", "报名 2：义诊", to="王")
    群.says("王", "报名 2")
    street.later("1m")
    bot.posted(群, "活动2 义诊：已报名", to="王")


@pytest.mark.parametrize(
    ("who", "said", "answer"),
    [
        (HEAD, "接访", "请写明时间"),
        (HEAD, "活动 13.45 9:00 义诊", "请写明时间"),
        (HEAD, "活动 6.1 9:00 义诊", "已经过去"),
        (HEAD, "活动 6.5 9:00 义诊 发到 火星", "没有找到您负责“火星”"),
        (STEWARD, "活动 6.5 9:00 义诊", "由网格长"),
        (HEAD, "取消活动 7", "没有编号7"),
        (HEAD, "名单 7", "没有编号7"),
        (HEAD, "接访记录 7", "请写：接访记录"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(street: Street, bot: Bot, who: str, said: str, answer: str) -> None:
    street.staff(who).answers(said)
    bot.told(who, answer)


def test_when_and_where_is_answered_and_another_question_goes_to_who_announced_it(
    street: Street, bot: Bot, 群: Group, post: Sent
) -> None:
    群.says("王", "是几点开始？在哪里？", quote=post)
    bot.posted(群, "接访日1：06月04日14:00", "社区一楼", to="王")
    群.says("李", "要带身份证吗？", quote=post)
    bot.told(HEAD, "居民李在群里问：要带身份证吗")


def test_a_question_about_what_the_console_announced_goes_to_the_grid_head(street: Street, bot: Bot, 群: Group) -> None:
    def announce(tx: Tx) -> None:
        starts = tx.now + timedelta(days=2)
        draft = Draft(GatheringKind.ACTIVITY, "义诊", "小广场", starts)
        gatherings.announce(tx, draft, [tx.directory.group_by_key[群.key]], Cause("operator"))

    street.change(announce)
    post = bot.posted(群, "【活动】义诊")
    群.says("李", "要带身份证吗？", quote=post)
    bot.told(HEAD, "居民李在群里问：要带身份证吗")


@pytest.mark.parametrize("said", ["报名费多少钱", "谁家孩子报名了少年宫", "预约挂号真难", "报名还有吗？"])
def test_talk_of_other_sign_ups_stays_chatter(street: Street, bot: Bot, 群: Group, post: Sent, said: str) -> None:
    群.says("王", said)
    assert street.look(lambda tx: tx.db.execute(table(GatheringSignup).select()).all()) == []


def test_who_signed_up_is_forgotten_after_the_days_of_chat(street: Street, bot: Bot, 群: Group, post: Sent) -> None:
    群.says("王", "预约，想说家里的事", alias="1-2-501 王")
    street.later("1m")
    bot.posted(群, "已预约")
    assert "想说家里的事" in street.texts_in_database()
    street.later("34d")
    assert "想说家里的事" not in street.texts_in_database()


def test_a_recalled_sign_up_loses_its_words(street: Street, bot: Bot, 群: Group, post: Sent) -> None:
    said = 群.says("王", "预约，想说家里的事", alias="1-2-501 王")
    street.later("1m")
    bot.posted(群, "已预约")
    群.recalls("王", said)
    assert "想说家里的事" not in street.texts_in_database()
