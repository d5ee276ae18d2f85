"""Which words and names stand anywhere in a corpus."""

from __future__ import annotations

import asyncio

from seekgraph.tools import BM25
from seekgraph.tools.vocabulary import CorpusVocabulary
from seekgraph.types import Passage

PASSAGES = (
    Passage(id="a", title="HTTP/2", text="HTTP/2 is off by default. See chapter 3. Press Ctrl+C to stop."),
    Passage(id="b", title="Names", text="Set max_connections, or use BackgroundTasks with caf\u00e9s."),
)


def stands(*names: str) -> list[bool]:
    return asyncio.run(CorpusVocabulary(BM25(PASSAGES)).stand(names))


def test_words_are_compared_as_the_index_compares_them() -> None:
    assert stands("connections", "Cafe", "background_tasks", "max_connections") == [True] * 4
    assert stands("Kafka", "zebras") == [False, False]


def test_the_words_of_a_name_have_to_follow_one_another() -> None:
    assert stands("HTTP/2", "HTTP/3", "Ctrl-C") == [True, False, True]


def test_function_words_stand_everywhere() -> None:
    assert stands("the", "") == [True, True]
    assert stands() == []


def test_it_is_known_by_its_corpus() -> None:
    corpus = BM25(PASSAGES)
    assert CorpusVocabulary(corpus).identity == corpus.identity
