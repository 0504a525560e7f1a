"""How well one account hears right now, said once: the state that people see, the log line, the gap that closes.

Each condition has a stable ``action`` key. A log line is written when the condition changes, not when it
repeats: a gateway that is away for an hour and tried every two seconds is one line.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.messages import ChannelState, LinkState

NOTE_KEPT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the account was deaf."""

    since: datetime
    until: datetime
    reason: str


class Link:
    """The state of one account. ``now`` gives aware UTC."""

    def __init__(self, account: str, now: Callable[[], datetime], log: logging.Logger) -> None:
        self.account = account
        self.counters: Counter[str] = Counter()
        self._now = now
        self._log = log
        self._began = self._heard = now()
        self._state = ChannelState(LinkState.STARTING, "not connected yet", since=self._began)
        self._action = ""
        self._note: tuple[datetime, str] | None = None
        self._noted: dict[tuple[str, str], datetime] = {}
        self._deaf: tuple[datetime, str] | None = None

    @property
    def state(self) -> ChannelState:
        """What people see; a fresh note of the gateway's stands in the detail of a link that is up."""
        state = replace(self._state, counts=self.counters)
        if self._note and state.link is LinkState.UP and self._now() - self._note[0] < NOTE_KEPT:
            return replace(state, detail=f"{state.detail}; {self._note[1]}")
        return state

    @property
    def is_up(self) -> bool:
        """Whether the account hears."""
        return self._state.link is LinkState.UP

    def sign(self) -> None:
        """The gateway gave a sign of life while the account hears: until here nothing was missed."""
        if self.is_up:
            self._heard = self._now()

    def up(self, detail: str) -> Gap | None:
        """The account hears. Gives the gap that ends here, if there was one."""
        gap = Gap(self._deaf[0], self._now(), self._deaf[1]) if self._deaf else None
        self._deaf = None
        self._becomes(LinkState.UP, detail, "wechaty.up", logging.INFO)
        self._heard = self._now()
        return gap

    def waiting(self, detail: str, action: str, qrcode: str = "") -> None:
        """A person must do something before the account hears."""
        self._deafens(detail)
        self._becomes(LinkState.WAITING, detail, action, logging.WARNING, qrcode)

    def down(self, detail: str, action: str) -> None:
        """The account does not hear; the channel goes on trying."""
        self._deafens(detail)
        self._becomes(LinkState.DOWN, detail, action, logging.WARNING)

    def ends(self) -> Gap | None:
        """The channel stops: the gap so far, when it stops deaf."""
        gap = Gap(self._deaf[0], self._now(), self._deaf[1]) if self._deaf else None
        self._deaf = None
        self._state = ChannelState(LinkState.DOWN, "stopped", since=self._now())
        self._action = "wechaty.stopped"
        return gap

    def note(self, action: str, about: str, text: str, *, shown: bool = False) -> None:
        """Something odd that changes no state: counted always, logged once per ``about`` in five minutes."""
        self.counters[action] += 1
        now = self._now()
        if shown:
            self._note = (now, text)
        last = self._noted.get((action, about))
        fresh = last is None or now - last >= NOTE_KEPT
        if fresh:
            if len(self._noted) > 200:
                self._noted.clear()
            self._noted[action, about] = now
        self.log(logging.WARNING if fresh else logging.DEBUG, action, text)

    def log(self, level: int, action: str, text: str, **keys: object) -> None:
        """One log line with its stable keys."""
        self._log.log(level, "%s: %s", self.account, text, extra={"action": action, "account": self.account, **keys})

    def _deafens(self, reason: str) -> None:
        if self._deaf is None:
            self._deaf = (self._heard, reason)

    def _becomes(self, link: LinkState, detail: str, action: str, level: int, qrcode: str = "") -> None:
        changed = action != self._action
        since = self._state.since if link is self._state.link else self._now()
        self._state = ChannelState(link, detail, since=since, qrcode=qrcode)
        self._action = action
        if changed:
            self.counters[action] += 1
            self._note = None
            self.log(level, action, detail)
