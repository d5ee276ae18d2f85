"""Equal steps run once: a memo, and waiting for an equal step that is running right now."""

from __future__ import annotations

import asyncio

from seekgraph.core.language.node import Writes
from seekgraph.core.memo.memo import Found, Memo, StepKey


class Sharing:
    """A memo as the runner uses it. Steps of one event loop wait for one another; other loops share finished steps only."""

    def __init__(self, memo: Memo) -> None:
        self.memo = memo
        self._running: dict[tuple[str, asyncio.AbstractEventLoop], asyncio.Future[None]] = {}

    async def claim(self, key: StepKey, model: type[Writes]) -> tuple[Found | None, str]:
        """What an equal step returned, and "hit"; or None and why: then the caller runs it, and must `release`."""
        loop = asyncio.get_running_loop()
        while True:
            found, why = self.memo.get(key, model)
            if found is not None:
                return found, why
            running = self._running.get((key.key, loop))
            if running is None:
                self._running[key.key, loop] = loop.create_future()
                return None, f"miss: {why}"
            await asyncio.shield(running)  # who stops waiting must not stop the others

    def put(self, key: StepKey, value: Writes, usage: dict[str, float], seconds: float) -> None:
        """Keep what a claimed step returned."""
        self.memo.put(key, value, usage, seconds)

    def release(self, key: StepKey) -> None:
        """Let those go on that wait for a claimed step, whether it came through or not."""
        self._running.pop((key.key, asyncio.get_running_loop())).set_result(None)
