"""Headroom: what an example gains where a node is perfect."""

from __future__ import annotations

import asyncio
from itertools import combinations
from typing import Any

import pytest
from rhine import BROKEN, EXAMPLE, NODES, bound

from seekgraph.core.base.meter import Meter
from seekgraph.diagnosis.gold import Place
from seekgraph.diagnosis.headroom import Headroom, candidates, pairs
from seekgraph.diagnosis.runs import Case, Goodness
from seekgraph.evaluation.metrics import metric


def room(**broken: Any) -> Headroom:
    flow = bound(**broken)
    goodness = Goodness(metric("answer_f1"), 0.5)
    result = flow(question=EXAMPLE.question)
    value = goodness.value(goodness.metric(EXAMPLE, _outcome(result)))
    case = Case(flow, Place(flow), EXAMPLE, result.trace, value, goodness, Meter(), asyncio.Semaphore(8))
    return Headroom(case, candidates(case.place))


def _outcome(result: Any) -> Any:
    from seekgraph.evaluation.evaluate import outcome_of

    return outcome_of(result)


def perfect(room: Headroom, *paths: str) -> float:
    return asyncio.run(room.perfect(paths)).value


def test_every_node_that_writes_what_gold_speaks_of_can_be_perfect() -> None:
    assert candidates(room().case.place) == list(NODES)


@pytest.mark.parametrize("kind", ["keep", "note", "say"])
def test_the_broken_node_has_all_the_headroom_and_those_before_it_none(kind: str) -> None:
    broken = room(**{kind: BROKEN})
    assert broken.case.value == 0
    assert perfect(broken, kind) == 1
    before = list(NODES)[: list(NODES).index(kind)]
    assert [perfect(broken, each) for each in before] == [0.0] * len(before)


def test_two_broken_nodes_gain_together_what_neither_gains_alone() -> None:
    broken = room(ask=BROKEN, note=BROKEN)
    assert (perfect(broken, "ask"), perfect(broken, "note"), perfect(broken, "ask", "note")) == (0, 0, 1)


@pytest.mark.parametrize(
    "broken", [{}, {"ask": BROKEN}, {"judge": BROKEN}, {"search": {"k": 1}}, {"keep": BROKEN, "note": BROKEN}]
)
def test_more_perfect_nodes_never_gain_less(broken: Any) -> None:
    asked = room(**broken)
    for size in (1, 2):
        for paths in combinations(NODES, size):
            value = perfect(asked, *paths)
            assert asked.case.value <= value <= 1
            assert all(perfect(asked, *fewer) <= value for fewer in combinations(paths, size - 1))


def test_pairs_are_of_the_nodes_with_the_most_headroom() -> None:
    gains = {"a": 0.1, "b": 0.0, "c": 0.3, "d": 0.2}
    assert pairs(gains, most=2) == [("c", "d")]
    assert pairs(gains) == [("c", "d"), ("c", "a"), ("d", "a")]
