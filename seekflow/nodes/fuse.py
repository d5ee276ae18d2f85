"""Fusing ranked lists into one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from seekflow.core.node import Node, Writes
from seekflow.core.params import Choice, Float, Int
from seekflow.text.fusion import reciprocal_rank_fusion, weighted_fusion
from seekflow.types import Goal, Passage, Ranking

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

    `method` "rrf" adds reciprocal ranks, "weighted" adds min-max normalised scores (`text.fusion` has the formulas). The
    rankings of the question (or goal) itself weigh 1; `followed` is what those of other queries weigh, `linked` those of hops
    and of titles. A passage's score is the fused one.
    """

    method: Literal["rrf", "weighted"] = Choice("rrf", "weighted")
    keep: int = Int(5, low=1, high=50)
    followed: float = Float(0.5, low=0.0, high=2.0)
    linked: float = Float(0.5, low=0.0, high=2.0)

    async def run(
        self, question: str, passages: tuple[Passage, ...], rankings: tuple[Ranking, ...], goal: Goal | None = None
    ) -> Ordered:
        asked = goal.text if goal else question
        lists = [list(zip(ranking.ids, ranking.scores, strict=True)) for ranking in rankings]
        weights = [self._weight(ranking, asked) for ranking in rankings]
        fuse = reciprocal_rank_fusion if self.method == "rrf" else weighted_fusion
        pool = {passage.id: passage for passage in passages}
        fused = [(id, score) for id, score in fuse(lists, weights=weights) if id in pool]
        return Ordered(context=tuple(pool[id].model_copy(update={"score": score}) for id, score in fused[: self.keep]))

    def _weight(self, ranking: Ranking, asked: str) -> float:
        if ranking.source in (TITLES, LINKS):
            return self.linked
        return 1.0 if ranking.query == asked else self.followed


def standing(asked: str, rankings: Iterable[Ranking]) -> dict[str, float]:
    """How promising each ranked passage is, before anything was learned; 0 or more.

    For a passage d, with shares of scores between the lowest and the highest of a ranking as in `weighted_fusion`,

        own(d)      = sum over retrievers of its best share for `asked`, + 0.6 * the score of its title if `asked` names it
        standing(d) = max(own(d), own(d) / 2 + what links pass on to it, own(d) / 2 + 0.3 * its best share for another query)
    """
    own: dict[str, dict[str, float]] = {}
    passed_on: dict[str, float] = {}
    for ranking in rankings:
        if ranking.source == LINKS:
            _raise(passed_on, zip(ranking.ids, ranking.scores, strict=True))
        elif ranking.source == TITLES:
            _raise(
                own.setdefault(TITLES, {}), ((id, _TITLED * score) for id, score in zip(ranking.ids, ranking.scores, strict=True))
            )
        elif ranking.query == asked:
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
