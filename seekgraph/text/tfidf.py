"""How alike texts are by the words they share, weighted within a handful of texts."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache

from seekgraph.text.weights import terms


@lru_cache(maxsize=8192)
def cosines(text: str, others: tuple[str, ...]) -> tuple[float, ...]:
    """The TF-IDF cosine of `text` with each of `others`, in [0, 1]; 0 with a text that has no terms.

    The weights are fitted on these n = 1 + |others| texts and no more:  weight(t) = tf(t) * (ln((1 + n) / (1 + df(t))) + 1), the
    smoothed form that is common in libraries. Terms are those of `weights.terms`: stemmed, without stop words.
    """
    counts = [Counter(terms(each)) for each in (text, *others)]
    df = Counter(term for each in counts for term in each)
    idf = {term: math.log((1 + len(counts)) / (1 + count)) + 1 for term, count in df.items()}
    mine, *theirs = ({term: count * idf[term] for term, count in each.items()} for each in counts)
    return tuple(_cosine(mine, each) for each in theirs)


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if one == other:
        return float(bool(one))
    product = math.fsum(weight * other[term] for term, weight in one.items() if term in other)
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return min(1.0, product / lengths) if lengths else 0.0
