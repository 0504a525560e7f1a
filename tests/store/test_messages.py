"""Retention, privacy and the inbox's tables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from domain.words import MessageKind
from schedules import jobs
from store import messages
from store.tables import Event, MessageRow, Seen, table

if TYPE_CHECKING:
    from tests.store.conftest import Office

MESSAGE = table(MessageRow)


def fill(office: Office, count: int, **changes: Any) -> None:
    rows = [
        {
            "channel": "replay",
            "account": "main",
            "external_id": f"x{number}",
            "state": "done",
            "kind": MessageKind.TEXT,
            "heard_at": office.now,
            "sent_at": office.now,
            "group_id": 1,
            "body": "早",
            "kept": False,
        }
        | changes
        for number in range(count)
    ]
    office.do(lambda tx: tx.db.execute(insert(MESSAGE), rows))


def test_old_chat_goes_in_pieces_and_what_belongs_to_an_issue_stays(office: Office) -> None:
    issue = office.issue(1, text="电梯坏了")
    fill(office, 5001)
    office.now += office.desk.street.retention + timedelta(seconds=1)
    fill(office, 3)
    assert office.do(jobs.delete_old_chat) == office.now, "there is more: come again at once"
    again = office.do(jobs.delete_old_chat)
    assert again > office.now
    left = office.rows(MessageRow)
    assert len(left) == 4
    assert [row.body for row in left if row.kept] == ["电梯坏了"]
    assert issue.id == 1
    told = [row.data["rows"] for row in office.rows(Event) if row.what == "chat_deleted"]
    assert told == [5000, 1]


def test_nothing_goes_a_moment_too_early_and_what_waits_never(office: Office) -> None:
    fill(office, 1)
    fill(office, 1, state="read", external_id="waiting")
    fill(office, 1, state="heard", external_id="heard")
    office.now += office.desk.street.retention
    office.do(jobs.delete_old_chat)
    assert len(office.rows(MessageRow)) == 3
    office.now += timedelta(days=1)
    office.do(jobs.delete_old_chat)
    assert [row.external_id for row in office.rows(MessageRow)] == ["waiting", "heard"]


def test_retention_comes_every_night_in_the_streets_zone(office: Office) -> None:
    office.do(jobs.run_due)
    due = office.do(jobs.next_due)
    assert due is not None
    assert office.desk.street.local(due).strftime("%H:%M") == "03:30"


def test_dedup_keys_go_after_a_week(office: Office) -> None:
    assert office.do(lambda tx: messages.first_heard(tx.db, "a", "m1", tx.now))
    office.now += timedelta(days=7)
    assert not office.do(lambda tx: messages.first_heard(tx.db, "a", "m1", tx.now))
    office.now += timedelta(seconds=1)
    office.do(jobs.delete_old_chat)
    assert office.rows(Seen) == []


def test_a_recalled_text_is_blank_and_gone_from_the_file(tmp_path: Path, office: Office) -> None:
    if not office.store.is_sqlite:
        pytest.skip("the file of a server is its own affair")
    words = "这句话我后悔了想撤回"
    row = office.message(1, words)
    office.do(lambda tx: messages.blank(tx.db, row))
    office.store.close()
    found = [path.name for path in tmp_path.glob("louling.db*") if words.encode() in path.read_bytes()]
    assert found == []


def test_a_recalled_text_is_gone_from_every_file_while_the_service_runs(tmp_path: Path, office: Office) -> None:
    if not office.store.is_sqlite:
        pytest.skip("the files of a server are its own affair")
    words = "这句话我后悔了想撤回"
    row = office.message(1, words)

    def files() -> list[str]:
        return [path.name for path in tmp_path.glob("louling.db*") if words.encode() in path.read_bytes()]

    assert files() != []
    with office.store.engine.connect() as reader:  # who reads keeps the log from being emptied
        reader.connection.dbapi_connection.execute("BEGIN")  # type: ignore[union-attr]
        reader.connection.dbapi_connection.execute("SELECT count(*) FROM message").fetchall()  # type: ignore[union-attr]
        office.do(lambda tx: messages.blank(tx.db, row))
        reader.connection.dbapi_connection.execute("ROLLBACK")  # type: ignore[union-attr]
    office.do(lambda tx: None)  # the next change, whatever it is
    assert files() == []


def test_a_stored_message_comes_back_as_it_was(office: Office) -> None:
    from domain.messages import Inbound

    message = Inbound(
        "wechaty",
        "second",
        "m1",
        "room",
        "r1",
        office.now,
        text="早",
        kind=MessageKind.IMAGE,
        room_topic="群",
        sender_name="王",
        sender_alias="1-2-501 王",
        mentions=("a", "b"),
        mentions_bot=True,
        quote="m0",
        quote_text="前一句",
        recall_of="m00",
    )
    office.do(lambda tx: messages.put_whole(tx.db, message, 1, tx.now))
    (waiting,) = office.store.read_now(lambda db: messages.waiting(db, messages.lane_of(message), 5))
    assert waiting.message == message
    assert waiting.group_id == 1
