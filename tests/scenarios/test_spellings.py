"""Commands as people really type them: full and half width, with and without spaces and #, traditional characters."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update
from street import Bot, Group, Street

from domain.words import IssueState
from store.tables import Issue, table
from store.tx import Tx

HEAD, SECRETARY = "wang-qiang", "sun-li"


def spellings() -> dict[str, list[str]]:
    """The file of spellings, by command."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("spellings.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            now = found.setdefault(line[3:], [])
        elif line and not line.startswith("# "):
            now.append(line)
    return found


SPELLINGS = spellings()


def answer(street: Street, bot: Bot, who: str, said: str) -> str:
    """What the bot says to ``who`` alone for one line in a direct message."""
    bot.forget()
    begin = len(bot.sent)
    street.staff(who).answers(said)
    return " / ".join(" ".join(sent.text.split()) for sent in bot.sent[begin:] if sent.to == who)


@pytest.fixture
def lamp(street: Street, bot: Bot, 群: Group) -> None:
    """#1 is open, the head was told."""
    street.begins("2026-06-02 09:00", bell={"snoozes_per_issue": 20})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    street.stops_here()


TABLES = {
    "列表": (HEAD, ("待办1件",)),
    "#1": (HEAD, ("#1 照明 待回应",)),
    "帮助": (HEAD, ("可以这样用",)),
    "转给": (SECRETARY, ("转给李娜", "请写明是哪一件")),  # without a number it is none of hers
    "上会": (SECRETARY, ("#1 已列入议事会", "#1 现在是“议事中”", "请写明是哪一件")),
    "静默": (HEAD, ("已静默到",)),
    "代班": (HEAD, ("由李娜代班",)),
}


def as_before(tx: Tx) -> None:
    """The bell may be silenced again."""
    tx.db.execute(update(table(Issue)).values(snoozes=0, state=IssueState.OPEN))


@pytest.mark.parametrize("command", TABLES)
def test_every_spelling_is_understood(street: Street, bot: Bot, 群: Group, lamp: None, command: str) -> None:
    who, wanted = TABLES[command]
    assert len(set(SPELLINGS[command])) >= 60
    missed = []
    for said in SPELLINGS[command]:
        if command == "静默":
            street.change(as_before)
        told = answer(street, bot, who, said)
        if not any(word in told for word in wanted):
            missed.append(f"{said} → {told[:70]}")
    bot.forget()
    assert missed == []


MORE = {
    "#1 退单，不归我管": "不是别人转给您的",
    "退單 #1 不是我的職責": "不是别人转给您的",
    "把#1和#2合并": "#2 不在您负责的范围",
    "合并 #1 #2": "#2 不在您负责的范围",
    "#1 合并到 2号": "#2 不在您负责的范围",
    "＃1拆分": "只有一条反映",
    "请拆分#1": "只有一条反映",
    "1号类别 电梯": "类别已改为“电梯”",
    "#1類別：照明": "类别已改为“照明”",
    "中事 #1": "中事",
    "#1改为小事": "小事",
    "代班表": "没有人登记代班",
    "代班列表。": "没有人登记代班",
    "取消代班": "没有登记代班",
    "销假": "没有登记代班",
    "请假 6月25日到30日": "06月25日至06月30日不在",
    "请假6.25": "06月25日不在",
    "#1 办结，灯换好了": "#1 已记为：已解决",
    "重开 #1": "#1 已重新打开",
    "#1 自己的事": "已记为“自己的事”",
}


def test_other_commands_in_other_words(street: Street, bot: Bot, 群: Group, lamp: None) -> None:
    missed = [
        f"{said} → {told}" for said, wanted in MORE.items() if wanted not in (told := answer(street, bot, HEAD, said))
    ]
    bot.forget()
    assert missed == []


SENTENCES = (
    "#1 给李娜打过电话了",
    "#1 给李娜 打过电话",
    "#1 让李娜白跑一趟",
    "#1 转了一圈没找到",
    "#1 上会议室拿了梯子",
    "#1 明天派李师傅去",
    "#1 功能都正常，就是灯泡坏了",
    "#1 查了，是灯泡坏了",
    "#1 别催了，灯泡买回来就换",
    "#1 情况已经和居民说了",
)


@pytest.mark.parametrize("said", SENTENCES)
def test_a_sentence_that_begins_like_a_command_is_none(
    street: Street, bot: Bot, 群: Group, lamp: None, said: str
) -> None:
    told = answer(street, bot, HEAD, said)
    bot.forget()
    issue = street.issue(1)
    assert (issue.assignee_id, issue.snoozes, issue.tier, issue.state) in [
        (HEAD, 0, "small", "open"),
        (HEAD, 0, "small", "answered"),
    ], told
    assert "#1 照明 待回应" not in told


@pytest.mark.parametrize("place", ["in the group", "to the bot alone"])
def test_what_a_stranger_types_commands_nothing(street: Street, bot: Bot, 群: Group, lamp: None, place: str) -> None:
    bot.forget()
    before = (street.issue(1), street.history(1))
    for said in (
        *(lines[0] for lines in SPELLINGS.values()),
        *(m for m in MORE if "换好" not in m),
        "#1 转给李娜",
        "代班 李娜 6.25-6.30",
        "大事 #1",
    ):
        if place == "in the group":
            street.hear("someone", said, room=群.key, name="路人", mentions_bot=True)
        else:
            street.hear("someone", said, room=None, name="路人")
    assert (street.issue(1), street.history(1)) == before
    bot.said_nothing_else()


def test_staff_of_other_places_command_nothing_here(street: Street, bot: Bot, 群: Group, lamp: None) -> None:
    before = (street.issue(1), street.history(1))
    for said in (
        *(lines[0] for lines in SPELLINGS.values() if "#1" in lines[0]),
        *(m for m in MORE if "1" in m and "假" not in m),
    ):
        assert "#1 照明" not in answer(street, bot, "chen-jing", said)
    bot.forget()
    assert (street.issue(1), street.history(1)) == before
