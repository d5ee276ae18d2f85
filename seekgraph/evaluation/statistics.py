"""How sure a mean is, and whether a difference between two flows is real.

Rows are resampled and signs are flipped; no distribution is assumed. The same rows give the same numbers whatever their order.
numpy is imported when a function runs, so that importing this module stays cheap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EXACT = 16  # 2**16 sign patterns take about a millisecond
_BLOCK = 2_000_000  # numbers drawn at once: bounds memory at about 16 MB, whatever the number of rows


class Interval(BaseModel):
    """A mean over `n` values and its interval. All three numbers are None if n = 0. `model_dump()` is its JSON form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float | None
    low: float | None
    high: float | None
    n: int


class Comparison(BaseModel):
    """Two flows, a and b, on the same rows. `model_dump()` is its JSON form.

    `difference` is the mean of a - b; `p_value`, in (0, 1], is two-sided. `wins` are the rows on which a is better, `losses`
    those on which b is; wins + ties + losses = n. `left_out` counts the rows that one of the two has no value for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    difference: Interval
    p_value: float
    wins: int
    ties: int
    losses: int
    n: int
    left_out: int = 0


def bootstrap(values: Iterable[float | None], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0) -> Interval:
    """The mean of the values that are not None, with its percentile bootstrap interval (Efron, 1979).

    Draws `resamples` samples of n values with replacement; low and high are the (1 - confidence) / 2 and (1 + confidence) / 2
    quantiles of their means. One value, or equal values, give an interval without width: that says that nothing varied, not
    that the mean is certain. Below about 20 rows the interval is a little too narrow.

    Raises `ValueError` for a value that is not finite, a confidence outside (0, 1), or fewer than one resample.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, for instance 0.95; got {confidence}")
    if resamples < 1:
        raise ValueError(f"resamples is at least 1, for instance 2000; got {resamples}")
    # Sorted, so that rows which end in another order under concurrency give the same interval.
    kept = sorted(_finite(value) for value in values if value is not None)
    if not kept:
        return Interval(mean=None, low=None, high=None, n=0)
    if kept[0] == kept[-1]:
        return Interval(mean=kept[0], low=kept[0], high=kept[0], n=len(kept))

    import numpy as np

    rng, rows = np.random.default_rng(seed), np.asarray(kept)
    means = np.concatenate(
        [rows[rng.integers(0, len(rows), size=(size, len(rows)))].mean(axis=1) for size in _blocks(resamples, len(rows))]
    )
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    mean = math.fsum(kept) / len(kept)
    return Interval(mean=mean, low=min(float(low), mean), high=max(float(high), mean), n=len(kept))


def paired(
    a: Sequence[float | None],
    b: Sequence[float | None],
    *,
    higher_is_better: bool = True,
    confidence: float = 0.95,
    resamples: int = 2000,
    permutations: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare a with b, two flows' values of one metric on the same rows in the same order.

    The difference is a - b whichever direction is better; `higher_is_better` only says who wins a row. Its interval is the
    `bootstrap` of the rows' differences. The p-value is that of the paired permutation test: if the flows were equal, each row's
    difference could as well have the other sign. p = share of sign patterns whose |sum| is at least the observed one: of all
    patterns where at most 16 rows differ, else of `permutations` random ones as (r + 1) / (permutations + 1), which is never 0
    and keeps the test valid (Phipson and Smyth, 2010). With no row that differs, or no row at all, p = 1.

    A row where either value is None is left out and counted. Values equal but for rounding are ties.
    Raises `ValueError` for lengths that differ and for what `bootstrap` raises it for.
    """
    if len(a) != len(b):
        raise ValueError(f"a has {len(a)} rows and b has {len(b)}: give one value for each row, None where there is none")
    if permutations < 1:
        raise ValueError(f"permutations is at least 1, for instance 10000; got {permutations}")
    differences = [_difference(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    above = sum(difference > 0 for difference in differences)
    below = sum(difference < 0 for difference in differences)
    return Comparison(
        difference=bootstrap(differences, confidence=confidence, resamples=resamples, seed=seed),
        p_value=_sign_flip([difference for difference in differences if difference], permutations, seed),
        wins=above if higher_is_better else below,
        ties=len(differences) - above - below,
        losses=below if higher_is_better else above,
        n=len(differences),
        left_out=len(a) - len(differences),
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values corrected for having made all these tests, in the order given (Holm, 1979).

    With the m p-values in ascending order, the i-th becomes max over j <= i of min(1, (m - j + 1) p_j). Rejecting those at or
    below alpha keeps the chance of any false rejection at or below alpha. Raises `ValueError` for a value outside [0, 1].
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise ValueError(f"a p-value lies in [0, 1]; got {p}")
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return tuple(corrected)


def _sign_flip(differences: Sequence[float], permutations: int, seed: int) -> float:
    """The two-sided sign-flip p-value of differences that are not zero."""
    if not differences:
        return 1.0

    import numpy as np

    # Rounding must not make a pattern that ties with the observed one look less extreme.
    observed = abs(math.fsum(differences)) - 1e-9 * math.fsum(map(abs, differences))
    sizes = np.sort(np.abs(differences))
    if len(sizes) <= _EXACT:
        return float(np.mean(np.abs(_all_sums(sizes)) >= observed))
    rng, extreme = np.random.default_rng(seed), 0
    for block in _blocks(permutations, len(sizes)):
        bits = rng.integers(0, 256, size=(block, -(-len(sizes) // 8)), dtype=np.uint8)  # eight signs from each byte
        plus = np.unpackbits(bits, axis=1, count=len(sizes)) @ sizes
        extreme += int(np.count_nonzero(np.abs(2 * plus - sizes.sum()) >= observed))
    return (extreme + 1) / (permutations + 1)


def _all_sums(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums of all sign patterns, up to a common sign: the first stays positive, since only |sum| counts."""
    import numpy as np

    sums = sizes[:1]
    for size in sizes[1:]:
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _blocks(total: int, width: int) -> Iterator[int]:
    """Sizes that add up to `total`, each so small that a block of that many rows of `width` numbers fits in memory."""
    most = max(1, _BLOCK // width)
    for start in range(0, total, most):
        yield min(most, total - start)


def _difference(x: float, y: float) -> float:
    return 0.0 if math.isclose(_finite(x), _finite(y), rel_tol=1e-9) else x - y


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"a value is not finite: {value}. A metric that does not apply to a row returns None")
    return float(value)
