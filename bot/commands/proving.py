"""What ``louling rules`` prints: a pack proved, a verdict explained, a measure on labelled text, proposals."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bot.commands.opening import opened
from domain.hearing import Hearing
from domain.words import Category, Verdict, zh
from handlers.classify.checking import Finding, Heard, claimed_twice, heard_examples, mistakes, shadowed
from handlers.classify.classifier import Classifier, load_classifier
from handlers.classify.deciding import Proof, prove
from handlers.classify.evaluating import Judged, Report, Share, read_labels
from handlers.classify.examples import load_examples
from handlers.classify.explaining import changes, nearest
from handlers.classify.pack import SHIPPED, Rule
from handlers.classify.suggesting import proposals
from store.feedback import judgements, other_lines


def check(directory: Path | None, *, strict: bool, coverage: bool, category: Category | None = None) -> None:
    """Run all examples of a pack and show what is wrong; exit code 1 when anything is.

    With ``category`` only that category's words are tried, and the undecided ones are listed rule by rule.
    """
    classifier = load_classifier(directory)
    examples = load_examples(directory or SHIPPED)
    heard = heard_examples(classifier, examples)
    local = directory if directory is not None and directory.resolve() != SHIPPED else None
    errors = [*mistakes(heard), *claimed_twice(examples)]
    warnings = [
        one for one in shadowed(classifier.pack.rules, heard) if local is None or one.source.is_relative_to(local)
    ]
    out = Console(highlight=False, soft_wrap=True)
    for kind, findings in (("warning", warnings), ("error", errors)):
        for finding in sorted(findings, key=_place):
            out.print(f"{_short(finding)} [{kind}]", markup=False)
    open_words = 0
    if coverage or category is not None:
        proof = _proof(
            classifier,
            heard,
            lambda rule: (
                (local is None or rule.source.is_relative_to(local)) and (category is None or rule.category is category)
            ),
            lambda name: (
                category is None and (local is None or classifier.pack.lists.source[name].is_relative_to(local))
            ),
        )
        open_words = len(proof.undecided)
        if category is not None or (local is not None and open_words):
            _list_undecided(out, proof)
        out.print(_proof_table(proof))
    told = (
        f"{len(examples)} examples, {len(classifier.pack.rules)} rules: {len(errors)} errors, {len(warnings)} warnings"
    )
    out.print(f"{told}, {open_words} undecided words" if coverage or category is not None else told, markup=False)
    if errors or (strict and (warnings or open_words)):
        raise typer.Exit(1)


def _proof(
    classifier: Classifier, heard: list[Heard], wanted: Callable[[Rule], bool], named: Callable[[str], bool]
) -> Proof:
    with Progress(
        TextColumn("trying every word"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)
        return prove(
            classifier, heard, wanted, lambda done, total: bar.update(task, completed=done, total=total), named
        )


def _list_undecided(out: Console, proof: Proof) -> None:
    """Rule by rule and list by list the words that decide nothing; first those in no example.

    A word of several rules stands under the first of them, a word of a named list under the list.
    """
    for (named, rule), of_rule in itertools.groupby(proof.undecided, key=lambda one: (one.named, one.rules[0])):
        what = f"list {named}" if named else _short(Finding(rule.source, rule.line, f"rule {rule.id}"))
        out.print(what, markup=False)
        for (into, stands), words in itertools.groupby(
            sorted(of_rule, key=lambda one: (one.into, one.stands)), key=lambda one: (one.into, one.stands)
        ):
            why = "decide no example they stand in" if stands else "stand in no example"
            out.print(f"  {into or 'words'} that {why}: {' '.join(one.word for one in words)}", markup=False)


def _proof_table(proof: Proof) -> Table:
    """Per category: signs, phrases, exclusions, unless and boundaries, and how many of them an example depends on.

    A word counts once in a category, a word of a named list once in the pack.
    """
    table = Table("category", "words", "decided", "decide none", "in no example")
    for category, asked in sorted(proof.asked.items()):
        absent, idle = proof.open_of(category)
        table.add_row(category, str(asked), str(asked - absent - idle), str(idle), str(absent))
    if proof.asked_of_lists:
        asked, (absent, idle) = proof.asked_of_lists, proof.open_of(None)
        table.add_row("named lists", str(asked), str(asked - absent - idle), str(idle), str(absent))
    return table


def explain(text: str, rules: Path | None, before: Sequence[str]) -> None:
    """Show which words of a message counted, which did not and why, what would change the verdict, what came near."""
    classifier = load_classifier(rules)
    context = tuple(before)
    hearing = classifier.hear(text, context=context)
    out = Console(highlight=False, soft_wrap=True)
    out.print(_coloured(hearing))
    out.print(f"verdict {hearing.verdict}  act {hearing.act}  score {hearing.score}", style=_STYLES[hearing.verdict])
    for matter in hearing.matters:
        out.print(
            f"{matter.verdict} {matter.category} ({zh(matter.category)}) {matter.tier} {matter.urgency} {matter.score}"
        )
        for evidence in matter.evidence:
            out.print(Text(f"  + {evidence.keyword}  {evidence.role}  of {evidence.rule}", style="green"))
    for suppressed in hearing.suppressed:
        by = f" by 「{suppressed.by}」" if suppressed.by else ""
        out.print(Text(f"  - {suppressed.keyword}  of {suppressed.rule}: {suppressed.why}{by}", style="yellow"))
    for number, change in enumerate(changes(classifier, hearing, context)):
        smallest = hearing.matters and not number and not change.hearing.matters
        told = Text(f"  ? {change.how}: {_outcome(change.hearing)}", style="bold cyan" if smallest else "cyan")
        out.print(told.append("  (the smallest change)") if smallest else told)
    for near in nearest(classifier, hearing, context):
        told = Text(f"  ~ {near.rule} found {' '.join(near.found)}: {near.lacks}", style="magenta")
        if near.change is not None:
            told.append(f"; {near.change.how}: {_outcome(near.change.hearing)}", style="cyan")
        out.print(told)


def _outcome(hearing: Hearing) -> str:
    first = hearing.gravest
    return f"{hearing.verdict} {first.category} {first.urgency}" if first else f"{hearing.verdict}"


_STYLES = {Verdict.ISSUE: "bold red", Verdict.SUSPECTED: "bold yellow", Verdict.NONE: "bold"}


def _coloured(hearing: Hearing) -> Text:
    text = Text(hearing.text.encode("utf-8", "replace").decode())
    for suppressed in hearing.suppressed:
        text.stylize("yellow strike", suppressed.start, suppressed.end)
    for matter in hearing.matters:
        for evidence in matter.evidence:
            text.stylize("bold green" if evidence.role != "emergency" else "bold red", evidence.start, evidence.end)
    return text


def evaluate(file: Path, rules: Path | None, worst: int) -> None:
    """Measure hearing on labelled text."""
    labelled = read_labels(file)
    classifier = load_classifier(rules)
    report = Report(tuple(Judged(one, classifier.hear(one.text)) for one in labelled))
    out = Console(highlight=False)
    out.print(_headline(report))
    out.print(_by_category(report))
    if genres := report.by_genre():
        out.print(_by_genre(genres))
    for told, heard, count in report.confusion()[:15]:
        out.print(f"{count:5}  {told} heard as {heard}")
    for kind, one in report.worst(worst):
        out.print(
            Text(f"{kind}: {file.name}:{one.labelled.line} 「{one.labelled.text}」 heard {one.category or 'none'}")
        )


def _headline(report: Report) -> Table:
    table = Table("", "value", "95 %", "of", title=f"{len(report.judged)} texts")
    value, low, high = report.f1()
    table.add_row("F1", f"{value:.3f}", f"{low:.3f} to {high:.3f}", str(len(report.judged)))
    for name, share in report.shares().items():
        low, high = share.interval()
        per = 1000 if "chatter" in name or "falsely" in name else 1
        unit = " per 1,000" if per > 1 else ""
        row = f"{share.value * per:.3f}{unit}", f"{low * per:.3f} to {high * per:.3f}"
        table.add_row(name, *row, f"{share.hits}/{share.of}")
    return table


def _by_category(report: Report) -> Table:
    table = Table("category", "labelled", "heard", "right", "precision", "recall")
    for category, (told, heard, right) in report.by_category().items():
        precision = f"{right / heard:.2f}" if heard else "-"
        recall = f"{right / told:.2f}" if told else "-"
        table.add_row(category, str(told), str(heard), str(right), precision, recall)
    return table


def _by_genre(genres: Mapping[str, tuple[Share, ...]]) -> Table:
    table = Table("genre", "recall", "with suspected", "opened falsely")
    for genre, shares in genres.items():
        table.add_row(genre, *(f"{one.value:.3f} ({one.hits}/{one.of})" if one.of else "-" for one in shares))
    return table


def suggest(rules: Path | None, config: Path | None, history: int) -> None:
    """Print proposals out of the stored judgements as TOML, and the same as a table on stderr."""
    with opened(config) as (settings, store, _desk):
        local = rules or (Path(settings.rules.dir) if settings.rules.dir else None)
        classifier = load_classifier(local)
        judged = [(one.text, one.category) for one in store.read_now(judgements)]
        found = store.read_now(lambda db: proposals(classifier, judged, other_lines(db, history)))
    wrong = sum(category is None for _, category in judged)
    table = Table("rule", "list", "word", "gain", "harm", title=f"{len(judged)} judged texts, {wrong} of no matter")
    out = Console(highlight=False, soft_wrap=True)
    for one in found:
        table.add_row(one.rule, one.into, one.word, str(one.gain), str(one.harm))
        entry = {"rule": one.rule, "list": one.into, "word": one.word, "gain": one.gain, "harm": one.harm}
        lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items())
        out.print("\n".join(("[[proposal]]", *lines, "")), markup=False)
    Console(stderr=True).print(table if found else "nothing to propose: no judged text is heard otherwise")


def _place(finding: Finding) -> tuple[str, int, str]:
    return str(finding.source), finding.line, finding.what


def _short(finding: Finding) -> str:
    """The finding with its path from here, where that is shorter."""
    text = str(finding)
    here = f"{Path.cwd()}/"
    return text.removeprefix(here)
