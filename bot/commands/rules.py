"""``louling rules``: prove a pack, explain a verdict, measure on labelled text, propose words.

What they print stands in ``bot.commands.proving``, imported when one of them runs: `louling classify` starts faster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.words import Category

app = typer.Typer(no_args_is_help=True, help="Prove, explain and measure the rules.")


@app.callback()
def _group() -> None:
    """Prove, explain and measure the rules."""


Rules = Annotated[Path | None, typer.Option("--rules", help="A local pack to lay over the shipped one.")]


@app.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A local pack; default: the shipped one.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings and undecided words fail too.")] = False,
    coverage: Annotated[bool, typer.Option(help="Try every word out against the examples.")] = True,
    undecided: Annotated[
        Category | None,
        typer.Option("--undecided", help="Try only this category and list its words that decide no example."),
    ] = None,
) -> None:
    """Run all examples of a pack and show what is wrong; exit code 1 when anything is."""
    from bot.commands import proving

    proving.check(directory, strict=strict, coverage=coverage, category=undecided)


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The message.")],
    rules: Rules = None,
    before: Annotated[list[str] | None, typer.Option(help="The sender's message before; may be given again.")] = None,
) -> None:
    """Show which words of a message counted, which did not and why, and what would change the verdict."""
    from bot.commands import proving

    proving.explain(text, rules, before or ())


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="TSV: text, is_issue, category, urgency, genre; or JSON lines.")],
    rules: Rules = None,
    worst: Annotated[int, typer.Option(help="How many mistakes to show.")] = 20,
    aggregates: Annotated[
        bool, typer.Option("--aggregates", help="Figures only, no text and no line: for a set kept unread.")
    ] = False,
) -> None:
    """Measure hearing on labelled text."""
    from bot.commands import proving

    proving.evaluate(file, rules, 0 if aggregates else worst)


@app.command()
def suggest(
    rules: Rules = None,
    config: Annotated[Path | None, typer.Option("--config", help="Config file; without it the sandbox's.")] = None,
    history: Annotated[int, typer.Option(help="Stored lines of no issue that are looked at.")] = 200_000,
) -> None:
    """Propose words out of what building leads and staff said of what was heard; a person decides."""
    from bot.commands import proving

    proving.suggest(rules, config, history)
