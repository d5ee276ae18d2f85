"""Fusing ranked lists into one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from seekgraph.core.language.node import Node, Writes
from seekgraph.core.language.params import Choice, Float, Int
from seekgraph.nodes.read import wanted
from seekgraph.text.fusion import reciprocal_rank_fusion, weighted_fusion
from seekgraph.types import Digest, Goal, Passage, Ranking

TITLES = "titles"
"""The source of a ranking of passages whose title the question names."""

LINKS = "links"
"""The source of a ranking of passages that others name; its scores are what these pass on of their own standing."""

_TITLED = 0.6  # what being named in the question adds, where the best match of a retriever is 1
_FOLLOWED = 0.3  # the most that a match of another query than the question gives


class Ordered(Writes):
    """Passages, best first, that later steps read in the place of all that was found."""

    context: tuple[Passage, ...]


class Fuse(Node):
    """Put the passages of all rankings into one order, and keep the best `keep` of them as `context`.

    `method` "rrf" adds reciprocal ranks, "weighted" adds min-max normalised scores (`text.fusion` has the formulas). Retrievers'
    rankings of the question itself (or of the goal) weigh 1, those of other queries `followed`, those of hops `linked`.
    A passage's score is the fused one.
    """

    method: Literal["rrf", "weighted"] = Choice("rrf", "weighted")
    keep: int = Int(5, low=1, high=50)
    followed: float = Float(0.5, low=0.0, high=2.0)
    linked: float = Float(0.5, low=0.0, high=2.0)

    async def run(
        self,
        question: str,
        passages: tuple[Passage, ...],
        rankings: tuple[Ranking, ...],
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
    ) -> Ordered:
        own = own_query(wanted(question, goal, digests), rankings)
        weights = [self._weight(ranking, own) for ranking in rankings]
        lists = [list(zip(ranking.ids, ranking.scores, strict=True)) for ranking in rankings]
        fused = (reciprocal_rank_fusion if self.method == "rrf" else weighted_fusion)(lists, weights=weights)
        pool = {passage.id: passage for passage in passages}
        best = [(pool[id], score) for id, score in fused if id in pool][: self.keep]
        return Ordered(context=tuple(passage.model_copy(update={"score": score}) for passage, score in best))

    def _weight(self, ranking: Ranking, own: str) -> float:
        if ranking.source in (TITLES, LINKS):
            return self.linked
        return 1.0 if ranking.query == own else self.followed


def standing(asked: str, rankings: Sequence[Ranking]) -> dict[str, float]:
    """How promising each ranked passage is, before anything is learned; 0 or more.

    For a passage d, with shares of scores between the lowest and the highest of a ranking as in `weighted_fusion`,

        own(d)      = sum over retrievers of its best share for the question, + 0.6 * its score where the question names it
        standing(d) = max(own(d), own(d) / 2 + what links pass on to it, own(d) / 2 + 0.3 * its best share for another query)
    """
    query = own_query(asked, rankings)
    own: dict[str, dict[str, float]] = {}
    passed_on: dict[str, float] = {}
    for ranking in rankings:
        listed = zip(ranking.ids, ranking.scores, strict=True)
        if ranking.source == LINKS:
            _raise(passed_on, listed)
        elif ranking.source == TITLES:
            _raise(own.setdefault(TITLES, {}), ((id, _TITLED * score) for id, score in listed))
        elif ranking.query == query:
            _raise(own.setdefault(ranking.source, {}), shares(ranking))
        else:
            _raise(passed_on, ((id, _FOLLOWED * share) for id, share in shares(ranking)))
    total: dict[str, float] = {}
    for scores in own.values():
        for id, score in scores.items():
            total[id] = total.get(id, 0.0) + score
    for id, score in passed_on.items():
        total[id] = max(total.get(id, 0.0), total.get(id, 0.0) / 2 + score)
    return total


def leading(
    asked: str, passages: Sequence[Passage], context: Sequence[Passage], rankings: Sequence[Ranking], count: int
) -> tuple[Passage, ...]:
    """The best `count` passages so far: what something has ranked into `context`, else those of the highest standing."""
    if context:
        return tuple(context[:count])
    pool = {passage.id: passage for passage in passages}
    return tuple(pool[id] for id in best_first(standing(asked, rankings)) if id in pool)[:count]


def own_query(asked: str, rankings: Iterable[Ranking]) -> str:
    """The query whose rankings are those of the question itself: the question, or what was first searched for in its place."""
    queries = [ranking.query for ranking in rankings if ranking.source not in (TITLES, LINKS)]
    return asked if asked in queries or not queries else queries[0]


def shares(ranking: Ranking) -> Sequence[tuple[str, float]]:
    """(id, (score - lowest) / (highest - lowest)) of a ranking; 1 for all where all scores are equal."""
    return weighted_fusion([list(zip(ranking.ids, ranking.scores, strict=True))])


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The ids of `scores`, the highest first, equal ones by id."""
    return sorted(scores, key=lambda id: (-scores[id], id))


def _raise(scores: dict[str, float], offered: Iterable[tuple[str, float]]) -> None:
    """Give each id the higher of what it has and what it is offered."""
    for id, score in offered:
        if score > scores.get(id, -1.0):
            scores[id] = score
