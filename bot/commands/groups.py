"""``louling groups``: which room belongs to which group of the roster, who hears, who had the notice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Groups and their rooms: list, bind, record a notice.", invoke_without_command=True)
Config = Annotated[Path | None, typer.Option("--config", help="Config file; without it the shipped defaults.")]
RoomNumber = Annotated[int, typer.Argument(metavar="ROOM", help="The room's number, as `louling groups` lists it.")]
GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="The group's roster id, topic or number.")]


@app.callback()
def groups(context: typer.Context, config: Config = None) -> None:
    """List the groups with their rooms, and the rooms that belong to no group yet with what they could be."""
    if context.invoked_subcommand is None:
        from bot.commands.rooming import print_groups

        print_groups(config)


@app.command()
def bind(
    room: RoomNumber,
    group: GroupName,
    noticed: Annotated[bool, typer.Option("--noticed", help="A person has posted the notice there.")] = False,
    config: Config = None,
) -> None:
    """From now on ROOM is GROUP's: the notice is posted there, then it is heard."""
    from bot.commands.rooming import bind_room

    bind_room(config, room, group, noticed=noticed)


@app.command()
def assign(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account that stands by there.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[GROUP]...", help="Default: every deaf one.")] = None,
    config: Config = None,
) -> None:
    """ACCOUNT hears from now on for the GROUPs in whose rooms it stands by."""
    from bot.commands.rooming import assign_groups

    assign_groups(config, account, names or [])


@app.command()
def unbind(room: RoomNumber, config: Config = None) -> None:
    """ROOM belongs to no group: nothing of it is kept from now on."""
    from bot.commands.rooming import unbind_room

    unbind_room(config, room)


@app.command()
def noticed(group: GroupName, config: Config = None) -> None:
    """Record that a person has posted the notice in GROUP: it may be read from now on."""
    from bot.commands.rooming import record_notice

    record_notice(config, group)


@app.command()
def posting(
    group: GroupName,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="silent, ack, full, or default: as the config says.")],
    config: Config = None,
) -> None:
    """What may be posted in GROUP, whatever `posting.default` says; `default` gives it back to the config."""
    from bot.commands.rooming import set_posting

    set_posting(config, group, policy)
