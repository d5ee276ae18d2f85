"""A corpus of nine passages, and a way to visit one node on a state of one's choice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from seekgraph.core.language.node import Node
from seekgraph.core.machine.result import Result
from seekgraph.flow import Flow
from seekgraph.tools import BM25, TitleLinks
from seekgraph.types import Digest, Evidence, Goal, Passage, Query, Ranking

PASSAGES = (
    Passage(
        id="film",
        title="The Silver Gate",
        text="The Silver Gate is a film of 1961. Its director was Marta Lindqvist from Malmoe.",
    ),
    Passage(id="director", title="Marta Lindqvist", text="Marta Lindqvist was born in Visby and studied in Uppsala."),
    Passage(id="town", title="Visby", text="Visby is a town on the island of Gotland, with a wall of the thirteenth century."),
    Passage(id="island", title="Gotland", text="Gotland is the largest island of Sweden. Its only town is Visby."),
    Passage(id="other", title="Uppsala", text="Uppsala is a city north of Stockholm with an old university."),
    Passage(id="gate", title="Brandenburg Gate", text="A gate in Berlin. Silver medals were once handed out in front of it."),
    Passage(id="born", title="Birth certificate", text="A birth certificate says in which town a person was born."),
    Passage(id="boxer", title="Dag Holm", text="Dag Holm was a boxer, born in Oslo, who won a silver medal."),
    Passage(id="walls", title="City walls", text="Walls were built around many a town to keep others out."),
)
BY_ID = {passage.id: passage for passage in PASSAGES}
QUESTION = "In which town was the director of The Silver Gate born?"

CHANNELS: dict[str, Any] = {
    "question": str,
    "goal": Goal,
    "digests": tuple[Digest, ...],
    "query": Query,
    "queries": tuple[Query, ...],
    "passages": tuple[Passage, ...],
    "context": tuple[Passage, ...],
    "rankings": tuple[Ranking, ...],
    "evidence": tuple[Evidence, ...],
}


def corpus(passages: Sequence[Passage] = PASSAGES) -> dict[str, Any]:
    """What a flow binds: a retriever and links over the same passages."""
    bm25 = BM25(passages)
    return {"corpus": bm25, "links": TitleLinks(bm25.passages)}


def visit(node: Node, resources: dict[str, Any] | None = None, **state: Any) -> Result:
    """One visit of a node on this state."""
    written = next(write.channel.name for write in node.contract().writes)
    flow = Flow(node, inputs={name: CHANNELS[name] for name in state}, output=written)
    result = flow.bind({name: thing for name, thing in (resources or {}).items() if name in flow.resources})(**state)
    assert result.status == "ok", result.errors
    return result


def found(query: str = QUESTION, k: int = 5, source: str = "corpus") -> dict[str, Any]:
    """The state after a search: passages and their ranking."""
    passages = asyncio.run(BM25(PASSAGES).search(Query(text=query), k))
    return {"passages": passages, "rankings": (ranking(*(each.id for each in passages), query=query, source=source),)}


def ranking(*ids: str, query: str = QUESTION, source: str = "corpus") -> Ranking:
    """A ranking whose scores fall from the number of ids to 1."""
    return Ranking(source=source, query=query, ids=ids, scores=tuple(float(score) for score in range(len(ids), 0, -1)))


def ids(passages: Sequence[Passage]) -> list[str]:
    return [passage.id for passage in passages]
