"""The door: what is refused, how it is said, and which headers every answer carries."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from store.engine import Store
from tests.web.conftest import STREET, TOKEN, FakeHealth, FakeSandbox, Site, serve
from web.app import make_app
from web.guard import cookie_name, host_name

PROTECTED = ("/", "/issues", "/issues/1", "/api/sandbox/state", "/api/sandbox/events", "/static/base.css", "/nowhere")


@pytest.mark.parametrize("path", PROTECTED)
async def test_without_the_token_nothing_is_served(site: Site, path: str) -> None:
    async with site.stranger.get(site.url + path) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
        said = await answer.text()
    assert "启动时终端里打印的完整链接" in said
    assert "文化" not in said


async def test_a_wrong_token_is_refused_and_sets_no_cookie(site: Site) -> None:
    async with site.stranger.get(f"{site.url}/?token=wrong") as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
        assert "Set-Cookie" not in answer.headers


async def test_a_forged_cookie_is_refused(site: Site) -> None:
    cookie = {"Cookie": f"{cookie_name(TOKEN)}=wrong-词"}
    async with site.stranger.get(site.url + "/issues", headers=cookie) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN


async def test_the_printed_link_becomes_a_cookie_and_a_clean_address(site: Site) -> None:
    link = f"{site.url}/issues?state=all&token={TOKEN}"
    async with site.stranger.get(link, allow_redirects=False) as answer:
        assert answer.status == HTTPStatus.SEE_OTHER
        assert answer.headers["Location"] == "/issues?state=all"
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


async def test_a_link_clicked_on_another_site_goes_on_by_itself(site: Site) -> None:
    """A strict cookie is not sent on a redirect that began elsewhere."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with site.stranger.get(f"{site.url}/?token={TOKEN}", headers=headers, allow_redirects=False) as answer:
        assert answer.status == HTTPStatus.OK
        assert answer.headers["Refresh"] == "0; url=/"
        assert "Set-Cookie" in answer.headers


async def test_the_clean_address_stays_on_this_site(site: Site) -> None:
    async with site.stranger.get(f"{site.url}//elsewhere.example/?token={TOKEN}", allow_redirects=False) as answer:
        assert answer.headers["Location"].startswith("/elsewhere.example")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1", "10.0.0.1"])
async def test_a_foreign_host_name_is_refused_everywhere(site: Site, host: str) -> None:
    for path in ("/", "/healthz", "/api/sandbox/state"):
        async with site.visitor.get(site.url + path, headers={"Host": host}) as answer:
            assert answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST)


async def test_an_allowed_host_name_is_served(store: Store, health: FakeHealth, sandbox: FakeSandbox) -> None:
    app = make_app(
        store, STREET, health, token=TOKEN, clock=sandbox.now, allowed_hosts=frozenset({"Console.Street.example"})
    )
    runner, url = await serve(app)
    async with ClientSession() as visitor:
        cookie = f"{cookie_name(TOKEN)}={TOKEN}"
        headers = {"Host": "console.street.example:8080", "Cookie": cookie}
        async with visitor.get(f"{url}/issues", headers=headers) as answer:
            assert answer.status == HTTPStatus.OK
    await runner.cleanup()


def test_host_names_are_read_without_their_port() -> None:
    assert host_name("LocalHost:8080") == "localhost"
    assert host_name("[::1]:8080") == "::1"
    assert host_name("[::1") == ""


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
async def test_a_change_from_elsewhere_is_refused(site: Site, sandbox: FakeSandbox, origin: str | None) -> None:
    headers = {"Origin": origin} if origin is not None else {}
    async with site.visitor.post(f"{site.url}/api/sandbox/say", json={}, headers=headers) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
        assert "Origin" in (await answer.json())["error"]
    assert sandbox.lines == []


async def test_a_change_that_is_not_json_is_refused(site: Site) -> None:
    headers = {**site.headers, "Content-Type": "text/plain"}
    async with site.visitor.post(f"{site.url}/api/sandbox/say", data="{}", headers=headers) as answer:
        assert answer.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        assert "application/json" in (await answer.json())["error"]


async def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    status, said = await site.post("/api/sandbox/say", {"text": "长" * 70_000})
    assert status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert said == {"error": "请求内容太大"}


async def test_every_answer_carries_the_security_headers(site: Site) -> None:
    for path in ("/", "/issues", "/healthz", "/metrics", "/static/main.js", "/api/sandbox/state", "/nowhere"):
        async with site.visitor.get(site.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_pages_ask_no_other_host_for_anything(site: Site) -> None:
    page = await site.text("/")
    assert "//" not in page.replace("http://www.w3.org", "")


async def test_an_unknown_page_is_a_designed_404(site: Site) -> None:
    async with site.visitor.get(f"{site.url}/nowhere") as answer:
        assert answer.status == HTTPStatus.NOT_FOUND
        assert "没有这个页面" in await answer.text()
    status, said = await site.get("/api/sandbox/nowhere")
    assert (status, said) == (HTTPStatus.NOT_FOUND, {"error": "没有这个地址"})


async def test_a_wrong_method_is_told_in_one_line(site: Site) -> None:
    status, said = await site.get("/api/sandbox/say")
    assert status == HTTPStatus.METHOD_NOT_ALLOWED
    assert said == {"error": "这个地址不支持该请求方法"}


async def test_a_failure_inside_shows_no_trace(site: Site, sandbox: FakeSandbox) -> None:
    sandbox.fail = RuntimeError("secret detail of the inside")
    status, said = await site.post("/api/sandbox/say", {"sender": "wang", "text": "你好"})
    assert status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "secret" not in json.dumps(said)
    assert "日志" in said["error"]


async def test_a_failing_page_is_a_designed_500(console: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> Any:
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr("web.console.listed", broken)
    async with console.visitor.get(f"{console.url}/issues") as answer:
        assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
        said = await answer.text()
    assert "页面出了问题" in said
    assert "secret" not in said


async def test_a_channel_that_guards_itself_needs_neither_token_nor_origin(console: Site) -> None:
    async with console.stranger.post(f"{console.url}/hooks/in", data=b"<xml/>") as answer:
        assert await answer.text() == "taken"


async def test_there_is_no_sandbox_beside_a_real_channel(console: Site) -> None:
    status, _ = await console.get("/api/sandbox/state")
    assert status == HTTPStatus.NOT_FOUND
    status, _ = await console.post("/api/sandbox/say", {"sender": "wang", "text": "你好"})
    assert status == HTTPStatus.NOT_FOUND


def test_an_empty_token_is_no_door(store: Store, health: FakeHealth, sandbox: FakeSandbox) -> None:
    with pytest.raises(ValueError, match="token"):
        make_app(store, STREET, health, token="", clock=sandbox.now)


async def test_two_services_on_one_machine_keep_their_own_cookies(
    site: Site, store: Store, health: FakeHealth, sandbox: FakeSandbox
) -> None:
    runner, url = await serve(make_app(store, STREET, health, token="another", clock=sandbox.now))
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as visitor:
        for link in (f"{site.url}/?token={TOKEN}", f"{url}/?token=another", f"{site.url}/issues", f"{url}/issues"):
            async with visitor.get(link) as answer:
                assert answer.status == HTTPStatus.OK
    await runner.cleanup()
