"""What so many rows can prove: the smallest gain that a paired test would find, and the rows that a gain needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

ALPHA = 0.05
"""One-sided."""
POWER = 0.8
_GUESS, _WEIGHT = 0.4, 4
"""What a metric in [0, 1] varies by among questions, and how many rows this guess counts for beside the observed ones."""


def spread_of(values: Sequence[float]) -> float:
    """The standard deviation that differences between two flows are taken to have, from one flow's values in [0, 1].

    Two flows that are right on half of the same questions differ about as much from one another as questions do. A few values
    tell little of that, so that a guess of .4 counts for four rows beside them.
    """
    mean = sum(values) / max(1, len(values))
    squares = sum((each - mean) ** 2 for each in values)
    return math.sqrt((squares + _WEIGHT * _GUESS**2) / (max(0, len(values) - 1) + _WEIGHT))


def smallest_gain(rows: int, spread: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest gain of the mean that a one-sided paired test at `alpha` finds with chance `power`; infinite without rows.

    By the normal approximation; and since with m rows that differ no p-value of a sign-flip test is below 2^-m, never less than
    what that many rows can move the mean of a metric in [0, 1] by. `spread` is the standard deviation of the rows' differences.
    """
    if rows < 1:
        return math.inf
    return max(_deviates(alpha, power) * spread / math.sqrt(rows), math.ceil(-math.log2(alpha)) / rows)


def rows_needed(gain: float, spread: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """How many rows a gain of the mean needs to be found with chance `power`. Raises `ValueError` for a gain not above 0."""
    if not gain > 0:
        raise ValueError(f"a gain is above 0, not {gain}")
    return max(math.ceil((_deviates(alpha, power) * spread / gain) ** 2), math.ceil(math.ceil(-math.log2(alpha)) / gain))


def _deviates(alpha: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha) + normal.inv_cdf(power)
