"""Whether passages answer at all: a probability by nearness in meaning, and a refusal below."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from seekgraph.nodes import Answer
from seekgraph.nodes.answerable import answerability
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


def test_the_nearer_the_likelier_and_what_was_not_measured_is_not_known() -> None:
    far, near = answerability({"a": 0.2}), answerability({"a": 0.2, "b": 0.9})
    assert 0.0 < far < 0.2 < 0.8 < near < 1.0
    assert answerability({}) == 0.5


@pytest.mark.parametrize("question", TEXTS)
def test_what_is_far_in_meaning_is_refused_though_it_has_the_words(question: str) -> None:
    refusal = answered(question, Near(0.2))
    assert refusal.refused
    assert refusal.text.endswith("Nearest, but not an answer: Guests [flats.md#guests].")
    assert not answered(question, Near(0.8)).refused
    assert not answered(question, None).refused


def test_refuse_below_moves_the_threshold() -> None:
    question = next(iter(TEXTS))
    assert not answered(question, Near(0.2), refuse_below=0.02).refused
    assert answered(question, Near(0.6), refuse_below=0.8).refused


def test_the_confidence_is_the_probability() -> None:
    assert answered(next(iter(TEXTS)), Near(0.8)).confidence == pytest.approx(answerability({"a": 0.8}))
