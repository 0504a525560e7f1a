"""What the technician does to an issue from its page: the same outcomes as a staff member's command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from sqlalchemy import select

from domain.errors import LifecycleError
from domain.lifecycle import MERGEABLE, UNSETTLED, may_move
from domain.words import DismissReason, IssueState
from handlers import outcomes, sorting, tiers
from store import issues
from store.issues import ISSUE
from store.tables import Issue
from store.tx import Cause, Tx, record
from web.bodies import Act, body, number
from web.errors import Refusal
from web.keys import change

BY = "operator"
"""How the trail names what was done in the console."""


def add_actions(app: web.Application) -> None:
    """The one route of all actions."""
    app.router.add_post("/api/issues/{issue}/{action}", act)


async def act(request: web.Request) -> web.Response:
    """Do one action; 404 for an unknown issue or action, 409 when its state does not allow it (any more)."""
    wanted = number(request.match_info["issue"], "没有这件诉求")
    action = _ACTIONS.get(request.match_info["action"])
    if action is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "没有这个操作")
    given = await body(request, Act)

    def work(tx: Tx) -> str | None:
        if tx.db.execute(select(ISSUE.c.id).where(ISSUE.c.id == wanted)).first() is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "没有这件诉求")
        try:
            return action(tx, issues.load(tx, wanted), given)
        except LifecycleError:
            raise _late() from None

    said = await change(request.app, work)
    return web.json_response({"done": True} | ({"said": said} if said else {}))


def _late() -> Refusal:
    return Refusal(HTTPStatus.CONFLICT, "这件诉求的状态已经变了，请刷新页面再看")


def _unsettled(issue: Issue) -> None:
    if issue.state not in UNSETTLED:
        raise _late()


def _cause(given: Act) -> Cause:
    return Cause(BY, reason=given.note)


def _settle(tx: Tx, issue: Issue, given: Act) -> None:
    _unsettled(issue)
    outcomes.resolved(tx, issue, _cause(given), by_staff=True)


def _refer(tx: Tx, issue: Issue, given: Act) -> None:
    _unsettled(issue)
    if given.person is None or given.person not in tx.directory.people:
        raise Refusal(HTTPStatus.BAD_REQUEST, "person：请选一个人")
    outcomes.referred(tx, issue, _cause(given), given.person)


def _tier(tx: Tx, issue: Issue, given: Act) -> None:
    _unsettled(issue)
    if given.tier is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "tier：请选大小事")
    tiers.changed(tx, issue, _cause(given), given.tier)


def _merge(tx: Tx, issue: Issue, given: Act) -> None:
    """Into the live issue of that number in the same grid."""
    _unsettled(issue)
    same = (ISSUE.c.grid_id == issue.grid_id, ISSUE.c.number == given.into, ISSUE.c.id != issue.id)
    row = tx.db.execute(select(ISSUE.c.id).where(*same, ISSUE.c.state.in_(list(UNSETTLED)))).first()
    if row is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "into：同一网格里没有这个编号的未了结诉求")
    kept = issues.load(tx, row.id)
    _allowed(sorting.merge_refused(issue, kept))
    sorting.merged(tx, issue, kept, _cause(given))


def _split(tx: Tx, issue: Issue, given: Act) -> str:
    """Chosen reports are another matter, of another category when one is given; their people get its number."""
    _unsettled(issue)
    _allowed(sorting.split_refused(tx, issue, given.reports))
    new = sorting.split_off(tx, issue, given.reports, _cause(given))
    new = outcomes.opened(tx, sorting.is_about(tx, new, given.category, "said in the console"))
    return f"已拆出 #{new.number}"


def _snooze(tx: Tx, issue: Issue, given: Act) -> None:
    _unsettled(issue)
    if given.hours is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "hours：请选静默多久")
    if not given.note:
        raise Refusal(HTTPStatus.BAD_REQUEST, "note：请写原因")
    until = tx.now + timedelta(hours=given.hours)
    _allowed(sorting.snooze_refused(tx, issue, until))
    issues.snooze(tx, issue, _cause(given), until)


def _category(tx: Tx, issue: Issue, given: Act) -> None:
    if issue.state not in MERGEABLE:
        raise _late()
    if given.category is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "category：请选类别")
    issues.set_category(tx, issue, _cause(given), given.category)


def _confirm(tx: Tx, issue: Issue, given: Act) -> None:
    """A suspicion is an issue after all."""
    if issue.state is not IssueState.SUSPECTED:
        raise _late()
    outcomes.confirmed(tx, issue, _cause(given))


def _allowed(refused: str) -> None:
    if refused:
        raise Refusal(HTTPStatus.BAD_REQUEST, refused)


def _dismiss(tx: Tx, issue: Issue, given: Act) -> None:
    if not may_move(issue.state, IssueState.DISMISSED):
        raise _late()
    outcomes.dismissed(tx, issue, _cause(given), given.why or DismissReason.NOT_A_MATTER)


def _reopen(tx: Tx, issue: Issue, given: Act) -> None:
    if issue.state in UNSETTLED or not may_move(issue.state, IssueState.OPEN):
        raise _late()
    outcomes.reopened(tx, issue, _cause(given))


def _note(tx: Tx, issue: Issue, given: Act) -> None:
    if not given.note:
        raise Refusal(HTTPStatus.BAD_REQUEST, "note：不能为空")
    record(tx, "issue_note", Cause(BY), issue.id, {"text": given.note})


_ACTIONS: dict[str, Callable[[Tx, Issue, Act], str | None]] = {
    "settle": _settle,
    "refer": _refer,
    "tier": _tier,
    "merge": _merge,
    "split": _split,
    "snooze": _snooze,
    "category": _category,
    "confirm": _confirm,
    "dismiss": _dismiss,
    "reopen": _reopen,
    "note": _note,
}
