"""The console's pages: the list with its filters, one issue, and what is masked beside a real channel."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from domain.words import Category, IssueState, Urgency
from store.engine import Store
from store.tables import Event, table
from tests.web.conftest import START, FakeSandbox, Site, resident
from web.console import Filter, listed
from web.issue_view import ISSUE

PRIVATE = "三单元电梯又停了，我电话13812345678，家住3-2-501"


@pytest_asyncio.fixture
async def many(store: Store, sandbox: FakeSandbox) -> None:
    """120 issues: every third one is closed, the first is the oldest."""
    await sandbox.say(resident(0, "三单元电梯又停了"))

    def fill(db: Any) -> None:
        made = dict(db.execute(select(ISSUE)).one()._mapping)
        db.execute(update(ISSUE).values(**_one(1)))
        db.execute(insert(ISSUE), [{**made, **_one(index), "id": index} for index in range(2, 121)])

    await store.write(fill)


def _one(index: int) -> dict[str, Any]:
    closed = index % 3 == 0
    return {
        "grid_id": 1 + index % 2,
        "state": IssueState.CLOSED if closed else IssueState.OPEN,
        "category": Category.ELEVATOR if index % 2 else Category.WATER,
        "urgency": Urgency.EMERGENCY if index == 7 else Urgency.NORMAL,
        "summary": f"第{index}件",
        "opened_at": START - timedelta(days=2) + timedelta(minutes=index // 2),
        "next_at": None if closed else START,
    }


def shown(page: str) -> list[int]:
    """The numbers of the issues on a list page, in order."""
    return [int(part.split("件")[0]) for part in page.split(">第")[1:]]


async def test_the_list_is_the_first_page_without_a_sandbox(console: Site) -> None:
    async with console.visitor.get(f"{console.url}/") as answer:
        assert answer.url.path == "/issues"
        assert "没有符合条件的诉求" in await answer.text()


@pytest.mark.usefixtures("many")
async def test_unsettled_issues_stand_longest_waiting_first_over_the_pages(console: Site) -> None:
    page, found, path = await console.text("/issues"), list[int](), ""
    while True:
        found += shown(page)
        if 'rel="next"' not in page:
            break
        path = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        page = await console.text(path)
    assert found == [index for index in range(1, 121) if index % 3]


@pytest.mark.usefixtures("many")
async def test_what_is_over_stands_newest_first(console: Site) -> None:
    found = shown(await console.text("/issues?state=closed"))
    assert found == [index for index in range(120, 0, -1) if index % 3 == 0]
    assert shown(await console.text("/issues?state=all"))[:3] == [120, 119, 118]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("grid=2", 1),
        ("grid=1", 2),
        ("category=water", 2),
        ("urgency=emergency", 7),
        ("community=1&category=elevator&state=open", 1),
    ],
)
async def test_filters_narrow_the_list_and_stay_chosen(console: Site, query: str, first: int) -> None:
    page = await console.text(f"/issues?{query}")
    assert shown(page)[0] == first
    assert "selected" in page


@pytest.mark.parametrize("query", ["state=gone", "category=x", "urgency=x", "after=x", "after=2026-03-10T00:00:00|1"])
async def test_a_strange_filter_is_refused(console: Site, query: str) -> None:
    async with console.visitor.get(f"{console.url}/issues?{query}") as answer:
        assert answer.status == HTTPStatus.BAD_REQUEST
        assert "请求没有被接受" in await answer.text()


@pytest.mark.parametrize("path", ["/issues/999", "/issues/x", "/issues/-1", "/issues?grid=x", f"/issues/{'9' * 30}"])
async def test_what_does_not_exist_is_404(console: Site, path: str) -> None:
    async with console.visitor.get(console.url + path) as answer:
        assert answer.status == HTTPStatus.NOT_FOUND


async def test_numbers_and_rooms_are_masked_beside_a_real_channel(console: Site, sandbox: FakeSandbox) -> None:
    await sandbox.say(resident(0, PRIVATE))
    for path in ("/issues", "/issues/1"):
        page = await console.text(path)
        assert "[电话]" in page
        assert "13812345678" not in page
        assert "2-501" not in page


async def test_the_sandbox_shows_its_invented_people_as_they_are(site: Site, sandbox: FakeSandbox) -> None:
    await sandbox.say(resident(0, PRIVATE))
    assert "13812345678" in await site.text("/issues/1")


async def test_an_issue_page_tells_the_whole_story(console: Site, sandbox: FakeSandbox) -> None:
    await sandbox.say(resident(0, "三单元电梯又停了"))
    await sandbox.advance(START + timedelta(minutes=25))
    await sandbox.say(resident(0, "修好了", sender="wang", sender_name="王强", sender_alias=""))
    page = await console.text("/issues/1")
    for words in (
        "登记为诉求 #1，由王强负责",
        "无人回应，升级",
        "办理人说已解决",
        "无异议则自动办结",
        "elevator.stopped",
    ):
        assert words in page
    assert '<mark class="topic">电梯</mark>' in page


async def test_every_event_the_program_writes_can_be_told(console: Site, sandbox: FakeSandbox, store: Store) -> None:
    """Odd or old data in the trail must not break a page."""
    await sandbox.say(resident(0, "三单元电梯又停了"))
    events = table(Event)
    kinds = store.read_now(lambda db: list(db.execute(select(events.c.what).distinct()).scalars()))
    from web.timeline import _TELL

    odd = {"kind": "unknown", "to": None, "tier": "x", "answer": "9 gone", "purpose": "x", "why": None}
    rows = [
        {"at": START, "what": what, "issue_id": 1, "by": "gone", "reason": "", "data": data}
        for what in {*_TELL, *kinds, "something_new"}
        for data in (None, odd)
    ]
    store.write_now(lambda db: db.execute(insert(events), rows))
    assert "经过" in await console.text("/issues/1")


async def test_the_state_of_every_channel_is_shown(console: Site) -> None:
    page = await console.text("/issues")
    assert "wechaty:main 等待人工处理：等待扫码" in page


async def test_what_a_resident_wrote_stays_text(console: Site, sandbox: FakeSandbox) -> None:
    await sandbox.say(resident(0, "电梯停了<img src=x onerror=alert(1)><script>alert(2)</script>"))
    for path in ("/issues", "/issues/1"):
        page = await console.text(path)
        assert "<img" not in page
        assert "<script>alert" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_lists_of_live_issues_use_the_narrow_index() -> None:
    assert "next_at IS NOT NULL" in str(listed(Filter()))
    assert "next_at IS NOT NULL" not in str(listed(Filter(every_state=True)))
