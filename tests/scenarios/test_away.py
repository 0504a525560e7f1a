"""Days away: who stands in is told, also of what was open before; nobody there means the next rung at once."""

from __future__ import annotations

from datetime import date

import pytest
from street import Bot, Group, Street

from store import away
from store.tx import Cause

HEAD, MEMBER, LEAD, SECRETARY, STEWARD = "wang-qiang", "li-na", "liu-shulan", "sun-li", "gao-peng"


def goes_away(street: Street, person: str, stand_in: str | None, first: str, last: str) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)
    street.change(lambda tx: away.put_away(tx, person, stand_in, *days, Cause("operator")))


def test_the_stand_in_hears_of_new_issues_and_answers_with_the_heads_rights(
    street: Street, bot: Bot, 群: Group
) -> None:
    goes_away(street, HEAD, "wu-ting", "2026-06-02", "2026-06-03")  # a grid member of another grid
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 照明", "吴婷")
    bot.told("wu-ting", "【新诉求】")
    bot.told(STEWARD, "【请协助】", "网格长吴婷")
    street.staff("wu-ting").replies(群, "收到，马上处理")
    assert street.issue(1).state == "answered"
    assert street.issue(1).assignee_id == HEAD  # who comes back finds it as his own
    street.stops_here()


def test_an_absence_applies_to_issues_that_were_open_before_and_ends_by_itself(
    street: Street, bot: Bot, 群: Group
) -> None:
    street.begins("2026-06-02 19:50")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.told(HEAD, "【新诉求】")
    bot.forget()
    goes_away(street, HEAD, MEMBER, "2026-06-03", "2026-06-03")
    street.until("2026-06-03 08:20")
    bot.told_all((MEMBER, LEAD), "没有人回应", at="06-03 08:20")
    bot.said_nothing_else()
    street.until("2026-06-03 23:59")
    bot.forget()
    street.until("2026-06-04 12:00")
    assert HEAD in {sent.to for sent in bot.sent if not sent.expected}
    bot.forget()
    street.stops_here()


def test_over_a_holiday_with_a_make_up_day_the_stand_in_has_the_bell(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-02-14 19:40")  # a working Saturday; the holiday is from the 15th to the 23rd
    goes_away(street, HEAD, MEMBER, "2026-02-15", "2026-02-28")  # the 28th is a working Saturday
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.told(HEAD, "【新诉求】", at="19:40")
    bot.posted(群, "已登记 #1")
    bot.told(STEWARD, "【请协助】")
    street.until("2026-02-24 08:10")
    bot.told_all((MEMBER, LEAD), "没有人回应", at="02-24 08:10")
    bot.said_nothing_else()
    street.stops_here()


def test_away_without_a_stand_in_rings_the_next_rung_at_once(street: Street, bot: Bot, 群: Group) -> None:
    goes_away(street, HEAD, None, "2026-06-02", "2026-06-02")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1", "社区")
    bot.told_all((MEMBER, LEAD), "更近的岗位上没有人", at="09:00")
    bot.told(STEWARD, "【请协助】")
    bot.said_nothing_else()
    street.stops_here()


def test_who_is_away_may_still_answer(street: Street, bot: Bot, 群: Group) -> None:
    goes_away(street, HEAD, MEMBER, "2026-06-02", "2026-06-02")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).replies(群, "收到，我让人去")
    assert street.issue(1).state == "answered"


def test_two_who_stand_in_for_each_other_are_nobody(street: Street, bot: Bot, 群: Group) -> None:
    goes_away(street, HEAD, "li-jun", "2026-06-02", "2026-06-02")
    goes_away(street, "li-jun", HEAD, "2026-06-02", "2026-06-02")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1", "社区")
    bot.told_all((MEMBER, LEAD), "更近的岗位上没有人")
    bot.told(STEWARD, "【请协助】")
    street.stops_here()


@pytest.mark.parametrize("back", [False, True], ids=["new days replace the old", "back early"])
def test_days_away_are_changed_and_ended(street: Street, bot: Bot, 群: Group, back: bool) -> None:
    goes_away(street, HEAD, MEMBER, "2026-06-02", "2026-06-09")
    if back:
        assert street.change(lambda tx: away.come_back(tx, HEAD, Cause("operator"))) == 1
    else:
        goes_away(street, HEAD, "wu-ting", "2026-06-02", "2026-06-09")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1")
    bot.told(HEAD if back else "wu-ting", "【新诉求】")
    bot.told(STEWARD)
    bot.said_nothing_else()
    street.stops_here()
