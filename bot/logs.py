"""Logs: prose plus stable keys, one line each. Message texts, phone and room numbers never at INFO."""

from __future__ import annotations

import logging
import sys

from domain.privacy import masked

KEYS = ("action", "issue", "room", "group_id", "account", "outbox", "row", "rung")
"""Keys that may follow a line, in this order."""


class PlainFormatter(logging.Formatter):
    """``time level logger: prose  key=value …``, with personal numbers masked whatever was logged."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text; a traceback follows on its own lines."""
        line = super().format(record)
        first, _newline, rest = line.partition("\n")
        keys = " ".join(f"{key}={getattr(record, key)}" for key in KEYS if getattr(record, key, None) is not None)
        whole = f"{first}  {keys}".rstrip() + (f"\n{rest}" if rest else "")
        return masked(whole)


def configure(level: str) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
