"""Single changes of the best values so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rivers
from hypothesis import given
from hypothesis import strategies as st

import seekgraph as sg
from seekgraph.optimizers.climb import Climb
from seekgraph.optimizers.space import Pool, encoded, options, tunable


class Mixed(sg.Node):
    """Every kind of domain."""

    on: bool = sg.Switch(False)
    way: str = sg.Choice("near", "far", "nowhere")
    scale: float = sg.Float(1.0, 0.1, 10.0, log=True)
    k: int = sg.Int(8, 1, 100, log=True)
    few: int = sg.Int(1, 1, 3)
    text: str = sg.Text("Be brief.", variants=("Be long.", "Be kind."))

    async def run(self, question: str) -> rivers.Found:
        raise AssertionError(question)


SPACE = tunable(sg.Flow(Mixed(), name="mixed", output="passages"))
START = encoded(SPACE, {name: param.to_json() for name, param in sg.Flow(Mixed(), name="mixed").params().items()})


def proposals(seed: int, best: Mapping[str, Any]) -> list[dict[str, Any]]:
    climb = Climb(SPACE, seed)
    return list(iter(lambda: climb.propose(best), None))


def changed(proposal: Mapping[str, Any], best: Mapping[str, Any]) -> list[str]:
    return [name for name in best if proposal[name] != best[name]]


@given(st.integers(0, 1000))
def test_each_proposal_changes_one_param_and_what_a_flow_does_comes_before_its_numbers(seed: int) -> None:
    names = [changed(each, START) for each in proposals(seed, START)]
    assert {len(each) for each in names} == {1}
    turns = [each[0] for each in names]
    assert set(turns) == set(SPACE)
    assert turns.count("mixed.on") == 1
    assert turns.count("mixed.way") == turns.count("mixed.text") == turns.count("mixed.k") == turns.count("mixed.scale") == 2
    numbers = [name in ("mixed.k", "mixed.scale", "mixed.few") for name in turns]
    assert numbers == sorted(numbers)
    assert proposals(seed, START) == proposals(seed, START)


def test_numbers_go_half_way_to_their_ends_on_their_own_scale() -> None:
    moved = {(changed(each, START)[0], each[changed(each, START)[0]]) for each in proposals(0, START)}
    assert {value for name, value in moved if name == "mixed.k"} == {3, 28}  # sqrt(8 * 1) and sqrt(8 * 100)
    assert {round(value, 3) for name, value in moved if name == "mixed.scale"} == {0.316, 3.162}
    assert {value for name, value in moved if name == "mixed.few"} == {2}


@given(st.integers(0, 1000), st.data())
def test_from_wherever_the_best_stands_proposals_lie_in_the_space(seed: int, data: st.DataObject) -> None:
    climb, best = Climb(SPACE, seed), dict(START)
    while (step := climb.propose(best)) is not None:
        for name, value in step.items():
            domain = SPACE[name]
            if isinstance(domain, Pool):
                assert value in range(len(domain.values))
            elif options(domain):
                assert value in options(domain)
            else:
                assert domain.check(value) == value
        if data.draw(st.booleans()):
            best = step


def test_a_step_of_one_is_left_where_half_the_way_rounds_to_none() -> None:
    near_the_end = {**START, "mixed.few": 2}
    assert {each["mixed.few"] for each in proposals(1, near_the_end) if changed(each, near_the_end) == ["mixed.few"]} == {1, 3}
