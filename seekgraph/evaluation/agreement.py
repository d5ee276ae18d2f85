"""How a judge's verdicts agree with gold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.evaluation.intervals import Interval, interval

_CELLS = ((True, True), (True, False), (False, True), (False, False))


class JudgeError(SeekgraphError, ValueError):
    """There is no judge where one was looked for, or nothing to compare its verdicts with."""


class Judgement(NamedTuple):
    """A verdict on an answer: its score in [0, 1], whether the answer passes, and whether it is right by the gold answers."""

    score: float
    passed: bool
    right: bool


class Agreement(BaseModel):
    """How a judge agrees with gold, over `n` verdicts. Intervals are of 95 % over the verdicts.

    - `accuracy`: the share of verdicts that pass what is right and fail what is wrong.
    - `kappa`: Cohen's kappa (p_o - p_e) / (1 - p_e), the agreement beyond chance: p_o is the accuracy, p_e what two would reach
      who pass as many and right as many but know nothing of one another. At most 1; 0 is chance. None where both always say one
      and the same thing. (Cohen, "A coefficient of agreement for nominal scales", 1960.)
    - `brier`: the mean of (score - right)^2, in [0, 1]; lower is better. (Brier, 1950.)
    - `passed_right`, `passed_wrong`, `failed_right`, `failed_wrong`: how many there are of each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    accuracy: Interval
    kappa: Interval
    brier: Interval
    passed_right: int
    passed_wrong: int
    failed_right: int
    failed_wrong: int


def agreement(judgements: Iterable[Judgement], *, resamples: int = 2000, seed: int = 0) -> Agreement:
    """How the verdicts agree with gold. Raises `JudgeError` where there are none."""
    rows = list(judgements)
    if not rows:
        raise JudgeError("no verdict to compare with gold: does the flow reach its judge, and do the examples have answers?")
    cells = [sum((row.passed, row.right) == cell for row in rows) for cell in _CELLS]
    return Agreement(
        n=len(rows),
        accuracy=interval((float(row.passed == row.right) for row in rows), resamples=resamples, seed=seed),
        kappa=_kappa_interval(cells, resamples, seed),
        brier=interval(((row.score - row.right) ** 2 for row in rows), resamples=resamples, seed=seed),
        passed_right=cells[0],
        passed_wrong=cells[1],
        failed_right=cells[2],
        failed_wrong=cells[3],
    )


def kappa(passed_right: float, passed_wrong: float, failed_right: float, failed_wrong: float) -> float | None:
    """Cohen's kappa of a table of counts, see `Agreement`; None where it is not defined."""
    n = passed_right + passed_wrong + failed_right + failed_wrong
    if not n:
        return None
    observed = (passed_right + failed_wrong) / n
    passed, right = (passed_right + passed_wrong) / n, (passed_right + failed_right) / n
    chance = passed * right + (1 - passed) * (1 - right)
    return None if math.isclose(chance, 1.0) else (observed - chance) / (1 - chance)


def _kappa_interval(cells: list[int], resamples: int, seed: int) -> Interval:
    """The quantiles of kappa where the four shares are drawn from what the counts leave likely (Jeffreys' prior): unlike a
    bootstrap it has width where judge and gold agree on all verdicts."""
    value, n = kappa(*cells), sum(cells)
    if value is None:
        return Interval(mean=None, low=None, high=None, n=n)

    import numpy as np

    drawn = np.random.default_rng(seed).dirichlet([cell + 0.5 for cell in cells], size=resamples)
    found = [each for row in drawn.tolist() if (each := kappa(*row)) is not None]
    low, high = np.quantile(found, [0.025, 0.975]) if found else (value, value)
    return Interval(mean=value, low=min(float(low), value), high=max(float(high), value), n=n, method="Jeffreys")
