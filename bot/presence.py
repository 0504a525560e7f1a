"""The heartbeat of a live service: from when to when each account could hear, and what a person must do to mend it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from domain.messages import Channel, ChannelState, LinkState
from store import coverage
from store.desk import Desk
from store.tx import Tx

log = logging.getLogger("louling.presence")

BEAT_SECONDS = 5.0
_LOOK_SECONDS = 0.25  # how soon a change of an account's link is written
_AWAY = "the service was not running"

Scan = Callable[[str, str], None]
"""Shows the login code of an account (account, code) to whoever sits at the terminal."""


class Presence:
    """Writes every few seconds that the service lives and how its accounts are. ``scan`` is given new login codes."""

    def __init__(self, desk: Desk, channels: Mapping[str, Channel], now: Callable[[], datetime], scan: Scan) -> None:
        self._desk = desk
        self._channels = channels
        self._now = now
        self._scan = scan
        self._deaf: set[tuple[str, str]] = set()  # accounts whose gap is open
        self._met: set[tuple[str, str]] = set()  # accounts that were here before; others come when their process ends
        self._shown: dict[str, str] = {}

    async def start(self) -> None:
        """Open the gap of the time in which the service was away; it ends when the account hears."""

        def work(tx: Tx) -> set[tuple[str, str]]:
            known = [(name, account) for name, channel in self._channels.items() for account in channel.state()]
            return {each for each in known if coverage.away(tx, *each, _AWAY)}

        self._deaf = await self._desk.write(self._now(), work)
        self._met = {(name, account) for name, account, _state in self._states()}

    async def run(self) -> None:
        """Beat until cancelled, at once when a link changes. A store that does not take it is asked again."""
        loop = asyncio.get_running_loop()
        last, known = float("-inf"), None
        while True:
            links = [(account, state.link, state.qrcode) for _name, account, state in self._states()]
            if links != known or loop.time() - last >= BEAT_SECONDS:
                last, known = loop.time(), links
                try:
                    await self.beat()
                except Exception:
                    log.exception("the heartbeat was not written", extra={"action": "heartbeat_failed"})
            await asyncio.sleep(_LOOK_SECONDS)

    async def beat(self) -> None:
        """Write one heartbeat, end the gaps of accounts that hear again, show new login codes."""
        states = {(name, account): state for name, account, state in self._states()}
        hears = {each for each in self._deaf if each in states and states[each].link is LinkState.UP}
        links = {f"{name}:{account}": (state.link.value, state.detail) for (name, account), state in states.items()}
        since = {f"{name}:{account}": state.since for (name, account), state in states.items()}

        def work(tx: Tx) -> set[tuple[str, str]]:
            for each in hears:
                coverage.ended(tx, *each)
            taken_over = {each for each in states.keys() - self._met if coverage.away(tx, *each, _AWAY)}
            coverage.put_alive(tx, links, since)
            return taken_over

        taken_over = await self._desk.write(self._now(), work)
        self._deaf = (self._deaf - hears) | taken_over
        self._met = set(states)
        for (_name, account), state in states.items():
            if state.qrcode and self._shown.get(account) != state.qrcode:
                self._scan(account, state.qrcode)
            self._shown[account] = state.qrcode

    def _states(self) -> Sequence[tuple[str, str, ChannelState]]:
        return [
            (name, account, state)
            for name, channel in self._channels.items()
            for account, state in channel.state().items()
        ]
