"""The official Wechaty gateway as a child process, for tests and the bench.

``missing()`` installs the packages once and says what is missing; ``running()`` gives tests a gateway or skips
them. Everything else is plain blocking or asyncio standard library, so that the bench can load this file alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TOKEN = "insecure_token_for_tests"
START_LIMIT = 30.0
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def missing() -> str:
    """What is missing to run a gateway, in one line; empty when it can run."""
    node = shutil.which("node")
    if node is None:
        return "the gateway tests need Node 18 or newer: install nodejs and npm"
    if installed():
        return ""
    if shutil.which("npm") is None:
        return "the gateway tests need npm: install it, or run `npm install` in tests/gateway"
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode != 0 or not installed():
        return f"`npm install` in tests/gateway failed: {(done.stderr or done.stdout).strip()[-300:]}"
    return ""


def installed() -> bool:
    """Whether the packages are there in the versions of package.json."""
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        manifest = HERE / "node_modules" / name / "package.json"
        if not manifest.is_file() or json.loads(manifest.read_text())["version"] != version:
            return False
    return True


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(*, launched: bool = True, **env: str) -> Iterator[Gateway]:
    """A gateway for a test, serving unless ``launched`` is false. Without Node the test is skipped, in CI it fails."""
    lacking = missing()
    if lacking:
        import pytest

        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
    gateway = Gateway(env=env)
    try:
        if launched:
            gateway.launch()
            gateway.wait()
        yield gateway
    finally:
        gateway.close()


@dataclass
class Gateway:
    """One gateway on two free ports: gRPC for the bot, HTTP for the test. It may be killed and started again."""

    env: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    control: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="gateway-")) / "log")

    @property
    def packages(self) -> Path:
        """Where npm put the official packages."""
        return HERE / "node_modules"

    @property
    def endpoint(self) -> str:
        """Where the bot connects."""
        return f"127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start the process without waiting for it."""
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
        env |= {"PORT": str(self.port), "CTRL_PORT": str(self.control), "TOKEN": TOKEN, "WECHATY_LOG": "silent"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["node", "gateway.mjs"], cwd=HERE, env=env | self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def start(self) -> None:
        """Start the process and wait until it serves."""
        self.launch()
        await self.ready()

    async def ready(self) -> None:
        """Wait until the gateway serves. Raises ``RuntimeError`` with the end of its log."""
        await asyncio.to_thread(self.wait)

    def wait(self) -> None:
        """``ready`` for code without an event loop."""
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                self._ask("health", {})
                return
            time.sleep(0.05)
        raise RuntimeError(f"the gateway did not start: {self.log.read_text(errors='replace')[-2000:]}")

    async def ask(self, action: str, **body: Any) -> Any:
        """Have the gateway do something; its answer. Raises ``RuntimeError`` with the gateway's own error."""
        return await asyncio.to_thread(self._ask, action, body)

    def _ask(self, action: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}/{action}", json.dumps(body).encode())
        try:
            with NO_PROXY.open(request, timeout=20) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as fault:
            with fault:
                raise RuntimeError(f"{action}: {json.loads(fault.read())}") from None

    def signal(self, number: signal.Signals) -> None:
        """Freeze (SIGSTOP), thaw (SIGCONT) or hit the process otherwise."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, as a power cut."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def close(self) -> None:
        """End the process and remove its log."""
        self.kill()
        shutil.rmtree(self.log.parent, ignore_errors=True)
