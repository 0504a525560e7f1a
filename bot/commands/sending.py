"""``louling sending``: the kill switch, and how much each account sent today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Stop and resume sending; see the day's counts.", invoke_without_command=True)
Config = Annotated[Path | None, typer.Option("--config", help="Config file; without it the shipped defaults.")]
Account = Annotated[str | None, typer.Argument(help="The account's name in the config; default: all.")]


@app.callback()
def sending(context: typer.Context, config: Config = None) -> None:
    """Say what each account may send, has sent today, and has waiting."""
    if context.invoked_subcommand is None:
        from bot.commands.switching import print_sending

        print_sending(config)


@app.command()
def stop(account: Account = None, config: Config = None) -> None:
    """Nothing leaves any more, emergencies included; what is queued waits. In force within seconds."""
    from bot.commands.switching import stop_sending

    stop_sending(config, account)


@app.command()
def resume(account: Account = None, config: Config = None) -> None:
    """Send again, at the usual pace."""
    from bot.commands.switching import resume_sending

    resume_sending(config, account)
