"""Ids of a network may be of any length: a long one is kept whole and its room goes on."""

from __future__ import annotations

from typing import Any

from store.tables import MessageRow, MessageState


async def test_ids_of_any_length_are_kept_and_the_room_goes_on(stage: Any) -> None:
    long = "长" * 300
    assert await stage.accept(stage.line(message_id=long, sender_id="s" * 300))
    assert not await stage.accept(stage.line(message_id=long, sender_id="s" * 300))
    assert await stage.accept(stage.line())
    await stage.house.settle()
    rows = stage.rows(MessageRow)
    assert [row.state for row in rows] == [MessageState.DONE] * 2
    assert rows[0].external_id == long
