"""The Pareto front of quality against cost, and the candidate for a given limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seekgraph.evaluation.row import Row
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.objective import Objective

COSTS: Mapping[str, str] = {
    "calls": "calls",
    "searches": "searches",
    "tokens": "tokens",
    "usd": "usd",
    "seconds": "latency",
}
"""What is measured of a candidate, a question, with the line of a row that has it."""

COUNTED = ("calls", "searches", "tokens", "usd")
"""The costs that the front goes by. Seconds are not among them: they differ from run to run, and with them hardly any candidate
would be beaten by another."""


@dataclass(frozen=True)
class Candidate:
    """Param values, those that differ from the flow as it came, with what they reached: `quality` (higher is better) and costs
    (lower is better), means over the same rows.

    `cost` is US dollars a question where any candidate is paid for and all prices are known, else calls and searches a question.
    `costs` are "calls", "searches", "tokens", "usd" and "seconds" a question; "usd" is missing where a price is not known, and
    "seconds" are those of a run that remembers nothing. `rows` are the rows themselves.
    """

    name: str
    values: Mapping[str, Any] = field(repr=False)
    quality: float
    cost: float
    costs: Mapping[str, float] = field(default_factory=dict)
    rows: Sequence[Row] = field(default=(), repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The candidate without its rows, as plain data."""
        costs = {name: round(each, 6) for name, each in self.costs.items()}
        return {"name": self.name, "quality": self.quality, "cost": self.cost, "costs": costs, "params": dict(self.values)}


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
        count = max(1, len(self.rows))
        costs = {name: sum(row.spent(line) for row in self.rows) / count for name, line in COSTS.items()}
        cost = costs["usd"] if in_usd else costs["calls"] + costs["searches"]
        if self.unpriced:
            del costs["usd"]
        quality = sum(map(objective.quality, self.rows)) / count
        return Candidate(self.name, dict(self.values), quality, cost, costs, tuple(self.rows))


def candidates(tried: Sequence[Tried], objective: Objective) -> list[Candidate]:
    """What each of them reached, all with the cost in one unit."""
    in_usd = any(one.paid for one in tried) and not any(one.unpriced for one in tried)
    return [one.candidate(objective, in_usd) for one in tried]


def pareto_front(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that no other beats in one measure without losing in another, cheapest first; of equal ones the first."""
    ordered = sorted(candidates, key=lambda each: (each.cost, -each.quality))
    front: list[Candidate] = []
    for candidate in ordered:
        others = (other for other in ordered if _measures(other) != _measures(candidate))
        equal = any(_measures(other) == _measures(candidate) for other in front)
        if not equal and not any(_as_good(other, candidate) for other in others):
            front.append(candidate)
    return tuple(front)


def _measures(one: Candidate) -> tuple[float, ...]:
    return (one.quality, one.cost, *(one.costs.get(name, 0.0) for name in COUNTED))


def _as_good(other: Candidate, one: Candidate) -> bool:
    """Whether `other` is at least as good in everything."""
    quality, *costs = _measures(other)
    least, *most = _measures(one)
    return quality >= least and all(mine <= theirs for mine, theirs in zip(costs, most, strict=True))


def pick(candidates: Sequence[Candidate], quality: float | None, limits: Mapping[str, float]) -> Candidate:
    """The best candidate whose costs are within `limits`; where a `quality` is wanted, the cheapest that reaches it.

    `limits` are by the names of `COSTS`. Raises `CompileError` where none does, naming the nearest, for a cost that nobody
    knows, and for no candidates.
    """
    if unknown := sorted(set(limits) - set(COSTS)):
        names = ", ".join(f"{name}_per_query" for name in COSTS)
        raise CompileError(f"there is no limit {unknown[0]}_per_query; there are {names}, and quality")
    if quality is None and not limits:
        raise CompileError("say what it has to reach: at(quality=.6), or what it may cost: at(usd_per_query=.002)")
    if not candidates:
        raise CompileError("no candidate was run on all held-back rows: compile with a larger budget")
    if unpriced := [one.name for one in candidates if "usd" in limits and "usd" not in one.costs]:
        raise CompileError(
            f"the price of what {unpriced[0]!r} asks is not known: limit calls_per_query or tokens_per_query instead"
        )
    within = [one for one in candidates if all(one.costs[name] <= most for name, most in limits.items())]
    if not within:
        name = next(iter(limits))
        nearest = min(candidates, key=lambda one: one.costs[name])
        raise CompileError(
            f"no candidate is within {', '.join(f'{each:g} {line}' for line, each in limits.items())} a query: "
            f"the least {name} is {nearest.costs[name]:.4g}, of {nearest.name!r}"
        )
    if quality is None:
        return max(within, key=lambda one: (one.quality, -one.cost))
    if reaching := [one for one in within if one.quality >= quality]:
        return min(reaching, key=lambda one: (one.cost, one.costs["tokens"], -one.quality))
    best = max(within, key=lambda one: one.quality)
    raise CompileError(f"no candidate reaches a quality of {quality:g}: the best is {best.quality:.4g}, of {best.name!r}")
