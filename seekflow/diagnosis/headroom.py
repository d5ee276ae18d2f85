"""Headroom: what the metric would gain if a node were perfect.

In every visit the node writes what the gold says that it should have written (`gold.py`), and all that depends on it runs again.
An example's gain is never below 0: a perfect node could have done what this one did. So a change of the node's params, however
good, gains at most this much, as far as the gold is the best that the node can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from seekflow.diagnosis.runs import Case

MOST_PAIRED = 4
"""How many nodes, those with the most headroom, are also looked at in pairs."""


async def perfect(case: Case, paths: Sequence[str]) -> float:
    """The goodness of a run in which these nodes are perfect, at least what it was."""
    best = case.goodness.value(1.0 if case.goodness.metric.higher_is_better else 0.0)
    if case.value >= best:
        return case.value
    mend = case.mending(only_gold=True)
    return max(case.value, await case.with_changes(dict.fromkeys(paths, mend)))


def pairs(gains: dict[str, float], most: int = MOST_PAIRED) -> list[tuple[str, str]]:
    """The pairs of the nodes with the most headroom, those without any left out."""
    ranked = sorted((path for path, gain in gains.items() if gain > 0), key=lambda path: -gains[path])[:most]
    return list(combinations(ranked, 2))
