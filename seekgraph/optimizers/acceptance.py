"""Whether a change is real: a paired test on rows that the change was not made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from seekgraph.evaluation.comparisons import Comparison, paired, paired_bounds

Accepting = Literal["likely", "proven"]
"""Which changes are taken: those that are likely to gain, or those alone whose gain is proven."""

POOLED = 0.35
"""What the share of alpha is taken times where rows of cross-fitting judge."""

LIKELY = 0.25
"""The one-sided p-value up to which a change that is not proven is still likely to gain."""


class Judged(NamedTuple):
    """Whether a change is taken, the comparison that this rests on, and whether its gain is proven."""

    taken: bool
    comparison: Comparison
    proven: bool


@dataclass
class Acceptance:
    """A gain is proven where the mean is higher with a one-sided p-value of at most the change's share of `alpha`. A change is
    taken where its gain is proven, or, if `likely` ones are taken too, where that p-value is at most `LIKELY`.

    Proof is for what is claimed: the chance that a compile says of any change that its gain is proven, where it gains nothing, is
    at most `alpha`. What to run from now on is another question: of two flows one has to be taken, and the one that did better
    on rows that it was not made from is the better bet long before the rows prove it: of 50 rows, a graded gain of 5 points is
    proven about one time in eight, and taken every other time (`benchmarks/power.md`).

    `alpha` is the chance that is left of calling a gain proven that is none, over the rest of the compile; `comparisons` are the
    changes that it may still compare, each of which has the same share. A test that could not have proven a gain, whichever way
    its rows had gone, takes no chance and gives its share to those after it: with m rows that differ no p-value is below 2^-m
    (Tarone, 1990). Nor does a change that was never compared. A change that is proven leaves its share to those after it, too:
    the chance was for the case that it gains nothing (the fallback procedure of Wiens and Dmitrienko, 2005). All others spend
    their share (Bonferroni), so that no more than `alpha` is ever spent.

    The p-value is half of the two-sided one of `paired`: that of the sign-flip test, and for values in [0, 1], where the rows do
    not show that no rare large loss is hidden among them, the larger of it and that of a test of the mean that only assumes
    the bounds. For other values symmetric differences are assumed, and the comparison's `test` says so.

    Rows of cross-fitting (`pooled`) hang together a little: what was found for one part was found on rows of the others, so that
    their mean varies more than the test believes. Their share is therefore taken times `POOLED`; `benchmarks/power.md` has how
    often gains that are none are called proven with it, and how many of the true gains are.

    Raises `ValueError` for an alpha outside (0, 1) and for fewer than one comparison.
    """

    alpha: float = 0.05
    comparisons: int = 1
    likely: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.comparisons < 1:
            raise ValueError(f"alpha lies between 0 and 1, comparisons are 1 or more: not {self.alpha} and {self.comparisons}")

    def __call__(self, candidate: Sequence[float], incumbent: Sequence[float], pooled: bool = False) -> Judged:
        """The verdict on a candidate. Both sequences hold one value a row, in the same order.

        `pooled`: rows of cross-fitting are among them.

        Raises `ValueError` where no comparison is left.
        """
        if self.comparisons < 1:
            raise ValueError("no comparison is left")
        comparison = paired(candidate, incumbent, bounds=paired_bounds(candidate, incumbent))
        share, mean = self.alpha / self.comparisons, comparison.difference.mean
        gained = mean is not None and mean > 0
        proven = gained and comparison.p_value / 2 <= share * (POOLED if pooled else 1)
        self.comparisons -= 1
        if 0.5 ** (comparison.wins + comparison.losses) <= share and not proven:
            self.alpha -= share
        return Judged(proven or (self.likely and gained and comparison.p_value / 2 <= LIKELY), comparison, proven)
