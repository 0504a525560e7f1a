"""Changing the rules without a restart: notice, load, check, hand over; or keep the old and say why.

Nothing here runs by itself: whoever composes the service asks now and then, and decides what to do with the
answer. Asking costs one look at the folder; only a change costs a load.
"""

from __future__ import annotations

import logging
from pathlib import Path

from domain.errors import RuleError
from handlers.classify.checking import heard_examples, mistakes
from handlers.classify.classifier import Classifier
from handlers.classify.examples import load_examples
from handlers.classify.pack import load_pack

log = logging.getLogger("louling.rules")

Stamp = dict[str, tuple[int, int]]


class PackWatch:
    """Watches one local pack. ``in_force`` is the classifier that hearing uses now."""

    def __init__(self, rules_dir: Path, in_force: Classifier) -> None:
        self.in_force = in_force
        self.problems: tuple[str, ...] = ()
        """Why a changed pack is not in force, for the operator: file and line, no text of anybody."""
        self._dir = rules_dir
        self._seen = _stamp(rules_dir)

    def look(self) -> Classifier | None:
        """The classifier of a changed pack whose examples all pass, ``None`` when everything stays as it is.

        Blocks while it loads and checks (about half a second). Never raises for a broken pack.
        """
        stamp = _stamp(self._dir)
        if stamp == self._seen:
            return None
        self._seen = stamp
        try:
            changed = self._checked()
        except RuleError as error:
            self._refuse(error)
            return None
        except Exception as error:  # whatever a changed file does to the loader, the old rules go on
            log.exception("the changed rules could not be read", extra={"action": "rules_refused"})
            self._refuse(RuleError(f"{self._dir}: {type(error).__name__}"))
            return None
        self.in_force = changed
        self.problems = ()
        log.info("changed rules are in force: %d rules", len(changed.pack.rules), extra={"action": "rules_swapped"})
        return changed

    def _checked(self) -> Classifier:
        """The pack as it stands now. Raises ``RuleError`` when it cannot be used or an example fails."""
        changed = Classifier(load_pack(self._dir), self.in_force.votes)
        found = mistakes(heard_examples(changed, load_examples(self._dir)))
        if found:
            raise RuleError(*map(str, found))
        return changed

    def _refuse(self, error: RuleError) -> None:
        told = [mistake.replace(f"{self._dir}/", "") for mistake in error.mistakes]
        log.warning(
            "the changed rules are refused, the old ones stay in force: %s (mistakes: %d)",
            told[0],
            len(told),
            extra={"action": "rules_refused"},
        )
        place = told[0].partition(": ")[0]
        self.problems = (f"changed rules are refused, the old ones stay in force: mistakes {len(told)}, see {place}",)


def _stamp(folder: Path) -> Stamp:
    """Every file of a pack with its time and size."""
    found: Stamp = {}
    for path in (*folder.glob("*.toml"), *folder.glob("examples/*.toml")):
        try:
            status = path.stat()
        except OSError:
            continue
        found[str(path)] = status.st_mtime_ns, status.st_size
    return found
