"""The whole table of numbers, every line beside its bare baseline of the same run.

    .venv/bin/python -m bench [PART …] [--quick] [--keep]

Parts: hearing message stored tick start pages processes recovery; without any, all of them. ``--quick`` measures on a
tenth of what is stored and said, to see that everything works; ``--keep`` writes the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bench.table import Line, keep, printed

PARTS: dict[str, tuple[str, dict[str, int], dict[str, int]]] = {
    "hearing": ("bench.classify", {}, {"count": 2000}),
    "message": ("bench.message", {}, {"count": 500, "rounds": 2}),
    "stored": ("bench.stored", {}, {"stored": 200_000, "count": 300, "rounds": 1}),
    "tick": ("bench.tick", {}, {"stored": 50_000, "rounds": 4}),
    "start": ("bench.start", {}, {"rounds": 2, "messages": 200}),
    "pages": ("bench.pages", {}, {"issues": 5000, "requests": 20}),
    "processes": ("bench.processes", {}, {"count": 500, "rounds": 1}),
    "recovery": ("bench.recovery", {}, {"waiting": 5000}),
}
"""By name: the module, and what its ``measure`` is given for the whole table and for a quick look."""


def machine() -> str:
    """What the numbers were measured on: cores, memory, Python; nothing that names the machine."""
    total = int(Path("/proc/meminfo").read_text(encoding="ascii").partition("MemTotal:")[2].split()[0])
    cores, busy = os.cpu_count(), os.getloadavg()[2]
    return (
        f"Machine: {cores} shared virtual cores, {total / 1024**2:.0f} GiB of memory, Python "
        f"{platform.python_version()}, {platform.system()}; {busy:.1f} other tasks at work on average while it began. "
        "Only ratios within one run compare: times move with what else runs."
    )


def main() -> int:
    """Measure the chosen parts one after the other; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.parts if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    said, found, failed = machine(), list[Line](), list[str]()
    for name in chosen.parts or PARTS:
        module, whole, quick = PARTS[name]
        measure: Callable[..., list[Line]] = import_module(module).measure
        begin = time.perf_counter()
        try:
            found += measure(**(quick if chosen.quick else whole))
        except Exception as error:  # noqa: BLE001  the other parts are still worth their time
            failed.append(name)
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)  # noqa: T201
    print(f"{said}\n\n{printed(found)}")  # noqa: T201
    if chosen.keep and not failed:
        keep(found, said)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
