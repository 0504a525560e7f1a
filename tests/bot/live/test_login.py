"""The login code: where a person sees it, and that it is gone when nobody needs it. The gateway is the official one."""

from __future__ import annotations

import io
from typing import Any

import pytest
import segno
from live_service import Service, until

from web.accounts import login_code

pytestmark = pytest.mark.gateway

FIRST, SECOND = "https://login.weixin.qq.com/l/first-code==", "https://login.weixin.qq.com/l/second-code=="


def drawn(code: str) -> str:
    out = io.StringIO()
    segno.make(code, error="l", micro=False).terminal(out, border=4, compact=True)
    return out.getvalue().rstrip()


async def test_a_login_code_is_drawn_in_the_terminal_and_on_the_accounts_page_until_the_login(
    service: Service, gateway: Any
) -> None:
    await service.start()
    await until(service.is_up)
    await gateway.ask("logout")
    await until(lambda: "action=wechaty.logged_out" in service.log)
    for code in (FIRST, SECOND):  # a code is good for some minutes, then another one comes
        await gateway.ask("scan", qrcode=code)
        await service.says(drawn(code))
        page = await service.page("/accounts")
        assert login_code(code) in page
        assert "等待扫码" in page
    numbers = (await service.health())["numbers"]
    assert (numbers["accounts_to_scan"], numbers["accounts_down"]) == (1, 1)
    assert 'louling_account_link{account="wechaty:main",link="waiting"} 1.0' in await service.page("/metrics")
    assert service.log.count("action=wechaty.scan") == 1
    assert "waiting for a scan" in service.log

    await gateway.ask("scan", qrcode=SECOND, status=3)  # scanned: nobody else needs it
    await until(lambda: no_code(service))
    await gateway.ask("login")
    await until(service.is_up)
    page = await service.page("/accounts")
    assert 'class="segno"' not in page
    assert "在线" in page
    assert "first-code" not in service.log + page


async def no_code(service: Service) -> bool:
    return not (await service.health())["numbers"]["accounts_to_scan"]
