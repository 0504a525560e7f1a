"""What may not be kept is kept nowhere: not in a table, not in a free page, not in the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from domain.messages import Inbound
from store.directory import directory_changed
from store.tables import GroupRow, MessageRow, Seen, table

if TYPE_CHECKING:
    from tests.bot.conftest import Build, Stage

SECRET = "绝对不能留下的一句话"
NAME = "不愿留名的邻居"


@pytest.fixture
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """SQLite alone: its files can be searched."""
    path = tmp_path / "louling.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{path}"


def traces(stage: Stage, *words: str) -> list[str]:
    """The files beside the database that hold one of these words, before and after it is closed."""
    folder = Path(str(stage.store.engine.url.database)).parent
    before = _holding(folder, words)
    stage.store.close()
    return before + _holding(folder, words)


def _holding(folder: Path, words: tuple[str, ...]) -> list[str]:
    files = [path for path in folder.iterdir() if path.is_file()]
    return [path.name for path in files if any(word.encode() in path.read_bytes() for word in words)]


async def heard_both_ways(stage: Stage, message: Inbound) -> None:
    """In one step, and with the id first."""
    await stage.accept(message)
    intake = stage.house.pipeline.intake(message.channel)
    arrival = await intake.heard(message.account, message.message_id + "-2")
    assert arrival is not None
    await intake.read(arrival, message)
    await stage.house.settle()


async def test_nothing_of_a_room_that_belongs_to_no_group(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    line = stage.line(SECRET, room_id="别的群", room_topic=NAME, sender_name=NAME, quote_text=SECRET)
    await heard_both_ways(stage, line)
    assert stage.rows(MessageRow) == []
    assert len(stage.rows(Seen)) == 2
    assert traces(stage, SECRET, NAME) == []
    assert SECRET not in caplog.text


async def test_nothing_of_a_group_before_its_notice(stage: Stage) -> None:
    def no_notice(db: Any) -> None:
        db.execute(update(table(GroupRow)).values(notice_at=None))
        directory_changed(db)

    stage.store.write_now(no_notice)
    await heard_both_ways(stage, stage.line(SECRET, sender_name=NAME, sender_alias=NAME))
    assert traces(stage, SECRET, NAME) == []


async def test_nothing_of_a_resident_who_opted_out_and_again_after_coming_back(build: Build) -> None:
    stage = build()
    await stage.house.start()
    await stage.accept(stage.line("退出"))
    await stage.house.settle()
    await heard_both_ways(stage, stage.line(SECRET, sender_name=NAME, sender_alias=NAME))
    kept = [row.body for row in stage.rows(MessageRow)]
    assert kept == ["退出"]
    await stage.accept(stage.line("加入楼铃"))
    await stage.house.settle()
    await stage.accept(stage.line("我回来了"))
    await stage.house.settle()
    assert [row.body for row in stage.rows(MessageRow)][-1] == "我回来了"
    assert traces(stage, SECRET, NAME) == []


async def test_what_an_opted_out_resident_writes_to_the_bot_alone_is_not_kept_either(build: Build) -> None:
    stage = build()
    await stage.house.start()
    await stage.accept(stage.line("退出"))
    await stage.house.settle()
    await heard_both_ways(stage, stage.line(SECRET, room_id=None, sender_name=NAME))
    assert [row.body for row in stage.rows(MessageRow)] == ["退出"]
    await stage.accept(stage.line("加入", room_id=None))
    await stage.house.settle()
    await stage.accept(stage.line("我回来了", room_id=None))
    await stage.house.settle()
    assert [row.body for row in stage.rows(MessageRow)] == ["退出", "加入", "我回来了"]
    assert traces(stage, SECRET, NAME) == []


async def test_others_in_the_group_are_still_heard(stage: Stage) -> None:
    await stage.accept(stage.line("退出"))
    await stage.house.settle()
    await stage.accept(stage.line("我还在", sender_id="r2"))
    await stage.house.settle()
    assert [row.body for row in stage.rows(MessageRow)][-1] == "我还在"


async def test_the_bots_own_words_are_not_stored_as_chat(stage: Stage) -> None:
    await stage.accept(stage.line(SECRET, is_self=True))
    await stage.house.settle()
    assert stage.rows(MessageRow) == []
    assert traces(stage, SECRET) == []


async def test_a_withdrawn_report_leaves_no_words_behind(build: Build) -> None:
    from domain.words import MessageKind
    from handlers.classify import load_classifier

    stage = build(classifier=load_classifier(None))
    await stage.house.start()
    words = "老张家那个漏水的事情真丢人"
    report = stage.line(f"2单元电梯坏了，{words}")
    await stage.accept(report)
    await stage.house.settle()
    await stage.accept(stage.line("", kind=MessageKind.RECALL, recall_of=report.message_id))
    await stage.pass_time(days=3)
    await stage.house.drain()
    stage.store.close()  # the write-ahead log is folded in
    assert traces(stage, words) == []
