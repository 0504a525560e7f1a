"""Floors under what the shipped pack reaches on the lines that nobody reads while writing rules.

Aggregates only: a failure names a figure, never a text. A floor stands just under what was measured
(docs/hearing.md); a pack that does worse has lost something it could do, so mend the pack and leave the floor.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.classify.classifier import Classifier
from handlers.classify.evaluating import Judged, Report, read_labels

BLIND = Path(__file__).parents[2] / "evaluation"

LEAST = {
    "own": {
        "precision": 0.9,
        "recall": 0.815,
        "recall with suspected": 0.86,
        "category right": 0.83,
        "urgent recall": 0.64,
        "emergency recall": 0.87,
    },
    "varied": {
        "precision": 0.89,
        "recall": 0.54,
        "recall with suspected": 0.57,
        "category right": 0.73,
        "urgent recall": 0.27,
        "emergency recall": 0.39,
    },
}
MOST = {
    "own": {
        "opened falsely": 0.095,
        "suspected of chatter": 0.009,
        "suspected of matters": 0.10,
        "urgent falsely": 0.0205,
        "emergency falsely": 0.0175,
    },
    "varied": {
        "opened falsely": 0.09,
        "suspected of chatter": 0.016,
        "suspected of matters": 0.10,
        "urgent falsely": 0.0175,
        "emergency falsely": 0.011,
    },
}


@pytest.fixture(scope="module")
def figures(shipped: Classifier) -> dict[str, dict[str, float]]:
    found = {}
    for lines in LEAST:
        judged = (Judged(one, shipped.hear(one.text)) for one in read_labels(BLIND / lines / "blind.tsv"))
        found[lines] = {name: share.value for name, share in Report(tuple(judged)).shares().items()}
    return found


@pytest.mark.parametrize(("lines", "name"), [(lines, name) for lines, floors in LEAST.items() for name in floors])
def test_the_shipped_pack_stays_above_its_floor(figures: dict[str, dict[str, float]], lines: str, name: str) -> None:
    assert figures[lines][name] >= LEAST[lines][name]


@pytest.mark.parametrize(("lines", "name"), [(lines, name) for lines, bounds in MOST.items() for name in bounds])
def test_the_shipped_pack_stays_below_its_ceiling(figures: dict[str, dict[str, float]], lines: str, name: str) -> None:
    assert figures[lines][name] <= MOST[lines][name]
