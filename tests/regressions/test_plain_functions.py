"""A metric or a reward given as a plain function works, or one line says what to write."""

from __future__ import annotations

import asyncio

import pytest

import seekgraph as sg
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.metrics import MetricError, Outcome, metric
from seekgraph.evaluation.validation import rewards_for
from seekgraph.rewards import RewardDefinitionError, RewardError, Score, parse, run_reward
from seekgraph.types import Answer, Example

ROWS = [Example(id="q", question="Which river?", answers=("Seine",))]


class Said(sg.Writes):
    """An answer."""

    answer: Answer


class Say(sg.Node):
    """Answers with one text."""

    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text="Seine"))


FLOW = sg.Flow(Say()).bind()


def long_enough(example: Example, outcome: Outcome) -> float | None:
    return float(len(outcome.answer.text)) if outcome.answer else None


def short(step: Step, trace: Trace, example: Example | None) -> Score:
    return Score(0.5, "short")


def a_float(step: Step, trace: Trace, example: Example | None) -> float:
    return 0.5


def test_plain_functions_are_a_metric_and_a_reward() -> None:
    report = asyncio.run(evaluate(FLOW, ROWS, metrics=[long_enough], rewards=[short]))
    assert report.rows[0].metrics == {"long_enough": 5.0}
    assert [value for visits in report.rows[0].rewards.values() for _, name, value in visits if name == "short"] == [0.5]


def test_a_reward_that_returns_a_float_ends_at_its_first_call_and_is_named() -> None:
    with pytest.raises(RewardDefinitionError, match=r"'a_float' returns 0.5: return Score\(value, feedback\)"):
        asyncio.run(evaluate(FLOW, ROWS, rewards=[a_float]))  # type: ignore[list-item]
    whole = run_reward(name="whole")(lambda trace, example: 0.5)  # type: ignore[arg-type,return-value]
    with pytest.raises(RewardDefinitionError, match=r"returns 0\.5"):
        asyncio.run(evaluate(FLOW, ROWS, rewards=[whole]))


def test_what_is_no_metric_and_no_reward_says_what_to_write() -> None:
    with pytest.raises(MetricError, match=r"function \(example, outcome\)"):
        metric(lambda example: 1.0)  # type: ignore[arg-type,misc]
    with pytest.raises(MetricError, match="not 3"):
        metric(3)  # type: ignore[arg-type]
    with pytest.raises(RewardError, match=r"function \(step, trace, example\) -> Score"):
        rewards_for([lambda step: Score(1.0)], ROWS, FLOW.flow)
    assert parse("support_gain").name == "support_gain"
    with pytest.raises(RewardError, match=r"rewards\.parse"):
        rewards_for(["support_gain"], ROWS, FLOW.flow)  # type: ignore[list-item]
