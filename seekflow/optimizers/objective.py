"""What compiling makes better: a weighted mean of metrics, with the step rewards beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seekflow.evaluation.metrics import Metric, metric

if TYPE_CHECKING:
    from seekflow.core.flow import Flow
    from seekflow.evaluation.row import Row
    from seekflow.types import Example

DEFAULTS: Mapping[str, Mapping[str, float]] = {
    "answer": {"answer_f1": 0.5, "support_recall@5": 0.5},
    "passages": {"support_recall@5": 1.0},
}


@dataclass(frozen=True)
class Objective:
    """`quality` of a row is the weighted mean of its metrics, in [0, 1]: what changes are accepted for.

    `signal` adds `reward_weight` times the mean of the row's step rewards: what searching looks at. Step rewards tell
    candidates apart on rows where the final metric is the same for both, which with a few dozen rows is most of them.
    A row that failed counts 0 in both, so that no candidate gains by failing where it would have been wrong.
    """

    weights: Mapping[str, float]
    reward_weight: float = 0.1
    metrics: tuple[Metric, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = tuple(metric(name) for name in self.weights)
        lower = [each.name for each in found if not each.higher_is_better]
        if lower or not found or any(weight <= 0 for weight in self.weights.values()):
            raise ValueError(
                f"an objective is made of metrics where higher is better, with weights above 0, not of {dict(self.weights)}"
            )
        object.__setattr__(self, "metrics", found)

    @property
    def name(self) -> str:
        """The metrics' names, with their weights where there are several."""
        if len(self.weights) == 1:
            return next(iter(self.weights))
        return " + ".join(f"{weight:g} {name}" for name, weight in self.weights.items())

    def quality(self, row: Row) -> float:
        """The weighted mean of the metrics that apply to the row; 0 where it failed or none applies."""
        values = [(weight, row.metrics.get(name)) for name, weight in self.weights.items()]
        known = [(weight, value) for weight, value in values if value is not None]
        if row.failed or not known:
            return 0.0
        return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known)

    def signal(self, row: Row) -> float:
        """The quality, with the step rewards beside it."""
        if row.failed:
            return 0.0
        rewards = [value for visits in row.rewards.values() for _, _, value in visits]
        return self.quality(row) + self.reward_weight * (sum(rewards) / len(rewards) if rewards else 0.0)


def objective_for(flow: Flow, examples: Sequence[Example], wanted: Metric | str | Mapping[str, float] | None) -> Objective:
    """The objective that the user asked for, or a default that fits the flow's output and what the examples have.

    Raises `ValueError` where no example has the gold that it needs.
    """
    if wanted is not None:
        weights = wanted if isinstance(wanted, Mapping) else {wanted if isinstance(wanted, str) else wanted.name: 1.0}
    else:
        weights = DEFAULTS.get(flow.output, DEFAULTS["passages"])
        weights = {name: weight for name, weight in weights.items() if _applies(metric(name), examples)}
    made = Objective(weights) if weights else None
    missing = [each.name for each in (made.metrics if made else ()) if not _applies(each, examples)]
    if made is None or missing:
        needs = sorted({need for name in missing or ["support_recall@5"] for need in metric(name).needs})
        raise ValueError(
            f"compiling for {missing or 'a default metric'} needs examples with {needs}, and none of the {len(examples)} has them"
        )
    return made


def _applies(each: Metric, examples: Iterable[Example]) -> bool:
    return any(each.applies_to(example) for example in examples)
