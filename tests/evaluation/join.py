"""Join the blind labels with the texts they were given to.

The project keeps labels by hash only; the texts stay in the folder they came from. Usage:

    python tests/evaluation/join.py DATA_DIR [--half dev|test|all] [--stratum random|hard|all]

prints a table ``text, is_issue, category, urgency`` (TSV with a header) to stdout, ready for
``louling rules evaluate``. Texts missing from ``DATA_DIR`` are counted on stderr.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LABELS = Path(__file__).with_name("labels.tsv")
DEV_DIGITS = frozenset("01234567")


@dataclass(frozen=True, slots=True)
class Label:
    """What the labeller said of one text."""

    sha256: str
    source: str
    stratum: str
    is_issue: str
    category: str
    urgency: str

    @property
    def half(self) -> str:
        """``dev`` or ``test``, by the first hex digit of the text's hash."""
        return "dev" if self.sha256[0] in DEV_DIGITS else "test"


def read_labels(path: Path = LABELS) -> list[Label]:
    """All labels, in the order of the file (sorted by hash)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [Label(*row) for row in rows]


def texts(path: Path) -> Iterator[str]:
    """The first column of a source table: one row a line, one header line, no quoting."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return (line.split("\t", 1)[0] for line in lines[1:] if line)


def join(labels: Sequence[Label], data: Path) -> Iterator[tuple[str, Label]]:
    """Each label whose text stands in ``data``, with that text."""
    found: dict[tuple[str, str], str] = {}
    for source in sorted({label.source for label in labels}):
        path = data / f"{source}.tsv"
        if path.is_file():
            for text in texts(path):
                found[source, hashlib.sha256(text.encode("utf-8")).hexdigest()] = text
    for label in labels:
        text_of_label = found.get((label.source, label.sha256))
        if text_of_label is not None:
            yield text_of_label, label


def main(argv: Sequence[str] | None = None) -> int:
    """Print the joined table; 1 when not one text was found."""
    parser = argparse.ArgumentParser(description="Join the blind labels with their texts.")
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder with the source tables")
    parser.add_argument("--half", choices=("dev", "test", "all"), default="all")
    parser.add_argument("--stratum", choices=("random", "hard", "all"), default="all")
    args = parser.parse_args(argv)
    wanted = [
        label for label in read_labels() if args.half in ("all", label.half) and args.stratum in ("all", label.stratum)
    ]
    joined = list(join(wanted, args.data))
    out = ["text\tis_issue\tcategory\turgency\n"]
    out += [f"{text}\t{label.is_issue}\t{label.category}\t{label.urgency}\n" for text, label in joined]
    sys.stdout.write("".join(out))
    if len(joined) < len(wanted):
        sys.stderr.write(f"{len(wanted) - len(joined)} of {len(wanted)} labelled texts not found\n")
    return 0 if joined else 1


if __name__ == "__main__":
    raise SystemExit(main())
