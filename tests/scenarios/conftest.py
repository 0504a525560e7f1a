"""The street of every scenario, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from street import Bot, Group, Street

from handlers.classify import Classifier, load_classifier

_HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The shipped pack, compiled once."""
    return load_classifier(cache_dir=tmp_path_factory.mktemp("dictionary"))


@pytest.fixture
def street(database_url: str, classifier: Classifier) -> Iterator[Street]:
    """The example street on a working day at nine."""
    play = Street(database_url, classifier)
    yield play
    play.close()


@pytest.fixture
def bot(street: Street) -> Bot:
    """What the bot says on it."""
    return street.bot


@pytest.fixture
def 群(street: Street) -> Group:
    """The group of 文化小区1号楼: grid head 王强, lead 刘淑兰, secretary 孙丽, chief 赵敏."""
    return street.group("文化小区1号楼业主群")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL one variant of each scenario: variants differ in words, not in what the database does."""
    seen: set[str] = set()
    again: list[pytest.Item] = []
    for item in items:
        if item.path.parent == _HERE and item.get_closest_marker("postgres") is not None:
            name = f"{item.path}::{getattr(item, 'originalname', item.name)}"
            (again.append(item) if name in seen else seen.add(name))
    if again:
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in again]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Every scenario ends by running on: a word nobody expected fails it."""
    done = yield
    play = pyfuncitem.funcargs.get("street")
    if isinstance(play, Street):
        play.ends()
    return done
