"""Limits and the kill switch as the technician turns them, seen at the gateway. The gateway is the official one."""

from __future__ import annotations

from typing import Any

import pytest
from live_service import Service, said_to, until, writes

pytestmark = pytest.mark.gateway

HEAD = "wxid_grid"


async def test_the_switch_stops_a_running_service_and_what_waited_leaves_when_it_is_turned_on(
    service: Service, gateway: Any
) -> None:
    await service.start()
    await until(service.is_up)
    assert "no account is called 'other'" in await service.command("sending", "stop", "other", code=1)
    await service.command("sending", "stop", "main")
    assert "sending is switched off: nothing leaves" in (await service.health())["problems"]
    assert "warn  switch: main send nothing" in await service.command("doctor", code=1)
    await writes(gateway, HEAD, await service.code_of("wang"))
    await until(lambda: service.rows("SELECT 1 FROM outbox WHERE state = 'queued'"))
    listing = await service.command("sending")
    assert "已停止" in listing
    assert "等待发送：1条" in listing
    assert await said_to(gateway, HEAD) == []
    await service.command("sending", "resume", "main")

    async def told() -> bool:
        return any("绑定成功" in text for text in await said_to(gateway, HEAD))

    await until(told)
    assert service.rows("SELECT account, sends FROM send_count") == [("wechaty:main", 1)]
