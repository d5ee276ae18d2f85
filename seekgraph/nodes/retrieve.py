"""Finding passages: by a query, and by following titles from passage to passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from seekgraph.core.language.node import Node, OrElse, Writes
from seekgraph.core.language.params import Float, Int, Switch
from seekgraph.core.language.ports import Links, Retriever
from seekgraph.core.record.ledger import Passages, Rankings
from seekgraph.nodes.fuse import LINKS, TITLES, leading, standing
from seekgraph.nodes.read import wanted
from seekgraph.types import Digest, Goal, Passage, Query, Ranking


class Found(Writes):
    """Passages for the pool, and the ranked lists that they came in."""

    passages: Passages
    rankings: Rankings


class Retrieve(Node):
    """Search a retriever and add what it finds to `passages`, and the ranked list to `rankings`.

    `k` is how many passages to ask for. `k1`, `b` and `title_weight` vary a retriever that can be varied (`BM25` can); None
    leaves them as they were bound, and a retriever without such settings is asked as it is. A retriever with settings of other
    names raises `ValueError` for these.
    """

    retriever: str = "corpus"
    k: int = Int(20, low=1, high=100)
    k1: float | None = None
    b: float | None = None
    title_weight: float | None = None

    async def run(self, query: Annotated[Query, OrElse("question")], retriever: Retriever) -> Found:
        return await self._search(query, retriever)

    async def _search(self, query: Query, retriever: Retriever) -> Found:
        chosen = {"k1": self.k1, "b": self.b, "title_weight": self.title_weight}
        settings = {name: value for name, value in chosen.items() if value is not None}
        vary: Any = getattr(retriever, "with_settings", None)
        found = tuple(await (vary(**settings) if settings and vary else retriever).search(query, self.k))
        return Found(passages=found, rankings=(ranked(self.retriever, query.text, found),))


class RetrieveIfBound(Retrieve):
    """`Retrieve` from a retriever that a flow can do without: where none is bound under its name, nothing is found."""

    kind: ClassVar[str] = "retrieve"

    async def run(self, query: Annotated[Query, OrElse("question")], retriever: Retriever | None) -> Found:
        return Found(passages=(), rankings=()) if retriever is None else await self._search(query, retriever)


class Hop(Node):
    """Follow titles: find the passages whose title is named in the question or in the best passages found so far.

    The `sources` best passages (those in `context` if something has ranked them, else the best by `fuse.standing`) pass on
    their standing times `decay`; a passage gets the most that any source passes on to it. With `reverse` it is also passed on
    to the `reverse_k` first passages that name a source. Titles named in the question make a ranking of their own.
    """

    links: str = "links"
    sources: int = Int(10, low=1, high=30)
    decay: float = Float(0.7, low=0.0, high=1.0)
    reverse: bool = Switch(False)
    reverse_k: int = 5

    async def run(
        self,
        question: str,
        links: Links,
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        passages: tuple[Passage, ...] = (),
        context: tuple[Passage, ...] = (),
        rankings: tuple[Ranking, ...] = (),
    ) -> Found:
        asked = wanted(question, goal, digests)
        titled = {
            passage.id: passage.model_copy(update={"score": _telling(passage.title)}) for passage in await links.named_in(asked)
        }
        named = ranked(TITLES, asked, sorted(titled.values(), key=lambda passage: (-passage.score, passage.id)))
        known = any(ranking.source == TITLES and ranking.query == asked for ranking in rankings)
        strength = standing(asked, rankings if known else (*rankings, named))
        sources = leading(asked, (*titled.values(), *passages), context, rankings if known else (*rankings, named), self.sources)
        reached = await self._reached(sources, strength, links)
        inherited = sorted(reached.values(), key=lambda passage: (-passage.score, passage.id))
        rankings = (() if known or not titled else (named,)) + ((ranked(LINKS, asked, inherited),) if inherited else ())
        return Found(
            passages=(*titled.values(), *(passage for passage in inherited if passage.id not in titled)), rankings=rankings
        )

    async def _reached(self, sources: Sequence[Passage], strength: Mapping[str, float], links: Links) -> dict[str, Passage]:
        """What the sources name, each with the most that is passed on to it."""
        reached: dict[str, Passage] = {}
        for source in sources:
            passed_on = self.decay * strength.get(source.id, 0.0)
            targets = list(await links.named_in(source.text))
            if self.reverse:
                targets += await links.naming(source.title, self.reverse_k)
            for target in targets:
                if target.title != source.title and (target.id not in reached or reached[target.id].score < passed_on):
                    reached[target.id] = target.model_copy(update={"score": passed_on})
        return reached


def ranked(source: str, query: str, passages: Sequence[Passage]) -> Ranking:
    """The ranking that `passages` stand in, best first."""
    ids, scores = tuple(passage.id for passage in passages), tuple(passage.score for passage in passages)
    return Ranking(source=source, query=query, ids=ids, scores=scores)


def _telling(title: str) -> float:
    """How much it says that a title is named: a single word is often named by chance."""
    return 1.0 if len(title.split()) > 1 else 0.5
