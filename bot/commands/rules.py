"""``louling rules``: prove a pack, explain a verdict, measure on labelled text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from handlers.classify.checking import Finding, Heard, claimed_twice, heard_examples, mistakes, shadowed, undecided
from handlers.classify.classifier import Classifier, load_classifier
from handlers.classify.examples import Example, load_examples
from handlers.classify.pack import SHIPPED, RuleError

app = typer.Typer(no_args_is_help=True, help="Prove, explain and measure the rules.")

@app.callback()
def _group() -> None:
    """Prove, explain and measure the rules."""


Rules = Annotated[Path | None, typer.Option("--rules", help="A local pack to lay over the shipped one.")]


def loaded(rules_dir: Path | None) -> Classifier:
    """The classifier, or one line per mistake on stderr and exit code 1."""
    try:
        return load_classifier(rules_dir)
    except RuleError as error:
        for line in error.mistakes:
            print(line, file=sys.stderr)  # noqa: T201
        raise typer.Exit(1) from error


@app.command()
def check(
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A local pack; default: the shipped one.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Words that no example decides are errors too.")] = False,
    coverage: Annotated[bool, typer.Option(help="Try every word out against the examples.")] = True,
) -> None:
    """Run all examples of a pack and show what is wrong; exit code 1 when anything is."""
    classifier = loaded(directory)
    examples = _examples(directory)
    heard = heard_examples(classifier, examples)
    errors = [*mistakes(heard), *claimed_twice(examples)]
    warnings = shadowed(classifier.pack.rules, heard)
    if coverage:
        warnings += _undecided(classifier, heard)
    if directory is not None and directory.resolve() != SHIPPED:
        warnings = [one for one in warnings if one.source.is_relative_to(directory)]
    if strict:
        errors, warnings = errors + warnings, []
    out = Console(highlight=False, soft_wrap=True)
    for kind, findings in (("warning", warnings), ("error", errors)):
        for finding in sorted(findings, key=_place):
            out.print(f"{_short(finding)} [{kind}]", markup=False)
    out.print(
        f"{len(examples)} examples, {len(classifier.pack.rules)} rules: {len(errors)} errors, {len(warnings)} warnings",
        markup=False,
    )
    if errors:
        raise typer.Exit(1)


def _examples(directory: Path | None) -> list[Example]:
    try:
        return load_examples(directory or SHIPPED)
    except RuleError as error:
        for line in error.mistakes:
            print(line, file=sys.stderr)  # noqa: T201
        raise typer.Exit(1) from error


def _undecided(classifier: Classifier, heard: list[Heard]) -> list[Finding]:
    console = Console(stderr=True)
    with Progress(
        TextColumn("trying every word"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("", total=None)
        return undecided(classifier, heard, lambda done, total: bar.update(task, completed=done, total=total))


def _place(finding: Finding) -> tuple[str, int, str]:
    return str(finding.source), finding.line, finding.what


def _short(finding: Finding) -> str:
    """The finding with its path from here, where that is shorter."""
    text = str(finding)
    here = f"{Path.cwd()}/"
    return text.removeprefix(here)
