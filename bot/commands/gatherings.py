"""``louling gatherings``: reception days and activities, announced, looked at and called off by the technician."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.words import GatheringKind

app = typer.Typer(help="Reception days and activities: announce, list, close.", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option("--config", help="Config file; without it the shipped defaults.")]
Number = Annotated[int, typer.Argument(min=1, help="The number said in the announcement.")]


@app.command()
def announce(
    kind: Annotated[GatheringKind, typer.Argument(help="What residents are invited to.")],
    starts: Annotated[str, typer.Argument(help="When it begins, in the street's time: 2026-12-03T14:00.")],
    group: Annotated[list[str] | None, typer.Option(help="Words of a group's topic, repeatable; none: all.")] = None,
    title: Annotated[str, typer.Option(help="Its name, for example 义诊.")] = "",
    place: Annotated[str, typer.Option(help="Where, for example 社区一楼.")] = "",
    hosts: Annotated[str, typer.Option(help="Who receives the residents.")] = "",
    places: Annotated[int | None, typer.Option(min=1, max=9999, help="How many may come; without: any number.")] = None,
    online: Annotated[bool, typer.Option("--online", help="A reception online.")] = False,
    config: Config = None,
) -> None:
    """Post an announcement in the chosen groups, under their posting policy; residents sign up by reply."""
    from bot.commands.gathering import NOT_SAID, announce_gathering
    from domain.gatherings import Draft

    wanted = Draft(kind, title[:60], place[:60], NOT_SAID, online, hosts[:60], places, tuple(group or ()))
    announce_gathering(config, wanted, starts)


@app.command("list")
def print_ahead(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over or called off.")] = False,
    config: Config = None,
) -> None:
    """What is ahead, with its sign-ups counted."""
    from bot.commands.gathering import print_gatherings

    print_gatherings(config, every=every)


@app.command()
def names(number: Number, config: Config = None) -> None:
    """Who signed up for one."""
    from bot.commands.gathering import print_names

    print_names(config, number)


@app.command()
def close(number: Number, config: Config = None) -> None:
    """Call one off: what is not posted yet is dropped, where it was posted the groups are told."""
    from bot.commands.gathering import close_gathering

    close_gathering(config, number)
