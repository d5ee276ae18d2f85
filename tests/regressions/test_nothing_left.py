"""Where a node hands on nothing, the result says which and of how many; "nothing was found" is for where nothing was."""

from __future__ import annotations

import seekgraph as sg
from seekgraph.core.language.node import Node
from seekgraph.nodes import Answer, Retrieve
from seekgraph.nodes.answer import DEFAULT
from seekgraph.nodes.fuse import Ordered
from seekgraph.types import Passage

CORPUS = sg.tools.BM25([Passage(id=str(at), text=f"Cats eat fish, part {at}.") for at in range(3)])


class Strict(Node):
    """Hands on nothing."""

    async def run(self, passages: tuple[Passage, ...]) -> Ordered:
        return Ordered(context=())


def run(question: str, *, strict: bool) -> sg.Result:
    answer = Answer(hops=False, sentences=3, refuse_below=0.0, scorer=DEFAULT)
    search = Retrieve("corpus", k=5, k1=1.0, b=0.5, title_weight=1.0)
    flow = sg.Flow(search >> Strict() >> answer if strict else search >> answer, name="f")
    return flow.bind(corpus=CORPUS)(question=question)


def test_the_node_that_dropped_all_is_named() -> None:
    result = run("What do cats eat?", strict=True)
    assert result.emptied == ("strict", 3)
    assert result.answer is not None
    assert result.answer.refused


def test_nothing_is_said_where_nothing_was_found_or_something_is_left() -> None:
    assert run("zebra", strict=True).emptied is None
    assert run("zebra", strict=False).emptied is None
    assert run("What do cats eat?", strict=False).emptied is None
