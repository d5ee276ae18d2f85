"""Whether a change is real: a paired test on rows that the change was not made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seekgraph.evaluation.comparisons import Comparison, paired, paired_bounds

POOLED = 0.6
"""What the share of alpha is taken times where rows of cross-fitting judge."""


@dataclass
class Acceptance:
    """Accept a candidate whose mean is higher with a one-sided p-value of at most its share of `alpha`.

    `alpha` is the chance that is left of taking a change that gains nothing, over the rest of the compile; `comparisons` are the
    changes that it may still compare, each of which has the same share. A test that could not have accepted, whichever way its
    rows had gone, takes no chance and gives its share to those after it: with m rows that differ no p-value is below 2^-m
    (Tarone, 1990). Nor does a change that was never compared. All others spend their share (Bonferroni), so that no more than
    `alpha` is ever spent.

    The p-value is half of the two-sided one of `paired`: that of the sign-flip test, and for values in [0, 1], where the rows do
    not show that no rare large loss is hidden among them, the larger of it and that of a test of the mean that only assumes
    the bounds. For other values symmetric differences are assumed, and the comparison's `test` says so.

    Rows of cross-fitting (`pooled`) hang together a little: what was found for one part was found on rows of the others, so that
    their mean varies more than the test believes. Their share is therefore taken times `POOLED`; `benchmarks/power.md` has how
    often changes that gain nothing are taken with it, and how much more of the true gains is found.

    Raises `ValueError` for an alpha outside (0, 1) and for fewer than one comparison.
    """

    alpha: float = 0.1
    comparisons: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.comparisons < 1:
            raise ValueError(f"alpha lies between 0 and 1, comparisons are 1 or more: not {self.alpha} and {self.comparisons}")

    def __call__(self, candidate: Sequence[float], incumbent: Sequence[float], pooled: bool = False) -> tuple[bool, Comparison]:
        """The verdict, and the comparison that it rests on. Both sequences hold one value a row, in the same order.

        `pooled`: rows of cross-fitting are among them.

        Raises `ValueError` where no comparison is left.
        """
        if self.comparisons < 1:
            raise ValueError("no comparison is left")
        comparison = paired(candidate, incumbent, bounds=paired_bounds(candidate, incumbent))
        share, mean = self.alpha / self.comparisons, comparison.difference.mean
        gained = mean is not None and mean > 0
        self.comparisons -= 1
        if 0.5 ** (comparison.wins + comparison.losses) <= share:
            self.alpha -= share
        return gained and comparison.p_value / 2 <= share * (POOLED if pooled else 1), comparison
