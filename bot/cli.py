"""The ``louling`` command. A command that does not work yet is not registered.

Commands import what they need when they run: ``louling classify`` must answer its first line fast.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import gatherings, groups, roster, rules, sending, staff
from bot.commands.classify import classify
from domain.errors import LoulingError

app = typer.Typer(
    name="louling",
    help="Louling 楼铃: a bell in every building's group that rings until someone answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("classify")(classify)
app.add_typer(rules.app, name="rules")
app.add_typer(roster.app, name="roster")
app.add_typer(groups.app, name="groups")
app.add_typer(staff.app, name="staff")
app.add_typer(gatherings.app, name="gatherings")
app.add_typer(sending.app, name="sending")
db = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.add_typer(db, name="db")

Config = Annotated[Path | None, typer.Option("--config", help="Config file; without it the shipped defaults.")]


@app.command()
def run(
    config: Config = None,
    role: Annotated[str | None, typer.Option(help="all, worker, ticker or web; default: process.role.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Instead of console.port; 0: any.")] = None,
) -> None:
    """Serve: with no config, the sandbox with the example street; prints one link."""
    from bot.commands.run import serve

    serve(config, role, port)


@app.command()
def replay(
    chat: Annotated[Path, typer.Argument(help="The chat: JSON lines, or a plain-text export with --group.")],
    roster_file: Annotated[Path, typer.Option("--roster", help="The street's roster, .toml or .xlsx.")],
    config: Config = None,
    until: Annotated[str | None, typer.Option(help="Go on to this ISO time.")] = None,
    db_file: Annotated[Path | None, typer.Option("--db", help="Keep the database in this new file.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON lines only.")] = False,
    group: Annotated[str | None, typer.Option(help="Read a plain-text export of this group.")] = None,
) -> None:
    """Run a chat through the whole house under a virtual clock and show what happens."""
    from bot.commands.replay import replay_chat

    replay_chat(chat, roster_file, config, _instant(until), db_file, group, json_lines=json_lines)


@app.command()
def simulate(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days.")] = 7,
    groups: Annotated[int, typer.Option(min=1, max=20_000, help="How many residents' groups.")] = 150,
    seed: Annotated[int, typer.Option(help="The same seed makes the same story.")] = 1,
    database: Annotated[str | None, typer.Option("--db", help="URL of an empty database; default: throw-away.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Config = None,
) -> None:
    """Play an invented street's days through the whole house at full speed, and account for everything."""
    from bot.commands.simulate import simulate_street

    raise typer.Exit(simulate_street(config, days, groups, seed, database, as_json=json_lines))


@app.command()
def digest(
    day: Annotated[str | None, typer.Option("--date", help="YYYY-MM-DD; default: the last one that was due.")] = None,
    chief: Annotated[str | None, typer.Option(help="Staff id or name; default: every section chief.")] = None,
    config: Config = None,
) -> None:
    """Print the digest of a day as section chiefs read it."""
    from bot.commands.looking import print_digests

    print_digests(config, _day(day), chief)


@app.command()
def issues(
    config: Config = None,
    every: Annotated[bool, typer.Option("--all", help="Ended ones too.")] = False,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the issues, the longest waiting first."""
    from bot.commands.looking import print_issues

    print_issues(config, every=every, json_lines=json_lines)


@app.command()
def doctor(config: Config = None) -> None:
    """Check config, database, roster, gateways, rooms and reach; exit code 1 when something is broken."""
    from bot.commands.doctor import diagnose

    raise typer.Exit(diagnose(config))


@db.command()
def upgrade(config: Config = None) -> None:
    """Bring the database to this program's tables."""
    from bot.commands.looking import upgrade_database

    upgrade_database(config)


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    config: Config = None,
) -> None:
    """Copy the SQLite database to FILE while the service runs, and check the copy."""
    from bot.commands.backup import back_up

    back_up(file, config, force=force)


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A copy made by `louling db backup`.")], config: Config = None
) -> None:
    """Put FILE in the place of the SQLite database, which is kept beside; not while the service runs."""
    from bot.commands.backup import restore as restore_database

    restore_database(file, config)


@db.command()
def check(config: Config = None) -> None:
    """Is the database sound, and does every live issue have a next step? Exit code 1 when not."""
    from bot.commands.backup import check as check_database

    raise typer.Exit(check_database(config))


@roster.app.command("import")
def import_roster(
    file: Annotated[Path, typer.Argument(help="A roster, .toml or .xlsx.")], config: Config = None
) -> None:
    """Make the database's places, people and duties those of FILE; a wrong file changes nothing."""
    from bot.commands.staffing import import_file

    import_file(file, config)


@roster.app.command("codes")
def codes(
    people: Annotated[list[str] | None, typer.Argument(help="Staff ids; default: everybody not bound yet.")] = None,
    config: Config = None,
) -> None:
    """Print fresh one-time codes with which staff bind their WeChat contact."""
    from bot.commands.staffing import print_codes

    print_codes(people or [], config)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise LoulingError(f"--until {text!r} is no ISO 8601 time; write 2026-12-01T18:00:00+08:00") from None
    if at.tzinfo is None:
        raise LoulingError(f"--until {text!r} has no offset; write 2026-12-01T18:00:00+08:00")
    return at


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LoulingError(f"--date {text!r} is no date; write 2026-12-01") from None


def main() -> None:
    """Entry point: a person sees one line per mistake and exit code 1, never a traceback."""
    try:
        app()
    except LoulingError as error:
        for line in str(error).splitlines():
            print(line, file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
