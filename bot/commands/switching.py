"""What ``louling sending`` does: looks at the limits and turns the switch, which the running service obeys at once."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from bot.clock import SystemClock
from bot.commands.opening import opened
from bot.config import Settings
from domain.errors import LoulingError
from domain.words import SendState
from store import sends
from store.messages import account_key
from store.outbox import OUTBOX
from store.rooms import OPERATOR
from store.tx import Tx

_CHANNEL = "wechaty"


def print_sending(config: Path | None) -> None:
    """One line an account, and how many messages wait."""
    now = SystemClock().now()
    with opened(config) as (settings, store, desk):
        store.read_now(lambda db: _print(desk.tx(db, now), settings))


def stop_sending(config: Path | None, account: str | None) -> None:
    """Turn the switch off. Raises ``LoulingError`` for an account that is not in the config."""
    _turn(config, account, on=False)


def resume_sending(config: Path | None, account: str | None) -> None:
    """Turn the switch on."""
    _turn(config, account, on=True)


def _turn(config: Path | None, account: str | None, *, on: bool) -> None:
    now = SystemClock().now()
    with opened(config) as (settings, store, desk):
        names = [part.account for part in settings.wechaty]
        if account is not None and account not in names:
            raise LoulingError(f"no account is called {account!r}; the config has {', '.join(names) or 'none'}")
        work = sends.resume if on else sends.stop
        store.write_now(lambda db: work(desk.tx(db, now), OPERATOR, account or sends.EVERY))
    said = "send again" if on else "send nothing until `louling sending resume`"
    print(f"{account or 'all accounts'}: {said}")  # noqa: T201


def _print(tx: Tx, settings: Settings) -> None:
    stopped, sent = sends.stopped(tx.db), sends.today(tx)
    table = Table("账号", "发送", "今日已发", "每日上限", "其中留给危急", box=None, pad_edge=False)
    for part in settings.wechaty:
        pace = tx.street.pace_of(part.account)
        off = "配置中停用" if not pace.enabled or not tx.street.sending else ""
        off = off or ("已停止" if stopped & {part.account, sends.EVERY} else "正常")
        count = sent.get(account_key(_CHANNEL, part.account), 0)
        table.add_row(part.account, off, str(count), str(pace.daily_cap), str(pace.emergency_reserve))
    waiting = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.state == SendState.QUEUED)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    console.print(f"等待发送：{tx.db.execute(waiting).scalar_one()}条")
