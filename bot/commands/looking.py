"""Commands that look: ``louling digest``, ``louling issues``, ``louling db upgrade``."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot.commands.opening import clock_of, database_url, opened
from bot.config import read_settings
from domain.errors import LoulingError
from domain.privacy import excerpt, masked
from domain.wording import waited
from domain.words import zh
from schedules.digest import digest_text, due_on, latest_due
from store.engine import open_engine
from store.issues import ISSUE
from store.tables import Issue
from store.tx import Tx
from store.upgrade import upgrade


def print_digests(config: Path | None, day: date | None, chief: str | None) -> None:
    """The digest of a day, as it stands now, for one or every section chief."""
    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()

        def texts(tx: Tx) -> list[str]:
            until = due_on(tx, day) if day else latest_due(tx, now)
            since = until - timedelta(days=1)
            chiefs = tx.directory.chiefs()
            chosen = [p for p in chiefs if chief in (None, p, tx.directory.name(p))]
            if not chosen:
                known = "、".join(f"{p} {tx.directory.name(p)}" for p in chiefs) or "nobody: import a roster first"
                raise LoulingError(f"--chief {chief!r} is no section chief; there is {known}")
            return [digest_text(tx, person, since, until) for person in chosen]

        print("\n\n".join(store.read_now(lambda db: texts(desk.tx(db, now)))))  # noqa: T201


def print_issues(config: Path | None, *, every: bool, json_lines: bool) -> None:
    """All live issues (or all), the longest waiting first."""
    with opened(config) as (settings, store, desk):
        now = clock_of(store, settings).now()
        directory = store.read_now(lambda db: desk.tx(db, now).directory)
        chosen = select(ISSUE).order_by(ISSUE.c.opened_at, ISSUE.c.id)
        chosen = chosen if every else chosen.where(ISSUE.c.next_at.is_not(None))
        found = store.read_now(lambda db: [Issue(**row._mapping) for row in db.execute(chosen)])
        street = settings.as_street()
    if json_lines:
        for issue in found:
            print(issue.model_dump_json(exclude={"summary", "evidence"}))  # noqa: T201
        return
    table = Table("编号", "类别", "紧急", "分级", "状态", "楼栋", "等待", "负责人", "内容", box=None, pad_edge=False)
    for issue in found:
        table.add_row(
            f"#{issue.number}",
            zh(issue.category),
            zh(issue.urgency),
            zh(issue.tier),
            zh(issue.state),
            directory.buildings[issue.building_id].name,
            waited((now - issue.opened_at).total_seconds()),
            directory.name(issue.assignee_id) if issue.assignee_id else "",
            excerpt(masked(issue.summary), 24),
        )
    console = Console(highlight=False)
    console.print(table if found else f"没有待办的诉求（{street.name}）")


def upgrade_database(config: Path | None) -> None:
    """Migrate; says from which revision to which."""
    settings = read_settings(config)
    url = database_url(settings, config)
    engine = open_engine(url)
    try:
        before, after = upgrade(engine)
    finally:
        engine.dispose()
    said = "already at" if before == after else f"upgraded from {before or 'empty'} to"
    print(f"database: {said} revision {after}")  # noqa: T201
