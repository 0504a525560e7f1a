"""``louling replay``: a chat through the whole house under a virtual clock."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.config import read_settings
from bot.database import REPLAY, open_store
from bot.replay.chat import Chat, read_chat
from bot.replay.driver import Replay
from bot.replay.printing import JsonLines, Timeline
from bot.roster import read_roster_checked
from domain.errors import ChatError
from handlers.classify import load_classifier

_LONG = 2000  # messages from which a progress bar is shown


def replay_chat(
    chat_file: Path,
    roster_file: Path,
    config: Path | None,
    until: datetime | None,
    db_file: Path | None,
    group: str | None,
    *,
    json_lines: bool,
) -> None:
    """Check everything first, then run. Errors are raised before anything is written."""
    settings = read_settings(config)
    roster, warnings = read_roster_checked(roster_file)
    chat = read_chat(chat_file, roster, group)
    if db_file is not None and db_file.exists():
        raise ChatError(f"--db {db_file}: exists already; name a new file, a replay never mixes with another")
    for warning in (*(f"{roster_file}: {line}" for line in warnings), *chat.warnings):
        print(f"warning: {warning}", file=sys.stderr)  # noqa: T201
    rules_dir = Path(settings.rules.dir) if settings.rules.dir else None
    classifier = load_classifier(rules_dir)
    with tempfile.TemporaryDirectory(prefix="louling-replay-") as folder:
        url = f"sqlite:///{(db_file or Path(folder) / 'replay.db').resolve()}"
        store = open_store(url, REPLAY, durable=db_file is not None, alone=True)
        run = Replay(store, settings.as_street(), classifier, roster)
        try:
            if json_lines:
                printer = JsonLines(sys.stdout, settings.calendar())
                asyncio.run(_run(run, chat, until, printer, show=sys.stderr.isatty()))
            else:
                timeline = Timeline(Console(highlight=False), settings.calendar())
                asyncio.run(_run(run, chat, until, timeline, show=sys.stderr.isatty() and not sys.stdout.isatty()))
                timeline.summary(len(chat.messages))
        finally:
            store.close()


async def _run(run: Replay, chat: Chat, until: datetime | None, printer: JsonLines | Timeline, *, show: bool) -> None:
    if not show or len(chat.messages) < _LONG:
        await run.run(chat.messages, until, printer.tell)
        return
    columns = (TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replay", total=len(chat.messages))
        await run.run(chat.messages, until, printer.tell, lambda done: progress.update(task, completed=done))
