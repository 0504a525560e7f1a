"""What a section chief reads every day, and what its figures mean."""

from __future__ import annotations

from street import Bot, Group, Street

HEAD, CHIEF, OTHER_CHIEF = "wang-qiang", "zhao-min", "qian-wei"


def line(digest: str, start: str) -> str:
    """The line of a digest that begins with these words."""
    return next(line for line in digest.split("\n") if line.startswith(start))


def test_the_digest_comes_once_a_day_to_each_chief_about_his_own(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.staff(HEAD).replies(群, "收到")
    bot.forget()
    street.until("17:59")
    assert bot.digests(CHIEF) == []
    street.until("18:00")
    assert len(bot.digests(CHIEF)) == len(bot.digests(OTHER_CHIEF)) == 1
    assert "文化社区" in bot.digest(CHIEF)
    assert "新增1件（照明1）" in bot.digest(CHIEF)
    assert "新增0件" in bot.digest(OTHER_CHIEF)
    street.restart()
    street.later("1h")
    assert len(bot.digests(CHIEF)) == 1
    street.until("2026-06-03 18:00")
    assert [f"{sent.at:%m-%d %H:%M}" for sent in bot.digests(CHIEF)] == ["06-02 18:00", "06-03 18:00"]
    assert "新增0件" in bot.digest(CHIEF)
    assert "此前遗留1件" in bot.digest(CHIEF)
    street.stops_here()


def test_after_missed_days_there_is_one_digest_over_all_of_them(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.staff(HEAD).replies(群, "楼道灯换好了")
    bot.forget()
    street.outage("4d")
    assert len(bot.digests(CHIEF)) == 1
    assert "06-01 18:00至06-05 18:00" in bot.digest(CHIEF)
    assert "新增1件" in bot.digest(CHIEF)
    street.until("2026-06-06 18:00")
    assert len(bot.digests(CHIEF)) == 2


def test_the_three_rates_have_the_numerators_and_denominators_of_the_design(
    street: Street, bot: Bot, 群: Group
) -> None:
    silent = street.group("文化小区2号楼业主群")
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")  # 1: answered in time, resolved, content
    street.staff(HEAD).answers("1")
    result = next(sent for sent in bot.sent if sent.purpose == "result")
    群.says("王", "1", quote=result)
    群.says("赵", "垃圾堆了好几天没人清", alias="1-1-301 赵")  # 2: answered late
    群.says("孙", "停水了", alias="1-1-401 孙")  # 3: over without any answer: not answered in the response rate
    群.says("孙", "来水了")
    said = 群.says("周", "下水道堵了", alias="1-1-101 周")  # 4: withdrawn, not in the cohort
    群.recalls("周", said)
    silent.says("吴", "楼道灯不亮了", alias="2-1-101 吴")  # 5: never answered
    street.until("14:00")
    street.staff(HEAD).replies(群, "#2 收到")
    silent.says("郑", "垃圾没人清", alias="2-1-201 郑")  # 6: opened late, its limit not passed by 18:00
    street.until("17:55")
    bot.forget()
    street.until("18:00")
    digest = bot.digest(CHIEF)
    assert "新增5件" in digest
    assert line(digest, "回应率") == "回应率 1/5"  # 6: its four hours passed at 18:00
    assert line(digest, "办结率") == "办结率 2/2"
    assert line(digest, "满意率") == "满意率 1/1，问了1人"
    assert "需要您过问：2件" in digest
    assert "已等9小时" in line(digest, "#5")
    street.stops_here()
    bot.forget()


def test_reopened_is_not_resolved(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "停水了", alias="1-2-501 王")
    street.staff(HEAD).answers("1")
    群.says("王", "又没水了")
    street.until("18:00")
    digest = bot.digest(CHIEF)
    assert line(digest, "办结率") == "办结率 0/1"
    bot.forget()
    street.stops_here()


def test_rooms_and_phones_are_masked(street: Street, bot: Bot, 群: Group) -> None:
    群.says("王", "3-2-501楼道灯不亮了，电话13812345678", alias="1-2-501 王")
    street.until("18:00")
    digest = bot.digest(CHIEF)
    assert "13812345678" not in digest
    assert "3-2-501" not in digest
    bot.forget()
    street.stops_here()


def test_a_recalled_text_leaves_the_digest_that_was_made(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 17:59")
    said = 群.says("王", "紫色河马旁边的楼道灯不亮了", alias="1-2-501 王")
    street.later("1m")
    assert "紫色河马" in bot.digest(CHIEF)
    群.recalls("王", said)
    assert "紫色河马" not in street.texts_in_database()
    bot.forget()


def test_a_group_that_cannot_be_heard_is_named(street: Street, bot: Bot) -> None:
    street.on_network("testnet", {"room-1": "文化小区1号楼业主群"})
    street.until("18:00")

    def body(tx: object) -> str:
        from schedules.digest import digest_text, latest_due

        until = latest_due(tx, tx.now)  # type: ignore[arg-type, attr-defined]
        return digest_text(tx, CHIEF, until, until)  # type: ignore[arg-type]

    digest = street.look(body)
    deaf = line(digest, "听不到的群")
    assert "文化小区2号楼业主群" in deaf
    assert "文化小区1号楼业主群" not in deaf
