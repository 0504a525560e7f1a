"""The console's pages on a street's year, beside an empty page of the same server.

.venv/bin/python -m bench.pages [--issues 100000] [--requests 100]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from aiohttp import ClientSession, CookieJar, web

from bench.filled import store_issues
from bench.ground import START, lines, make_house, open_database, percent
from bench.message import heard_to_done
from bench.table import Line, printed
from bot.health import HouseHealth
from bot.heap import leave_what_is_loaded
from bot.simulate.street import make_street
from handlers.classify import Classifier, load_classifier
from store.engine import Store
from web.app import make_app

PAGES = (
    "/issues",
    "/issues?state=all",
    "/issues?state=closed",
    "/issues?state=all&page=200",
    "/issues?category=lighting&state=all",
    "/issues/{issue}",
    "/healthz",
    "/metrics",
)
TOKEN = "bench"


async def _bare(_request: web.Request) -> web.Response:
    return web.Response(text="楼铃")


async def _asked(store: Store, classifier: Classifier, requests: int, issue: int) -> dict[str, list[float]]:
    """Seconds of every request, by page; ``bare`` is the empty one."""
    house = make_house(store, classifier)
    health = HouseHealth(house, lambda: ())
    health.ready = True
    app = make_app(store, house.street, health, token=TOKEN, clock=house.clock.now)
    app.router.add_get("/bare", _bare)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    leave_what_is_loaded()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    took: dict[str, list[float]] = {}
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as visitor:
        await (await visitor.get(f"{base}/?token={TOKEN}")).read()
        for number in range(requests + 3):
            for page in ("/bare", *PAGES):
                begin = time.perf_counter()
                async with visitor.get(base + page.format(issue=issue + number)) as answer:
                    await answer.read()
                    assert answer.status in (200, 503), f"{page}: {answer.status}"
                if number >= 3:
                    took.setdefault(page, []).append(time.perf_counter() - begin)
    await runner.cleanup()
    return took


def measure(issues: int = 100_000, requests: int = 100) -> list[Line]:
    """The slowest page counts."""
    classifier = load_classifier()
    street = make_street(1500, 1)
    with tempfile.TemporaryDirectory(prefix="louling-bench-") as name:
        store = open_database(Path(name) / "pages.db", street, durable=False)
        asyncio.run(heard_to_done(store, classifier, lines(street, 600, 1.0, 1)))
        store_issues(store, issues, START, events=6)
        took = asyncio.run(_asked(store, classifier, requests, issues // 2))
        store.close()
    bare = median(took.pop("/bare")) * 1e3
    middle = {page: median(each) * 1e3 for page, each in took.items()}
    worst = {page: percent(each, 0.99) * 1e3 for page, each in took.items()}
    half, top = max(middle, key=lambda page: middle[page]), max(worst, key=lambda page: worst[page])
    beside, what = f"an empty page {bare:.1f} ms", f"console pages on a street's year ({issues:,} issues)"
    return [
        Line(f"{what}, p50", "≤ 30 ms", f"{middle[half]:.0f} ms (slowest: `{half}`)", beside, middle[half] <= 30),
        Line(f"{what}, p99", "≤ 100 ms", f"{worst[top]:.0f} ms (slowest: `{top}`)", beside, worst[top] <= 100),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100)
    chosen = parser.parse_args()
    print(printed(measure(chosen.issues, chosen.requests)))  # noqa: T201


if __name__ == "__main__":
    main()
