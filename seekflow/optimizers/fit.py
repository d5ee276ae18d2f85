"""The pass that fits trained components: critics, rankers, scorers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from seekflow.core.fitting import FitRow, Fittable
from seekflow.core.flow import Flow
from seekflow.core.identity import digest
from seekflow.core.node import Node
from seekflow.core.params import FittedParam
from seekflow.core.site import Site
from seekflow.core.trace import Trace
from seekflow.optimizers.allowance import BudgetSpent
from seekflow.optimizers.passes import Work
from seekflow.optimizers.search import Search
from seekflow.optimizers.space import active
from seekflow.types import Example


@dataclass(frozen=True)
class Fit:
    """Fit every trained component, in the order of the flow, each on visits that the components before it were already fitted
    for.

    All together are one change: they are judged by what the flow as a whole gains. Where the budget, less what judging takes,
    does not reach for all of them, those that were fitted are judged. A component whose `fit` raises stays as it is.
    """

    name: str = "fit"

    def work(self, flow: Flow, train: int, val: int) -> Work:
        """One run of the training rows for each component, and one of the held-back rows."""
        nodes = fittable(flow)
        if not nodes:
            return Work(self.name, 0, 0, 0, "no components to fit")
        rollouts = len(nodes) * train
        return Work(self.name, rollouts, rollouts + val, 1, f"{len(nodes)} components: {', '.join(nodes)}")

    async def run(self, search: Search) -> None:
        """Fit and have the result judged."""
        values, notes = dict(search.values), []
        kept = search.judging(await search.rows(values, search.val))
        for path, site in fittable(search.with_values(values).flow).items():
            try:
                found = await self._fitted(search, path, site, values, kept)
            except BudgetSpent:
                search.stop(self.name, f"{path} and those after it are not fitted: the rest of the budget is for judging")
                break
            values |= found["params"]
            if found["error"]:
                notes.append(found["error"])
        await search.judge(self.name, values, "; ".join(notes))

    async def _fitted(
        self, search: Search, path: str, site: Site, values: Mapping[str, Any], kept: Mapping[str, float]
    ) -> dict[str, Any]:
        """What the node at `path` learns from its visits under `values`: `params`, plain data by param name, and an `error`."""
        key = f"fit:{path}:{digest(dict(values))}"
        kept_before: dict[str, Any] | None = search.fact(key)
        if kept_before is not None:
            return kept_before
        rows = _visits(search, path, values, await search.traces(values, search.train, kept=kept))
        node = cast(Fittable, search.with_values(values).program.nodes[path].node)
        found: dict[str, Any] = {"params": {}, "error": ""}
        try:
            params, wanted = search.bound.flow.params(), _settings(site)  # a setting that the user fixed is not among them
            learned = {wanted[name]: model for name, model in node.fit(rows, search.seed).items() if name in wanted}
            found["params"] = {name: params[name].with_value(model).to_json() for name, model in learned.items()}
        except Exception as error:  # the node may be the user's: it costs its own component, not the compile
            found["error"] = f"{path} is not fitted: {type(error).__name__}: {error}"
        found = search.learn(key, found)
        search.say("fitted", {"path": path, "visits": len(rows), "params": sorted(found["params"]), "error": found["error"]})
        return found


def _visits(search: Search, path: str, values: Mapping[str, Any], traces: Sequence[tuple[Example, Trace]]) -> list[FitRow]:
    """The visits of the node that came through, of the examples that have what it learns from."""
    program = search.with_values(values).program
    needs = cast(Fittable, program.nodes[path].node).fit_needs
    return [
        FitRow(program.arguments(trace, step), example, step.round)
        for example, trace in traces
        if all(getattr(example, need) for need in needs)
        for step in trace.visits(path)
        if step.kind == "node" and step.error is None
    ]


def _settings(site: Site) -> dict[str, str]:
    """The settings of a node that are left to learn, with the full names of their params."""
    return {slot: name for slot, names in site.slots.items() for name in names if isinstance(site.params[name], FittedParam)}


def fittable(flow: Flow) -> dict[str, Site]:
    """The places of nodes that learn and have a setting left to learn, in the order of the flow.

    Those inside an option that a choice does not take now are left out: they make no visits to learn from.
    """
    return {
        site.path: site
        for site in active(flow)
        if isinstance(site.element, Node) and isinstance(site.element, Fittable) and _settings(site)
    }
