"""Whole lives of issues that touch many people at once."""

from __future__ import annotations

from street import Bot, Group, Street

HEAD, OTHER_HEAD, CHIEF = "wang-qiang", "li-jun", "zhao-min"


def test_an_outage_over_five_buildings_is_linked_and_each_group_gets_its_own_answer(
    street: Street, bot: Bot, 群: Group
) -> None:
    groups = [street.group(f"文化小区{number}号楼业主群") for number in range(1, 6)]
    for number, group in enumerate(groups, start=1):
        group.says(f"住户{number}", "停水了", alias=f"{number}-1-101")
        bot.posted(group, "已登记 #", "供水·紧急")
        street.later("1m")
    for head, count in ((HEAD, 3), (OTHER_HEAD, 2)):
        for _ in range(count):
            bot.told(head, "【新诉求】")
    issues = street.issues()
    assert len({issue.building_id for issue in issues}) == 5
    first = issues[0].id
    assert all(issue.linked_to == first for issue in issues if issue.grid_id == issues[0].grid_id and issue.id != first)
    bot.forget()
    for number, group in enumerate(groups, start=1):
        street.staff(HEAD if number <= 3 else OTHER_HEAD).replies(group, "水厂抢修好了，已来水")
        bot.posted(group, "反馈已解决")
    assert {issue.state for issue in street.issues()} == {"resolved"}


def test_noise_between_neighbours_goes_through_mediator_and_officer(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼下有人吵架", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 邻里纠纷")
    bot.told(HEAD, "【新诉求】")
    bot.told("hu-guiying", "【请协助】")
    bot.told("ma-jun", "【请协助】")
    street.staff("hu-guiying").replies(群, "收到，我和马警官一起过去")
    street.later("2h")
    street.staff("ma-jun").replies(群, "双方谈妥，问题解决了")
    bot.posted(群, "反馈已解决（马军）", to="王")
    assert street.history(1) == ["issue_opened", "issue_reminded", "issue_answered", "issue_resolved"]


def test_noise_goes_through_mediator_and_officer_brought_together(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼上天天半夜跳绳太吵了", alias="1-2-501 王")
    bot.posted(群, "已登记 #1 噪音")
    bot.told(HEAD, "【新诉求】")
    bot.told_all(("gao-peng", "hu-guiying"), "【请协助】网格长王强")
    street.later("10m")
    street.staff(HEAD).answers("#1 中事")
    bot.told_all(("gao-peng", "hu-guiying", "ma-jun"), "【请协助】中事，网格长王强", "1 能处理  2 需协助  3 不归我")
    bot.told(HEAD, "#1 定为中事")
    street.staff("gao-peng").answers("3")
    bot.told("gao-peng", "不归我")
    bot.told(HEAD, "【协助回音】高鹏：不归我管")
    street.staff("ma-jun").answers("2")
    bot.told("ma-jun", "需协助")
    bot.told_all((HEAD, "sun-li"), "【协助回音】马军：需要协助")
    street.later("10m")
    street.staff("hu-guiying").answers("1")
    bot.told("hu-guiying", "能处理")
    bot.told(HEAD, "【协助回音】胡桂英：能处理")
    street.later("1d")  # quiet: somebody has it
    street.staff("hu-guiying").replies(群, "两家谈妥了，晚上十点后不跳了，问题解决了")
    result = bot.posted(群, "#1 噪音 反馈已解决（胡桂英）", to="王")
    群.says("王", "满意", quote=result)
    issue = street.issue(1)
    assert (issue.state, issue.tier, issue.satisfaction) == ("closed", "medium", 1)


def test_referred_to_and_fro_the_bell_follows_and_the_history_stays(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("5 高鹏")
    bot.told(HEAD, "转给高鹏")
    bot.told("gao-peng", "【转办】王强")
    street.later("5m")
    street.staff("gao-peng").answers("5 王强")
    bot.told("gao-peng", "转给王强")
    bot.told(HEAD, "【转办】高鹏")
    street.later("29m")
    bot.said_nothing_else()
    street.later("1m")
    bot.told_all((HEAD, "li-na", "liu-shulan"))
    assert street.history(1).count("issue_referred") == 2
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决")


def test_a_money_matter_goes_to_the_council_and_is_not_forgotten(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 09:00")
    群.says("王", "物业不作为", alias="1-2-501 王")
    bot.forget()
    street.staff(HEAD).answers("4")
    bot.told(HEAD, "上议事会")
    bot.told("sun-li", "【议事会】新列入")
    street.until("2026-07-15 08:59")  # thirty working days, the Dragon Boat holiday between
    bot.told(HEAD, "【快到期】")
    bot.said_nothing_else()
    street.until("2026-07-15 09:00")
    bot.told(HEAD, "【请回音】办理时限已到", at="07-15 09:00")
    street.staff(HEAD).answers("1")
    bot.told(HEAD, "已解决")
    bot.posted(群, "反馈已解决")
