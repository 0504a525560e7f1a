"""Messages that come twice, empty, poisoned, or from the bot itself; sends whose fate is unknown."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select
from street import Bot, Group, Street

import bot.pipeline
from domain.messages import Outcome, Receipt
from domain.words import MessageKind
from handlers.router import route
from store.tables import Outbox, table

HEAD = "wang-qiang"


def test_the_same_message_twice_is_one(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王", id="twice")
    bot.forget()
    群.says("王", "停水了", alias="1-2-501 王", id="twice")
    assert street.history(1).count("report_joined") == 0
    street.restart()
    群.says("王", "停水了", alias="1-2-501 王", id="twice")
    bot.said_nothing_else()
    street.stops_here()


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b", "。", "？", "[图片]", "\x00", "😀😀"])
def test_empty_and_odd_text_says_nothing(street: Street, bot: Bot, 群: Group, text: str) -> None:
    群.says("王", text)
    street.staff(HEAD).replies(群, text)
    street.staff(HEAD).answers(text.replace("？", "…"))  # alone it asks the bot for help
    assert street.issues() == []


@pytest.mark.parametrize("kind", [MessageKind.VOICE, MessageKind.SYSTEM, MessageKind.IMAGE, MessageKind.FILE])
def test_messages_without_words_open_nothing(street: Street, bot: Bot, 群: Group, kind: MessageKind) -> None:
    群.says("王", "", kind=kind)
    street.staff(HEAD).replies(群, "", kind=kind)
    assert street.issues() == []


def test_a_system_line_is_not_read_as_a_residents_word(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "王修改群名为“停水了怎么办”", kind=MessageKind.SYSTEM)
    assert street.issues() == []


def test_the_bots_own_words_open_nothing(street: Street, bot: Bot, 群: Group) -> None:
    street.hear("bot", "停水了", room=群.key, name="楼铃", is_self=True)
    assert street.issues() == []
    assert "停水了" not in street.texts_in_database()


def test_a_poisoned_message_is_set_aside_and_the_room_goes_on(
    street: Street, bot: Bot, 群: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(case: object) -> str:
        if "毒" in case.text:  # type: ignore[attr-defined]
            case.tx.db.execute(table(Outbox).insert().values(target="x"))  # type: ignore[attr-defined]
        return route(case)  # type: ignore[arg-type]

    monkeypatch.setattr(bot_pipeline(), "route", poisoned)
    群.says("王", "停水了，毒", alias="1-2-501 王")
    群.says("赵", "楼道灯不亮了", alias="1-1-301 赵")
    bot.posted(群, "已登记 #1 照明")
    bot.told(HEAD, "【新诉求】")
    bot.told("gao-peng")
    assert len(street.issues()) == 1
    states = street.look(lambda tx: Counter(row.state for row in tx.db.execute(select(message_table()))))
    assert states == {"set_aside": 1, "done": 1}
    street.stops_here()


def bot_pipeline() -> object:
    return bot.pipeline


def message_table() -> object:
    from store.tables import MessageRow

    return table(MessageRow)


def test_a_group_post_of_unknown_fate_is_never_repeated_and_its_echo_settles_it(
    street: Street, bot: Bot, 群: Group
) -> None:
    street.network.receipts = [Receipt(Outcome.UNKNOWN, detail="no answer")]
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    posted = bot.posted(群, "已登记 #1")
    bot.told(HEAD)
    bot.told("gao-peng")
    street.later("10m")
    bot.said_nothing_else()
    street.hear("bot", f"@王 {posted.text}", room=群.key, name="楼铃", is_self=True, id="echo-1")
    rows = street.look(lambda tx: tx.db.execute(select(table(Outbox)).where(table(Outbox).c.target == "group")).all())
    assert [(row.state, row.external_id) for row in rows] == [("sent", "echo-1")]
    street.staff(HEAD).replies(群, "收到", quote="echo-1")
    assert street.issue(1).state == "answered"


def test_a_direct_message_of_unknown_fate_is_repeated_after_two_minutes_and_says_so(
    street: Street, bot: Bot, 群: Group
) -> None:
    sent = Receipt(Outcome.SENT, "bot-x")
    street.network.receipts = [sent, Receipt(Outcome.UNKNOWN, detail="no answer")]
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD, "【新诉求】", lacks="可能重复")
    bot.told("gao-peng")
    street.later("119s")
    bot.said_nothing_else()
    street.later("1s")
    bot.told(HEAD, "（可能重复）【新诉求】")
    street.stops_here()


def test_a_refused_send_is_not_tried_again(street: Street, bot: Bot, 群: Group) -> None:
    street.network.receipts = [Receipt(Outcome.REFUSED, detail="no such room")]
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD)
    bot.told("gao-peng")
    street.later("20m")
    bot.said_nothing_else()
    street.stops_here()


def test_a_failed_send_is_tried_again(street: Street, bot: Bot, 群: Group) -> None:
    street.network.receipts = [Receipt(Outcome.FAILED, detail="offline")]
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD)
    bot.told("gao-peng")
    street.later("1m")
    bot.posted(群, "已登记 #1")
    bot.said_nothing_else()
    street.stops_here()


def test_a_reminder_that_waits_to_be_tried_again_is_dropped_when_somebody_answered(
    street: Street, bot: Bot, 群: Group
) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.network.receipts = [Receipt(Outcome.FAILED, detail="offline")] * 3
    street.until("09:30")
    bot.told_all((HEAD, "li-na", "liu-shulan"), at="09:30")
    street.staff("li-na").replies(群, "收到")
    street.later("10m")
    bot.said_nothing_else()
    rows = street.look(lambda tx: tx.db.execute(select(table(Outbox)).where(table(Outbox).c.rung == 1)).all())
    assert {(row.state, row.reason) for row in rows} == {("dropped", "rung 1 is superseded")}


def test_a_restart_in_the_middle_goes_on_where_it_was(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.later("10m")
    street.restart()
    bot.said_nothing_else()
    street.until("09:30")
    bot.told_all((HEAD, "li-na", "liu-shulan"), at="09:30")
    street.staff(HEAD).answers("2")
    bot.told(HEAD, "处理中")
