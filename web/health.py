"""Probes and metrics: how the service is, without naming a group or a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from domain.messages import ChannelState, LinkState
from domain.ports import Health
from domain.words import SendState
from store.tables import LIVE_WORDS, Issue, Outbox, by_state, table
from web.keys import HEALTH, STORE

_ISSUE, _OUTBOX = table(Issue), table(Outbox)
_ON_THE_WAY = ((SendState.QUEUED,), (SendState.SENDING, SendState.UNKNOWN))  # a partial index each


@dataclass(frozen=True, slots=True)
class Counted:
    """Live issues, and messages on their way or of unknown fate, by state."""

    issues: Mapping[str, int] = field(default_factory=dict)
    outbox: Mapping[str, int] = field(default_factory=dict)


class Gauges(Collector):
    """The newest look at the service, as Prometheus reads it."""

    def __init__(self) -> None:
        self.health = Health(ok=False, ready=False)
        self.counted = Counted()
        self.channels: Mapping[str, ChannelState] = {}

    def collect(self) -> Iterable[Metric]:
        """One gauge a number."""
        yield GaugeMetricFamily("louling_ok", "1 when the self-audit holds", float(self.health.ok))
        yield GaugeMetricFamily("louling_ready", "1 when messages are taken", float(self.health.ready))
        yield GaugeMetricFamily("louling_problems", "broken promises", float(len(self.health.problems)))
        for name, value in sorted(self.health.numbers.items()):
            yield GaugeMetricFamily(f"louling_{_metric_name(name)}", f"self-audit: {name}", value)
        for what, counts in (("issues", self.counted.issues), ("outbox", self.counted.outbox)):
            family = GaugeMetricFamily(f"louling_{what}_by_state", f"{what} by state", labels=["state"])
            for state, count in sorted(counts.items()):
                family.add_metric([state], count)
            yield family
        yield from self._of_channels()

    def _of_channels(self) -> Iterable[Metric]:
        """The accounts by the names they have in the config; never a group, a person or a code."""
        link = GaugeMetricFamily("louling_account_link", "1 for the link an account has", labels=["account", "link"])
        what = "what happened to an account since the start, by the log's action key"
        counts = GaugeMetricFamily("louling_account_events", what, labels=["account", "action"])
        for account, state in sorted(self.channels.items()):
            for word in LinkState:
                link.add_metric([account, word.value], float(state.link is word))
            for action, count in sorted(state.counts.items()):
                counts.add_metric([account, action], count)
        yield from (link, counts)


GAUGES = web.AppKey("gauges", Gauges)
REGISTRY = web.AppKey("registry", CollectorRegistry)


def add_health(app: web.Application) -> None:
    """Routes and a registry of this application alone: nothing is global."""
    gauges, registry = Gauges(), CollectorRegistry(auto_describe=False)
    registry.register(gauges)
    app[GAUGES], app[REGISTRY] = gauges, registry
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def healthz(request: web.Request) -> web.Response:
    """200 while every promise holds, else 503 with the problems."""
    found = await request.app[HEALTH].health()
    body = {"ok": found.ok, "problems": list(found.problems), "numbers": dict(found.numbers)}
    return web.json_response(body, status=_status(found.ok))


async def readyz(request: web.Request) -> web.Response:
    """200 once messages are taken."""
    found = await request.app[HEALTH].health()
    return web.json_response({"ready": found.ready}, status=_status(found.ready))


async def metrics(request: web.Request) -> web.Response:
    """The Prometheus text format."""
    gauges = request.app[GAUGES]
    gauges.health = await request.app[HEALTH].health()
    gauges.channels = request.app[HEALTH].channels()
    gauges.counted = await request.app[STORE].read(_count)
    body = generate_latest(request.app[REGISTRY])
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _count(db: Connection) -> Counted:
    """What lives and what is on its way; what ended is never counted: it grows for ever."""
    live = select(_ISSUE.c.state, func.count()).where(_ISSUE.c.next_at.is_not(None)).group_by(_ISSUE.c.state)
    issues = dict.fromkeys((state.value for state in LIVE_WORDS), 0)
    issues.update({row[0].value: row[1] for row in db.execute(live)})
    return Counted(issues, by_state(db, _OUTBOX.c.state, *_ON_THE_WAY))


def _status(good: bool) -> HTTPStatus:
    return HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE


def _metric_name(name: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", name.lower())
