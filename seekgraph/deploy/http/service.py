"""The flow behind the routes: places and a queue, budgets of requests and keys, and another artifact put in its place."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BindError
from seekgraph.core.base.logs import logger
from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.result import Result
from seekgraph.deploy.conversing import talking
from seekgraph.deploy.http.keys import Key
from seekgraph.deploy.http.metrics import Metrics
from seekgraph.deploy.http.problems import Problem
from seekgraph.deploy.http.settings import GRACE, Settings
from seekgraph.deploy.http.state import LINES, State
from seekgraph.deploy.telemetry import Telemetry
from seekgraph.flow import Bound

Emit = Callable[[Any], None]


@dataclass(frozen=True)
class Asked:
    """What one request asks: the flow's inputs, for whom, and how much of the budget it wants at most."""

    inputs: Mapping[str, Any]
    key: Key | None
    budget: Budget = field(default_factory=Budget)
    seed: int = 0


@dataclass(frozen=True)
class Ran:
    """A finished run under its id."""

    id: str
    result: Result


class Service:
    """Runs of one flow under one set of limits. `bound` is what the next request runs; runs that have begun keep theirs."""

    def __init__(self, bound: Bound, settings: Settings, state: State, metrics: Metrics) -> None:
        self.settings, self.state, self.metrics = settings, state, metrics
        self.ready = True
        self.telemetry = None if settings.otlp is None else Telemetry(settings.otlp)
        self._places, self._waiting = asyncio.Semaphore(settings.parallel), 0
        self.use(bound)

    def use(self, bound: Bound) -> None:
        """Put a flow in the place of the one that is served."""
        self.bound = bound
        self.talking = talking(bound) if "question" in bound.flow.inputs else bound

    @property
    def name(self) -> str:
        """What the flow is called as a model."""
        return self.bound.flow.name or "flow"

    async def run(self, asked: Asked, *, emit: Emit | None = None, text: bool = False) -> Ran:
        """Run the flow within the limits of server, key and request. `emit` hears each step, with `text` what a model writes too.

        Raises `Problem` where it may not start, or does not end in time.
        """
        bound = self.talking if asked.inputs.get("history") else self.bound
        name = "run-" + secrets.token_hex(12)
        async with self._place(), self._allowance(asked) as (granted, meter):
            began = time.perf_counter()
            ending = bound.program.ending
            listening = ending.path if text and ending is not None else None
            limit = self.settings.seconds if granted.seconds is None else min(self.settings.seconds, granted.seconds)
            try:
                async with asyncio.timeout(limit + GRACE):
                    result = await bound.execute(asked.inputs, seed=asked.seed, emit=emit, meter=meter, listening=listening)
            except TimeoutError:
                raise Problem(504, "timeout", f"the run did not end within {limit:g} s") from None
            except BindError as error:
                raise Problem(422, "invalid_inputs", str(error)) from None
            self.metrics.ran(result, time.perf_counter() - began)
        self._note(name, asked, result)
        if self.telemetry is not None:
            await asyncio.to_thread(self.telemetry.record, result.trace, bound.flow)
        return Ran(name, result)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the places; 429 where all are taken and the queue is full, 503 where the wait is longer than a run may take."""
        if self._places.locked() and self._waiting >= self.settings.queue:
            raise Problem(429, "busy", "all places are taken and the queue is full: try again soon", {"Retry-After": "1"})
        self._waiting += 1
        self.metrics.waiting.inc()
        try:
            async with asyncio.timeout(self.settings.seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Problem(503, "busy", "no place came free in time: try again later", {"Retry-After": "5"}) from None
        finally:
            self._waiting -= 1
            self.metrics.waiting.dec()
        self.metrics.running.inc()
        try:
            yield
        finally:
            self.metrics.running.dec()
            self._places.release()

    @asynccontextmanager
    async def _allowance(self, asked: Asked) -> AsyncIterator[tuple[Budget, Meter]]:
        """What the request may use, with a meter; of the key's budget it is held before the run and settled after it."""
        wanted = _narrower(self.settings.budget, asked.budget)
        wanted = _narrower(wanted, Budget(seconds=self.settings.seconds))
        granted: Budget | None = wanted
        if asked.key is not None:
            granted = self.state.hold(asked.key.name, asked.key.budget, wanted)
        if granted is None:
            raise Problem(429, "budget", "the budget of this key is spent, or held by its other requests", {"Retry-After": "30"})
        meter = Meter(granted)
        try:
            yield granted, meter
        finally:
            if asked.key is not None:
                self.state.settle(asked.key.name, asked.key.budget, granted, {line: getattr(meter.used, line) for line in LINES})

    def _note(self, name: str, asked: Asked, result: Result) -> None:
        """Keep the answer for feedback to refer to."""
        answer = result.answer
        said = {
            "question": str(asked.inputs.get("question", "")),
            "answer": None if answer is None else answer.text,
            "refused": answer is not None and answer.refused,
            "citations": [] if answer is None else list(answer.citations),
            "passages": [passage.id for passage in result.passages],
        }
        self.state.keep_answer(name, "" if asked.key is None else asked.key.name, said)
        if result.status == "failed":
            cause = result.cause
            error = cause.error if cause is not None else None
            logger("seekgraph.serve").warning(
                "run_failed", run=name, step=cause.id if cause is not None else None, error=error.message if error else None
            )


def _narrower(one: Budget, other: Budget) -> Budget:
    """The smaller limit of each line."""
    limits: dict[str, Any] = {}
    for line in (*LINES, "seconds"):
        known = [most for most in (getattr(one, line), getattr(other, line)) if most is not None]
        limits[line] = min(known) if known else None
    return Budget(**limits)
