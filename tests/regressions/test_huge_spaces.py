"""Compiling plans and searches over domains of any size: whole numbers beyond what a float holds, and hundreds of params."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seekgraph as sg
from seekgraph.optimizers.climb import Climb
from seekgraph.optimizers.space import EXACT, combinations, distributions, encoded, tunable
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Answer


class Said(sg.Writes):
    answer: Answer


class Say(sg.Node):
    number: int = 0

    async def run(self, question: str, answer: Answer | None = None) -> Said:
        return Said(answer=Answer(text=str(self.number)))


def flow_of(*params: Any) -> sg.Flow:
    step: Any = Say(number=params[0])
    for param in params[1:]:
        step = step >> Say(number=param)
    return sg.Flow(step, name="huge")


@pytest.mark.parametrize(
    "params",
    [(sg.Int(3, 0, 10**309),), tuple(sg.Int(3, 0, 9) for _ in range(309)), (sg.Int(10**300, 0, 10**309), sg.Int(1, 0, 2))],
    ids=["huge", "many", "beyond"],
)
def test_a_plan_and_proposals_are_made_for_any_number_of_values(params: Any) -> None:
    flow = flow_of(*params)
    work = Tune(trials=6).work(flow.bind(), 8, 4)
    assert (
        work.least <= work.most <= 8 * (1 + 3 * 5) + 4
    )  # three times: the search, and twice in parts without a third of the rows
    space = tunable(flow)
    distributions(space)
    values = encoded(space, {name: param.value for name, param in flow.params().items()})
    proposed = Climb(space, 0).propose(values)
    assert proposed is not None
    flow.with_params({name: value for name, value in proposed.items()})


@given(st.lists(st.tuples(st.integers(0, 10**400), st.integers(0, 10**400)), max_size=30))
def test_the_size_of_a_space_is_exact_while_it_is_small_and_never_overflows(ends: list[tuple[int, int]]) -> None:
    space = {str(n): sg.Int(low, low, low + more) for n, (low, more) in enumerate(ends)}
    true = math.prod(more + 1 for _, more in ends)
    assert combinations(space) == min(true, EXACT)
