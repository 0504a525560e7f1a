"""End to end: the service is a process, the gateway the official one, the people write and read through it."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pytest
from live_service import Service, gateway_process, said_to, until, writes
from openpyxl import load_workbook

pytestmark = pytest.mark.gateway

ROOM = "3@chatroom"
RESIDENT, HEAD, CHIEF = "wxid_zhang", "wxid_grid", "wxid_li"
LONG_AGO = "2026-01-01 00:00:00.000000"
LAMP = "楼道的灯坏了三天了，晚上黑漆漆的"


async def told(gateway: Any, to: str, words: str, limit: float = 15.0) -> str:
    """Wait until the bot has sent these words to a room or contact, exactly once."""

    async def found() -> list[str]:
        return [text for text in await said_to(gateway, to) if words in text]

    texts: list[str] = await until(found, limit, f"{words!r} to {to}")
    assert len(texts) == 1, texts
    return texts[0]


async def enrolled(service: Service, gateway: Any, person: str, contact: str) -> None:
    await writes(gateway, contact, f"绑定码 {await service.code_of(person)}")
    await told(gateway, contact, "绑定成功")


async def files_to(gateway: Any, to: str) -> list[dict[str, Any]]:
    """The files the bot sent to a room or contact."""
    return [each for each in await gateway.ask("sent") if each["to"] == to and "file" in each]


async def rings(gateway: Any, times: int) -> bool:
    """Whether the grid head was told of the issue so many times."""
    return len([text for text in await said_to(gateway, HEAD) if "【#1 照明】" in text]) == times


async def test_from_a_residents_line_to_the_chiefs_digest_through_the_gateway_with_a_power_cut_between(
    service: Service, gateway: Any
) -> None:
    await service.start()
    await until(service.is_up)
    await enrolled(service, gateway, "wang", HEAD)
    hello = f"您好，我是赵敏 {(await service.code_of('zhao')).lower()}"
    await gateway.ask("friend", id="f1", contactId=CHIEF, type=2, hello=hello)
    await told(gateway, CHIEF, "绑定成功")
    assert await gateway.ask("accepted") == ["f1"]

    await writes(gateway, RESIDENT, "还没有告知，这句不留", ROOM)
    listing = await service.command("groups")
    assert "未登记的房间" in listing
    room = service.rows("SELECT id FROM room WHERE external_id = ?", ROOM)[0][0]
    await service.command("groups", "bind", str(room), "lou-3")
    await told(gateway, ROOM, "【告知】")
    await until(lambda: service.rows("SELECT 1 FROM residents_group WHERE key = 'lou-3' AND notice_at IS NOT NULL"))
    assert not service.rows("SELECT 1 FROM message WHERE room_id = ?", ROOM)

    await writes(gateway, RESIDENT, LAMP, ROOM)
    await told(gateway, ROOM, "已登记 #1")
    await until(lambda: rings(gateway, 2), what="the grid head is told, and reminded")

    await gateway.ask("burst", n=200, rooms=[ROOM])
    await service.kill()
    await service.start()
    await until(service.is_up)
    await until(lambda: not service.rows("SELECT 1 FROM message WHERE state = 'heard' OR state = 'read'"))
    await until(lambda: service.rows("SELECT 1 FROM coverage_gap WHERE until IS NOT NULL"), what="the gap is known")
    assert service.rows("SELECT count(*) FROM coverage_gap") == [(1,)]

    await writes(gateway, HEAD, "收到，马上派师傅去换灯", ROOM)
    await until(lambda: service.rows("SELECT 1 FROM issue WHERE state = 'answered'"))
    service.rows("UPDATE coverage_gap SET since = ?, until = ?", LONG_AGO, "2026-01-01 01:00:00.000000")
    service.rows(
        "UPDATE digest_run SET due_at = ?, since = ?", LONG_AGO, LONG_AGO
    )  # due now, for a window with the gap
    digest = await told(gateway, CHIEF, "【楼铃日报】")
    assert "处理中1" in digest
    assert "断线" in digest
    assert "4号楼业主群" in digest.partition("听不到的群")[2].splitlines()[0]

    (sheet,) = await until(lambda: files_to(gateway, CHIEF), what="the spreadsheet")
    assert re.fullmatch(r"楼铃日报-\d{4}-\d\d-\d\d\.xlsx", sheet["file"])
    book = load_workbook(io.BytesIO(base64.b64decode(sheet["content"])))
    assert {row[0].value: row[1].value for row in book["概况"].rows}["处理中"] == 1
    assert [cell.value for cell in next(book["待回应"].rows)][:3] == ["编号", "类别", "紧急程度"]
    await until(lambda: not service.rows("SELECT 1 FROM outbox WHERE state NOT IN ('sent', 'dropped')"))

    assert await service.stop() == 0
    await told(gateway, ROOM, "【告知】")
    await told(gateway, ROOM, "已登记 #1")
    assert await rings(gateway, 2)
    assert service.rows("SELECT count(*) FROM issue") == [(1,)]
    assert service.rows("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'dropped')") == [(0,)]
    assert not any(secret in service.log for secret in (gateway_process.TOKEN, LAMP, "【#1"))
