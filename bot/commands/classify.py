"""``louling classify``: one line in, one JSON line out."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from domain.hearing import Hearing, Matter
from domain.words import Verdict
from handlers.classify.classifier import Classifier, load_classifier

_CHUNK = 1 << 16
_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""Characters that some readers take for a line end; JSON may hold them escaped."""


def classify(
    rules: Annotated[Path | None, typer.Option("--rules", help="A local pack to lay over the shipped one.")] = None,
) -> None:
    """Read messages from standard input, one a line, and print one JSON line for each."""
    classifier = load_classifier(rules, cache_dir=_cache_dir())
    try:
        answer(classifier, sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def answer(classifier: Classifier, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every line of ``source`` on ``sink``, flushed whenever all that has arrived is answered.

    The boundary dictionary starts loading after the first answers, so that it does not delay them.
    """
    loading: threading.Thread | None = None
    for lines in arriving(source):
        for raw in lines:
            text = raw.decode("utf-8", errors="replace")
            sink.write(as_json(classifier.hear(text)).encode("utf-8") + b"\n")
        sink.flush()
        loading = loading or classifier.votes.load_in_background()


def arriving(source: BinaryIO) -> Iterator[list[bytes]]:
    """The complete lines of each chunk as it arrives, without their ``\\n``; a last line may lack it."""
    rest: list[bytes] = []
    read = getattr(source, "read1", source.read)
    while chunk := read(_CHUNK):
        first, *lines = chunk.split(b"\n")
        rest.append(first)
        if lines:
            whole = [b"".join(rest), *lines[:-1]]
            rest = [lines[-1]]
            yield whole
    last = b"".join(rest)
    if last:
        yield [last]


def as_json(hearing: Hearing) -> str:
    """The JSON line of one hearing, as docs/rules.md describes it."""
    first = hearing.gravest
    value: dict[str, Any] = {
        "text": hearing.text,
        "verdict": hearing.verdict,
        "is_issue": hearing.verdict is Verdict.ISSUE,
        "category": first.category if first else None,
        "tier": first.tier if first else None,
        "urgency": first.urgency if first else None,
        "act": hearing.act,
        "score": hearing.score,
        "evidence": [evidence._asdict() for evidence in hearing.evidence],
        "suppressed": [suppressed._asdict() for suppressed in hearing.suppressed],
        "matters": [_matter(matter) for matter in hearing.matters],
    }
    return json.dumps(value, ensure_ascii=False).translate(_BREAKS)


def _matter(matter: Matter) -> dict[str, Any]:
    return {
        "verdict": matter.verdict,
        "is_issue": matter.verdict is Verdict.ISSUE,
        "category": matter.category,
        "tier": matter.tier,
        "urgency": matter.urgency,
        "score": matter.score,
        "place": matter.place._asdict(),
        "partners": list(matter.partners),
        "evidence": [evidence._asdict() for evidence in matter.evidence],
    }


def _cache_dir() -> Path | None:
    """Where the boundary dictionary is kept built, ``None`` when the person has no place for it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "louling"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
