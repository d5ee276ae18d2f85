"""Several retrievers as one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest

from seekgraph.core.language.ports import Retriever, Tunable
from seekgraph.tools import BM25, Hybrid, from_function
from seekgraph.types import Passage, Query


class Fixed:
    """Finds what it was given."""

    charges: ClassVar[Mapping[str, str]] = {}

    def __init__(self, name: str, found: Sequence[tuple[str, float]], identity: str | None = "x", wait: float = 0) -> None:
        self.name, self.found, self.identity, self.wait = name, found, identity, wait
        self.asked: list[int] = []
        self.cancelled = False

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        self.asked.append(k)
        try:
            await asyncio.sleep(self.wait)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if not self.found:
            raise ConnectionError("down")
        return tuple(Passage(id=id, text=f"{self.name} {id}", score=score, source=self.name) for id, score in self.found[:k])


def search(hybrid: Hybrid, k: int) -> list[tuple[str, str, str]]:
    return [(passage.id, passage.text, passage.source) for passage in asyncio.run(hybrid.search(Query(text="q"), k))]


ONE = [("a", 9.0), ("b", 8.0), ("c", 1.0)]
TWO = [("b", 0.9), ("d", 0.8)]


def test_it_is_a_tunable_retriever() -> None:
    assert isinstance(Hybrid([Fixed("one", ONE)]), Retriever)
    assert isinstance(Hybrid([Fixed("one", ONE)]), Tunable)


def test_ranks_are_fused_and_a_passage_is_the_first_finders() -> None:
    hybrid = Hybrid([Fixed("one", ONE), Fixed("two", TWO)])
    assert search(hybrid, 3) == [("b", "one b", "hybrid"), ("a", "one a", "hybrid"), ("d", "two d", "hybrid")]


def test_scores_are_fused_with_weights() -> None:
    hybrid = Hybrid({"x": Fixed("one", ONE), "y": Fixed("two", TWO)}, fuse="score", weights={"y": 0.1})
    found = asyncio.run(hybrid.search(Query(text="q"), 9))
    assert {passage.id: passage.score for passage in found} == pytest.approx({"a": 1.0, "b": 0.875 + 0.1, "c": 0.0, "d": 0.0})


def test_members_are_asked_at_the_same_time_and_deeper_than_k() -> None:
    barrier = asyncio.Barrier(5)

    class Meets(Fixed):
        async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
            async with asyncio.timeout(60):
                await barrier.wait()  # one after the other they would never all be here
            return await super().search(query, k)

    members = [Meets(str(number), ONE) for number in range(5)]
    search(Hybrid(members, depth=50), 2)
    assert [member.asked for member in members] == [[50]] * 5


def test_an_error_names_the_member_and_ends_the_others() -> None:
    slow = Fixed("slow", ONE, wait=30)
    with pytest.raises(ConnectionError) as caught:
        search(Hybrid([Fixed("broken", []), slow]), 2)
    assert "'broken'" in caught.value.__notes__[0]
    assert slow.cancelled


def test_settings_change_weights_and_rank_constant() -> None:
    hybrid = Hybrid([Fixed("one", ONE), Fixed("two", TWO)])
    other = hybrid.with_settings(two=5.0, rrf_k=1.0)
    assert (other.weights, other.rrf_k) == ({"one": 1.0, "two": 5.0}, 1.0)
    assert other.identity != hybrid.identity
    assert search(other, 2)[1][0] == "d"
    with pytest.raises(ValueError, match=r"\['three'\], the retrievers are \['one', 'two'\]"):
        hybrid.with_settings(three=1.0)


def test_identity_is_that_of_the_members_and_none_without_theirs() -> None:
    tools = [Fixed("one", ONE, "1"), Fixed("two", TWO, "2")]
    assert Hybrid(tools).identity == Hybrid(tools).identity
    assert Hybrid(tools).identity != Hybrid(tools, fuse="score").identity
    assert Hybrid(tools).identity != Hybrid([tools[0], Fixed("two", TWO, "3")]).identity
    assert Hybrid([*tools, Fixed("three", ONE, None)]).identity is None


def test_real_retrievers_work_together() -> None:
    corpus = [Passage(id="a", text="a river"), Passage(id="b", text="a city")]
    hybrid = Hybrid([BM25(corpus), from_function(lambda text, k: corpus[::-1], name="api")])
    assert [id for id, _, _ in search(hybrid, 2)] == ["b", "a"]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Hybrid([]), "at least one"),
        (lambda: Hybrid([Fixed("a", ONE)], fuse="vote"), "not by 'vote'"),  # type: ignore[arg-type]
        (lambda: Hybrid([Fixed("a", ONE)], rrf_k=-1), "rrf_k >= 0"),
        (lambda: Hybrid({"rrf_k": Fixed("a", ONE)}), "name of a setting"),
    ],
)
def test_nonsense_is_refused(make: object, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        make()  # type: ignore[operator]
