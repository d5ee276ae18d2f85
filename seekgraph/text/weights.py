"""Terms and what they weigh within a handful of texts: the common ground of nodes that compare a question with passages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache

from seekgraph.text.analysis import Analyzer


@lru_cache(maxsize=32768)
def terms(text: str) -> tuple[str, ...]:
    """The stemmed English terms of `text` in order, without stop words, repeats kept."""
    return _analyzer().terms(text)


@cache
def _analyzer() -> Analyzer:
    return Analyzer()


def idf(texts: Iterable[str]) -> dict[str, float]:
    """log(1 + n / df) of every term that occurs in `texts`, where df is in how many of the n texts it does."""
    documents = [set(terms(text)) for text in texts]
    counts = Counter(term for document in documents for term in document)
    return {term: math.log(1 + len(documents) / count) for term, count in counts.items()}


def mass(wanted: Iterable[str], weights: Mapping[str, float], default: float) -> float:
    """The sum of the weights of `wanted`; a term without a weight counts `default`."""
    return sum(weights.get(term, default) for term in wanted)


def coverage(wanted: Collection[str], found: Collection[str], weights: Mapping[str, float]) -> float:
    """The share of the weight of `wanted` terms that are among `found`, in [0, 1]; 0 where nothing is wanted.

    A term that has no weight, since no text holds it, weighs as much as one that a single text holds.
    """
    if not wanted:
        return 0.0
    rare = max(weights.values(), default=1.0)
    total = mass(wanted, weights, rare)
    return mass((term for term in wanted if term in found), weights, rare) / total if total else 0.0
