"""The turns of one run among others: how long it stood still because they were at work."""

from __future__ import annotations

import asyncio
import time
from typing import Literal


class Turns(asyncio.Semaphore):
    """A semaphore that runs share, as one of them sees it.

    `waited` are the seconds in which the run had nothing to do but to wait for its turn: some visit of it was waiting, and none
    was at work. What a visit waits for once it is at work, such as a model that answers one caller after the other, is not seen.
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
        return True

    def release(self) -> None:
        """Give the turn to whoever waits for one."""
        self._at_work -= 1
        if self._waiting and not self._at_work:
            self._since = time.perf_counter()
        self._shared.release()

    def _stop_counting(self) -> None:
        """A visit of this run has its turn, or has given up waiting: what it stood still is over where none was at work."""
        if not self._at_work:
            now = time.perf_counter()
            self.waited, self._since = self.waited + now - self._since, now
