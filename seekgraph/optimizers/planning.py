"""A compile's own plan: which nodes can gain anything, read from the diagnosis, so that nothing is spent on the others.

A node that writes what the gold says that it should have written cannot do better (`diagnosis.headroom`): where the objective
gains nothing by that, no value of the node's params gains anything either. Its components are then not fitted and its params not
searched, and a pass to which no node is left is not run: its share of alpha goes to those that are. What gold says nothing about
is kept. The diagnosis is read again after each change that was accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seekgraph.core.base.identity import digest
from seekgraph.core.machine.bound import Bound
from seekgraph.diagnosis.gold import Place
from seekgraph.diagnosis.headroom import Headroom, candidates, is_bound
from seekgraph.diagnosis.runs import Case, Goodness, for_all
from seekgraph.evaluation.metrics import Metric, Outcome
from seekgraph.optimizers.allowance import within
from seekgraph.optimizers.estimate import CompilePlan
from seekgraph.optimizers.objective import Objective
from seekgraph.optimizers.passes import Pass
from seekgraph.optimizers.search import NOTHING, Search
from seekgraph.types import Example

ROWS = 16
"""The questions on which perfect nodes are tried."""

SHARE = 0.25
"""The part of the time there is that reading may take at most."""

LEAST = 1e-3
"""The mean gain of the objective below which a perfect node gains nothing."""


@dataclass(frozen=True)
class Reading:
    """What was read of the diagnosis: by node path the mean gain of the objective if the node were perfect, and the paths of
    nodes that are not bound to what they ask for."""

    headroom: Mapping[str, float] = field(default_factory=dict)
    unbound: tuple[str, ...] = ()
    rows: int = 0

    @property
    def hopeless(self) -> frozenset[str]:
        """The nodes whose params cannot gain anything."""
        return frozenset((*self.unbound, *(path for path, gain in self.headroom.items() if gain < LEAST)))

    def why(self) -> str:
        """What the plan goes by, in words."""
        best = sorted((path for path in self.headroom if path not in self.hopeless), key=lambda path: -self.headroom[path])
        worth = [f"{path} +{self.headroom[path]:.3f}" for path in best[:4]]
        parts = [f"perfect, nodes would gain on {self.rows} questions: {', '.join(worth)}"] if worth else []
        nothing = sorted(path for path in self.hopeless if path not in self.unbound)
        if nothing:
            parts.append(f"{', '.join(nothing)} would gain nothing and are left as they are")
        if self.unbound:
            parts.append(f"{', '.join(self.unbound)} have nothing bound")
        return "; ".join(parts)


def may_read(search: Search, plan: CompilePlan) -> bool:
    """Whether the budget has enough for reading the diagnosis to be a small part of it."""
    limit = search.meter.budget.seconds
    count = ROWS * len(search.bound.program.nodes)
    once = search.meter.seconds / max(1, search.rollouts)
    return not set(plan.capped) - {"seconds"} and (limit is None or count * once <= SHARE * (limit - search.meter.seconds))


def hopeful(each: Pass, search: Search) -> bool:
    """Whether a pass has anything to change at nodes where something is to be gained. It says so by `hopeful(search)`, if it can
    tell."""
    tell = getattr(each, "hopeful", None)
    return True if tell is None else bool(tell(search))


async def read_diagnosis(search: Search) -> Reading:
    """What perfect nodes would gain on the first rows to search on, under the values that there are.

    Only for flows whose rollouts cost time alone. It is journaled, so that a resumed compile plans the same.
    Raises `BudgetSpent` where the budget ends.
    """
    examples = search.train[:ROWS]
    bound = search.with_values(search.values)
    paths = candidates(Place(bound))
    unbound = tuple(path for path in bound.program.nodes if not is_bound(bound, path))
    key = f"headroom:{digest(search.values)}"
    found: dict[str, float] | None = search.recorded(key)
    if found is None:
        found = search.record(key, await _headroom(search, bound, examples, [path for path in paths if path not in unbound]))
    return Reading(found, unbound, len(examples))


async def _headroom(search: Search, bound: Bound, examples: Sequence[Example], paths: Sequence[str]) -> dict[str, float]:
    place, gate = Place(bound), asyncio.Semaphore(bound.concurrency)
    meter = within(search.meter, NOTHING)
    goodness = Goodness(_metric(search.objective), 1.0)
    rows = {row.id: search.objective.quality(row) for row in await search.rows(search.values, examples)}
    traces = await search.traces(search.values, examples)
    cases = [Case(bound, place, each, trace, rows[each.id], goodness, meter, gate) for each, trace in traces]
    sums = dict.fromkeys(paths, 0.0)

    async def work(case: Case) -> None:
        replay = Headroom(case, paths)
        for path in paths:
            sums[path] += (await replay.perfect([path])).value - case.value

    await for_all(cases, work, search.parallel)
    return {path: round(total / max(1, len(cases)), 6) for path, total in sums.items()}


def _metric(objective: Objective) -> Metric:
    """The objective as one metric."""

    def quality(example: Example, outcome: Outcome) -> float:
        known = [
            (weight, each(example, outcome) or 0.0) for each, weight in objective.weights.items() if each.applies_to(example)
        ]
        return sum(weight * value for weight, value in known) / (sum(weight for weight, _ in known) or 1.0)

    return Metric("objective", quality)
