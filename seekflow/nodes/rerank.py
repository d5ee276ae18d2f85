"""Learned ranking of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel

from seekflow.core.fitting import FitRow
from seekflow.core.node import Node
from seekflow.core.params import Fitted, Int
from seekflow.nodes.fitting import LinearModel, fit_listwise
from seekflow.nodes.fuse import Ordered
from seekflow.nodes.read import wanted
from seekflow.nodes.rerank_features import FEATURES, features
from seekflow.types import Digest, Goal, Passage, Ranking

_L2 = 0.1

BY_HAND = LinearModel.of(
    dict.fromkeys(FEATURES, 0.0)
    | {"standing": 1.0, "title_named": 0.3, "linked_new": 0.3, "follow": 0.5, "bridge": 0.5, "together": 0.3}
)
"""The ranker that serves until one is fitted."""


class Rerank(Node):
    """Rank all that was found and keep the best `keep` as `context`, best first, in the place of what it held.

    The score is a linear model of `rerank_features.FEATURES`; scores compare within one ranking only. `sources` is how many of
    the best passages are looked at for what they lead to.
    """

    fit_needs: ClassVar[frozenset[str]] = frozenset({"supporting_ids"})

    keep: int = Int(5, low=1, high=50)
    sources: int = Int(20, low=1, high=50)
    model: LinearModel = Fitted(LinearModel, BY_HAND)

    async def run(
        self,
        question: str,
        passages: tuple[Passage, ...],
        rankings: tuple[Ranking, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
    ) -> Ordered:
        ordered, rows = features(wanted(question, goal, digests), passages, rankings, self.sources)
        model = self.model.expecting(FEATURES)
        scores = [model.score(row) for row in rows.tolist()]
        ranked = sorted(zip(ordered, scores, strict=True), key=lambda pair: (-pair[1], pair[0].id))
        return Ordered(context=tuple(passage.model_copy(update={"score": score}) for passage, score in ranked[: self.keep]))

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """The ranker that puts supporting passages before the others; `{}` where too few visits had both."""
        groups, labels = [], []
        for row in rows:
            given = row.arguments
            asked = wanted(given["question"], given.get("goal"), given.get("digests", ()))
            ordered, vectors = features(asked, given["passages"], given.get("rankings", ()), self.sources)
            groups.append(vectors.tolist())
            labels.append([float(passage.id in row.example.supporting_ids) for passage in ordered])
        model = fit_listwise(FEATURES, groups, labels, _L2)
        return {} if model is None else {"model": model}
