"""Ranking passages by the block in them that is nearest in meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from seekgraph.nodes import BestBlock
from seekgraph.nodes.composing import compose
from seekgraph.types import Passage, Query

LONG = Passage(id="a.md#1", title="Doors", text="Doors are of wood. Much is said here of doors. Nothing of windows.", score=1.0)
NEAR = Passage(id="b.md#1", title="Panes", text="Glass may be opened by a handle. Doors are another thing.", score=0.9)


class Meaning:
    """Finds one sentence near to every question."""

    identity = "meaning"

    def __init__(self, near: str) -> None:
        self.near = near

    async def scores(self, query: Query, passages: Sequence[Passage]) -> Sequence[float]:
        return [0.8 if passage.text == self.near else 0.1 for passage in passages]


def ranked(ranker: Meaning | None, keep: int = 5) -> list[str]:
    node = BestBlock(keep=keep, weight=1.0)
    return [each.id for each in asyncio.run(node.run("How do I open a window?", (LONG, NEAR), ranker=ranker)).context]


def test_a_passage_stands_as_high_as_its_nearest_sentence() -> None:
    assert ranked(Meaning("Glass may be opened by a handle.")) == ["b.md#1", "a.md#1"]


def test_without_a_ranker_the_order_stays_and_no_more_than_keep_are_kept() -> None:
    assert ranked(None) == ["a.md#1", "b.md#1"]
    assert ranked(None, keep=1) == ["a.md#1"]


def test_nothing_is_ranked_where_nothing_was_found() -> None:
    assert asyncio.run(BestBlock(keep=5, weight=1.0).run("q", (), ranker=Meaning(""))).context == ()


def test_in_a_language_that_the_ranker_does_not_know_the_order_stays() -> None:
    class Foreign(Meaning):
        def knows(self, question: str) -> float:
            return 0.3

    node, passages = BestBlock(keep=5, weight=1.0), tuple(Passage(id=name, text=f"The {name} is here.") for name in ("a", "b"))
    context = asyncio.run(node.run("q", passages, ranker=Foreign("The b is here."))).context
    assert [passage.id for passage in context] == ["a", "b"]


def test_what_is_near_in_meaning_is_said_first_where_words_do_not_tell() -> None:
    near = {"Glass may be opened by a handle.": 1.0, "Doors are of wood.": 0.0}
    said, unmeasured = (compose("open doors", (LONG, NEAR), most=1, near=each) for each in (near, None))
    assert said is not None
    assert said.passages == (NEAR,)
    assert unmeasured is not None
    assert unmeasured.passages == (LONG,)
