"""The tree of errors a person may see. Each says in one line what is wrong, where, and how to mend it.

::

    LoulingError
    ├── ConfigError        config file: unknown key, bad value, bad time
    ├── RosterError        roster file: one line per mistake (see ``mistakes``)
    ├── RuleError          rule pack: one line per mistake
    ├── ChatError          replay input: line number, what, mend
    ├── StoreError         database: newer than the code, locked by another run, marked sandbox
    └── LifecycleError     a move the lifecycle table does not allow (a defect, never a person's mistake)
"""

from __future__ import annotations

from collections.abc import Sequence


class LoulingError(Exception):
    """Base of every error shown to a person as plain lines; the exit code is 1."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes: Sequence[str] = mistakes


class ConfigError(LoulingError):
    """A config file that cannot be used."""


class RosterError(LoulingError):
    """A roster that cannot be used; nothing was changed."""


class RuleError(LoulingError):
    """A rule pack that cannot be used; the old one stays in force."""


class ChatError(LoulingError):
    """A chat file that cannot be replayed; nothing ran."""


class StoreError(LoulingError):
    """A database that cannot be opened as it is."""


class LifecycleError(LoulingError):
    """A change of state that the lifecycle table forbids."""
