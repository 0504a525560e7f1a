"""``louling staff``: who is away, and who stands in for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Who is away, and who stands in for them.", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option("--config", help="Config file; without it the shipped defaults.")]
Person = Annotated[str, typer.Argument(help="Staff id or full name.")]


@app.command()
def away(
    person: Person,
    first: Annotated[str, typer.Argument(help="First day away, YYYY-MM-DD.")],
    last: Annotated[str, typer.Argument(help="Last day away, YYYY-MM-DD.")],
    stand_in: Annotated[str | None, typer.Option(help="Who stands in; without, the next rung rings at once.")] = None,
    config: Config = None,
) -> None:
    """Write down days away; they apply to issues that are open already."""
    from bot.commands.absences import put_away

    put_away(config, person, first, last, stand_in)


@app.command()
def back(person: Person, config: Config = None) -> None:
    """End somebody's days away."""
    from bot.commands.absences import come_back

    come_back(config, person)


@app.command("list")
def print_away(config: Config = None) -> None:
    """Who is away now or later."""
    from bot.commands.absences import print_absences

    print_absences(config)
