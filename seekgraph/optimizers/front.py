"""The Pareto front of quality against cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seekgraph.evaluation.row import Row
from seekgraph.optimizers.objective import Objective


@dataclass(frozen=True)
class Candidate:
    """Param values, those that differ from the flow as it came, with what they reached: `quality` (higher is better) and `cost`
    (lower is better), means over the same rows. `cost` is US dollars a question where any candidate is paid for and all prices
    are known, else calls and searches a question."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    quality: float
    cost: float


@dataclass(frozen=True)
class Tried:
    """Param values and the rows that they gave."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    rows: Sequence[Row] = field(repr=False)

    @property
    def paid(self) -> bool:
        """Whether any of the rows cost money."""
        return any(row.spent("usd") for row in self.rows)

    @property
    def unpriced(self) -> bool:
        """Whether any of the rows asked a model whose price is not known."""
        return any(row.spent("unpriced") for row in self.rows)

    def candidate(self, objective: Objective, in_usd: bool) -> Candidate:
        """What they reached, with the cost in one of the two units."""
        lines = ("usd",) if in_usd else ("calls", "searches")
        count = max(1, len(self.rows))
        cost = sum(row.spent(line) for row in self.rows for line in lines) / count
        return Candidate(self.name, dict(self.values), sum(map(objective.quality, self.rows)) / count, cost)


def candidates(tried: Sequence[Tried], objective: Objective) -> list[Candidate]:
    """What each of them reached, all with the cost in one unit."""
    in_usd = any(one.paid for one in tried) and not any(one.unpriced for one in tried)
    return [one.candidate(objective, in_usd) for one in tried]


def pareto_front(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that no other beats in one measure without losing in the other, cheapest first; of equal ones the first."""
    front: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda each: (each.cost, -each.quality)):
        if not front or candidate.quality > front[-1].quality:
            front.append(candidate)
    return tuple(front)
