"""From the command to ready, to the first verdict, and what it holds in memory; beside a bare interpreter.

.venv/bin/python -m bench.start [--rounds 5] [--messages 1000]
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from bench.table import Line, printed

ROOT = Path(__file__).parents[1]
BARE = "import aiohttp, jinja2, pydantic, sqlalchemy, sqlmodel"
LIBRARIES = "the libraries alone (aiohttp, jinja2, pydantic, SQLAlchemy, SQLModel)"


def _spawned(*arguments: str, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **more,
    )


def _resident(pid: int) -> float:
    """MiB in memory now."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Running:
    """A sandbox service in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = folder / "config.toml"
        config.write_text(f"[console]\nport = {port}\n", encoding="utf-8")
        begin = time.perf_counter()
        self.process = _spawned("-m", "bot.cli", "run", "--config", str(config), cwd=folder)
        assert self.process.stdout is not None
        link = self.process.stdout.readline().split(": ", 1)[1].strip()
        self.base = link.partition("/?")[0]
        with urllib.request.urlopen(f"{self.base}/readyz", timeout=10) as answer:
            assert answer.status == 200
        self.seconds = time.perf_counter() - begin
        time.sleep(1.5)  # jieba's dictionary comes in the background: it belongs to what is held
        self.mebibytes = _resident(self.process.pid)
        self._web = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self._web.open(link, timeout=10).close()

    def say(self, count: int) -> float:
        """Lines through the sandbox's API; what is in memory afterwards, in MiB."""
        state = json.load(self._web.open(f"{self.base}/api/sandbox/state", timeout=10))
        residents = [one for one in state["residents"] if one.get("group")]
        for number in range(count):
            one = residents[number % len(residents)]
            text = f"第{number}天吃饺子" if number % 5 else f"{number % 9 + 1}单元楼道灯坏了，天黑看不见路"
            body = json.dumps({"sender": one["id"], "group": one["group"], "text": text}).encode()
            headers = {"Content-Type": "application/json", "Origin": self.base}
            asked = urllib.request.Request(f"{self.base}/api/sandbox/say", body, headers)
            self._web.open(asked, timeout=30).close()
        return _resident(self.process.pid)

    def stop(self) -> None:
        """As an operator stops it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def _bare() -> tuple[float, float]:
    begin = time.perf_counter()
    said = f"{BARE}; print(open('/proc/self/status').read().partition('VmRSS:')[2].split()[0])"
    out, _ = _spawned("-c", said).communicate(timeout=30)
    return time.perf_counter() - begin, int(out) / 1024


def _verdict() -> float:
    begin = time.perf_counter()
    out, _ = _spawned("-m", "bot.cli", "classify", stdin=subprocess.PIPE).communicate("楼道灯坏了\n", timeout=30)
    assert json.loads(out)["is_issue"]
    return time.perf_counter() - begin


def measure(rounds: int = 5, messages: int = 1000) -> list[Line]:
    """The first start makes the database and the caches; the others are warm."""
    with tempfile.TemporaryDirectory(prefix="louling-bench-") as name:
        Running(Path(name)).stop()
        _verdict()
        starts, verdicts, bares, held = [], [], [], []
        for number in range(rounds):
            bares.append(_bare())
            verdicts.append(_verdict())
            service = Running(Path(name))
            starts.append(service.seconds)
            held.append(service.mebibytes)
            after = service.say(messages) if number == rounds - 1 else 0.0
            service.stop()
    start, verdict, held_first = median(starts), median(verdicts), median(held)
    bare, libraries = median(one[0] for one in bares), median(one[1] for one in bares)
    beside, memory = f"{LIBRARIES}: {bare:.2f} s", f"{LIBRARIES}: {libraries:.0f} MiB"
    return [
        Line("start to ready, warm", "≤ 1.5 s", f"{start:.2f} s", beside, start <= 1.5),
        Line("first verdict (`louling classify`)", "≤ 1.2 s", f"{verdict:.2f} s", beside, verdict <= 1.2),
        Line("in memory before a message", "≤ 110 MiB", f"{held_first:.0f} MiB", memory, held_first <= 110),
        Line(f"in memory after {messages:,}", "≤ 200 MiB", f"{after:.0f} MiB", memory, after <= 200),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=1000)
    chosen = parser.parse_args()
    print(printed(measure(chosen.rounds, chosen.messages)))  # noqa: T201


if __name__ == "__main__":
    main()
