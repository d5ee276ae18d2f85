"""Blame walks into the calls that worked on the goals of a plan, with the gold of their hops."""

from __future__ import annotations

from typing import Any

import pytest
from rhine import BROKEN, EXAMPLE
from rhine_plan import bound

from seekgraph.diagnosis.gold import Gold, Place
from seekgraph.types import Query


@pytest.mark.parametrize(
    ("broken", "path", "visit", "cls"),
    [
        ({"divide": BROKEN}, "divide", 1, "plan"),
        ({"look": BROKEN}, "goal/look", 1, "query"),
        ({"search": {"limited": True}}, "goal/search", 2, "retrieval"),
        ({"tell": {"wrong": "1"}}, "goal/tell", 1, "answer"),
        ({"tell": {"wrong": "2"}}, "goal/tell", 2, "answer"),
        ({"conclude": BROKEN}, "conclude", 1, "answer"),
    ],
)
def test_the_broken_step_is_named(broken: Any, path: str, visit: int, cls: str) -> None:
    found = bound(**broken).diagnose([EXAMPLE], headroom=False).findings["e"]
    assert (found.path, found.visit, found.cls, found.confirmed) == (path, visit, cls, True)


def test_a_perfect_plan_has_the_gold_of_its_own_goals_in_its_calls() -> None:
    for search, gain in (({}, 1), ({"limited": True}, 0)):
        room = bound(divide=BROKEN, search=search).diagnose([EXAMPLE]).nodes["divide"].headroom
        assert room is not None
        assert room.mean == gain


def test_the_gold_of_a_step_in_a_call_is_that_of_its_hop() -> None:
    flow = bound()
    trace = flow(question=EXAMPLE.question).trace
    gold = Gold(EXAMPLE, trace, Place(flow))
    first, second = trace.visits("goal/look")
    assert gold.scope(first.path, first.at).ids == ("p1",)
    assert gold.scope(second.path, second.at).answers == ("Ann Berg",)
    assert gold.scope(second.path, second.at).question == "Who was born in Basel?"
    assert gold.scope("conclude", ()).ids == ("p1", "p2")
    assert gold.ideal(second, {}, {"query": Query(text="Paris")}) == {"query": Query(text="Ann Berg Who was born in Basel?")}


def test_a_perfect_step_of_each_kind_writes_the_gold() -> None:
    flow = bound()
    trace = flow(question=EXAMPLE.question).trace
    gold = Gold(EXAMPLE, trace, Place(flow))
    plan = gold.ideal(trace.step("divide"), {}, {})
    assert plan is not None
    assert [(goal.text, goal.needs) for goal in plan["plan"].goals] == [
        ("Which town is on the Rhine?", ()),
        ("Who was born in #1?", ("1",)),
    ]
    search = trace.visits("goal/search")[1]
    found = gold.ideal(search, trace.inputs(search), {"passages": ()}, only_gold=True)
    assert found is not None
    assert [passage.id for passage in found["passages"]] == ["p2"]
    assert gold.ideal(search, trace.inputs(search), search.writes) is None  # it has found what is needed
    answer = gold.ideal(trace.step("conclude"), {}, {})
    assert answer is not None
    assert answer["answer"].text == "Ann Berg"
