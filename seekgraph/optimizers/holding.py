"""Metrics that a change may not make worse: what is held beside the objective, and how a fall is told from noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from seekgraph.evaluation.comparisons import Comparison, holm, paired
from seekgraph.evaluation.intervals import bounds_of
from seekgraph.evaluation.metrics import DEFAULT_METRICS, Metric, metric
from seekgraph.evaluation.report import COSTS
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.errors import CompileError
from seekgraph.types import Example

HARM = 0.1
"""The chance of seeing a fall in any of the held metrics where none of them falls."""

CHANCE = 0.05
"""The chance that a search leaves a candidate out for a fall of any held metric where none of them falls: one-sided."""

HOLD_WEIGHT = 0.25
"""What a search takes off a candidate's signal for each point by which a held metric falls."""

LEAST = 8
"""Rows below which a search leaves no candidate out for a fall: the standard error of fewer says nothing."""


class Harm(NamedTuple):
    """A held metric that a change makes worse: its means before and after on the rows that have both, and the p-value, one-sided
    and corrected for the number of held metrics. `after` is None, and the p-value 0, where it is not known after: a cost without
    a price cannot be shown not to rise."""

    metric: str
    before: float
    after: float | None
    p_value: float

    def __str__(self) -> str:
        if self.after is None:
            return f"{self.metric} {self.before:.3f} -> unknown"
        return f"{self.metric} {self.before:.3f} -> {self.after:.3f} (p = {self.p_value:.3f})"


def reported_for(examples: Sequence[Example]) -> tuple[Metric, ...]:
    """The metrics that evaluating reports on these examples, but for seconds, which no two runs agree on."""
    return tuple(each for each in DEFAULT_METRICS if each.name != "seconds" and any(map(each.applies_to, examples)))


def held_for(hold: Sequence[Metric | str] | None, examples: Sequence[Example]) -> tuple[Metric, ...]:
    """The metrics that may not fall: those asked for, or all reported ones but costs, which the front of candidates weighs.

    Raises `MetricError` for a name that no metric has, `CompileError` for a metric that no example has the gold for.
    """
    if hold is None:
        return tuple(each for each in reported_for(examples) if each.name not in COSTS)
    found = tuple(metric(each) for each in hold)
    for each in found:
        if not any(map(each.applies_to, examples)):
            needs = " and ".join(repr(need) for need in sorted(each.needs))
            raise CompileError(f"hold names {each.name!r}, which needs examples with {needs}, and none has them: leave it out")
    return found


def compared(after: Sequence[Row], before: Sequence[Row], metrics: Sequence[Metric]) -> dict[str, Comparison]:
    """After minus before for each metric that has values on both sides, on rows in the same order."""
    found = {}
    for each in metrics:
        mine, theirs = _values(after, each.name), _values(before, each.name)
        bounds = None if each.name in COSTS else bounds_of([*mine, *theirs])
        comparison = paired(mine, theirs, bounds=bounds, higher_is_better=each.higher_is_better)
        if comparison.n:
            found[each.name] = comparison
    return found


def harms(after: Sequence[Row], before: Sequence[Row], held: Sequence[Metric]) -> tuple[Harm, ...]:
    """The held metrics that are worse after than before by more than chance: at most `HARM` of finding any where none is.

    By the sign-flip test alone: a loss that may be real is enough to refuse a change. Rows without a value on one side, such as
    those that failed, are left out here; the objective counts them as 0. A metric where less is better and that has no value
    after on any row, though it had before and not all rows failed, is a harm: no value is never the best one.
    """
    found = compared(after, before, held)
    lost = [
        each.name for each in held if not each.higher_is_better and each.name not in found and _lost(after, before, each.name)
    ]
    worse = {each.name: -1.0 if each.higher_is_better else 1.0 for each in held}
    one_sided = [each.sign_flip / 2 if worse[name] * (each.difference.mean or 0.0) > 0 else 1.0 for name, each in found.items()]
    fallen = (
        Harm(name, *_means(after, before, name), p_value)
        for name, p_value in zip(found, holm(one_sided), strict=True)
        if p_value <= HARM
    )
    return (*fallen, *(Harm(name, _mean(before, name), None, 0.0) for name in lost))


class Falls(NamedTuple):
    """How much worse held metrics look on the rows of a search: `total`, the sum of the means by which they fell, and the names
    of those that fell beyond `CHANCE`, which the held metrics share."""

    total: float
    clear: tuple[str, ...]


def falls(after: Sequence[Row], before: Sequence[Row], held: Sequence[Metric]) -> Falls:
    """What a search, which tries many candidates, sees of held metrics that fall, on rows in the same order."""
    total, clear = 0.0, []
    patience = NormalDist().inv_cdf(1 - CHANCE / max(1, len(held)))
    for each in held:
        sign = 1.0 if each.higher_is_better else -1.0
        pairs = zip(_values(after, each.name), _values(before, each.name), strict=True)
        gaps = [sign * (mine - theirs) for mine, theirs in pairs if mine is not None and theirs is not None]
        total += max(0.0, -sum(gaps) / max(1, len(gaps)))
        if behind(gaps, patience):
            clear.append(each.name)
    return Falls(total, tuple(clear))


def behind(gaps: Sequence[float], patience: float) -> bool:
    """Whether the mean of paired differences lies more than `patience` of its standard errors below 0."""
    if len(gaps) < LEAST:
        return False
    gap = sum(gaps) / len(gaps)
    error = math.sqrt(sum((each - gap) ** 2 for each in gaps) / (len(gaps) - 1) / len(gaps))
    return gap < 0 and -gap > patience * error


def worse_of(found: Mapping[str, Comparison], metrics: Sequence[Metric]) -> tuple[str, ...]:
    """The names of those that are worse, beyond noise of each by itself (one-sided p of at most .05)."""
    sign = {each.name: 1.0 if each.higher_is_better else -1.0 for each in metrics}
    return tuple(
        name for name, each in found.items() if sign[name] * (each.difference.mean or 0.0) < 0 and each.sign_flip / 2 <= 0.05
    )


def _values(rows: Sequence[Row], name: str) -> list[float | None]:
    return [None if row.failed else row.metrics.get(name) for row in rows]


def _lost(after: Sequence[Row], before: Sequence[Row], name: str) -> bool:
    """Whether a metric has values before, and none after on the rows that did not fail."""
    ran = any(not row.failed and row.status != "skipped" for row in after)
    return (
        ran
        and any(value is not None for value in _values(before, name))
        and not any(value is not None for value in _values(after, name))
    )


def _mean(rows: Sequence[Row], name: str) -> float:
    known = [value for value in _values(rows, name) if value is not None]
    return sum(known) / len(known)


def _means(after: Sequence[Row], before: Sequence[Row], name: str) -> tuple[float, float]:
    pairs = [(theirs, mine) for mine, theirs in zip(_values(after, name), _values(before, name), strict=True)]
    both = [(theirs, mine) for theirs, mine in pairs if theirs is not None and mine is not None]
    return sum(theirs for theirs, _ in both) / len(both), sum(mine for _, mine in both) / len(both)
