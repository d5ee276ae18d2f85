"""What compiling makes better: a weighted mean of metrics, with the step rewards beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seekgraph.core.language.flow import Flow
from seekgraph.evaluation.metrics import Metric, metric
from seekgraph.evaluation.row import Row
from seekgraph.evaluation.validation import rewards_for
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.holding import held_for
from seekgraph.rewards.algebra import Reward
from seekgraph.types import Example

Wanted = Metric | str | Mapping[str, float] | Mapping[Metric, float] | Mapping[Metric | str, float]

DEFAULTS: Mapping[str, Mapping[Metric | str, float]] = {
    "answer": {"answer_f1": 0.5, "support_recall@5": 0.5},
    "passages": {"support_recall@5": 1.0},
}


@dataclass(frozen=True)
class Objective:
    """`quality` of a row is the weighted mean of its metrics, in [0, 1] where they are: what changes are accepted for.

    `signal` adds `reward_weight` times the mean of the row's step rewards: what searching looks at. They are `rewards`, or the
    default ones; their weights are not part of the search, which would only learn to be content. Step rewards tell candidates
    apart on rows where the final metric is the same for both, which with a few dozen rows is most of them.

    A row that failed counts 0 in both, and so does a metric that has no value although the example has the gold for it: no
    candidate gains by failing, or by keeping silent, where it would have been wrong. (A report leaves such rows out of the mean,
    and says how many rows it has: it describes one flow, where this chooses between two.)

    `held` are the metrics that a change may not make worse, `reported` those whose change is reported besides.

    Raises `CompileError` for no metrics, two of one name, weights that are not above 0, and metrics where less is better.
    """

    weights: Mapping[Metric, float]
    reward_weight: float = 0.1
    rewards: tuple[Reward, ...] | None = None
    held: tuple[Metric, ...] = ()
    reported: tuple[Metric, ...] = ()

    def __post_init__(self) -> None:
        weights = {each.name: weight for each, weight in self.weights.items()}
        sound = all(math.isfinite(weight) and weight > 0 for weight in weights.values())
        if (
            not weights
            or not sound
            or len(weights) < len(self.weights)
            or not all(each.higher_is_better for each in self.weights)
        ):
            raise CompileError(f"an objective is made of metrics where higher is better, with weights above 0, not of {weights}")

    @property
    def name(self) -> str:
        """The metrics' names, with their weights where there are several."""
        if len(self.weights) == 1:
            return next(iter(self.weights)).name
        return " + ".join(f"{weight:g} {each.name}" for each, weight in self.weights.items())

    def metrics(self, examples: Sequence[Example]) -> tuple[Metric, ...]:
        """The metrics that apply to any of the examples: the objective's, and those that are held or reported."""
        named = {each.name: each for each in (*self.reported, *self.held, *self.weights)}
        return tuple(each for each in named.values() if any(map(each.applies_to, examples)))

    def rewards_of(self, examples: Sequence[Example]) -> tuple[Reward, ...] | None:
        """The rewards that were asked for and apply to any of the examples; None for the default ones."""
        return None if self.rewards is None else tuple(each for each in self.rewards if any(map(each.applies_to, examples)))

    def applies_to(self, example: Example) -> bool:
        """Whether the example has the gold for any of the objective's metrics."""
        return any(each.applies_to(example) for each in self.weights)

    def silent(self, row: Row) -> bool:
        """Whether a metric of the objective has no value on the row, and counts 0, although the example has the gold for it."""
        return any(row.metrics.get(name, 0.0) is None for name, _ in self._by_name)

    @property
    def rewards_config(self) -> list[list[Any]]:
        """The rewards that were asked for, each as its name and the values of its params, as plain data."""
        return [[each.name, {name: param.to_json() for name, param in each.params().items()}] for each in self.rewards or ()]

    def quality(self, row: Row) -> float:
        """The weighted mean of the metrics that the example has gold for; 0 where the row failed."""
        if row.failed:
            return 0.0
        known = [(weight, row.metrics[name] or 0.0) for name, weight in self._by_name if name in row.metrics]
        total = sum(weight for weight, _ in known)
        return sum(weight * value for weight, value in known) / total if total else 0.0

    def signal(self, row: Row) -> float:
        """The quality, with the step rewards beside it."""
        if row.failed:
            return 0.0
        rewards = [value for visits in row.rewards.values() for _, _, value in visits]
        return self.quality(row) + self.reward_weight * (sum(rewards) / len(rewards) if rewards else 0.0)

    @cached_property
    def _by_name(self) -> tuple[tuple[str, float], ...]:
        return tuple((each.name, weight) for each, weight in self.weights.items())


def objective_for(
    flow: Flow,
    examples: Sequence[Example],
    wanted: Wanted | None,
    rewards: Sequence[Reward] | None = None,
    hold: Sequence[Metric | str] | None = (),
) -> Objective:
    """The objective that the user asked for, or a default that fits the flow's output and what the examples have; with `rewards`
    beside it in the place of the default ones. `hold` are the metrics that may not fall; None for all reported ones but costs.

    Raises `CompileError` where no example has the gold that a metric needs, `MetricError` for a name that no metric has,
    `RewardError` for a reward that the examples or the flow cannot feed.
    """
    weights: Mapping[Metric | str, float]
    if wanted is None:
        weights = DEFAULTS.get(flow.output, DEFAULTS["passages"])
        weights = {each: weight for each, weight in weights.items() if _applies(metric(each), examples)} or weights
    else:
        weights = {wanted: 1.0} if isinstance(wanted, Metric | str) else dict(wanted)  # type: ignore[arg-type]
    chosen = None if rewards is None else rewards_for(rewards, examples, flow)
    made = Objective({metric(each): weight for each, weight in weights.items()}, rewards=chosen, held=held_for(hold, examples))
    for each in made.weights:
        if not _applies(each, examples):
            needs = " and ".join(repr(need) for need in sorted(each.needs))
            raise CompileError(
                f"compiling for {each.name!r} needs examples with {needs}, and none of the {len(examples)} has them: "
                "add them to the rows, or name another metric"
            )
    return made


def _applies(each: Metric, examples: Iterable[Example]) -> bool:
    return any(map(each.applies_to, examples))
