"""Equal steps run once: a memo, and waiting for an equal step that is running right now."""

from __future__ import annotations

import asyncio

from seekflow.core.memo import Found, Memo, StepKey
from seekflow.core.node import Writes


class Sharing:
    """A memo as the runner uses it. Steps of one event loop wait for one another; other loops share finished steps only."""

    def __init__(self, memo: Memo) -> None:
        self.memo = memo
        self._running: dict[str, asyncio.Future[None]] = {}

    async def claim(self, key: StepKey, model: type[Writes]) -> tuple[Found | None, str]:
        """What an equal step returned, and "hit"; or None and why: then the caller runs it, and must `release`."""
        name = key.key
        while True:
            found, why = self.memo.get(key, model)
            if found is not None:
                return found, why
            running = self._running.get(name)
            loop = asyncio.get_running_loop()
            if running is None or running.get_loop() is not loop:
                self._running[name] = loop.create_future()
                return None, f"miss: {why}"
            await running

    def put(self, key: StepKey, value: Writes, usage: dict[str, float], seconds: float) -> None:
        """Keep what a claimed step returned."""
        self.memo.put(key, value, usage, seconds)

    def release(self, key: StepKey) -> None:
        """Let those go on that wait for a claimed step, whether it came through or not."""
        running = self._running.pop(key.key, None)
        if running is not None and not running.done() and not running.get_loop().is_closed():
            running.set_result(None)
