"""Rewards: how one is written, how rewards combine, and the laws that this keeps."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from preset_rewards import EXAMPLE, STEP, TRACE, close, constant, numbers, raw, value, values

import seekgraph.rewards as rewards
from seekgraph.core.record.step import Step, StepError
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import RewardError, Score, clip, decay, gate, reward, scores
from seekgraph.types import Example


@reward(needs="supporting_ids", on="passages")
def hit(step: Step, trace: Trace, example: Example) -> Score:
    found = {passage.id for passage in step.writes["passages"]}
    return Score(1.0, "found gold") if found & set(example.supporting_ids) else Score(0.0, "found no gold")


# --- writing one ---------------------------------------------------------------------------------------------------


def test_a_function_becomes_a_reward_that_is_named_after_it() -> None:
    assert (hit.name, hit.needs) == ("hit", frozenset({"supporting_ids"}))
    assert hit(STEP, TRACE, EXAMPLE) == Score(1.0, "found gold")


@pytest.mark.parametrize(
    "step",
    [
        Step("rerank", (), "node", writes={"context": ()}),
        Step("loop", (), "until", decision=True),
        Step("input", (), "input", writes={"passages": ()}),
        Step("each", (0,), "item", writes={"passages": ()}),
        Step("retrieve", (), "node", writes={"passages": ()}, error=StepError("raised", "OSError", "down")),
    ],
    ids=["another channel", "a decision", "what a call was given", "an item", "a failed step"],
)
def test_a_reward_does_not_apply_to_a_step_that_did_not_make_its_channel(step: Step) -> None:
    assert value(hit, step) is None


def test_a_reward_does_not_apply_without_the_gold_that_it_needs() -> None:
    assert value(hit, example=Example(id="e", question="?")) is None
    assert value(hit, example=None) is None


def test_without_a_channel_a_reward_applies_to_every_visit_of_a_node_and_to_nothing_else() -> None:
    always = constant(1.0)
    assert value(always, Step("any", (), "node")) == 1
    assert value(always, Step("loop", (), "until", decision=True)) is None


@pytest.mark.parametrize("wrong", [1.01, -0.01, float("nan"), float("inf")])
def test_a_score_lies_between_0_and_1(wrong: float) -> None:
    with pytest.raises(RewardError, match=r"lies in \[0, 1\]"):
        Score(wrong)


def test_a_function_that_returns_no_score_is_told_what_to_return() -> None:
    with pytest.raises(RewardError, match=r"return Score\(value, feedback\)"):
        reward()(lambda step, trace, example: 0.5)(STEP, TRACE, EXAMPLE)


def test_a_need_that_no_example_could_meet_is_an_error_when_the_reward_is_written() -> None:
    with pytest.raises(RewardError, match=r"cannot need \['gold'\]: an example has id, question, answers"):
        reward(needs="gold")


def test_a_reward_that_raises_names_itself_and_the_step() -> None:
    broken = reward(name="broken")(lambda step, trace, example: Score(1 / 0))
    with pytest.raises(RewardError, match="reward 'broken' raised ZeroDivisionError at step retrieve: division by zero"):
        list(scores(TRACE, [broken], EXAMPLE))


def test_scores_are_those_that_apply_in_the_order_of_the_trace() -> None:
    other = Step("say", (), "node", writes={"answer": None})
    trace = Trace(steps=[STEP, other])
    found = [(step.path, each.name, score.value) for step, each, score in scores(trace, [hit, constant(0.5)], EXAMPLE)]
    assert found == [("retrieve", "hit", 1.0), ("retrieve", "c", 0.5), ("say", "c", 0.5)]


# --- combining -----------------------------------------------------------------------------------------------------


def test_formulas_are_worked_out_first_and_clipped_once() -> None:
    gain, redundancy = constant(0.25), constant(0.75)
    assert value(gain - redundancy) == 0
    assert value(0.5 * (1 + gain - redundancy)) == 0.25
    assert value(gain + 1 - 1) == 0.25
    assert value(3 * gain) == 0.75
    assert value(5 * gain) == 1
    assert value(gain * redundancy) == 0.1875
    assert value(1 - redundancy) == 0.25


def test_a_part_that_does_not_apply_changes_no_sum_and_ends_a_product() -> None:
    absent, half = constant(None), constant(0.5)
    assert value(half + absent) == value(absent + half) == value(half - absent) == 0.5
    assert value(absent + absent) is None
    assert raw(absent - half) == -0.5
    assert value(half * absent) is None


def test_a_number_never_makes_a_reward_apply() -> None:
    absent = constant(None)
    assert [value(made) for made in (absent + 1, 1 - absent, absent - 1, 2 * absent)] == [None] * 4


def test_a_combined_reward_is_named_by_its_formula_and_needs_what_its_parts_need() -> None:
    a, b = constant(1.0, "a"), constant(1.0, "b")
    made = (0.8 * hit + 0.2 * a) * decay(0.9, after=1) - (a - b)
    assert made.name == "(0.8 * hit + 0.2 * a) * decay(0.9, after=1) - (a - b)"
    assert (made.needs, made.channels) == ({"supporting_ids"}, {"passages"})
    assert made.named("search").name == "search"
    assert (1 - (a + b)).name == "1 - (a + b)"


def test_feedback_of_all_parts_is_kept_each_once() -> None:
    a, b = constant(0.5, feedback="found p1"), constant(0.5, feedback="all new")
    assert (a + b)(STEP, TRACE).feedback == "found p1; all new"
    assert (a * a)(STEP, TRACE).feedback == "found p1"


def test_a_combined_reward_reaches_another_process() -> None:
    made = (0.8 * hit + 0.2 * rewards.novelty) * decay(0.9) + gate(rewards.ndcg_at(5), clip(hit))
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again(STEP, TRACE, EXAMPLE) == made(STEP, TRACE, EXAMPLE)


# --- laws ----------------------------------------------------------------------------------------------------------


@given(values, values, values)
def test_sums_and_products_commute_associate_and_distribute(x: float | None, y: float | None, z: float | None) -> None:
    a, b, c = constant(x), constant(y), constant(z)
    assert close(raw(a + b), raw(b + a))
    assert close(raw(a * b), raw(b * a))
    assert close(raw((a + b) + c), raw(a + (b + c)))
    assert close(raw((a * b) * c), raw(a * (b * c)))
    assert close(raw(a * (b + c)), raw(a * b + a * c))


@given(values, values, numbers)
def test_numbers_scale_sums_and_what_is_added_can_be_taken_away(x: float | None, y: float | None, number: float) -> None:
    a, b = constant(x), constant(y)
    assert close(raw(number * (a + b)), raw(number * a + number * b))
    assert close(raw(a - b), raw(a + (-1) * b))
    assert close(raw(a + number - number), raw(a))
    assert close(raw(number - a), raw((-1) * a + number))


@given(values, values, numbers, numbers)
def test_a_score_is_none_or_in_range_whatever_the_formula(x: float | None, y: float | None, n: float, m: float) -> None:
    a, b = constant(x), constant(y)
    for made in (n * a + m * b, a - m * b, n - a * b, gate(a, n * b), clip(n * a, -2, 2) + m):
        found = value(made)
        assert found is None or 0 <= found <= 1


# --- the names -----------------------------------------------------------------------------------------------------


def test_every_name_of_the_table_exists_and_is_listed() -> None:
    for name in rewards._HOMES:
        assert getattr(rewards, name) is not None
        assert name in dir(rewards)
    with pytest.raises(AttributeError, match="no attribute 'supportgain'"):
        rewards.supportgain


def test_the_table_and_the_names_that_editors_see_are_the_same() -> None:
    import ast
    import inspect

    [checked] = [node for node in ast.parse(inspect.getsource(rewards)).body if isinstance(node, ast.If)]
    seen = {name.asname: part.module for part in checked.body if isinstance(part, ast.ImportFrom) for name in part.names}
    assert seen == rewards._HOMES
