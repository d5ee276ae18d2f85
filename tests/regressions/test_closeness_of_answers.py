"""Where a flow's own parts ask whether an answer is right, published rules that drop signs and whole answers do not decide."""

from __future__ import annotations

import pytest

from seekgraph.core.language.fitting import FitRow
from seekgraph.nodes import Answer as Answering
from seekgraph.nodes.judge import is_right
from seekgraph.types import Answer, Example, Passage


@pytest.mark.parametrize(
    ("text", "gold", "right"),
    [
        ("A", "A", True),  # HotpotQA's rule: 0, since nothing is left of it
        ("A.", "a", True),
        ("The The", "The The", True),
        ("-5", "5", False),
        ("1.5", "15", False),
        ("C++", "C", False),
        ("1,000", "1000", True),
        ("北京市", "北京", True),
        ("Seine", "the Seine", True),
        ("no", "no", True),
        ("no idea", "no", False),
    ],
)
def test_an_answer_is_right_by_the_strict_rule_in_any_script(text: str, gold: str, right: bool) -> None:
    assert is_right(Answer(text=text), Example(id="e", question="?", answers=(gold,))) is right


def test_a_refusal_is_right_where_it_is_the_answer() -> None:
    assert is_right(Answer(text="nothing found", refused=True), Example(id="e", question="?", answers=("noanswer",)))
    assert not is_right(Answer(text="Paris", refused=True), Example(id="e", question="?", answers=("Paris",)))


@pytest.mark.parametrize(
    ("question", "gold", "right"),
    [
        ("Which plan won?", "A", "Plan A"),  # nothing is left of "A" by the published rules
        ("How many degrees did the station measure in Bern?", "-5", None),  # and by them the 5 degrees of Oslo are it
    ],
)
def test_fitting_learns_no_candidate_of_another_value(question: str, gold: str, right: str | None) -> None:
    texts = ("The station measured 9 degrees in Bern.", "The station measured 5 degrees in Oslo.", "Plan A won.")
    context = tuple(Passage(id=str(number), title="Station", text=text) for number, text in enumerate(texts))
    row = Example(id="e", question=question, answers=(gold,))
    inputs = {"question": question, "context": context}
    _, labels = Answering()._learnable(FitRow(inputs, row))
    assert bool(labels)
    assert sum(labels) == (right is not None)
