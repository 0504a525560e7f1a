"""The same house as in the tests of the machinery."""

from __future__ import annotations

from tests.bot.conftest import build, roster, stage, street

__all__ = ["build", "roster", "stage", "street"]
