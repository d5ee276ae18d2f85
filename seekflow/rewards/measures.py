"""The measures that rewards are made of: the numbers of `seekflow.evaluation`, on the floor below it.

A test holds that both give the same numbers.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Collection, Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CLOSED = frozenset({"yes", "no", "noanswer"})


def token_f1(text: str, golds: Sequence[str]) -> float:
    """F1 of the bags of tokens after SQuAD normalisation, best over the golds, in [0, 1]; of which there has to be one."""
    answer = _tokens(text)
    return max(_f1(answer, _tokens(gold)) for gold in golds)


def ndcg(ids: Sequence[str], gold: Collection[str], k: int | None = None) -> float:
    """DCG / ideal DCG of the first k ids with binary gains, in [0, 1]; `gold` is not empty. Without k, of all ids and all gold.

    DCG is the sum of 1 / log2(rank + 1) over the gold, ranks from 1. An id gains once, at its first rank.
    """
    top = ids if k is None else ids[:k]
    best = len(gold) if k is None else min(k, len(gold))
    return _dcg([top.index(found) for found in set(gold).intersection(top)]) / _dcg(range(best))


def _dcg(positions: Sequence[int]) -> float:
    return math.fsum(1 / math.log2(position + 2) for position in positions)


def _tokens(text: str) -> list[str]:
    lowered = text.lower()
    return _ARTICLES.sub(" ", lowered.translate(_NO_PUNCTUATION)).split() or lowered.split()


def _f1(answer: list[str], gold: list[str]) -> float:
    if answer == gold:
        return 1.0
    if any(len(side) == 1 and side[0] in _CLOSED for side in (answer, gold)):
        return 0.0
    return 2 * (Counter(answer) & Counter(gold)).total() / (len(answer) + len(gold))
