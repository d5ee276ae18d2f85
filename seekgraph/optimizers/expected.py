"""What a gain that was chosen for being large is likely to be on new questions."""

from __future__ import annotations

from statistics import NormalDist

from seekgraph.evaluation.comparisons import Comparison

CROSSED = 1.5
"""By how much the mean of cross-fitted rows varies more than that of independent ones: see `acceptance.POOLED`."""


def expected_gain(comparison: Comparison, crossed: bool = False) -> float:
    """The gain of a change that was taken, corrected for having been taken: gain * max(0, 1 - v / z^2).

    z is the normal deviate of the sign-flip test's p-value, v the variance of z where nothing is gained: 1, or `CROSSED`.
    Changes are taken where the rows happen to be kind to them, so that the mean over the rows is too high on average, and the
    more so the less is proven. The formula is that of James and Stein (1961), as the empirical Bayes estimate of one mean. That
    what is claimed and what is gained on new questions then agree over all is simulated in `benchmarks/power.md`.
    """
    gain = comparison.difference.mean or 0.0
    if gain <= 0 or not comparison.sign_flip < 1:
        return min(gain, 0.0)
    z = NormalDist().inv_cdf(1 - comparison.sign_flip / 2)
    return gain * max(0.0, 1 - (CROSSED if crossed else 1.0) / z**2)
