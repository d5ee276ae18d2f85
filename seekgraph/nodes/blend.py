"""Ranking what was found by how it was found, by meaning, and by the document that it stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Float, Int
from seekgraph.core.language.ports import Ranker
from seekgraph.nodes.defining import defining
from seekgraph.nodes.fuse import Ordered, standing
from seekgraph.nodes.read import wanted
from seekgraph.text.changelogs import is_changelog
from seekgraph.text.duplicates import distinct
from seekgraph.types import Digest, Goal, Passage, Query, Ranking

_OF_DOCUMENT = (0.5, 0.3, 0.2)
"""What the three best passages of a document count for its standing."""

_CHANGELOG = 0.3
"""What passages of a changelog count less: they name everything once, and explain none of it."""


class Blend(Node):
    """Keep the best `keep` of the passages as `context`, best first.

    A passage's score is `(1 - semantic)` times its standing in the rankings that found it (the best is 1) and `semantic` times
    its score by `ranker`, min-max normalised over what was found; without a ranker that is bound, its standing alone. Each gets
    `document` times the weighted mean of the three best of its document on top, since documentation says on one page what
    belongs together. The document of a passage is the part of its id before "#"; an id without one is a document of its own.

    Where a definition is asked for, one that defines the thing gets `form` on top, one under a heading that is the thing less.

    A passage that says what a better one says is left out (`text.duplicates`, from `alike` of their shingles on; 1 is for equal
    texts alone), its own heading being part of what it says. Where `ranker` says how well it knows the question's language (its
    method `knows`, in [0, 1]), meaning counts by so much less.
    """

    ranker: str = "ranker"
    keep: int = Int(5, low=1, high=50)
    semantic: float = Float(0.7, low=0.0, high=1.0)
    document: float = Float(0.3, low=0.0, high=1.0)
    alike: float = Float(0.9, low=0.5, high=1.0)
    form: float = Float(1.2, low=0.0, high=2.0)

    async def run(
        self,
        question: str,
        passages: tuple[Passage, ...],
        rankings: tuple[Ranking, ...] = (),
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        ranker: Ranker | None = None,
    ) -> Ordered:
        asked = wanted(question, goal, digests)
        found = standing(asked, rankings)
        best = max((found.get(passage.id, 0.0) for passage in passages), default=0.0) or 1.0
        scores = {passage.id: found.get(passage.id, 0.0) / best for passage in passages}
        semantic = self.semantic * known(ranker, asked)
        if ranker is not None and passages and semantic:
            near = _spread(await ranker.scores(Query(text=asked), passages))
            scores = {
                passage.id: (1 - semantic) * scores[passage.id] + semantic * score
                for passage, score in zip(passages, near, strict=True)
            }
        scores = _with_documents(scores, self.document)
        scores = {id: score - _CHANGELOG * is_changelog(id.partition("#")[0]) for id, score in scores.items()}
        if self.form and (defined := defining(asked, passages)):
            scores = {id: score + self.form * defined[id] for id, score in scores.items()}
        ranked = self._distinct(sorted(passages, key=lambda passage: (-scores[passage.id], passage.id)))
        return Ordered(context=tuple(passage.model_copy(update={"score": scores[passage.id]}) for passage in ranked))

    def _distinct(self, ranked: Sequence[Passage]) -> list[Passage]:
        """The first `keep` that none before them is like."""
        looked = ranked[: 3 * self.keep]  # with more copies than that, fewer than `keep` are left
        texts = [f"{passage.title.rpartition(' > ')[2]}\n{passage.text}" for passage in looked]
        return [looked[at] for at in distinct(texts, self.alike)][: self.keep]


def known(ranker: Ranker | None, question: str) -> float:
    """How well `ranker` knows the language of a question, in [0, 1]: 1 where it does not say."""
    knows = getattr(ranker, "knows", None)
    return float(knows(question)) if knows is not None else 1.0


def _spread(scores: Sequence[float]) -> list[float]:
    """Scores moved into [0, 1]: the lowest is 0, the highest 1; all 1 where they are equal."""
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]


def _with_documents(scores: Mapping[str, float], share: float) -> dict[str, float]:
    """Each score with `share` of its document's standing added."""
    documents: dict[str, list[float]] = defaultdict(list)
    for name, score in scores.items():
        documents[name.partition("#")[0]].append(score)
    standings = {
        document: sum(weight * score for weight, score in zip(_OF_DOCUMENT, sorted(found, reverse=True), strict=False))
        for document, found in documents.items()
    }
    return {name: score + share * standings[name.partition("#")[0]] for name, score in scores.items()}
