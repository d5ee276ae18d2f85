"""Whether passages answer a question at all: a fitted probability, and no word of any language.

Its one feature is how near the nearest block is to the question in meaning (a cosine, 0 where no ranker measured it). How much of
the question's words the passages hold tells well for encyclopedias and not at all for documentation, where what is missing is
described in the same words as what is there, so it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from seekgraph.nodes.fitting import LinearModel

ANSWERABLE = LinearModel.of({"nearest": 6.3, "unmeasured": 3.8}, bias=-3.8)
"""Fitted by `fit_logistic` on 289 rows: the training questions over FastAPI's and click's documentation, and 35 each of 2wiki,
hotpotqa and musique, each with the gold passages among those found, and without them (in documentation, without their pages).
By cross-validation over questions the area under the ROC curve is .78 on documentation as it is, .73 with the removed pages, .69
on the encyclopedias, and the mean probability of each fifth is within .02 of the share that is answered. Where nothing was
measured it is 1/2: unknown."""


def answerability(near: Mapping[str, float]) -> float:
    """The probability, in [0, 1], that blocks which are so near to a question (by their text) answer it."""
    return ANSWERABLE.probability((max(near.values(), default=0.0), float(not near)))
