"""Ranking passages by the sentence, list item or code block in them that is nearest to the question in meaning."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Float, Int
from seekgraph.core.language.ports import Ranker
from seekgraph.nodes.blend import known
from seekgraph.nodes.composing import shown
from seekgraph.nodes.fuse import Ordered
from seekgraph.nodes.read import wanted
from seekgraph.types import Digest, Goal, Passage, Query

_KNOWN = 0.5


class BestBlock(Node):
    """Rank the passages of `context` anew, and keep the best `keep`.

    A passage gets `weight` times the best score that `ranker` gives to one of its blocks (`text.blocks`) on top of the score
    that it has: the vector of a long passage is the mean of much that was not asked. Without a ranker that is bound the order
    stays.
    """

    ranker: str = "ranker"
    keep: int = Int(5, low=1, high=50)
    weight: float = Float(1.0, low=0.0, high=5.0)

    async def run(
        self,
        question: str,
        context: tuple[Passage, ...],
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        ranker: Ranker | None = None,
    ) -> Ordered:
        near = await nearness(wanted(question, goal, digests), context, ranker)
        best = {passage.id: max((near.get(block.text, 0.0) for block in shown(passage)), default=0.0) for passage in context}
        ranked = [each.model_copy(update={"score": (each.score or 0.0) + self.weight * best[each.id]}) for each in context]
        return Ordered(context=tuple(sorted(ranked, key=lambda each: -(each.score or 0.0)) if near else ranked)[: self.keep])


async def nearness(question: str, passages: Sequence[Passage], ranker: Ranker | None) -> dict[str, float]:
    """What `ranker` gives to each block of the passages that may be shown, by its text.

    Nothing without a ranker, and where it says that it does not know the question's language (`blend.known`).
    """
    texts = list(dict.fromkeys(block.text for passage in passages for block in shown(passage)))
    if ranker is None or not texts or known(ranker, question) < _KNOWN:
        return {}
    scores = await ranker.scores(Query(text=question), [Passage(id=str(at), text=text) for at, text in enumerate(texts)])
    return dict(zip(texts, scores, strict=True))
