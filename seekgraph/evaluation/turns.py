"""The turns of one run among others: how long it stood still because they were at work."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

from seekgraph.core.base.waiting import STANDING


class Turns(asyncio.Semaphore):
    """A semaphore that runs share, as one of them sees it.

    `waited` are the seconds in which the run had nothing to do but to wait for others: some visit of it was waiting, and none was
    at work. A visit waits for its turn, or, once it has it, while all of its calls wait: for a rate limit, for what a budget has
    reserved for others, for an engine that answers one caller after the other, or for a thread.
    """

    def __init__(self, shared: asyncio.Semaphore) -> None:
        super().__init__()
        self.waited = 0.0
        self._shared, self._at_work, self._waiting, self._since = shared, 0, 0, 0.0

    def locked(self) -> bool:
        """Whether a visit would have to wait now."""
        return self._shared.locked()

    async def acquire(self) -> Literal[True]:
        """Wait for a turn, counting the time."""
        if not self._shared.locked():
            await self._shared.acquire()
        else:
            if not self._at_work and not self._waiting:
                self._since = time.perf_counter()
            self._waiting += 1
            try:
                await self._shared.acquire()
            finally:
                self._waiting -= 1
                self._stop_counting()
        self._at_work += 1
        STANDING.set(_Visit(self))  # this is the visit's own task
        return True

    def release(self) -> None:
        """Give the turn to whoever waits for one."""
        self._at_work -= 1
        if self._waiting and not self._at_work:
            self._since = time.perf_counter()
        self._shared.release()

    def pause(self) -> None:
        """A visit that has its turn waits for others."""
        self._at_work -= 1
        if not self._at_work and not self._waiting:
            self._since = time.perf_counter()
        self._waiting += 1

    def resume(self) -> None:
        """It goes on."""
        self._waiting -= 1
        self._stop_counting()
        self._at_work += 1

    def _stop_counting(self) -> None:
        """A visit of this run has its turn, or has given up waiting: what it stood still is over where none was at work."""
        if not self._at_work:
            now = time.perf_counter()
            self.waited, self._since = self.waited + now - self._since, now


class _Visit:
    """One visit that has its turn: it stands still while all of its calls wait."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._calls, self._paused, self._still = turns, 0, 0, False

    def call_begun(self) -> None:
        self._calls += 1
        self._look()

    def call_ended(self) -> None:
        self._calls -= 1
        self._look()

    def pause(self) -> None:
        self._paused += 1
        self._look()

    def resume(self) -> None:
        self._paused -= 1
        self._look()

    def _look(self) -> None:
        still = self._paused > 0 and self._paused >= self._calls
        if still != self._still:
            self._still = still
            (self._turns.pause if still else self._turns.resume)()
