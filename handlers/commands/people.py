"""Whom a name in a command means."""

from __future__ import annotations

import difflib

from domain import wording_commands as wording
from domain.words import zh
from handlers.case import Case
from store.directory import Directory


class NotOne(Exception):
    """A name that means nobody or several; the text is the line to say."""


def person_named(case: Case, said: str) -> str:
    """The staff id of a name or id. Raises ``NotOne``."""
    directory = case.tx.directory
    bare = said.lstrip("@").strip()
    found = directory.named(bare)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotOne(wording.namesakes(bare, [(person, _where(directory, person)) for person in found]))
    near = difflib.get_close_matches(bare, directory.people.values(), 1, cutoff=0.5)
    raise NotOne(wording.nobody(bare, near))


def _where(directory: Directory, person: str) -> str:
    """A duty and a place by which two of one name are told apart."""
    places = {"community": directory.communities, "grid": directory.grids}
    for (kind, place), held in directory.holders.items():
        for duty, people in held.items():
            if person in people:
                name = directory.buildings[place].name if kind == "building" else places[kind][place]
                return f"{name}{zh(duty)}"
    return "没有岗位"
