"""How sure a mean is: intervals that hold for few rows, and for means near the ends of what a metric can be.

numpy is imported when a function runs, so that importing this module stays cheap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bounds = tuple[float, float]
"""The least and the most that a value can be."""

UNIT: Bounds = (0.0, 1.0)
"""The bounds of rewards, and of most metrics."""

_BLOCK = 2_000_000  # numbers drawn at once: bounds memory at about 16 MB, whatever the number of rows


class Interval(BaseModel):
    """A mean over `n` values and its interval. The three numbers are None if n = 0. `model_dump()` is its JSON form.

    `method` is how the interval was made: "Clopper-Pearson" (exact, for values at their bounds), "Gaffke" (for bounded
    values), "bootstrap" (BCa, where no bounds are known), "Jeffreys" (Cohen's kappa); "" for n = 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float | None
    low: float | None
    high: float | None
    n: int
    method: str = ""


def bounds_of(values: Iterable[float | None], bounds: Bounds = UNIT) -> Bounds | None:
    """`bounds` if all values are within them, else None: what a metric whose definition is not known is taken to keep to."""
    low, high = bounds
    return bounds if all(low <= value <= high for value in values if value is not None) else None


def interval(
    values: Iterable[float | None],
    bounds: Bounds | None = UNIT,
    *,
    confidence: float = 0.95,
    resamples: int = 4000,
    seed: int = 0,
) -> Interval:
    """The mean of the values that are not None, with an interval that holds for few rows.

    Values that are all at one of the `bounds` (0 or 1) get the exact interval of Clopper and Pearson (1934). Others within
    the bounds get that of Gaffke (2005), found again by Learned-Miller and Thomas (2020, arXiv:1905.06208): the quantiles of
    sum(w_i x_i) over weights w drawn from Dirichlet(1, ..., 1), where to the n values the upper bound is added for the high
    end and the lower bound for the low end. That is a bootstrap which reckons with one row that was not seen and is as bad
    (or as good) as can be. For values at the bounds it is Clopper and Pearson's; that it always covers as often as it says
    is conjectured, with no exception known (`benchmarks/intervals.md` simulates it). With `bounds` None it is `bootstrap`.

    The same rows give the same interval in any order. Raises `ValueError` for a value that is not finite or not within the
    bounds, a confidence outside (0, 1), or fewer than one resample.
    """
    if bounds is None:
        return bootstrap(values, confidence=confidence, resamples=resamples, seed=seed)
    _check(confidence, resamples)
    low, high = bounds
    if not low < high:
        raise ValueError(f"bounds are the least and the most that a value can be, not {bounds}")
    # Sorted, so that rows which end in another order under concurrency give the same interval.
    selected = sorted(finite(value) for value in values if value is not None)
    if not selected:
        return Interval(mean=None, low=None, high=None, n=0)
    if selected[0] < low or selected[-1] > high:
        raise ValueError(f"a value is outside its bounds {bounds}: {selected[0] if selected[0] < low else selected[-1]}")
    at_high = sum(value == high for value in selected)
    if at_high + sum(value == low for value in selected) == len(selected):
        ends = clopper_pearson(at_high, len(selected), confidence)
        ends, method = (low + ends[0] * (high - low), low + ends[1] * (high - low)), "Clopper-Pearson"
    else:
        ends, method = _gaffke(selected, bounds, confidence, resamples, seed), "Gaffke"
    return _around(math.fsum(selected) / len(selected), ends, len(selected), method)


def clopper_pearson(hits: int, n: int, confidence: float = 0.95) -> Bounds:
    """The exact interval of a share of `hits` in `n` > 0 (Clopper and Pearson, 1934).

    Its ends are the shares p for which as many hits or more, and as many or fewer, have the chance (1 - confidence) / 2.
    """
    import numpy as np

    each = np.arange(n)
    combinations = np.concatenate([[0.0], np.cumsum(np.log((n - each) / (each + 1)))])
    outcomes = np.arange(n + 1)

    def chance_of_at_least(count: int, share: float) -> float:
        logs = combinations + outcomes * math.log(share) + (n - outcomes) * math.log1p(-share)
        return float(np.exp(logs[count:]).sum())

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _solved(lambda share: chance_of_at_least(hits, share) - tail)
    high = 1.0 if hits == n else _solved(lambda share: chance_of_at_least(hits + 1, share) - (1 - tail))
    return low, high


def bootstrap(values: Iterable[float | None], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0) -> Interval:
    """The mean of the values that are not None, with its bootstrap interval: for costs and other values of which no bounds are
    known.

    Draws `resamples` samples of n values with replacement; low and high are quantiles of their means, corrected for bias and skew
    (BCa; Efron, 1987) and for few rows, with Student's quantile in place of the normal one (Hesterberg, 2015). It assumes that
    the rows show what may happen: where few rows make most of the mean it is too narrow (`benchmarks/intervals.md`). One value,
    or equal values, give an interval without width: that says that nothing varied, not that the mean is certain.

    Raises `ValueError` for a value that is not finite, a confidence outside (0, 1), or fewer than one resample.
    """
    _check(confidence, resamples)
    selected = sorted(finite(value) for value in values if value is not None)
    if not selected:
        return Interval(mean=None, low=None, high=None, n=0)
    if selected[0] == selected[-1]:
        return Interval(mean=selected[0], low=selected[0], high=selected[0], n=len(selected), method="bootstrap")

    import numpy as np

    rng, rows = np.random.default_rng(seed), np.asarray(selected)
    means = np.concatenate(
        [rows[rng.integers(0, len(rows), size=(size, len(rows)))].mean(axis=1) for size in blocks(resamples, len(rows))]
    )
    mean = math.fsum(selected) / len(selected)
    low, high = np.quantile(means, _bca(rows, means, mean, confidence))
    return _around(mean, (float(low), float(high)), len(selected), "bootstrap")


def _bca(rows: NDArray[np.float64], means: NDArray[np.float64], mean: float, confidence: float) -> list[float]:
    """The quantiles of the resampled means that are the ends of the interval."""
    from statistics import NormalDist

    normal, n = NormalDist(), len(rows)
    below = (float((means < mean).sum()) + float((means == mean).sum()) / 2) / len(means)
    bias = normal.inv_cdf(min(max(below, 1 / (len(means) + 1)), 1 - 1 / (len(means) + 1)))
    gaps = (rows - mean) / (rows[-1] - rows[0])  # of no unit, so that the powers of small values do not vanish
    squares = float((gaps**2).sum())  # 0 only where the spread is more than a float holds
    skew = float((gaps**3).sum()) / (6 * squares**1.5) if squares else 0.0
    width = _student(normal.inv_cdf((1 + confidence) / 2), n - 1) * math.sqrt(n / (n - 1))
    return [normal.cdf(bias + (bias + end) / max(1e-6, 1 - skew * (bias + end))) for end in (-width, width)]


def _student(z: float, freedom: int) -> float:
    """Student's quantile where the normal one is `z`, by its expansion in 1 / freedom (Abramowitz and Stegun, 26.7.5)."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def weights(values: Sequence[float], resamples: int, seed: int) -> Iterator[tuple[NDArray[np.float64], ...]]:
    """Draws of the weights of Gaffke's bounds, block by block: the sums of weighted values, those of the weights, and the
    weights of the row that was not seen, none of them divided by their total. `values` are sorted.

    Equal values share one draw: the sum of k weights drawn alike is one of a gamma distribution.
    """
    import numpy as np

    groups = [(value, float(len(list(same)))) for value, same in groupby(values)]
    unlike, counts = np.array([value for value, _ in groups]), np.array([count for _, count in groups])
    rng = np.random.default_rng(seed)
    for size in blocks(resamples, len(unlike)):
        drawn = rng.standard_gamma(counts, size=(size, len(counts)))
        yield drawn @ unlike, drawn.sum(axis=1), rng.standard_exponential(size)


def _gaffke(values: Sequence[float], bounds: Bounds, confidence: float, resamples: int, seed: int) -> Bounds:
    import numpy as np

    lows, highs = [], []
    for sums, totals, unseen in weights(values, resamples, seed):
        lows.append((sums + unseen * bounds[0]) / (totals + unseen))
        highs.append((sums + unseen * bounds[1]) / (totals + unseen))
    low, high = _tails(confidence)
    return float(np.quantile(np.concatenate(lows), low)), float(np.quantile(np.concatenate(highs), high))


def _around(mean: float, ends: Bounds, n: int, method: str) -> Interval:
    return Interval(mean=mean, low=min(ends[0], mean), high=max(ends[1], mean), n=n, method=method)


def _solved(rising: Callable[[float], float]) -> float:
    """Where a rising function of a share is 0, by halving."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def blocks(total: int, width: int) -> Iterator[int]:
    """Sizes that add up to `total`, each so small that a block of that many rows of `width` numbers fits in memory."""
    most = max(1, _BLOCK // width)
    for start in range(0, total, most):
        yield min(most, total - start)


def finite(value: float) -> float:
    """The value as a float. Raises `ValueError` for one that is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"a value is not finite: {value}. A metric that does not apply to a row returns None")
    return float(value)


def _tails(confidence: float) -> list[float]:
    return [(1 - confidence) / 2, (1 + confidence) / 2]


def _check(confidence: float, resamples: int) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, for instance 0.95; got {confidence}")
    if resamples < 1:
        raise ValueError(f"resamples is at least 1, for instance 2000; got {resamples}")
