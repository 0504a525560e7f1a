"""The same house as in the tests of the machinery."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).parents[1] / "bot" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("louling_tests_house", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_HOUSE = sys.modules[_SPEC.name] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_HOUSE)
roster, street, build, stage = _HOUSE.roster, _HOUSE.street, _HOUSE.build, _HOUSE.stage
