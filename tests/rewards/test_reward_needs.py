"""What a reward needs of the examples and of the flow is said, and checked before anything runs."""

from __future__ import annotations

import pytest
from preset_rewards import EXAMPLE, constant
from small_flows import Divide, Find, JudgeAnswer, Keep, Say

import seekgraph as sg
from seekgraph import S
from seekgraph.rewards import (
    Reward,
    RewardError,
    answer_f1,
    evidence_recall,
    goal_met,
    inforage,
    judged,
    judged_right,
    novelty,
    ranking_ndcg,
    require_needs,
    reward,
    run_reward,
    support_gain,
)
from seekgraph.rewards.needs import channels_written, needs_in_words
from seekgraph.types import Example

FLOW = sg.Flow(Find((("p1",),)) >> Say("Paris"), name="small")
WITHOUT = [Example(id=str(number), question="?", answers=("a",)) for number in range(3)]


def test_gold_that_all_examples_lack_is_named_and_counted() -> None:
    with pytest.raises(RewardError, match="'support_gain \\+ c' needs 'supporting_ids', which 3 lack of 3 examples: add it"):
        require_needs([support_gain + constant(1.0)], WITHOUT)
    require_needs([support_gain], [*WITHOUT, EXAMPLE])
    require_needs([constant(1.0)], WITHOUT)


def test_a_channel_that_no_node_writes_is_named_with_those_that_are_written() -> None:
    with pytest.raises(RewardError, match="is about 'evidence', and the flow 'small' writes only answer, passages: give it a"):
        require_needs([evidence_recall], [EXAMPLE], FLOW)
    require_needs([support_gain, answer_f1, support_gain + answer_f1, inforage()], [EXAMPLE], FLOW)
    with pytest.raises(RewardError, match="'context'"):
        require_needs([support_gain * ranking_ndcg], [EXAMPLE], FLOW)


def test_a_reward_of_a_judge_asks_for_one() -> None:
    with pytest.raises(RewardError, match=r"'judged' is about 'verdict', .*: give it a judge, or leave the reward out"):
        require_needs([judged], [EXAMPLE], FLOW)
    require_needs([judged], [EXAMPLE], sg.Flow(FLOW.body >> JudgeAnswer(1.0)))


def test_channels_are_those_of_all_places_also_inside_calls_and_as_they_are_renamed() -> None:
    inside = sg.Flow(Find((("p1",),)) >> Keep(("p1",)).into(context="best") >> Say("Paris"))
    flow = sg.Flow(Divide() >> sg.each(S.plan.goals, sg.call(inside, give={"question": S.goal.text}), item="goal"))
    assert channels_written(flow) == {"plan", "passages", "best", "answer", "digests"}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (novelty, ()),
        (support_gain, ("gold passages",)),
        (inforage(), ("gold passages", "gold answers")),
        (goal_met, ("a decomposition",)),
        (judged, ("a judge",)),
        (judged_right, ("gold answers", "a judge")),
        (reward(needs="question")(lambda step, trace, example: None), ("question",)),
    ],
    ids=lambda each: each.name if isinstance(each, Reward) else "",
)
def test_what_a_reward_needs_can_be_said(made: Reward, words: tuple[str, ...]) -> None:
    assert needs_in_words(made) == words


def test_a_reward_of_ones_own_says_which_other_channels_it_reads() -> None:
    own = reward(on="answer", reads=("plan", "evidence"), name="own")(lambda step, trace, example: None)
    assert own.channels == {"answer", "plan", "evidence"}
    assert run_reward(reads="plan", name="whole")(lambda trace, example: None).channels == {"plan"}


@pytest.mark.parametrize("way", ["evaluate", "diagnose", "compile"])
def test_whatever_takes_rewards_refuses_what_cannot_be_fed_before_it_runs(way: str) -> None:
    bound = sg.Bound(FLOW, {}, checked=True)
    rows = [Example(id=str(n), question=f"? {n}", supporting_ids=("p1",), answers=("Paris",)) for n in range(4)]
    with pytest.raises(RewardError, match="'evidence_recall' is about 'evidence'"):
        getattr(bound, way)(rows, rewards=[evidence_recall])
    with pytest.raises(RewardError, match="'goal_met' needs 'decomposition'"):
        getattr(bound, way)(rows, rewards=[goal_met])
