"""The plan of the house is held: imports go one way, nothing below reads a clock, everything says what it is for."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "store", "handlers", "schedules", "web", "bot")
BELOW = ("domain", "store", "handlers", "schedules")


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_below_the_composition_root_reads_a_clock() -> None:
    readers = []
    for path in sources(*BELOW):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "time", "sleep"):
                owner = ast.unparse(node.value)
                if owner in ("datetime", "datetime.datetime", "date", "time", "asyncio"):
                    readers.append(f"{path.relative_to(ROOT)}:{node.lineno} {owner}.{node.attr}")
    assert readers == []


def test_nothing_happens_at_import_but_definitions() -> None:
    # commands are registered; mappers are configured once, not per thread
    wanted = ("bot/cli.py", "store/issues/rows.py:")
    calls = []
    for path in sources(*PACKAGES):
        if path.name in ("__main__.py", "env.py"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                calls.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.value)[:60]}")
    assert [call for call in calls if not call.startswith(wanted)] == []


def test_no_package_is_called_utils_helpers_or_manager() -> None:
    words = ("util", "helper", "manager", "common", "misc")
    assert [path for path in sources(*PACKAGES) if any(word in path.stem for word in words)] == []


def test_tests_have_no_init_files() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_module_class_and_function_says_what_it_is_for(package: str) -> None:
    bare = []
    for path in sources(package):
        if "migrations/versions" in str(path):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes: list[ast.AST] = [tree, *tree.body]
        for node in nodes:
            if isinstance(node, ast.Module) and not tree.body:
                continue
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if (isinstance(node, ast.Module) or (named and not node.name.startswith("_"))) and not ast.get_docstring(
                node
            ):
                bare.append(f"{path.relative_to(ROOT)} {getattr(node, 'name', 'module')}")
    assert bare == []
