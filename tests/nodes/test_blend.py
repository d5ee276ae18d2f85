"""Ranking by words, by meaning, and by page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

import seekgraph as sg
from seekgraph.nodes import Blend
from seekgraph.nodes.layout import Layout
from seekgraph.types import Passage, Query, Ranking

NAMES = ("a.md#1", "a.md#2", "b.md#1", "c.md#1")
PASSAGES = tuple(Passage(id=name, text=name) for name in NAMES)
FOUND = (Ranking(source="corpus", query="q", ids=NAMES, scores=(4.0, 3.0, 3.5, 1.0)),)


class Prefers:
    identity = "prefers"

    def __init__(self, *scores: float) -> None:
        self.wanted = scores

    async def scores(self, query: Query, passages: Sequence[Passage]) -> Sequence[float]:
        return self.wanted


def blend(keep: int = 5, semantic: float = 0.7, document: float = 0.3) -> Blend:
    return Blend(keep=keep, semantic=semantic, document=document, alike=0.9)


def ranked(node: Blend, ranker: Prefers | None = None) -> list[str]:
    out = asyncio.run(node.run("q", PASSAGES, FOUND, ranker=ranker))
    return [passage.id for passage in out.context]


def test_without_a_ranker_it_is_the_order_of_what_was_found() -> None:
    assert ranked(blend(semantic=0.0, document=0.0)) == ["a.md#1", "b.md#1", "a.md#2", "c.md#1"]


def test_a_page_with_several_good_passages_raises_each_of_them() -> None:
    assert ranked(blend(semantic=0.0, document=1.0))[:2] == ["a.md#1", "a.md#2"]


def test_a_ranker_decides_by_its_share() -> None:
    last_first = Prefers(0.0, 0.1, 0.2, 0.9)
    assert ranked(blend(semantic=1.0, document=0.0), last_first)[0] == "c.md#1"
    assert ranked(blend(semantic=0.0, document=0.0), last_first)[0] == "a.md#1"


def test_scores_are_of_the_blend_and_no_more_than_keep_are_kept() -> None:
    out = asyncio.run(blend(keep=2, semantic=0.5, document=0.0).run("q", PASSAGES, FOUND, ranker=Prefers(0, 0, 0, 1)))
    assert [round(passage.score, 3) for passage in out.context] == [0.5, 0.5]


def test_what_stands_in_two_files_takes_one_place() -> None:
    text = "Set the size of the cache in the file of the settings and start the server again, or it is not used."
    ids = ("v1/cache.md#size", "v2/cache.md#size", "v2/cache.md#limits", "v2/log.md#size")
    texts = (text, text.upper(), "The cache holds at most a quarter of the memory.", text.replace("cache", "log"))
    passages = tuple(Passage(id=name, title=f"Page > {name[-4:]}", text=each) for name, each in zip(ids, texts, strict=True))
    found = (Ranking(source="corpus", query="q", ids=ids, scores=(4.0, 3.9, 2.0, 1.0)),)
    out = asyncio.run(blend(keep=3, semantic=0.0, document=0.0).run("q", passages, found))
    assert [passage.id for passage in out.context] == [ids[0], ids[2], ids[3]]


def test_meaning_counts_less_in_a_language_that_the_ranker_does_not_know() -> None:
    class English(Prefers):
        def knows(self, question: str) -> float:
            return 1.0 if question == "q" else 0.0

    last_first = English(0.0, 0.1, 0.2, 0.9)
    assert ranked(blend(semantic=1.0, document=0.0), last_first)[0] == "c.md#1"
    other = tuple(each.model_copy(update={"query": "質問"}) for each in FOUND)
    out = asyncio.run(blend(semantic=1.0, document=0.0).run("質問", PASSAGES, other, ranker=last_first))
    assert out.context[0].id == "a.md#1"


def test_nothing_found_is_nothing_kept() -> None:
    assert asyncio.run(blend().run("q", ())).context == ()


@pytest.mark.parametrize(
    ("ids", "route"), [(("a#1", "a#2", "b#1"), "documents"), (("x", "y", "z#1"), "articles"), ((), "articles")]
)
def test_parts_of_pages_are_told_from_articles(ids: tuple[str, ...], route: str) -> None:
    passages = tuple(Passage(id=name, text="t") for name in ids)
    assert asyncio.run(Layout(corpus="auto").run(passages)).route == route
    assert asyncio.run(Layout(corpus="articles").run(passages)).route == "articles"


def test_a_ranker_is_bound_by_its_name() -> None:
    assert "ranker" in sg.Flow(Blend(), inputs={"question": str, "passages": tuple[Passage, ...]}, output="context").resources
