"""The neighbours of a passage: the rest of its section, and the sections above it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import seekgraph as sg
from seekgraph.core.language.ports import Pages
from seekgraph.nodes import Retrieve, Widen
from seekgraph.tools import BM25
from seekgraph.types import Passage


def passage(id: str, title: str, score: float = 0.0) -> Passage:
    return Passage(id=id, title=title, text=f"About {id}.", score=score)


PASSAGES = (
    passage("guide.md#top", "Guide"),
    passage("guide.md#setup", "Guide > Setup"),
    passage("guide.md#setup/linux-1", "Guide > Setup > Linux"),
    passage("guide.md#setup/linux-2", "Guide > Setup > Linux"),
    passage("guide.md#setup/mac", "Guide > Setup > Mac"),
    passage("guide.md2#top", "Guide"),
    passage("whole", "Guide > Setup > Linux"),
)


def widened(*ids: str, sources: int = 3, most: int = 9) -> list[tuple[str, float]]:
    known = {each.id: each for each in PASSAGES}
    context = tuple(known[id].model_copy(update={"score": 1.0}) for id in ids)
    node = Widen(sources=sources, most=most, decay=0.5)
    return [(each.id, each.score) for each in asyncio.run(node.run(context, BM25(PASSAGES))).context]


def test_the_rest_of_the_section_comes_first_and_then_what_it_stands_in() -> None:
    assert widened("guide.md#setup/linux-2") == [
        ("guide.md#setup/linux-2", 1.0),
        ("guide.md#setup/linux-1", 0.5),
        ("guide.md#setup", 0.5),
        ("guide.md#top", 0.5),
    ]


def test_no_more_than_asked_for_and_none_twice() -> None:
    assert [id for id, _ in widened("guide.md#setup/mac", "guide.md#setup/linux-1", most=1)] == [
        *("guide.md#setup/mac", "guide.md#setup", "guide.md#setup/linux-1", "guide.md#setup/linux-2")
    ]
    assert [id for id, _ in widened("guide.md#setup/mac", "guide.md#setup/linux-1", sources=1, most=1)][-1].endswith("linux-1")
    assert widened("whole") == [("whole", 1.0)]


def test_without_pages_nothing_changes() -> None:
    assert asyncio.run(Widen(sources=1, most=1, decay=0.5).run(PASSAGES)).context == PASSAGES


def test_a_corpus_knows_its_pages() -> None:
    corpus = BM25(PASSAGES)
    assert isinstance(corpus, Pages)
    assert [each.id for each in asyncio.run(corpus.page("guide.md2#top"))] == ["guide.md2#top"]
    assert len(asyncio.run(corpus.page("guide.md#setup"))) == 5
    assert asyncio.run(corpus.page("guide.md#nothing")) == ()


def test_documents_are_widened_in_a_flow(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Cache\n\nThe cache is fast.\n\n## Size\n\nZebras set its limit.\n")
    flow = sg.Flow(Retrieve("corpus", k=1) >> sg.nodes.Fuse(keep=5) >> Widen(), output="context")
    found = flow.bind(sg.tools.open_corpus(tmp_path, ranker=False, cache=False))(question="zebras")
    assert [each.id for each in found.passages] == ["a.md#size", "a.md#cache"]
