"""The pass that fits trained components: critics, rankers, scorers."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from seekgraph.core.base.identity import digest
from seekgraph.core.language.fitting import FitRow, Fittable
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import FittedParam
from seekgraph.core.language.site import Site
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.examples import split
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.crossfit import judged
from seekgraph.optimizers.holding import behind
from seekgraph.optimizers.models import idle
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import Say, Search, silent
from seekgraph.optimizers.space import active
from seekgraph.types import Example

CHECKED = 1 / 3
"""The share of the training rows on which a component that was fitted on the others has to gain something."""

CLEAR = 1.0
"""Standard errors by which it is clearly worse there."""

LEAST_CHECKED = 8
"""With fewer rows to check on than this every component is kept, and judging alone decides."""


@dataclass(frozen=True)
class Fit:
    """Fit trained components, in the order of the flow, each on visits that the components before it were already fitted for.

    A component is first fitted on two thirds of the rows, and left out if the flow is clearly worse by it on the last third; then
    it is fitted on all of them. Those that are kept are one change, judged by what the flow as a whole gains. Where every row
    judges, all of this is done once more for each part (`crossfit.py`): so components judge on rows that they have not seen, and
    a gain is found that few held-back rows cannot tell from chance.

    Where the budget, less what judging takes, does not reach for all components, those that were fitted are judged. One whose
    `fit` raises stays as it is.
    """

    name: str = "fit"

    def work(self, bound: Bound, train: int, val: int) -> Work:
        """Of the rows to search on one run for each component and two of those that it is checked on; one run of those that
        judge."""
        nodes = fittable(bound)
        if not nodes:
            return Work(self.name, 0, 0, 0, "no components to fit")
        most = len(nodes) * (train + 2 * math.ceil(train * CHECKED)) + val
        return Work(self.name, len(nodes) * train, most, 1, f"{len(nodes)} components: {', '.join(nodes)}", True)

    def hopeful(self, search: Search) -> bool:
        """Whether there is a component at a node where something is to be gained."""
        return bool(set(fittable(search.bound)) - search.hopeless)

    async def run(self, search: Search) -> None:
        """Fit, keep what gains, and have the result judged."""
        before = await search.rows(search.values, search.val)
        reserved = search.reserve(before)
        kept: dict[str, Trace] = {}  # what is run for the whole is mostly what the parts need, so that they take little more
        fitted = await self._fitted(search, search.values, search.learn, reserved, kept, search.say)
        if fitted.cut:
            search.stop(self.name, f"{fitted.cut} and those after it are not fitted: the rest of the budget is for judging")
            fitted.notes.append(f"the budget ended before {fitted.cut} was fitted")

        async def propose(values: Mapping[str, Any], examples: Sequence[Example], _: Mapping[str, float]) -> Mapping[str, Any]:
            found = await self._fitted(search, values, examples, reserved, kept, silent)
            if found.cut:
                raise BudgetSpent
            return found.values

        await judged(search, self.name, fitted.values, "; ".join(fitted.notes), bool(fitted.cut), reserved, propose)

    async def _fitted(
        self,
        search: Search,
        start: Mapping[str, Any],
        examples: Sequence[Example],
        reserved: Mapping[str, float],
        kept: dict[str, Trace],
        say: Say,
    ) -> _Fitted:
        """The values of all params, from `start`, after fitting on `examples`."""
        values, notes = dict(start), list[str]()
        learn, check = split(examples, 1 - CHECKED, CHECKED, seed=search.seed) if len(examples) > 1 else (examples, ())
        for path, site in fittable(search.with_values(values)).items():
            if path in search.hopeless:
                continue
            fitting = _Fitting(search, path, site, values, reserved, kept)
            try:
                if len(check) >= LEAST_CHECKED:
                    found = await fitting.learned(learn)
                    if found["params"] and not await fitting.gains({**values, **found["params"]}, check):
                        say("left", {"path": path, "rows": len(check)})
                        continue
                found = await fitting.learned(examples)
            except BudgetSpent:
                return _Fitted(values, notes, path)
            values |= found["params"]
            if found["error"]:
                notes.append(found["error"])
            say("fitted", {"path": path, "params": sorted(found["params"]), **found})
        return _Fitted(values, notes)


@dataclass(frozen=True)
class _Fitted:
    """The values of all params, what went wrong, and the component at which the budget ended."""

    values: Mapping[str, Any]
    notes: list[str]
    cut: str = ""


@dataclass(frozen=True)
class _Fitting:
    """One component, and the values of the other params that it is fitted for."""

    search: Search
    path: str
    site: Site
    values: Mapping[str, Any]
    reserved: Mapping[str, float]
    kept: dict[str, Trace]

    async def learned(self, examples: Sequence[Example]) -> dict[str, Any]:
        """What the node learns from its visits on `examples`: `params`, plain data by param name, `visits`, and an `error`."""
        search = self.search
        key = f"fit:{self.path}:{digest([dict(self.values), [example.id for example in examples]])}"
        before: dict[str, Any] | None = search.recorded(key)
        if before is not None:
            return before
        rows = _visits(search, self.path, self.values, await self._traces(examples))
        node = cast(Fittable, search.with_values(self.values).program.nodes[self.path].node)
        found: dict[str, Any] = {"params": {}, "visits": len(rows), "error": ""}
        try:
            params, wanted = search.bound.flow.params(), _settings(self.site)  # a setting that the user fixed is not among them
            learned = {wanted[name]: model for name, model in node.fit(rows, search.seed).items() if name in wanted}
            found["params"] = {name: params[name].with_value(model).to_json() for name, model in learned.items()}
        except Exception as error:  # the node may be the user's: it costs its own component, not the compile
            found["error"] = f"{self.path} is not fitted: {type(error).__name__}: {error}"
        learnt: dict[str, Any] = search.record(key, found)
        return learnt

    async def _traces(self, examples: Sequence[Example]) -> list[tuple[Example, Trace]]:
        """The runs to learn from. Those under the values that the pass began with are the same for all parts, and kept."""
        kept = self.kept if dict(self.values) == self.search.values else None
        return await self.search.traces(self.values, examples, reserved=self.reserved, kept=kept)

    async def gains(self, candidate: Mapping[str, Any], examples: Sequence[Example]) -> bool:
        """Whether the candidate is better on any row that it was not fitted on, and on the whole not clearly worse: so few rows
        do not tell a small gain from none, and judging is for that."""
        mine = await self.search.rows(candidate, examples, reserved=self.reserved)
        theirs = await self.search.rows(self.values, examples, reserved=self.reserved)
        signal = self.search.objective.signal
        gaps = [signal(after) - signal(before) for after, before in zip(mine, theirs, strict=True)]
        return max(gaps) > 0 and not behind(gaps, CLEAR)


def _visits(search: Search, path: str, values: Mapping[str, Any], traces: Sequence[tuple[Example, Trace]]) -> list[FitRow]:
    """The visits of the node that came through, of the examples that have what it learns from."""
    program = search.with_values(values).program
    needs = cast(Fittable, program.nodes[path].node).fit_needs
    return [
        FitRow(program.arguments(trace, step), example, step.round, step.writes)
        for example, trace in traces
        if all(getattr(example, need) for need in needs)
        for step in trace.visits(path)
        if step.kind == "node" and step.error is None
    ]


def _settings(site: Site, idle: Collection[str] = ()) -> dict[str, str]:
    """The settings of a node that are left to learn, with the full names of their params."""
    return {
        slot: name
        for slot, names in site.slots.items()
        for name in names
        if isinstance(site.params[name], FittedParam) and name not in idle
    }


def fittable(bound: Bound) -> dict[str, Site]:
    """The places of nodes that learn and have a setting left to learn, in the order of the flow.

    Those inside an option that a choice does not take now are left out: they make no visits to learn from. So are those whose
    component has no say, since a model is asked in its place.
    """
    unused = idle(bound)
    return {
        site.path: site
        for site in active(bound.flow)
        if isinstance(site.element, Node) and isinstance(site.element, Fittable) and _settings(site, unused)
    }
