"""One classifier over the shipped pack for all tests of hearing, and small packs made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from handlers.classify import BoundaryVotes, Classifier
from handlers.classify.pack import SHIPPED, Pack, load_pack


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The shipped pack."""
    return Classifier(load_pack(), BoundaryVotes(tmp_path_factory.mktemp("dictionary")))


@pytest.fixture(scope="session")
def votes(tmp_path_factory: pytest.TempPathFactory) -> BoundaryVotes:
    """The boundary dictionary, loaded once."""
    return BoundaryVotes(tmp_path_factory.mktemp("dictionary"))


@pytest.fixture
def pack_of(tmp_path: Path, votes: BoundaryVotes) -> Callable[..., Classifier]:
    """A classifier over rule files given as text, with the shipped shared tables and no shipped rule."""

    def make(**files: str) -> Classifier:
        for name, text in files.items():
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        pack = load_pack(tmp_path)
        own = tuple(rule for rule in pack.rules if rule.source.parent != SHIPPED)
        return Classifier(Pack(own, pack.tables), votes)

    return make
