"""Runs that outlast a call: a tool gives a handle back, and the result is asked for later."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.result import Result
from seekgraph.deploy.mcp.replies import Asked
from seekgraph.flow import Bound

Told = Callable[[int, str], Awaitable[None]]
"""Hears how many steps are done, and the last one."""

KEPT = 256
"""Runs whose result is kept for who has not asked for it yet."""


class Runs:
    """The runs of one server. At most `parallel` go at the same time."""

    def __init__(self, bound: Bound, budget: Budget, parallel: int) -> None:
        self.bound, self.budget = bound, budget
        self._places = asyncio.Semaphore(parallel)
        self._tasks: OrderedDict[str, asyncio.Task[Result]] = OrderedDict()
        self._steps: dict[str, list[str]] = {}

    async def start(self, inputs: Mapping[str, Any]) -> str:
        """Begin a run and give its id."""
        name = "run-" + secrets.token_hex(12)
        steps: list[str] = []

        async def run() -> Result:
            async with self._places:
                return await self.bound.execute(inputs, emit=lambda step: steps.append(step.id), meter=Meter(self.budget))

        self._steps[name] = steps
        self._tasks[name] = asyncio.create_task(run())
        done = [each for each, task in self._tasks.items() if task.done()]
        for each in done[: max(0, len(self._tasks) - KEPT)]:  # the oldest first; one that still goes on is never dropped
            self._forget(each)
        return name

    async def wait(self, name: str, seconds: float, told: Told | None = None) -> Asked | None:
        """The result of a run, or that it is still running after so many seconds; None for a run that is not known."""
        task = self._tasks.get(name)
        if task is None:
            return None
        loop, steps, heard = asyncio.get_running_loop(), self._steps[name], 0
        end = loop.time() + seconds
        while not task.done() and (left := end - loop.time()) > 0:
            await asyncio.wait({task}, timeout=min(left, 0.25))
            if told is not None and len(steps) > heard:
                heard = len(steps)
                await told(heard, steps[-1])
        if not task.done():
            return Asked(run=name, status="running")
        self._forget(name)
        return Asked.of(name, task.result())

    def _forget(self, name: str) -> None:
        del self._tasks[name], self._steps[name]
