"""Rewards whose values a test sets, and a run to score with them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import Reward, Score, reward
from seekgraph.types import Example, Passage

EXAMPLE = Example(id="e", question="?", supporting_ids=("p1",), answers=("Paris",))
STEP = Step("retrieve", (), "node", writes={"passages": (Passage(id="p1", text="x"),)})
TRACE = Trace(steps=[STEP])

values = st.none() | st.floats(0, 1)
numbers = st.floats(-3, 3)


def constant(value: float | None, name: str = "c", feedback: str = "") -> Reward:
    """A reward that always gives the same."""
    return reward(name=name)(lambda step, trace, example: Score(value, feedback))


def by_visit(given: Sequence[float | None], name: str = "v") -> Reward:
    """A reward that gives the n-th of these at the n-th visit."""
    return reward(name=name)(lambda step, trace, example: Score(given[step.visit - 1], f"visit {step.visit}"))


def visited(count: int, path: str = "retrieve") -> Trace:
    """A run in which a node is visited so often, in the rounds of a loop."""
    return Trace(steps=[Step(path, (number,), "node", visit=number) for number in range(1, count + 1)])


def value(made: Reward, step: Step = STEP, example: Example | None = EXAMPLE) -> float | None:
    return made(step, TRACE, example).value


def raw(made: Reward, step: Step = STEP, trace: Trace = TRACE) -> float | None:
    """The value before it is clipped."""
    return made.measure(step, trace, EXAMPLE)[0]


def close(a: float | None, b: float | None) -> bool:
    return a is b is None or (a is not None and b is not None and a == pytest.approx(b, abs=1e-9))
