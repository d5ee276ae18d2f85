"""The front of quality against cost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.evaluation.metrics import metric
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.front import Candidate, Tried, candidates, pareto_front
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
