"""How the writer thread wakes who waits for a commit: the event loop is called once for many of them.

A commit carries many changes. To wake the loop for each of them would cost more than the changes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Waking:
    """Results of another thread for one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._told: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._called = False

    async def result(self, job: Future[T]) -> T:
        """What ``job`` gave or raised. Who stops waiting takes the job back, if it has not begun."""
        waiting: asyncio.Future[T] = self.loop.create_future()
        job.add_done_callback(lambda done: self._tell(waiting, done))
        try:
            return await waiting
        except asyncio.CancelledError:
            job.cancel()
            raise

    def _tell(self, waiting: asyncio.Future[Any], done: Future[Any]) -> None:
        """In the writer's thread. The flag is put down before the queue is emptied, so nobody is left in it."""
        self._told.append((waiting, done))
        if not self._called and not self.loop.is_closed():
            self._called = True
            self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._called = False
        while self._told:
            waiting, done = self._told.popleft()
            if waiting.done():  # nobody waits any more
                continue
            if done.cancelled():
                waiting.cancel()
            elif (error := done.exception()) is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())
