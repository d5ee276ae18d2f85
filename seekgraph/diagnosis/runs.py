"""The runs that are diagnosed: an example with its trace and its gold, replayed with steps fixed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.bound import Bound
from seekgraph.core.machine.recorded import Change
from seekgraph.core.machine.replay import areplay
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.diagnosis.gold import Gold, Place
from seekgraph.evaluation.evaluate import outcome_of
from seekgraph.evaluation.metrics import Metric
from seekgraph.types import Example


@dataclass(frozen=True)
class Goodness:
    """The metric that a diagnosis is about, from 0 to 1 (better), and the value from which an example is not failed."""

    metric: Metric
    good: float

    def value(self, raw: float | None) -> float:
        """A value; what failed, or has none, is worth nothing."""
        return 0.0 if raw is None else raw

    def is_good(self, value: float) -> bool:
        """Whether an example with this value is not failed; rounding does not count."""
        return value >= self.good - 1e-9


class Case:
    """One example, its run, and what its metric would be with something in it fixed."""

    def __init__(
        self,
        bound: Bound,
        place: Place,
        example: Example,
        trace: Trace,
        value: float,
        goodness: Goodness,
        meter: Meter,
        gate: asyncio.Semaphore,
    ) -> None:
        self.bound = bound
        self.place = place
        self.example = example
        self.trace = trace
        self.value = value
        self.goodness = goodness
        self.gold = Gold(example, trace, place)
        self._meter, self._gate = meter, gate

    @property
    def failed(self) -> bool:
        """Whether the example is below what is good."""
        return not self.goodness.is_good(self.value)

    @property
    def answer(self) -> Any:
        """What the run answered in the end: that of a call is not the flow's. None where nothing was answered."""
        wrote = [step for step in self.trace.steps if "answer" in step.writes and not self.place.calls.get(step.path)]
        return wrote[-1].writes["answer"] if wrote else None

    def own(self, step: Step) -> Mapping[str, Any] | None:
        """What the step of this id wrote in the run."""
        return next((each.writes for each in self.trace.visits(step.path) if each.at == step.at), None)

    async def fixed(self, places: Iterable[str], *, only_gold: bool = False) -> Case:
        """The run in which the steps at these places, ids or paths, write what they should have written.

        With `only_gold` they write nothing else. A decision of a loop that ended it is to go on.
        """
        goals: dict[tuple[str, tuple[int, ...]], Any] = {}

        def see(step: Step, inputs: Mapping[str, Any]) -> None:
            goals[step.path.removesuffix(".give"), step.at] = step.writes.get("goal")

        def fix(step: Step, inputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
            if step.kind == "until":
                return {"decision": False}
            return self.gold.ideal(step, inputs, self.own(step), only_gold=only_gold, goals=goals)

        calls: dict[str, Change] = {f"{path}.give": see for path in self.place.sites_of_calls}
        return await self.changed({**calls, **dict.fromkeys(places, fix)})

    def fixable(self, step: Step) -> bool:
        """Whether gold says of a step of the run what else it should have written."""
        return step.kind == "until" or self.gold.ideal(step, self.trace.inputs(step), step.writes) is not None

    async def changed(self, changes: Mapping[str, Change]) -> Case:
        """The run with these changes."""
        result = await areplay(self.trace, self.bound, changes=changes, meter=self._meter, gate=self._gate)
        raw = None if result.status == "failed" else self.goodness.metric(self.example, outcome_of(result))
        value = self.goodness.value(raw)
        return Case(self.bound, self.place, self.example, result.trace, value, self.goodness, self._meter, self._gate)


async def for_all(
    things: Iterable[Any], work: Callable[[Any], Any], parallel: int, on_done: Callable[[], None] | None = None
) -> None:
    """Do `work` for each thing, `parallel` at a time; `on_done` is called after each."""
    pending = iter(things)

    async def worker() -> None:
        for thing in pending:
            await work(thing)
            if on_done is not None:
                on_done()
            await asyncio.sleep(0)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(parallel):
                group.create_task(worker())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
