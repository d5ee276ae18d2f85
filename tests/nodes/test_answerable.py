"""Whether passages answer at all: a probability by nearness in meaning and by words that stand together; a refusal below."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.nodes import Answer
from seekgraph.nodes.answerable import BY_WORDS, FEATURES, answerability, features, unknown
from seekgraph.text.blocks import blocks
from seekgraph.types import Answer as Answered
from seekgraph.types import Passage, Query

TEXTS = {
    "How many guests may a flat have?": "A flat has guests. The flat may be rented out to many of them.",
    "¿Cuántos huéspedes puede tener un piso?": "Un piso tiene huéspedes. Se puede alquilar a muchos.",
    "部屋には何人のゲストを泊められますか？": "部屋にはゲストがいます。多くの人に貸せます。",
}


class Near:
    """Gives the same nearness to everything."""

    identity = "near"

    def __init__(self, score: float) -> None:
        self.score = score

    async def scores(self, query: Query, passages: Sequence[Passage]) -> Sequence[float]:
        return [self.score] * len(passages)


def answered(question: str, ranker: Near | None, refuse_below: float = 0.31) -> Answered:
    page = Passage(id="flats.md#guests", title="Guests", text=TEXTS[question], score=1.0)
    return asyncio.run(Answer(prose=True, refuse_below=refuse_below).run(question, context=(page,), ranker=ranker)).answer


FLAT = Passage(id="flats.md#guests", title="Guests", text="A flat has guests. It may be rented out.", score=1.0)
OTHER = Passage(id="cats.md#food", title="Cats", text="Cats eat fish. Some of them like milk.")


def test_the_nearer_the_likelier() -> None:
    far, near = (answerability("guests of a flat", (FLAT,), {"A flat has guests.": score}) for score in (0.1, 0.9))
    assert 0.0 < far < 0.31 < 0.9 < near < 1.0


def test_words_that_stand_together_are_likelier_than_words_that_are_apart_or_missing() -> None:
    together = answerability("guests rent a flat", (FLAT, OTHER), {})
    apart = answerability("guests eat milk", (FLAT, OTHER), {})
    missing = answerability("insurance of a boat", (FLAT, OTHER), {})
    assert together > 0.5 > apart > missing


def test_nothing_found_and_no_words_are_no_fault() -> None:
    assert set(features("", (), {}).values()) == {0.0}
    assert answerability("", (), {}) < 0.31
    assert answerability("", (FLAT,), {}) < 0.31


class Words:
    """A vocabulary of these words."""

    identity = "words"

    def __init__(self, *words: str) -> None:
        self.words = words

    async def stand(self, names: Sequence[str]) -> Sequence[bool]:
        return [name in self.words for name in names]


def test_a_name_that_stands_nowhere_speaks_against_an_answer_and_is_said() -> None:
    near = {"A flat has guests.": 0.7}
    known = answerability("May a flat have guests on Airbnb?", (FLAT,), near)
    missing = asyncio.run(unknown("May a flat have guests on Airbnb?", (FLAT,), Words("guests", "May", "have")))
    assert missing.names == ("Airbnb",)
    assert answerability("May a flat have guests on Airbnb?", (FLAT,), near, missing) < known / 2
    asked = Answer(prose=True, refuse_below=0.9).run("Has it guests on Airbnb?", context=(FLAT,), vocabulary=Words())
    assert "Nothing in the documents names Airbnb." in asyncio.run(asked).answer.text


def test_a_name_that_the_passages_have_or_that_only_tells_of_a_situation_speaks_against_nothing() -> None:
    assert asyncio.run(unknown("We use Airbnb. Has a flat guests?", (FLAT,), Words("Has"))).names == ()
    assert asyncio.run(unknown("Has a Flat guests?", (FLAT,), Words("Has"))) == ((), ())
    assert asyncio.run(unknown("Has it guests on Airbnb?", (FLAT,), None)) == ((), ())


@given(st.text(max_size=60), st.text(max_size=200), st.floats(-1, 1))
def test_features_are_numbers_whatever_the_text(question: str, text: str, near: float) -> None:
    found = features(question, (Passage(id="a", text=text),), {text: near})
    assert set(found) == {*FEATURES, *BY_WORDS}
    assert all(math.isfinite(each) for each in found.values())
    assert found["rarest"] in (0.0, 1.0)
    assert found["together"] >= 0.0


@pytest.mark.parametrize("question", TEXTS)
def test_what_is_far_in_meaning_is_refused_though_it_has_the_words(question: str) -> None:
    refusal = answered(question, Near(0.0))
    assert refusal.refused
    assert refusal.text.endswith("Nearest, but not an answer: Guests [flats.md#guests].")
    assert not answered(question, Near(0.8)).refused


def test_refuse_below_moves_the_threshold() -> None:
    question = next(iter(TEXTS))
    assert not answered(question, Near(0.0), refuse_below=0.02).refused
    assert answered(question, Near(0.3), refuse_below=0.9).refused


def test_the_confidence_is_the_probability() -> None:
    question = next(iter(TEXTS))
    page = Passage(id="flats.md#guests", title="Guests", text=TEXTS[question], score=1.0)
    assert answered(question, Near(0.8)).confidence == pytest.approx(
        answerability(question, (page,), {block.text: 0.8 for block in blocks(page.text)})
    )
