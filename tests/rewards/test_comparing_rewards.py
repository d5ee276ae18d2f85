"""Rewards that compare a run with others, and CoSearch's mix, with numbers worked by hand."""

from __future__ import annotations

import math
import pickle

import pytest
from small_flows import Find, Keep, Say, example, feedback, run, values

from seekgraph.rewards import RewardError, novelty, ranking_ndcg, support_gain
from seekgraph.rewards.comparing import planning_gain, rank_among
from seekgraph.rewards.ranking import cosearch
from seekgraph.rewards.runs import run_em

FOUND = Find((("p1", "p2", "x"),))


def test_planning_gains_over_the_better_of_two_runs_without_it() -> None:
    trace = run(FOUND >> Say("Paris France"))  # F1 2/3
    # 1/2 + 2/3 - 1/2 * max(0.2, 0.4), over 1.5
    made = planning_gain(0.2, 0.4)
    assert values(made, trace, example()) == pytest.approx([(0.5 + 2 / 3 - 0.2) / 1.5])
    assert feedback(made, trace, example()) == [
        "said 'Paris France', right is 'Paris'; F1 0.67 with 1 search, 0.40 without planning"
    ]


def test_planning_that_costs_less_gains_more() -> None:
    trace = run(FOUND >> Say("Paris"))
    # R_outcome = 1/2 + 1 - 1/2 * 1 = 1; R_cost = 1 - 1/4; R_process = 1 (right); (1 + 1 + 0.2 * 0.75) / (1.5 + 1 + 0.2)
    made = planning_gain(1.0, most=4, alpha=0.2, process=run_em)
    assert values(made, trace, example()) == pytest.approx([(1 + 1 + 0.15) / 2.7])


def test_the_other_run_is_given_as_a_trace_or_as_its_score_for_each_example() -> None:
    trace, without = run(FOUND >> Say("Paris")), run(Say("Paris France"))
    expected = pytest.approx([(1.5 - 0.5 * 2 / 3) / 1.5])
    assert values(planning_gain(without), trace, example()) == expected
    assert values(planning_gain({"e": without}), trace, example()) == expected
    assert values(planning_gain({"e": 2 / 3}), trace, example()) == expected
    assert values(planning_gain({"another": without}), trace, example()) == []
    with pytest.raises(RewardError, match="most"):
        planning_gain(0.0, most=0)


def test_the_best_of_the_sampled_steps_has_1_and_the_next_a_half() -> None:
    row = example("p1", "p2", "p3")
    runs = [run(Find((ids,)) >> Say("Paris")) for ids in (("p1",), ("p1", "p2"), ("p1", "p2", "p3"), ("p1", "x"))]
    made = [values(rank_among([other for other in runs if other is not mine], [support_gain]), mine, row) for mine in runs]
    assert made == [[1 / 3], [1 / 2], [1], [1 / 3]]  # two do better than the first, one than the second; ties share a rank


def test_ties_are_settled_by_the_next_reward() -> None:
    row = example("p1")
    mine, other = (
        run(Find((("p1", "x"),)) >> Keep(("x", "p1")) >> Say("a")),
        run(Find((("p1", "x"),)) >> Keep(("p1",)) >> Say("a")),
    )
    by = rank_among([other], [support_gain, novelty, ranking_ndcg])
    assert values(by, mine, row) == [1, 1 / 2]  # equal where they found, worse where it ranked
    assert by.needs == {"supporting_ids"}
    assert feedback(by, mine, row) == ["no other run did better here", "1 of 1 other runs did better here"]


def test_a_step_that_no_other_run_has_is_not_ranked() -> None:
    mine = run(Find((("p1",),)) >> Say("Paris"))
    assert values(rank_among([], [support_gain]), mine, example("p1")) == []
    assert values(rank_among({"another": [mine]}, [support_gain]), mine, example("p1")) == []
    assert values(rank_among({"e": [mine]}, [support_gain]), mine, example("p1")) == [1]
    with pytest.raises(RewardError, match="at least one"):
        rank_among([mine], [])


def test_a_ranker_is_paid_for_its_ranking_and_for_what_the_run_came_to() -> None:
    trace = run(FOUND >> Keep(("x", "p1")) >> Say("Paris France"))
    # nDCG: gold p1 at rank 2 of the ideal's rank 1: 1 / log2(3); F1 2/3
    ndcg = 1 / math.log2(3)
    assert values(cosearch(0.25), trace, example("p1")) == pytest.approx([0.25 * ndcg + 0.75 * 2 / 3])
    assert values(cosearch(0.25, outcome=run_em), trace, example("p1")) == pytest.approx([0.25 * ndcg])
    assert cosearch().needs == {"supporting_ids", "answers"}
    with pytest.raises(RewardError, match="mix"):
        cosearch(2.0)


def test_a_reward_that_holds_another_run_reaches_another_process() -> None:
    trace, other = run(FOUND >> Say("Paris")), run(Say("Paris France"))
    for made in (planning_gain(other), rank_among([other], [support_gain]), cosearch(outcome=run_em), run_em):
        again = pickle.loads(pickle.dumps(made))
        assert values(again, trace, example("p1")) == values(made, trace, example("p1"))
