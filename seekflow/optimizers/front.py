"""The Pareto front of quality against cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """Param values with what they reached: `quality` in [0, 1] (higher is better) and `cost` (lower is better), means over
    the same rows. `cost` is US dollars a question where models are paid, else calls and searches a question."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    quality: float
    cost: float


def pareto_front(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that no other beats in one measure without losing in the other, cheapest first; of equal ones the first."""
    front: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda each: (each.cost, -each.quality)):
        if not front or candidate.quality > front[-1].quality:
            front.append(candidate)
    return tuple(front)
