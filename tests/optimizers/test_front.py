"""The front of quality against cost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.evaluation.metrics import metric
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.front import COUNTED, Candidate, Tried, candidates, pareto_front, pick
from seekgraph.optimizers.objective import Objective

OBJECTIVE = Objective({metric("answer_f1"): 1.0})
levels = st.integers(0, 6).map(lambda level: level / 6)
many = st.lists(st.tuples(levels, levels), max_size=12).map(
    lambda pairs: [Candidate(f"c{n}", {}, quality, cost) for n, (quality, cost) in enumerate(pairs)]
)


def beats(a: Candidate, b: Candidate) -> bool:
    """At least as good in both, better in one."""
    return a.quality >= b.quality and a.cost <= b.cost and (a.quality, a.cost) != (b.quality, b.cost)


@settings(deadline=None)
@given(many)
def test_it_holds_exactly_those_that_no_other_beats(given: list[Candidate]) -> None:
    front = pareto_front(given)
    best = {(one.quality, one.cost) for one in given if not any(beats(other, one) for other in given)}
    assert {(one.quality, one.cost) for one in front} == best
    assert len(front) == len(best)


@settings(deadline=None)
@given(many)
def test_it_goes_from_cheap_and_worse_to_dear_and_better(given: list[Candidate]) -> None:
    front = pareto_front(given)
    assert [one.cost for one in front] == sorted({one.cost for one in front})
    assert [one.quality for one in front] == sorted({one.quality for one in front})


@settings(deadline=None)
@given(many)
def test_of_equal_ones_the_first_is_kept(given: list[Candidate]) -> None:
    for one in pareto_front(given):
        assert one == next(each for each in given if (each.quality, each.cost) == (one.quality, one.cost))


def tried(name: str, **usage: float) -> Tried:
    return Tried(name, {}, [Row(id="a", metrics={"answer_f1": 1.0}, usage=usage), Row(id="b", metrics={"answer_f1": 0.0})])


def test_cost_is_calls_and_searches_where_nothing_is_paid_for() -> None:
    assert [one.cost for one in candidates([tried("a", searches=3, calls=1), tried("b")], OBJECTIVE)] == [2.0, 0.0]


def test_one_that_is_paid_for_makes_the_cost_dollars_for_all() -> None:
    assert [one.cost for one in candidates([tried("a", searches=3), tried("b", calls=1, usd=0.5)], OBJECTIVE)] == [0.0, 0.25]


def test_one_without_a_known_price_is_not_the_cheapest_for_it() -> None:
    free = tried("unknown", calls=4, unpriced=4)
    paid = tried("paid", calls=1, usd=0.5)
    assert [one.cost for one in candidates([free, paid], OBJECTIVE)] == [2.0, 0.5]


def costing(name: str, quality: float, **costs: float) -> Candidate:
    return Candidate(name, {}, quality, 0.0, {"seconds": 0.0, **dict.fromkeys(COUNTED, 0.0), **costs})


def test_one_that_is_better_in_any_cost_is_on_the_front() -> None:
    few, short, neither = (
        costing("few", 0.5, calls=1, tokens=900),
        costing("short", 0.5, calls=3, tokens=300),
        costing("both", 0.5),
    )
    assert {one.name for one in pareto_front([few, short])} == {"few", "short"}
    assert [one.name for one in pareto_front([few, short, neither])] == ["both"]


def test_seconds_do_not_put_one_on_the_front() -> None:
    assert [one.name for one in pareto_front([costing("better", 0.6, seconds=2.0), costing("faster", 0.5, seconds=1.0)])] == [
        "better"
    ]


CHOICE = [
    costing("small", 0.4, calls=1, usd=0.001, seconds=0.5),
    costing("middle", 0.6, calls=3, usd=0.002, seconds=3.0),
    costing("large", 0.7, calls=9, usd=0.02, seconds=9.0),
]


def test_the_best_within_a_limit_is_taken_and_the_cheapest_that_reaches_a_quality() -> None:
    priced = [Candidate(one.name, {}, one.quality, one.costs["usd"], one.costs) for one in CHOICE]
    assert pick(priced, None, {"usd": 0.002}).name == "middle"
    assert pick(priced, None, {"seconds": 1.0, "calls": 5}).name == "small"
    assert pick(priced, 0.6, {}).name == "middle"
    assert pick(priced, 0.5, {"calls": 20}).name == "middle"


@pytest.mark.parametrize(
    ("quality", "limits", "says"),
    [
        (None, {"usd": 0.0001}, "no candidate is within 0.0001 usd a query: the least usd is 0.001, of 'small'"),
        (0.9, {}, "no candidate reaches a quality of 0.9: the best is 0.7, of 'large'"),
        (0.7, {"calls": 3}, "no candidate reaches a quality of 0.7: the best is 0.6, of 'middle'"),
        (None, {}, "say what it has to reach"),
        (None, {"hours": 1}, "there is no limit hours_per_query"),
    ],
)
def test_where_none_is_within_the_limits_the_nearest_is_named(quality: float | None, limits: dict[str, float], says: str) -> None:
    with pytest.raises(CompileError, match=says):
        pick(CHOICE, quality, limits)


def test_dollars_are_no_limit_where_a_price_is_not_known() -> None:
    found = candidates([tried("unknown", calls=4, unpriced=4)], OBJECTIVE)
    with pytest.raises(CompileError, match="the price of what 'unknown' asks is not known"):
        pick(found, None, {"usd": 1.0})
