"""``louling roster``: what a technician does with the street's roster before it is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.roster import RosterError, read_roster_checked
from bot.roster.files import reason
from bot.roster.rows import placed
from bot.roster.template import template_toml, template_written
from domain.places import Roster

app = typer.Typer(help="Check the street's roster, or write an empty one to fill in.", no_args_is_help=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A roster, .toml or .xlsx.", show_default=False)]) -> None:
    """Say whether FILE is a good roster; every mistake on a line of its own with its place."""
    try:
        found, warnings = read_roster_checked(file)
    except RosterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for warning in warnings:
        typer.echo(placed(file, f"warning: {warning}"), err=True)
    typer.echo(placed(file, f"ok: {_counts(found)}"))


@app.command()
def template(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to write it, .toml or .xlsx; without it the TOML is printed.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE if it exists.")] = False,
) -> None:
    """Write a roster to fill in, with an example entry of each kind."""
    if file is None:
        typer.echo(template_toml().encode(), nl=False)  # bytes: UTF-8 whatever the terminal speaks
        return
    try:
        template_written(file, overwrite=force)
    except FileExistsError:
        typer.echo(placed(file, "exists already; choose another name, or overwrite it with --force"), err=True)
        raise typer.Exit(1) from None
    except (OSError, ValueError) as error:
        typer.echo(placed(file, f"not written: {reason(error)}"), err=True)
        raise typer.Exit(1) from None
    typer.echo(placed(file, "written; fill it in, then run `louling roster check` on it"))


def _counts(found: Roster) -> str:
    counts = {
        "community": ("communities", found.communities),
        "grid": ("grids", found.grids),
        "building": ("buildings", found.buildings),
        "group": ("groups", found.groups),
        "person": ("people", found.staff),
    }
    return ", ".join(f"{len(all_)} {one if len(all_) == 1 else many}" for one, (many, all_) in counts.items())
