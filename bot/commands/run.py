"""``louling run``: the service, until it is told to stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from bot import logs
from bot.app import Service
from bot.commands.opening import database_url
from bot.config import read_settings


def serve(config: Path | None) -> None:
    """Start, print one link, serve, stop cleanly on SIGTERM."""
    settings = read_settings(config)
    logs.configure(settings.log.level if config else "WARNING")
    console = Console(highlight=False)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, markup=False)

    asyncio.run(Service(settings, database_url(settings, config), say).run())
