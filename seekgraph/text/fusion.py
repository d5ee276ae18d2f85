"""Making one ranking out of several."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Ranked = Iterable[tuple[str, float]]


def reciprocal_rank_fusion(
    rankings: Sequence[Ranked], k: float = 60.0, weights: Sequence[float] | None = None
) -> list[tuple[str, float]]:
    """score(id) = sum over rankings of weight / (k + rank), ranks from 1; best first, equal scores by id.

    Each ranking is a list of (id, score), best first; its scores are not looked at, of an id that comes twice the first counts.
    `k` >= 0: the larger, the less it matters to be first. `weights` are 1 unless given. Source: Cormack, Clarke and Büttcher,
    "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (SIGIR 2009).
    Raises `ValueError` for a negative `k` and for weights that are not one finite number for each ranking.
    """
    if not k >= 0:
        raise ValueError(f"reciprocal rank fusion needs k >= 0, got {k}")
    fused: dict[str, float] = {}
    for ranking, weight in zip(rankings, _weights(weights, len(rankings)), strict=True):
        for rank, id in enumerate(dict.fromkeys(id for id, _ in ranking), start=1):
            fused[id] = fused.get(id, 0.0) + weight / (k + rank)
    return _sorted(fused)


def weighted_fusion(rankings: Sequence[Ranked], weights: Sequence[float] | None = None) -> list[tuple[str, float]]:
    """score(id) = sum over rankings of weight * (score - lowest) / (highest - lowest); best first, equal scores by id.

    Each ranking is a list of (id, score), higher is better, in any order; of an id that comes twice the first counts. An id
    that a ranking does not have gets nothing from it; where all scores of a ranking are equal, each counts as the highest.
    Raises `ValueError` for a score that is not finite and for weights that are not one finite number for each ranking.
    """
    fused: dict[str, float] = {}
    for ranking, weight in zip(rankings, _weights(weights, len(rankings)), strict=True):
        scores: dict[str, float] = {}
        for id, score in ranking:
            if not math.isfinite(score):
                raise ValueError(f"the score of {id!r} is {score}: only finite scores can be fused")
            scores.setdefault(id, score)
        lowest, highest = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
        for id, score in scores.items():
            share = (score - lowest) / (highest - lowest) if highest > lowest else 1.0
            fused[id] = fused.get(id, 0.0) + weight * share
    return _sorted(fused)


def _weights(weights: Sequence[float] | None, count: int) -> Sequence[float]:
    if weights is None:
        return [1.0] * count
    if len(weights) != count or not all(map(math.isfinite, weights)):
        raise ValueError(f"{count} rankings need {count} finite weights, got {list(weights)}")
    return weights


def _sorted(fused: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(fused.items(), key=lambda item: (-item[1], item[0]))
