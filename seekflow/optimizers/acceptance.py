"""Whether a change is real: a paired test on rows that the change was not made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seekflow.evaluation.statistics import Comparison, paired


@dataclass(frozen=True)
class Acceptance:
    """Accept a candidate whose mean is higher with a one-sided p-value of at most `alpha / tests`.

    `alpha` is the chance, over the whole compile, of taking at least one change that gains nothing; it is shared out over the
    `tests` that the compile will make at most (Bonferroni, which holds whatever the tests have in common). The p-value is that
    of the paired sign-flip test: half of the two-sided one, since the sum of randomly signed differences is symmetric.

    Raises `ValueError` for an alpha outside (0, 1) and for fewer than one test.
    """

    alpha: float = 0.1
    tests: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.tests < 1:
            raise ValueError(f"alpha lies between 0 and 1 and tests are 1 or more, not alpha={self.alpha}, tests={self.tests}")

    def __call__(self, candidate: Sequence[float], incumbent: Sequence[float]) -> tuple[bool, Comparison]:
        """The verdict, and the comparison that it rests on. Both sequences hold one value a row, in the same order."""
        comparison = paired(candidate, incumbent)
        mean = comparison.difference.mean
        gained = mean is not None and mean > 0
        return gained and comparison.p_value / 2 <= self.alpha / self.tests, comparison
