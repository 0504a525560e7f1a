"""Floors under what the shipped pack reaches on the lines that nobody reads while writing rules.

Aggregates only: a failure names a figure, never a text. A floor stands just under what was measured
(docs/hearing.md); a pack that does worse has lost something it could do, so mend the pack and leave the floor.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.classify.classifier import Classifier
from handlers.classify.evaluating import Judged, Report, read_labels

BLIND = Path(__file__).parents[2] / "evaluation" / "own" / "blind.tsv"

LEAST = {
    "precision": 0.9,
    "recall": 0.815,
    "recall with suspected": 0.86,
    "category right": 0.83,
    "urgent recall": 0.64,
    "emergency recall": 0.87,
}
MOST = {
    "opened falsely": 0.095,
    "suspected of chatter": 0.009,
    "suspected of matters": 0.10,
    "urgent falsely": 0.0205,
    "emergency falsely": 0.0175,
}


@pytest.fixture(scope="module")
def figures(shipped: Classifier) -> dict[str, float]:
    judged = (Judged(one, shipped.hear(one.text)) for one in read_labels(BLIND))
    return {name: share.value for name, share in Report(tuple(judged)).shares().items()}


@pytest.mark.parametrize("name", LEAST)
def test_the_shipped_pack_stays_above_its_floor(figures: dict[str, float], name: str) -> None:
    assert figures[name] >= LEAST[name]


@pytest.mark.parametrize("name", MOST)
def test_the_shipped_pack_stays_below_its_ceiling(figures: dict[str, float], name: str) -> None:
    assert figures[name] <= MOST[name]
