"""``louling run``: the service, until it is told to stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from bot import logs
from bot.app import Service
from bot.commands.opening import database_url
from bot.config import Settings, read_settings
from bot.roles import Role
from domain.errors import ConfigError


def with_options(settings: Settings, role: str | None, port: int | None) -> Settings:
    """The config with what the command line says instead. Raises ``ConfigError``."""
    if role is not None and role not in [known.value for known in Role]:
        raise ConfigError(f"--role: {role!r} is no role; write all, worker, ticker or web")
    changes: dict[str, object] = {}
    if role is not None:
        changes["process"] = settings.process.model_copy(update={"role": Role(role)})
    if port is not None:
        changes["console"] = settings.console.model_copy(update={"port": port})
    return settings.model_copy(update=changes)


def serve(config: Path | None, role: str | None = None, port: int | None = None) -> None:
    """Start, print one link, serve, stop cleanly on SIGTERM."""
    settings = with_options(read_settings(config), role, port)
    logs.configure(settings.log.level if config else "WARNING")
    console = Console(highlight=False)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, markup=False)

    asyncio.run(Service(settings, database_url(settings, config), say).run())
