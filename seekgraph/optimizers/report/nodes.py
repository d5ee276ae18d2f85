"""The step rewards of each node before and after, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seekgraph.evaluation.comparisons import Comparison, paired
from seekgraph.evaluation.row import Row


@dataclass(frozen=True)
class Moved:
    """The mean of a reward of one node before and after, on the rows where it applies both times, with the paired comparison."""

    path: str
    reward: str
    before: float
    after: float
    comparison: Comparison


def moved(before: Sequence[Row], after: Sequence[Row]) -> list[Moved]:
    """Every reward of every node that both runs have, in the order of the nodes' first visits."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for old, new in zip(before, after, strict=True):
        for path in old.rewards:
            then, now = old.reward_means(path), new.reward_means(path)
            for name in then.keys() & now.keys():
                found.setdefault((path, name), []).append((then[name], now[name]))
    order = list(dict.fromkeys(path for row in before for path in row.rewards))
    return [
        _moved(path, name, pairs)
        for (path, name), pairs in sorted(found.items(), key=lambda each: (order.index(each[0][0]), each[0]))
    ]


def _moved(path: str, reward: str, pairs: Sequence[tuple[float, float]]) -> Moved:
    then, now = [old for old, _ in pairs], [new for _, new in pairs]
    return Moved(path, reward, sum(then) / len(then), sum(now) / len(now), paired(now, then))
