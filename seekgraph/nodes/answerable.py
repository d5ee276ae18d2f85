"""Whether passages answer a question at all: a fitted probability, and no word of any language.

What was found is asked for both of what an answer has: that a block of it is near to the question in meaning (a cosine), and that
the question's words, the rarest before all, stand together in one passage. What is missing in documentation is described in the
same words as what is there, but seldom all of them on one spot; and what only sounds alike lacks the words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from seekgraph.nodes.fitting import LinearModel
from seekgraph.text.blocks import blocks
from seekgraph.text.weights import coverage, terms
from seekgraph.types import Passage

FEATURES = (
    "nearest",  # how near the nearest block is to the question, in [-1, 1]
    "rarest",  # 1 where one passage holds the three rarest of the question's terms
    "together",  # the most of the question's terms that one passage holds
    "agree",  # the share of the five nearest blocks that the passage with most of them has
)
BY_WORDS = (
    "rarest",
    "together",
    "covered",  # the share of the question's idf mass that the first three passages hold, on average
)
"""The features where no nearness was measured."""

MEASURED = LinearModel.of({"nearest": 6.881, "rarest": 1.159, "together": 0.283, "agree": 1.277}, bias=-5.775)
UNMEASURED = LinearModel.of({"rarest": 1.079, "together": 0.453, "covered": 1.683}, bias=-2.62)
"""Fitted by `benchmarks/answerability.py` on 399 rows over seven documentations, six of software and a company's handbook:
questions that they answer, questions that they do not, and the former without the passages that answer; answerable and
unanswerable count alike. With each documentation judged by what was fitted on the others, at a threshold that refuses 7 % of
the answerable questions of those, 73 % [58, 85] of 45 unanswerable and 7 % [4, 12] of 179 answerable questions are refused; by
words alone 53 and 7 % (`benchmarks/answerability.md`). The features were chosen on the same questions, so that this is a little
better than elsewhere."""

_RAREST, _NEAREST, _FIRST = 3, 5, 3


def answerability(question: str, passages: Sequence[Passage], near: Mapping[str, float]) -> float:
    """The probability, in [0, 1], that passages, best first, answer the question; `near` is how near their blocks are by text."""
    model, names = (MEASURED, FEATURES) if near else (UNMEASURED, BY_WORDS)
    found = features(question, passages, near)
    return model.probability([found[name] for name in names])


def features(question: str, passages: Sequence[Passage], near: Mapping[str, float]) -> dict[str, float]:
    """The features of both models, by name. Terms weigh the more the rarer they are among the passages."""
    wanted = dict.fromkeys(terms(question))
    held = [set(terms(f"{passage.title} {passage.text}")) for passage in passages]
    counts = Counter(term for each in held for term in each)
    weights = {term: math.log(1 + len(held) / (1 + counts[term])) for term in {*wanted, *counts}}
    rarest = sorted(wanted, key=lambda term: -weights[term])[:_RAREST]
    shares = [coverage(wanted, each, weights) for each in held[:_FIRST]]
    ranked = sorted(
        ((near.get(block.text, 0.0), at) for at, each in enumerate(passages) for block in blocks(each.text)), reverse=True
    )
    first = Counter(at for _, at in ranked[:_NEAREST])
    return {
        "nearest": max(near.values(), default=0.0),
        "rarest": float(any(each.issuperset(rarest) for each in held)),
        "together": float(max((len(wanted.keys() & each) for each in held), default=0)),
        "agree": max(first.values(), default=0) / max(1, min(_NEAREST, len(ranked))),
        "covered": sum(shares) / max(1, len(shares)),
    }
