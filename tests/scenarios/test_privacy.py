"""Recalls, wishes not to be read, the notice, and who may speak with a duty's rights."""

from __future__ import annotations

from datetime import timedelta

import pytest
from street import Bot, Group, Street

from domain.messages import Outcome, Receipt
from store import people

HEAD = "wang-qiang"


def test_the_only_reporters_recall_before_any_reply_withdraws(street: Street, bot: Bot, 群: Group) -> None:
    said = 群.says("王", "楼道灯不亮了，就在501门口", alias="1-2-501 王")
    bot.forget()
    street.later("1m")
    群.recalls("王", said)
    issue = street.issue(1)
    assert (issue.state, issue.dismiss_reason) == ("dismissed", "withdrawn")


def test_a_recall_blanks_the_text_everywhere(street: Street, bot: Bot, 群: Group) -> None:
    said = 群.says("王", "楼道灯不亮了，我的秘密是紫色河马", alias="1-2-501 王")
    bot.forget()
    street.later("30m")
    bot.forget()
    群.recalls("王", said)
    assert "紫色河马" not in street.texts_in_database()


def test_after_a_reply_a_recall_withdraws_nothing_but_the_text(street: Street, bot: Bot, 群: Group) -> None:
    said = 群.says("王", "楼道灯不亮了，我的秘密是紫色河马", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "收到")
    群.recalls("王", said)
    assert street.issue(1).state == "answered"
    assert "紫色河马" not in street.texts_in_database()


def test_with_a_second_reporter_it_goes_on(street: Street, bot: Bot, 群: Group) -> None:
    said = 群.says("王", "停水了", alias="1-2-501 王")
    群.says("赵", "我家也没水", alias="1-1-301 赵")
    bot.forget()
    群.recalls("王", said)
    assert street.issue(1).state == "open"
    street.later("10m")
    bot.told(HEAD, "我家也没水")
    bot.forget()
    street.stops_here()


def test_an_emergency_is_not_withdrawn(street: Street, bot: Bot, 群: Group) -> None:
    said = 群.says("王", "电梯里有人被困", alias="1-2-501 王")
    bot.forget()
    群.recalls("王", said)
    assert street.issue(1).state == "open"
    street.later("3m")
    bot.told(HEAD, "【危急】")
    bot.forget()
    street.stops_here()


def test_nobody_recalls_for_another(street: Street, bot: Bot, 群: Group) -> None:
    said = 群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    群.recalls("赵", said)
    群.recalls("赵", "no-such-message")
    assert street.issue(1).state == "open"
    street.stops_here()


def test_who_opts_out_is_not_stored_and_not_heard_until_he_comes_back(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "退出")
    bot.posted(群, "不再记录您的发言", to="王")
    群.says("王", "停水了，我的秘密是紫色河马", alias="1-2-501 王")
    assert street.issues() == []
    assert "紫色河马" not in street.texts_in_database()
    群.says("赵", "早上好")
    群.says("王", "加入楼铃")
    bot.posted(群, "已恢复", to="王")
    群.says("王", "停水了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    bot.forget()
    street.stops_here()


def test_a_group_without_notice_keeps_nothing_until_it_was_posted(street: Street, bot: Bot) -> None:
    street.on_network("testnet", {"room-1": "文化小区1号楼业主群"})
    street.notices_posted = False
    street.network.receipts = [Receipt(Outcome.UNKNOWN, detail="no answer")]
    群 = street.group("room-1")
    群.says("王", "停水了，我的秘密是紫色河马", alias="1-2-501 王")
    notice = bot.posted(群, "【告知】")
    assert street.issues() == []
    assert "紫色河马" not in street.texts_in_database()
    street.hear("bot", notice.text, room="room-1", name="楼铃", is_self=True, id="echo-1")  # it did arrive
    群.says("王", "停水了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    assert len(street.issues()) == 1
    street.stops_here()


def test_a_room_of_no_group_keeps_nothing(street: Street, bot: Bot) -> None:
    street.on_network("testnet", {"room-1": "文化小区1号楼业主群"})
    street.group("room-9").says("王", "停水了，我的秘密是紫色河马")
    assert "紫色河马" not in street.texts_in_database()


@pytest.fixture
def testnet(street: Street) -> Group:
    """A network in which a name proves nothing; 1号楼's group is bound."""
    street.on_network("testnet", {"room-1": "文化小区1号楼业主群"})
    return street.group("room-1")


def code_for(street: Street, person: str, days: int = 7) -> str:
    expires = street.house.clock.now() + timedelta(days=days)
    return street.change(lambda tx: people.issue_codes(tx.db, [person], expires))[person]


def test_a_code_binds_a_contact_and_gives_the_rights(street: Street, bot: Bot, testnet: Group) -> None:
    testnet.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(testnet, "已登记 #1")
    street.staff("wxid-7").replies(testnet, "收到")
    assert street.issue(1).state == "open"  # a stranger, whatever he calls himself
    code = code_for(street, HEAD)
    street.staff("wxid-7").answers(f"{code[:4].lower()} {code[4:]}")
    bot.told("wxid-7", "王强您好，绑定成功")
    street.later("30m")
    bot.told("wxid-7", "没有人回应", "#1")
    street.staff("wxid-7").answers("2")
    bot.told("wxid-7", "处理中")
    assert street.issue(1).state == "answered"


@pytest.mark.parametrize("kind", ["wrong", "reused", "expired", "revoked"])
def test_a_code_that_is_wrong_used_or_old_binds_nobody(street: Street, bot: Bot, testnet: Group, kind: str) -> None:
    code = code_for(street, HEAD)
    if kind == "wrong":
        code = "ABCDEFGH" if code != "ABCDEFGH" else "HGFEDCBA"
    if kind == "reused":
        street.staff("wxid-7").answers(code)
        bot.told("wxid-7", "绑定成功")
    if kind == "expired":
        street.later("8d")
    if kind == "revoked":
        code_for(street, HEAD)
    street.staff("wxid-8").answers(code)
    bot.told("wxid-8", "绑定码不对或已失效")
    testnet.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.staff("wxid-8").replies(testnet, "收到")
    assert street.issue(1).state == "open"
    bot.forget()
    street.stops_here()


def test_a_code_in_the_group_binds_nobody(street: Street, bot: Bot, testnet: Group) -> None:
    code = code_for(street, HEAD)
    street.staff("wxid-7").replies(testnet, code)
    testnet.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.staff("wxid-7").replies(testnet, "收到")
    assert street.issue(1).state == "open"
    bot.forget()
    street.stops_here()


def test_the_roster_id_of_a_stranger_gives_no_rights(street: Street, bot: Bot, testnet: Group) -> None:
    testnet.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(testnet, "收到")
    street.staff(HEAD).answers("1")
    assert street.issue(1).state == "open"
    bot.said_nothing_else()
    street.stops_here()
