"""Whether a difference between two flows is real: paired tests on the same rows.

numpy is imported when a function runs, so that importing this module stays cheap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from seekgraph.evaluation.intervals import Bounds, Interval, blocks, bounds_of, finite, interval, weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIGN_FLIP = "sign-flip"
BOTH = "sign-flip and bounded mean"
ASSUMED = "sign-flip, symmetry assumed"

_EXACT = 16  # 2**16 sign patterns take about a millisecond


class Comparison(BaseModel):
    """Two flows, a and b, on the same rows. `model_dump()` is its JSON form.

    `difference` is the mean of a - b; `p_value`, in (0, 1], is two-sided, and `test` says of which test: see `paired`.
    `sign_flip` is the p-value of the sign-flip test alone. `wins` are the rows on which a is better, `losses` those on which b
    is; wins + ties + losses = n. `left_out` counts the rows that one of the two has no value for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    difference: Interval
    p_value: float
    wins: int
    ties: int
    losses: int
    n: int
    left_out: int = 0
    test: str = SIGN_FLIP
    sign_flip: float = 1.0


def paired(
    a: Sequence[float | None],
    b: Sequence[float | None],
    *,
    bounds: Bounds | None = None,
    higher_is_better: bool = True,
    confidence: float = 0.95,
    resamples: int = 2000,
    permutations: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare a with b, two flows' values of one metric on the same rows in the same order.

    The difference is a - b whichever direction is better; `higher_is_better` only says who wins a row. `bounds` are the least
    and the most that a value can be, None where that is not known; the interval is `interval` of the rows' differences.

    The test is the paired sign-flip test: if each row's difference could as well have the other sign, how often would the sum
    be as far from 0? p = share of sign patterns whose |sum| is at least the observed one: of all patterns where at most 16 rows
    differ, else of `permutations` random ones as (r + 1) / (permutations + 1), which is never 0 and keeps the test valid (Phipson
    and Smyth, 2010). With no row that differs, or no row at all, p = 1.

    It assumes differences that are symmetric about 0 where there is no gain. Many small gains and rare large losses are not, and
    such losses may not show in few rows at all. So, where bounds are known, a test that does not assume it has to agree, and
    `p_value` is the larger of the two: Gaffke's (2005) bound of the mean, as in `interval`, which adds to the rows one that is as
    bad as can be. n rows can then prove no gain that is smaller than about 3/n of what a value can change by. It is not asked
    where the rows themselves show that nothing worse is hidden: where all differences are the largest possible (so 0/1 metrics),
    or the largest one against the mean is at least half of that and not larger than the largest one with it. Without bounds,
    symmetry is assumed, and `test` says so. `benchmarks/intervals.md` has how often both find a gain where none is.

    A row where either value is None is left out and counted. Values equal but for rounding are ties.
    Raises `ValueError` for lengths that differ and for what `interval` raises it for.
    """
    if len(a) != len(b):
        raise ValueError(f"a has {len(a)} rows and b has {len(b)}: give one value for each row, None where there is none")
    if permutations < 1:
        raise ValueError(f"permutations is at least 1, for instance 10000; got {permutations}")
    differences = [_difference(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    above = sum(difference > 0 for difference in differences)
    below = sum(difference < 0 for difference in differences)
    range_ = None if bounds is None else bounds[1] - bounds[0]
    p_value = sign_flip = _sign_flip([difference for difference in differences if difference], permutations, seed)
    test = SIGN_FLIP
    if range_ is None:
        test = ASSUMED
    elif not shows_symmetry(differences, range_):
        test, p_value = BOTH, max(sign_flip, bounded_mean_p(differences, range_, permutations, seed))
    return Comparison(
        difference=interval(
            differences, None if range_ is None else (-range_, range_), confidence=confidence, resamples=resamples, seed=seed
        ),
        p_value=p_value,
        wins=above if higher_is_better else below,
        ties=len(differences) - above - below,
        losses=below if higher_is_better else above,
        n=len(differences),
        left_out=len(a) - len(differences),
        test=test,
        sign_flip=sign_flip,
    )


def paired_bounds(a: Sequence[float | None], b: Sequence[float | None]) -> Bounds | None:
    """[0, 1] if all values of both are in it, else None."""
    return bounds_of([*a, *b])


def shows_symmetry(differences: Sequence[float], largest: float) -> bool:
    """Whether differences of at most `largest` show by themselves that no rare large one is hidden against their mean.

    That is so where all that are not 0 are as large as possible, and where the largest one against the mean is at least half as
    large as possible and not larger than the largest one with it.
    """
    sign = 1.0 if math.fsum(differences) >= 0 else -1.0
    most = max((sign * each for each in differences), default=0.0)
    least = -min((sign * each for each in differences), default=0.0)
    near = largest * (1 - 1e-9)
    return all(not each or abs(each) >= near for each in differences) or near / 2 <= least <= most * (1 + 1e-9)


def bounded_mean_p(differences: Sequence[float], largest: float, resamples: int = 10_000, seed: int = 0) -> float:
    """The two-sided p-value of a mean of 0 of differences in [-largest, largest], with nothing else assumed (Gaffke, 2005).

    Twice the share of Dirichlet weights under which the rows, and one more with the largest difference against their mean, have
    a mean that is not on the same side of 0 as theirs; at most 1, and as (r + 1) / (resamples + 1) never 0.
    """
    total = math.fsum(differences)
    if not total:
        return 1.0
    towards = sorted(each if total > 0 else -each for each in differences)
    against = sum(int((sums <= unseen * largest).sum()) for sums, _, unseen in weights(towards, resamples, seed))
    return min(1.0, 2 * (against + 1) / (resamples + 1))


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
    for block in blocks(permutations, len(sizes)):
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


def _difference(x: float, y: float) -> float:
    return 0.0 if math.isclose(finite(x), finite(y), rel_tol=1e-9) else x - y
