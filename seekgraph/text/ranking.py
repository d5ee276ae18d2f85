"""Measures of a ranking of ids against a set of gold ids."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def support_recall(ids: Sequence[str], gold: Iterable[str], k: int | None = None) -> float | None:
    """|gold in the first k ids| / |gold|, in [0, 1]; of all ids if `k` is None; None without gold. `ValueError` for k < 1."""
    wanted = set(gold)
    return len(wanted.intersection(_top(ids, k))) / len(wanted) if wanted else None


def full_support(ids: Sequence[str], gold: Iterable[str], k: int | None = None) -> float | None:
    """1.0 if the first k ids hold all of the gold, else 0.0; None without gold. It is 0 whenever k < |gold|."""
    wanted = set(gold)
    return float(wanted.issubset(_top(ids, k))) if wanted else None


def ndcg(ids: Sequence[str], gold: Iterable[str], k: int | None = None) -> float | None:
    """DCG@k / ideal DCG@k with binary gains, in [0, 1]; None without gold. `ValueError` for k < 1.

    DCG@k is the sum of 1 / log2(rank + 1) over the gold among the first k ids (ranks from 1); the ideal has min(k, |gold|) gold
    ids at the top. A repeated id gains once, at its first rank, and still takes its later places. Source: Järvelin and
    Kekäläinen (2002), the log2 form of trec_eval.
    """
    wanted = set(gold)
    if not wanted:
        return None
    top = _top(ids, k)
    first_ranks = sorted(top.index(found) + 1 for found in wanted.intersection(top))
    best = len(wanted) if k is None else min(k, len(wanted))
    return _dcg(first_ranks) / _dcg(range(1, best + 1))


def average_precision(ids: Sequence[str], gold: Iterable[str], k: int | None = None) -> float | None:
    """AP@k: the sum over the gold among the first k ids of (gold up to its rank) / rank, over min(k, |gold|); in [0, 1].

    None without gold. `ValueError` for k < 1. A repeated id counts once, at its first rank, and still takes its later places.
    """
    wanted = set(gold)
    if not wanted:
        return None
    top = _top(ids, k)
    ranks = sorted(top.index(found) + 1 for found in wanted.intersection(top))
    return math.fsum(count / rank for count, rank in enumerate(ranks, start=1)) / (
        len(wanted) if k is None else min(k, len(wanted))
    )


def _top(ids: Sequence[str], k: int | None) -> Sequence[str]:
    if k is not None and k < 1:
        raise ValueError(f"a cutoff is at least 1, got {k}")
    return ids if k is None else ids[:k]


def _dcg(ranks: Iterable[int]) -> float:
    return math.fsum(1 / math.log2(rank + 1) for rank in ranks)
