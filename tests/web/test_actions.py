"""What the technician does from the pages: issues, the council's agenda, receptions and activities."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event as sa_event
from sqlalchemy import select, update

from domain.words import IssueState, SignupState, Tier
from store.engine import Store
from store.gatherings import SIGNUP
from store.issues import ISSUE
from store.outbox import OUTBOX
from tests.web.conftest import FakeSandbox, Site, resident


@pytest_asyncio.fixture
async def issue(sandbox: FakeSandbox) -> int:
    """An open issue about a lift."""
    await sandbox.say(resident(0, "三单元电梯又停了"))
    return 1


def stored(store: Store) -> Any:
    return store.read_now(lambda db: db.execute(select(ISSUE).order_by(ISSUE.c.id)).first())


async def test_it_is_settled_and_the_residents_are_told(console: Site, store: Store, issue: int) -> None:
    assert "已解决" in await console.text(f"/issues/{issue}")
    status, _body = await console.post(f"/api/issues/{issue}/settle", {})
    assert (status, stored(store).state) == (HTTPStatus.OK, IssueState.RESOLVED)
    assert any(
        "反馈已解决" in body for body in store.read_now(lambda db: list(db.execute(select(OUTBOX.c.body)).scalars()))
    )
    assert "管理员" in await console.text(f"/issues/{issue}")
    status, body = await console.post(f"/api/issues/{issue}/settle", {})
    assert (status, "状态已经变了" in body["error"]) == (HTTPStatus.CONFLICT, True)
    status, _body = await console.post(f"/api/issues/{issue}/reopen", {})
    assert (status, stored(store).state) == (HTTPStatus.OK, IssueState.OPEN)


async def test_it_is_given_to_somebody_else(console: Site, store: Store, issue: int) -> None:
    status, _body = await console.post(f"/api/issues/{issue}/refer", {"person": "li"})
    assert (status, stored(store).assignee_id) == (HTTPStatus.OK, "li")


async def test_a_note_stands_in_the_trail_with_numbers_masked(console: Site, issue: int) -> None:
    await console.post(f"/api/issues/{issue}/note", {"note": "已电话联系13812345678"})
    assert "备注：已电话联系[电话]" in await console.text(f"/issues/{issue}")


async def test_it_is_put_aside(console: Site, store: Store, issue: int) -> None:
    await console.post(f"/api/issues/{issue}/dismiss", {"why": "own_matter"})
    assert (stored(store).state, stored(store).dismiss_reason) == (IssueState.DISMISSED, "own_matter")


@pytest.mark.parametrize(
    ("path", "body", "status", "line"),
    [
        ("/api/issues/1/refer", {"person": "nobody"}, 400, "请选一个人"),
        ("/api/issues/1/refer", {}, 400, "请选一个人"),
        ("/api/issues/1/merge", {"into": 77}, 400, "没有这个编号"),
        ("/api/issues/1/split", {"reports": [1]}, 400, "只有一条反映"),
        ("/api/issues/1/snooze", {"hours": 2}, 400, "请写原因"),
        ("/api/issues/1/snooze", {"hours": 25, "note": "等配件"}, 400, "最多静默24小时"),
        ("/api/issues/1/confirm", {}, 409, "状态已经变了"),
        ("/api/issues/1/category", {}, 400, "请选类别"),
        (
            "/api/outages",
            {"category": "water", "starts_at": "2026-04-01T09:00", "ends_at": "2026-04-01T08:00", "groups": [1]},
            400,
            "晚于开始",
        ),
        (
            "/api/outages",
            {"category": "noise", "starts_at": "2026-04-01T09:00", "ends_at": "2026-04-01T10:00", "groups": [1]},
            400,
            "不能发停用通知",
        ),
        (
            "/api/outages",
            {"category": "water", "starts_at": "2026-01-01T09:00", "ends_at": "2026-01-01T10:00", "groups": [1]},
            400,
            "已经过去",
        ),
        (
            "/api/outages",
            {"category": "water", "starts_at": "2026-04-01T09:00", "ends_at": "2026-04-01T10:00", "groups": [99]},
            400,
            "没有这个群",
        ),
        ("/api/outages/5/cancel", {}, 404, "没有这个通知"),
        ("/api/issues/1/tier", {"tier": "huge"}, 400, "tier"),
        ("/api/issues/1/note", {}, 400, "不能为空"),
        ("/api/issues/1/explode", {}, 404, "没有这个操作"),
        ("/api/issues/9/settle", {}, 404, "没有这件诉求"),
        ("/api/council/1/resolution", {"text": "修", "carrier": "nobody", "due": "2026-04-01"}, 400, "请选一个人"),
        ("/api/council/1/resolution", {"text": "修", "carrier": "li", "due": "2026-01-01"}, 400, "已经过去"),
        ("/api/council/9/resolution", {"text": "修", "carrier": "li", "due": "2026-04-01"}, 409, "状态已经变了"),
        ("/api/gatherings", {"kind": "activity", "starts_at": "2026-04-01T09:00", "groups": [99]}, 400, "没有这个群"),
        ("/api/gatherings", {"kind": "activity", "starts_at": "2026-01-01T09:00", "groups": [1]}, 400, "已经过去"),
        ("/api/gatherings/5/cancel", {}, 404, "没有这个接访或活动"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_one_line(
    console: Site, store: Store, issue: int, path: str, body: dict[str, Any], status: int, line: str
) -> None:
    before = stored(store)
    assert (await console.post(path, body))[0] == status
    assert line in (await console.post(path, body))[1]["error"]
    assert stored(store) == before


@pytest.mark.parametrize(
    "path", ["/api/issues/1/settle", "/api/issues/1/split", "/api/council/meeting", "/api/gatherings", "/api/outages"]
)
async def test_a_page_of_another_site_changes_nothing(console: Site, store: Store, issue: int, path: str) -> None:
    before = stored(store)
    elsewhere = {"Origin": "http://evil.example"}
    async with console.visitor.post(console.url + path, json={}, headers=elsewhere) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
    async with console.visitor.post(console.url + path, data={}, headers=console.headers) as answer:
        assert answer.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    async with console.stranger.post(console.url + path, json={}, headers=console.headers) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
    assert stored(store) == before


async def test_a_large_matter_goes_over_the_agenda_to_a_resolution(console: Site, store: Store, issue: int) -> None:
    assert "议程上没有事项" in await console.text("/council")
    await console.post(f"/api/issues/{issue}/tier", {"tier": "large"})
    assert (stored(store).tier, stored(store).state) == (Tier.LARGE, IssueState.COUNCIL)
    assert "待议" in await console.text("/council")
    status, body = await console.post(
        "/api/council/meeting", {"community": 1, "at": "2026-03-20T19:00", "place": "议事厅"}
    )
    assert (status, "03月20日19:00，议事厅，议题1件" in body["said"]) == (HTTPStatus.OK, True)
    given = {"text": "更换电梯钢丝绳", "carrier": "li", "due": "2026-04-01"}
    status, body = await console.post(f"/api/council/{issue}/resolution", given)
    assert (status, "由李娜在04月01日前落实" in body["said"]) == (HTTPStatus.OK, True)
    page = await console.text("/council")
    assert "落实中" in page
    assert "更换电梯钢丝绳" in page
    assert stored(store).assignee_id == "li"


async def test_an_activity_is_announced_listed_and_called_off(console: Site, store: Store) -> None:
    assert "最近没有接访或活动" in await console.text("/gatherings")
    given = {"kind": "activity", "title": "义诊", "place": "小广场", "starts_at": "2026-03-12T09:00", "groups": [1]}
    status, body = await console.post("/api/gatherings", given)
    assert (status, "活动1 义诊已登记" in body["said"]) == (HTTPStatus.OK, True)
    assert "还没有人报名" in await console.text("/gatherings")
    assert (await console.post("/api/gatherings/1/cancel", {}))[0] == HTTPStatus.OK
    assert "已取消" in await console.text("/gatherings")
    assert (await console.post("/api/gatherings/1/cancel", {}))[0] == HTTPStatus.CONFLICT


async def test_pages_cost_the_same_queries_however_much_they_show(
    console: Site, store: Store, sandbox: FakeSandbox, issue: int
) -> None:
    async def queries(path: str) -> int:
        seen: list[str] = []

        def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        sa_event.listen(store._readers, "before_cursor_execute", count)
        await console.text(path)
        sa_event.remove(store._readers, "before_cursor_execute", count)
        return len(seen)

    given = {"kind": "activity", "title": "义诊", "starts_at": "2026-03-12T09:00", "groups": [1]}
    await console.post("/api/gatherings", given)
    first = await queries("/gatherings")
    for _ in range(5):
        await console.post("/api/gatherings", given)
    store.write_now(
        lambda db: db.execute(
            SIGNUP.insert(),
            [
                {
                    "gathering_id": gathering,
                    "identity_id": 1,
                    "group_id": 1,
                    "number": 1,
                    "state": SignupState.BOOKED,
                    "people": 2,
                    "words": "",
                    "at": sandbox.now(),
                }
                for gathering in range(1, 7)
            ],
        )
    )
    assert await queries("/gatherings") == first
    assert "报名 2 人" in await console.text("/gatherings")


async def test_a_wrong_merge_is_split_and_a_merge_is_taken_back(
    console: Site, store: Store, sandbox: FakeSandbox, issue: int
) -> None:
    await sandbox.say(resident(1, "一单元电梯停了，和三单元不是一回事"))
    rows = store.read_now(lambda db: list(db.execute(select(ISSUE).order_by(ISSUE.c.id))))
    if len(rows) == 1:  # it joined: the page offers to split it off
        page = await console.text(f"/issues/{issue}")
        assert "拆成另一件" in page
        status, body = await console.post(f"/api/issues/{issue}/split", {"reports": [2], "category": "noise"})
        assert (status, body["said"]) == (HTTPStatus.OK, "已拆出 #2")
        rows = store.read_now(lambda db: list(db.execute(select(ISSUE).order_by(ISSUE.c.id))))
        assert rows[1].category == "noise"
    first, second = rows
    assert f"#{second.number}" in await console.text(f"/issues/{first.id}")
    status, _body = await console.post(f"/api/issues/{second.id}/merge", {"into": first.number})
    assert status == HTTPStatus.OK
    page = await console.text(f"/issues/{first.id}")
    assert "并入本件" in page
    assert "取消合并" in page
    assert "已并入" in await console.text(f"/issues/{second.id}")
    status, _body = await console.post(f"/api/issues/{second.id}/reopen", {})
    after = store.read_now(lambda db: db.execute(select(ISSUE.c.state).where(ISSUE.c.id == second.id)).scalar_one())
    assert (status, after) == (HTTPStatus.OK, IssueState.OPEN)
    assert "取消合并" not in await console.text(f"/issues/{first.id}")


async def test_it_is_silenced_with_a_reason_and_a_limit(console: Site, store: Store, issue: int) -> None:
    for _ in range(2):
        status, _body = await console.post(f"/api/issues/{issue}/snooze", {"hours": 2, "note": "等配件"})
        assert status == HTTPStatus.OK
    assert "静默到" in await console.text(f"/issues/{issue}")
    status, body = await console.post(f"/api/issues/{issue}/snooze", {"hours": 2, "note": "等配件"})
    assert (status, "不能再静默" in body["error"]) == (HTTPStatus.BAD_REQUEST, True)


async def test_a_limit_that_is_near_and_one_that_is_over_are_shown(console: Site, store: Store, issue: int) -> None:
    store.write_now(lambda db: db.execute(update(ISSUE).values(warned_response=True)))
    assert "回应快到期" in await console.text(f"/issues/{issue}")
    assert "回应快到期" in await console.text("/issues")
    store.write_now(lambda db: db.execute(update(ISSUE).values(response_at=ISSUE.c.opened_at)))
    page = await console.text(f"/issues/{issue}")
    assert "回应超时" in page
    assert "快到期" not in page


async def test_its_category_is_set_right(console: Site, store: Store, issue: int) -> None:
    await console.post(f"/api/issues/{issue}/category", {"category": "noise"})
    assert stored(store).category == "noise"


async def test_a_suspicion_is_confirmed_from_its_page(console: Site, store: Store, issue: int) -> None:
    store.write_now(lambda db: db.execute(update(ISSUE).values(state=IssueState.SUSPECTED)))
    assert "是诉求" in await console.text(f"/issues/{issue}")
    assert (await console.post(f"/api/issues/{issue}/confirm", {}))[0] == HTTPStatus.OK
    assert stored(store).state == IssueState.OPEN


async def test_an_outage_is_announced_listed_and_called_off(console: Site, store: Store) -> None:
    given = {"category": "water", "starts_at": "2026-03-11T09:00", "ends_at": "2026-03-11T17:00", "reason": "管网检修"}
    status, body = await console.post("/api/outages", {**given, "groups": [1, 2]})
    assert (status, "发到2个群" in body["said"]) == (HTTPStatus.OK, True)
    posts = store.read_now(lambda db: list(db.execute(select(OUTBOX.c.body)).scalars()))
    assert "【停水通知】因管网检修，03月11日09:00—17:00停水。预计17:00恢复。请提前做好准备。" in posts
    assert "还没有人问起" in await console.text("/gatherings")
    assert (await console.post("/api/outages/1/cancel", {}))[0] == HTTPStatus.OK
    assert "已取消" in await console.text("/gatherings")
    assert (await console.post("/api/outages/1/cancel", {}))[0] == HTTPStatus.CONFLICT
