"""The pass that fits trained components: critics, rankers, scorers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seekflow.core.fitting import FitRow, Fittable
from seekflow.core.flow import Flow
from seekflow.core.identity import digest
from seekflow.core.node import Node
from seekflow.core.params import FittedParam
from seekflow.core.site import Site
from seekflow.optimizers.passes import Work
from seekflow.optimizers.search import Search


@dataclass(frozen=True)
class Fit:
    """Fit every trained component, in the order of the flow, each on visits that the components before it were already fitted
    for.

    All together are one change: they are judged by what the flow as a whole gains.
    """

    name: str = "fit"

    def work(self, flow: Flow, train: int, val: int) -> Work:
        """One run of the training rows for each component, and one of the held-back rows."""
        nodes = fittable(flow)
        rollouts = len(nodes) * train + 2 * val if nodes else 0
        return Work(self.name, rollouts, rollouts, 1 if nodes else 0, f"{len(nodes)} components: {', '.join(nodes)}")

    async def run(self, search: Search) -> None:
        """Fit and have the result judged."""
        values = dict(search.values)
        for path, site in fittable(search.bound.flow).items():
            values |= await self._fitted(search, path, site, values)
        await search.judge(self.name, values)

    async def _fitted(self, search: Search, path: str, site: Site, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the node at `path` learns from its visits under `values`, as plain data by param name."""
        key = f"fit:{path}:{digest(dict(values))}"
        kept = search.journal.get(key)
        if kept is not None:
            return dict(kept)
        traces = await search.traces(values, search.train)
        program = search.with_values(values).program
        node = program.nodes[path].node
        assert isinstance(node, Fittable)
        rows = [
            FitRow(program.arguments(trace, step), example, step.round)
            for example, trace in traces
            if all(getattr(example, need) for need in node.fit_needs)
            for step in trace.visits(path)
            if step.error is None
        ]
        fitted = {f"{path}.{name}": model.model_dump(mode="json") for name, model in node.fit(rows, search.seed).items()}
        search.say("fitted", {"path": path, "visits": len(rows), "params": sorted(fitted)})
        search.journal.put(key, fitted)
        return fitted


def fittable(flow: Flow) -> dict[str, Site]:
    """The places of nodes that learn and have a setting left to learn, in the order of the flow."""
    return {
        path: site
        for path, site in flow.sites.items()
        if isinstance(site.element, Node)
        and isinstance(site.element, Fittable)
        and any(isinstance(param, FittedParam) for param in site.params.values())
    }
