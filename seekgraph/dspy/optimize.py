"""A DSPy optimizer as a pass of `compile`: what it finds is judged on rows that it never saw, as any change is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dspy

from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.machine.bound import Bound as CoreBound
from seekgraph.dspy.models import lm
from seekgraph.dspy.module import FlowModule, Shared
from seekgraph.dspy.scoring import examples, metric
from seekgraph.flow import Bound
from seekgraph.optimizers.allowance import BudgetSpent, over, within
from seekgraph.optimizers.models import instructed
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import Search


@dataclass(frozen=True)
class Optimize:
    """Run a DSPy optimizer on the training rows, and have its result judged on the held-back ones.

        compile(train, val, passes=[sg.dspy.Optimize(lambda metric: dspy.SIMBA(metric=metric, max_steps=2))])

    `make` is called with the metric, and gives the optimizer. `options` are further arguments of its `compile`. `runs` is how
    many rollouts it may take, for the plan alone; the budget holds whatever it takes, and once it is spent the optimizer is
    ended. The metric is the objective's quality. `reflect_lm`, or the flow's own model, is what DSPy's settings have as `lm`.

    What the optimizer found is one fact of the journal: a compile that is resumed does not run it again.
    """

    make: Callable[[Callable[..., Any]], Any]
    runs: int = 200
    options: dict[str, Any] = field(default_factory=dict)
    lm: Any = None
    name: str = "dspy"

    def with_writer(self, lm: Any) -> Optimize:
        """The same with `lm` as the model that DSPy's optimizers ask, if it has none of its own."""
        return self if self.lm is not None else Optimize(self.make, self.runs, self.options, lm, self.name)

    def work(self, bound: CoreBound, train: int, val: int) -> Work:
        """As many rollouts as were said, and one run to judge."""
        nodes = instructed(bound)
        if not nodes:
            return Work(self.name, 0, 0, 0, "no instruction that a model is asked by")
        return Work(self.name, train, self.runs + val, 1, f"{len(nodes)} predictors: {', '.join(nodes)}", calls=self.runs)

    async def run(self, search: Search) -> None:
        """Optimize, and have the result judged."""
        reserved = search.reserve(await search.rows(search.values, search.val))
        key = f"{self.name}:values"
        if (found := search.recorded(key)) is None:
            try:
                found = search.record(key, await asyncio.to_thread(self._optimized, search, reserved))
            except BudgetSpent:
                search.stop(self.name, "before it had a result: the rest of the budget is for judging")
                await search.accept(self.name, search.values, "the optimizer was ended by the budget")
                return
        await search.accept(self.name, {**search.values, **found})

    def _optimized(self, search: Search, reserved: Any) -> dict[str, Any]:
        meter = within(search.meter, reserved)
        bound = search.with_values(search.values)
        assert isinstance(bound, Bound)
        module = FlowModule(Shared(bound, meter))
        names = [each.name for each in search.objective.weights]
        optimizer = self.make(metric(names[0], search.objective.rewards or ()) if search.objective.rewards else metric(names[0]))
        model = lm(self.lm, meter=meter) if self.lm is not None else module.model()
        try:
            with dspy.context(lm=model):
                best = optimizer.compile(module, trainset=examples(search.train), **self.options)
        except BudgetExceeded:
            raise BudgetSpent from None
        except Exception:
            if over(meter):
                raise BudgetSpent from None
            raise
        found: dict[str, Any] = best.values()
        return found
