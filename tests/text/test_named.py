"""The names in a question, told by how they are written, in the sentence that asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.named import asking, names, other_words

CASES = [
    ("Does httpx support QUIC?", ("QUIC",)),
    ("How do I use Flask with Kafka?", ("Flask", "Kafka")),
    ("Does it work with HTTP/3?", ("HTTP/3",)),
    ("Does it run on Windows XP?", ("Windows", "XP")),
    ("What does allow_origins=['*'] do?", ("allow_origins",)),
    ("We use PHP. How do I set a cookie?", ()),
    ("How many vacation days do I get in 2024, 20 or 25?", ()),
    ("What's Kafka's port?", ("Kafka",)),
    ("Wie nutze ich den Proxy mit einem Client in der Datei?", ()),
    ("¿Cómo uso Kafka con la sesión?", ("Kafka",)),
    ("FastAPIでKafkaを使うには？", ("FastAPI", "Kafka")),
    ("", ()),
]


@pytest.mark.parametrize(("question", "found"), CASES)
def test_what_is_written_as_a_name_is_one(question: str, found: tuple[str, ...]) -> None:
    assert names(question) == found


def test_the_sentence_that_asks_is_the_last_whole_one() -> None:
    assert asking("Our Jenkins job is slow. How do I set a timeout?") == "How do I set a timeout?"
    assert asking("I want to stream a large file to disk. How?") == "I want to stream a large file to disk."
    assert asking("timeout") == "timeout"


def test_other_words_are_neither_names_nor_numbers() -> None:
    assert other_words("Does Flask keep 20 tapes?") == ("Does", "keep", "tapes")


@given(st.text(max_size=200))
def test_names_stand_in_the_question(question: str) -> None:
    assert all(name in question for name in (*names(question), *other_words(question)))
