"""Learned ranking of what was found."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.params import Fitted, Int
from seekgraph.nodes.fitting import LinearModel, fit_listwise
from seekgraph.nodes.fuse import Ordered
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.nodes.read import about, wanted
from seekgraph.nodes.rerank_features import FEATURES, features
from seekgraph.prompts.outputs import GradeOut, RankingOut, held_to_ids, to_grade, to_ranking
from seekgraph.prompts.prompt import OURS
from seekgraph.types import Digest, Goal, Passage, Ranking

_L2 = 0.1
_UNGRADED = 1 / 3  # what a passage gets whose grade cannot be read: "the right topic, nothing more"

BY_HAND = LinearModel.of(
    dict.fromkeys(FEATURES, 0.0)
    | {"standing": 1.0, "title_named": 0.3, "linked_new": 0.3, "follow": 0.5, "bridge": 0.5, "together": 0.3}
)
"""The ranker that serves until one is fitted."""


class Rerank(LLMNode):
    """Rank all that was found and keep the best `keep` as `context`, best first, in the place of what it held.

    The score is a linear model of `rerank_features.FEATURES`; scores compare within one ranking only. `sources` is how many of
    the best passages are looked at for what they lead to.

    A model that is bound orders the best `sources` of that ranking. Listwise it is shown them in a shuffled order, so that their
    place says nothing; with `orders` above 1 it is asked that often, in different orders, and a passage's places are averaged.
    `pointwise` has each passage graded by itself, one call for each; equal grades keep the order that they had. Scores are then
    in [0, 1].
    """

    prompt = OURS / "rerank.md"
    output = RankingOut
    prompt_when = {"pointwise": (OURS / "rerank_pointwise.md", GradeOut)}  # noqa: RUF012
    fit_needs: ClassVar[frozenset[str]] = frozenset({"supporting_ids"})

    keep: int = Int(5, low=1, high=50)
    sources: int = Int(20, low=1, high=50)
    model: LinearModel = Fitted(LinearModel, BY_HAND)
    pointwise: bool = False
    orders: int = 1

    @property
    def reply_tokens(self) -> int:
        return 24 if self.pointwise else 24 + 16 * self.sources  # ids may be paths

    async def run(
        self,
        question: str,
        passages: tuple[Passage, ...],
        rankings: tuple[Ranking, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        lm: LM | None = None,
    ) -> Ordered:
        ordered, rows = features(wanted(question, goal, digests), passages, rankings, self.sources)
        model = self.model.expecting(FEATURES)
        scores = [model.score(row) for row in rows.tolist()]
        ranked = sorted(zip(ordered, scores, strict=True), key=lambda pair: (-pair[1], pair[0].id))
        if lm is not None and len(ranked) > 1:
            inputs = {"question": question, "goal": goal, "digests": digests}
            best = [passage for passage, _ in ranked[: self.sources]]
            asked = await (self._graded(lm, inputs, best) if self.pointwise else self._listed(lm, inputs, best))
            ranked = asked if asked is not None else ranked
        return Ordered(context=tuple(passage.model_copy(update={"score": score}) for passage, score in ranked[: self.keep]))

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Listwise in the first shuffled order; pointwise with the first passage."""
        passages = list(inputs["passages"])
        return {"passages": passages[:1] if self.pointwise else _shuffled(passages, inputs["question"], 0), **about(inputs)}

    def reply(self, writes: Mapping[str, Any]) -> RankingOut | None:
        return None if self.pointwise or not writes.get("context") else RankingOut.of(writes["context"])

    def ideal(self, row: FitRow) -> RankingOut | None:
        """Supporting passages first."""
        passages, gold = row.arguments.get("passages") or (), set(row.example.supporting_ids)
        found = sorted(passages, key=lambda passage: passage.id not in gold)
        return RankingOut.of(found) if not self.pointwise and gold & {each.id for each in passages} else None

    async def _listed(self, lm: LM, inputs: Mapping[str, Any], best: list[Passage]) -> list[tuple[Passage, float]] | None:
        """The passages by their mean place over the orders, with (n - mean place) / n; None where no order gave one."""
        places: dict[str, list[int]] = {passage.id: [] for passage in best}
        held = held_to_ids(best)  # a small model left alone names nothing, or what is not there
        for turn in range(max(1, self.orders)):
            shown = {"passages": _shuffled(best, inputs["question"], turn), **about(inputs)}
            ranking = await self.ask_with(lm, shown, lambda out: to_ranking(out, best).value, held)
            for place, passage in enumerate(ranking or ()):
                places[passage.id].append(place)
        if not all(places.values()):
            return None
        mean = {id: sum(found) / len(found) for id, found in places.items()}
        return [(passage, 1 - mean[passage.id] / len(best)) for passage in sorted(best, key=lambda passage: mean[passage.id])]

    async def _graded(self, lm: LM, inputs: Mapping[str, Any], best: list[Passage]) -> list[tuple[Passage, float]] | None:
        """The passages by their grades; None where not one of them got one."""
        asking = [asyncio.ensure_future(self.ask_with(lm, {"passages": (each,), **about(inputs)}, to_grade)) for each in best]
        try:
            grades = await asyncio.gather(*asking)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)  # a budget that ends leaves nothing running
        if all(grade is None for grade in grades):
            return None
        scored = [(each, _UNGRADED if grade is None else grade) for each, grade in zip(best, grades, strict=True)]
        return sorted(scored, key=lambda pair: -pair[1])

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """The ranker that puts supporting passages before the others; `{}` where too few visits had both."""
        groups, labels = [], []
        for row in rows:
            inputs = row.arguments
            asked = wanted(inputs["question"], inputs.get("goal"), inputs.get("digests", ()))
            ordered, vectors = features(asked, inputs["passages"], inputs.get("rankings", ()), self.sources)
            groups.append(vectors.tolist())
            labels.append([float(passage.id in row.example.supporting_ids) for passage in ordered])
        model = fit_listwise(FEATURES, groups, labels, _L2)
        return {} if model is None else {"model": model}


def _shuffled(passages: Sequence[Passage], question: str, turn: int) -> list[Passage]:
    """The passages in an order that depends on what they are, the question and the turn only."""
    order = sorted(passages, key=lambda passage: passage.id)
    seed = hashlib.blake2b(f"{turn}:{question}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    random.Random(int.from_bytes(seed)).shuffle(order)
    return order
