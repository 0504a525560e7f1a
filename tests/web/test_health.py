"""Probes and metrics: open, and naming no group or person."""

from __future__ import annotations

from http import HTTPStatus

from domain.ports import Health
from tests.web.conftest import FakeHealth, FakeSandbox, Site, resident


async def test_healthz_says_ok_without_a_token(site: Site) -> None:
    async with site.stranger.get(f"{site.url}/healthz") as answer:
        assert answer.status == HTTPStatus.OK
        said = await answer.json()
    assert said == {"ok": True, "problems": [], "numbers": {"inbox_waiting": 3, "oldest due/s": 1.5}}


async def test_healthz_is_503_with_the_problems(site: Site, health: FakeHealth) -> None:
    health.said = Health(False, True, ("an account hears nothing",))
    async with site.stranger.get(f"{site.url}/healthz") as answer:
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert (await answer.json())["problems"] == ["an account hears nothing"]


async def test_readyz_follows_readiness(site: Site, health: FakeHealth) -> None:
    async with site.stranger.get(f"{site.url}/readyz") as answer:
        assert answer.status == HTTPStatus.OK
    health.said = Health(True, False)
    async with site.stranger.get(f"{site.url}/readyz") as answer:
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_metrics_count_and_name_nobody(site: Site, sandbox: FakeSandbox) -> None:
    await sandbox.say(resident(0, "三单元电梯又停了"))
    async with site.stranger.get(f"{site.url}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        said = await answer.text()
    lines = said.splitlines()
    assert "louling_ok 1.0" in lines
    assert "louling_inbox_waiting 3.0" in lines
    assert "louling_oldest_due_s 1.5" in lines
    assert 'louling_issues_by_state{state="open"} 1.0' in lines
    assert 'louling_outbox_by_state{state="queued"} 0.0' in lines
    assert not any('state="sent"' in line for line in lines), "what ended is not counted: it grows for ever"
    assert "文化" not in said
    assert "一号楼" not in said
    assert "wang" not in said


async def test_each_application_has_its_own_registry(site: Site, console: Site) -> None:
    for one in (site, console):
        async with one.stranger.get(f"{one.url}/metrics") as answer:
            assert (await answer.text()).count("# TYPE louling_ok gauge") == 1
