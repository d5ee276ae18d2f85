"""What is compiled for."""

from __future__ import annotations

import pytest
import rivers
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.evaluation.metrics import Metric, MetricError, metric
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.objective import Objective, objective_for
from seekgraph.rewards import answer_f1, cost_aware_f1, novelty, support_gain
from seekgraph.types import Example

F1, RECALL = metric("answer_f1"), metric("support_recall@5")
numbers = st.floats(0, 1, allow_nan=False)


def row(**metrics: float | None) -> Row:
    return Row(id="e", metrics=metrics)


@settings(deadline=None)
@given(a=numbers, b=numbers, weight=st.floats(0.01, 10))
def test_quality_is_the_weighted_mean_of_the_metrics(a: float, b: float, weight: float) -> None:
    objective = Objective({F1: weight, RECALL: 1.0})
    found = objective.quality(Row(id="e", metrics={"answer_f1": a, "support_recall@5": b}))
    assert found == pytest.approx((weight * a + b) / (weight + 1))
    assert 0 <= found <= 1


def test_a_metric_that_the_example_has_no_gold_for_does_not_count() -> None:
    assert Objective({F1: 1.0, RECALL: 3.0}).quality(row(answer_f1=0.5)) == 0.5


def test_a_metric_without_a_value_for_this_outcome_counts_zero_so_that_silence_gains_nothing() -> None:
    objective = Objective({F1: 1.0, metric("citation_precision"): 1.0})
    assert objective.quality(row(answer_f1=1.0, citation_precision=None)) == 0.5


def test_a_failed_row_counts_zero_in_quality_and_signal() -> None:
    failed = Row(id="e", status="failed", metrics={"answer_f1": None}, rewards={"search": ((1, "support_gain", 1.0),)})
    objective = Objective({F1: 1.0})
    assert objective.quality(failed) == objective.signal(failed) == 0.0


@settings(deadline=None)
@given(rewards=st.lists(numbers, max_size=5), quality=numbers)
def test_the_signal_puts_the_mean_step_reward_beside_the_quality(rewards: list[float], quality: float) -> None:
    visits = tuple((number, "gain", one) for number, one in enumerate(rewards, start=1))
    scored = Row(id="e", metrics={"answer_f1": quality}, rewards={"search": visits})
    objective = Objective({F1: 1.0}, reward_weight=0.1)
    extra = objective.signal(scored) - objective.quality(scored)
    assert extra == pytest.approx(0.1 * sum(rewards) / len(rewards) if rewards else 0.0)


@pytest.mark.parametrize("weights", [{}, {F1: 0.0}, {F1: -1.0}, {F1: float("nan")}, {metric("seconds"): 1.0}])
def test_weights_of_zero_and_metrics_where_less_is_better_are_refused(weights: dict[Metric, float]) -> None:
    with pytest.raises(CompileError, match="higher is better"):
        Objective(weights)


def test_two_metrics_of_one_name_are_refused() -> None:
    with pytest.raises(CompileError, match="higher is better"):
        Objective({F1: 1.0, Metric("answer_f1", lambda example, outcome: 1.0): 1.0})


def test_without_a_metric_answers_and_their_support_count_half_each() -> None:
    assert objective_for(rivers.answering, rivers.TRAIN, None).name == "0.5 answer_f1 + 0.5 support_recall@5"
    assert objective_for(rivers.searching, rivers.TRAIN, None).name == "support_recall@5"


def test_without_a_metric_one_that_no_example_has_gold_for_is_left_out() -> None:
    unsupported = [Example(id="a", question="?", answers=("x",))]
    assert objective_for(rivers.answering, unsupported, None).name == "answer_f1"


def test_a_metric_of_the_users_own_is_compiled_for() -> None:
    mine = Metric("mine", lambda example, outcome: float(len(outcome.passages) > 3))
    assert list(objective_for(rivers.searching, rivers.TRAIN, mine).weights) == [mine]
    assert objective_for(rivers.searching, rivers.TRAIN, {mine: 2.0, "ndcg@5": 1.0}).name == "2 mine + 1 ndcg@5"


def test_no_gold_for_the_metric_is_said_with_what_is_missing() -> None:
    with pytest.raises(CompileError, match=r"'answer_f1' needs examples with 'answers', and none of the 1 has them"):
        objective_for(rivers.answering, [Example(id="a", question="?", supporting_ids=("x",))], "answer_f1")
    with pytest.raises(CompileError, match="needs examples with"):
        objective_for(rivers.answering, [Example(id="a", question="?")], None)


def test_an_unknown_metric_is_said_with_the_known_ones() -> None:
    with pytest.raises(MetricError, match="did you mean 'answer_f1'"):
        objective_for(rivers.answering, rivers.TRAIN, "answer_f2")


def test_rewards_that_are_asked_for_take_the_place_of_the_default_ones_where_rows_can_feed_them() -> None:
    with_gold, bare = Example(id="a", question="?", supporting_ids=("p",)), Example(id="b", question="?")
    objective = Objective({RECALL: 1.0}, rewards=(support_gain, novelty))
    assert objective.rewards_of([with_gold, bare]) == (support_gain, novelty)
    assert objective.rewards_of([bare]) == (novelty,)
    assert Objective({RECALL: 1.0}).rewards_of([with_gold]) is None


def test_rewards_are_told_with_the_values_of_their_params() -> None:
    told = Objective({F1: 1.0}, rewards=(answer_f1, cost_aware_f1(b=0.5).named("cost"))).rewards_config
    assert told == [["answer_f1", {}], ["cost", {"cost_aware_f1.a": 1.0}]]
