"""A Python function as a retriever."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from seekgraph.core.language.ports import Retriever
from seekgraph.tools import ToolOutputError, from_function
from seekgraph.types import Passage, Query


def search(fn: Any, k: int = 5, **query: Any) -> list[Passage]:
    return list(asyncio.run(from_function(fn, name="api").search(Query(text="q", **query), k)))


def test_it_is_a_retriever_with_the_identity_it_is_given() -> None:
    assert isinstance(from_function(lambda text, k: [], name="api"), Retriever)
    assert from_function(lambda text, k: [], name="api").identity is None
    assert from_function(lambda text, k: [], name="api", identity="v1").identity == "v1"


def test_passages_dicts_and_strings_are_passages() -> None:
    found = search(
        lambda text, k: [Passage(id="a", text=f"{text}{k}"), {"text": "t", "title": "T", "id": "b", "url": "u"}, "plain"]
    )
    assert [passage.text for passage in found] == ["q5", "t", "plain"]
    assert found[1].meta == {"url": "u"}
    assert found[2].id.startswith("api:")
    assert {passage.source for passage in found} == {"api"}


def test_the_same_text_gets_the_same_id() -> None:
    assert search(lambda text, k: ["one"])[0].id == search(lambda text, k: ["zero", "one"])[1].id


def test_without_scores_the_order_is_the_functions() -> None:
    assert [passage.score for passage in search(lambda text, k: ["x", "y"])] == [1.0, 0.5]


def test_with_scores_the_best_comes_first() -> None:
    found = search(lambda text, k: [{"id": "a", "text": "", "score": 1}, {"id": "b", "text": "", "score": 3}])
    assert [(passage.id, passage.score) for passage in found] == [("b", 3.0), ("a", 1.0)]


def test_of_one_id_the_first_is_kept_and_no_more_than_k() -> None:
    found = search(lambda text, k: [{"id": str(number // 2), "text": str(number)} for number in range(20)], k=3)
    assert [(passage.id, passage.text) for passage in found] == [("0", "0"), ("1", "2"), ("2", "4")]


def test_nothing_found_is_nothing() -> None:
    assert search(lambda text, k: []) == []
    assert search(lambda text, k: ["x"], k=0) == []


def test_coroutines_and_generators_of_both_kinds_work() -> None:
    async def coroutine(text: str, k: int) -> list[str]:
        return ["x"]

    async def stream(text: str, k: int) -> AsyncIterator[str]:
        yield "x"

    def generator(text: str, k: int) -> Iterator[str]:
        yield "x"

    for fn in (coroutine, stream, generator, lambda text, k: coroutine(text, k)):
        assert [passage.text for passage in search(fn)] == ["x"]


def test_an_endless_generator_ends() -> None:
    def endless(text: str, k: int) -> Iterator[str]:
        while True:
            yield "again"

    assert len(search(endless)) == 1


def test_a_plain_function_and_its_generator_run_in_a_thread() -> None:
    seen = []

    def generator(text: str, k: int) -> Iterator[str]:
        seen.append(threading.current_thread())
        yield "x"

    search(generator)
    assert seen[0] is not threading.main_thread()


def test_demands_of_the_query_hold_for_what_comes() -> None:
    rows = [
        {"id": "a", "text": "old York", "year": 1},
        {"id": "b", "text": "New York", "year": 1},
        {"id": "c", "text": "York", "year": 2},
    ]
    assert [
        passage.id for passage in search(lambda text, k: rows, must=("york",), must_not=("new york",), filters={"year": 1})
    ] == ["a"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (None, "returned NoneType None: expected an iterable"),
        ("text", "returned str 'text'"),
        ({"text": "x"}, "returned dict"),
        (7, "returned int 7"),
        ([3], "gave int 3 as item 1"),
        ([{"id": "a"}], r"item 1 without 'text', its keys are \['id'\]"),
        ([{"text": 3}], "item 1 that is no passage"),
        ([{"text": "x", "meta": "y"}], "item 1 that is no passage"),
        (["x", {"id": "n", "text": "x", "score": math.nan}], r"item 2 \('n'\) the score nan"),
    ],
)
def test_nonsense_names_the_function_what_came_and_what_was_expected(output: object, expected: str) -> None:
    def my_search(text: str, k: int) -> object:
        return output

    with pytest.raises(ToolOutputError, match=expected) as caught:
        search(my_search)
    assert "my_search" in str(caught.value)
    assert "'api'" in str(caught.value)


def test_what_the_function_raises_comes_through() -> None:
    def broken(text: str, k: int) -> list[str]:
        raise ConnectionError("down")

    with pytest.raises(ConnectionError, match="down"):
        search(broken)


def test_something_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(ToolOutputError, match="something to call"):
        from_function("https://example.org", name="api")  # type: ignore[arg-type]
