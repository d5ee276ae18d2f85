"""A DSPy module as a node of a flow: its calls are the step's, and all budgets hold."""

from __future__ import annotations

from typing import Any

import dspy_kit as kit
import pytest

import seekgraph as sg
from seekgraph.lms import Scripted
from seekgraph.nodes import Retrieve

pytestmark = pytest.mark.dspy
dspy = pytest.importorskip("dspy", minversion="3.4", exc_type=ImportError)


def asks(signature: Any = "context, question -> answer", **options: Any) -> sg.Flow:
    return sg.Flow(Retrieve("corpus", k=1) >> sg.dspy.Node(dspy.ChainOfThought(signature), **options), name="chained")


def test_a_module_answers_in_a_flow_and_its_calls_are_counted_in_its_step() -> None:
    lm = Scripted(kit.model)
    ask = asks().bind(corpus=kit.CORPUS, lm=lm)
    result = ask(question=kit.ROWS[1].question)
    assert result.answer.text == "Cobalt"
    step = result.trace.visits("chainofthought")[0]
    assert step.usage["calls"] == 1 == len(lm.asked)
    assert step.usage["tokens_out"] > 0
    assert result.values["reasoning"] == kit.TOLD
    assert "Cornes: The Cornes reaches" in lm.asked[0].prompt or "reaches the Cobalt sea" in lm.asked[0].prompt


def test_budgets_hold_and_evaluating_works() -> None:
    lm = Scripted(kit.model)
    ask = asks().bind(corpus=kit.CORPUS, lm=lm)
    report = ask.evaluate(kit.ROWS[:8], metrics=["answer_f1"], budget=sg.Budget(calls=5))
    assert len(lm.asked) == 5
    assert report.skipped + sum(row.status == "partial" for row in report.rows) == 3
    assert ask.evaluate(kit.ROWS[:8], metrics=["answer_f1"]).metrics["answer_f1"].mean == 1.0


class TwoSteps(dspy.Module):  # type: ignore[misc]
    """A module with code of its own, and no async form."""

    def __init__(self) -> None:
        super().__init__()
        self.first = dspy.Predict("question -> answer")
        self.second = dspy.Predict("context, question -> answer")

    def forward(self, context: list[str], question: str) -> Any:
        self.first(question=question)
        return self.second(context=context, question=question)


def test_a_module_of_several_predictors_says_what_it_reads_and_writes() -> None:
    lm = Scripted(kit.model)
    node = sg.dspy.Node(TwoSteps(), reads=["context", "question"], writes=["answer"])
    ask = sg.Flow(Retrieve("corpus", k=1) >> node, name="two").bind(corpus=kit.CORPUS, lm=lm)
    result = ask(question=kit.ROWS[2].question)
    assert result.answer.text == "Ivory"
    assert result.trace.visits("twosteps")[0].usage["calls"] == 2
    with pytest.raises(ValueError, match="no signature of its own"):
        sg.dspy.Node(TwoSteps())


def test_a_module_with_models_of_its_own_is_refused() -> None:
    module = dspy.Predict("question -> answer")
    module.set_lm(sg.dspy.lm(Scripted(kit.model)))
    with pytest.raises(ValueError, match="models of their own"):
        sg.dspy.Node(module)


def test_an_error_of_the_module_is_an_error_of_its_step() -> None:
    lm = Scripted(lambda asked: "no form at all")
    result = asks().bind(corpus=kit.CORPUS, lm=lm)(question=kit.ROWS[0].question)
    assert result.status == "failed"
    assert result.cause.path == "chainofthought"


def test_a_flow_that_lacks_what_the_module_reads_is_refused_before_it_runs() -> None:
    made = sg.Flow(sg.dspy.Node(dspy.Predict("notes: str, question -> answer")), name="lacks")
    with pytest.raises(sg.FlowError, match="notes"):
        made.check()
