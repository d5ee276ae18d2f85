"""Rewards of steps that judge: decisions, labels, goals and answers, with numbers worked by hand."""

from __future__ import annotations

import pytest
from small_flows import Divide, Find, Judge, JudgeAnswer, JudgeGoal, Keep, Say, Tell, example, feedback, run, values

import seekgraph as sg
from seekgraph import S
from seekgraph.rewards import RewardError, right_to_stop
from seekgraph.rewards.answering import answer_em
from seekgraph.rewards.judging import decided_right, judge_label, judged_right
from seekgraph.rewards.reflecting import goal_met, hop_of
from seekgraph.types import Example, Goal, SubQuestion

FOUND = Find((("p1", "p2", "x"),))


@pytest.mark.parametrize(
    ("kept", "score", "value"),
    [(("p1", "p2"), 0.9, 1), (("p1", "p2"), 0.4, 0), (("p1", "x"), 0.9, 0), (("p1", "x"), 0.4, 1)],
)
def test_a_decision_is_right_if_enough_was_said_when_all_gold_was_there(kept: tuple[str, ...], score: float, value: int) -> None:
    trace = run(FOUND >> Keep(kept) >> Judge(score) >> Say("Paris"))
    assert values(decided_right(), trace, example("p1", "p2")) == [value]


def test_a_threshold_says_what_enough_is() -> None:
    trace = run(FOUND >> Keep(("p1", "p2")) >> Judge(0.6) >> Say("Paris"))
    assert values(decided_right(threshold=0.7), trace, example("p1", "p2")) == [0]
    with pytest.raises(RewardError, match="threshold"):
        decided_right(threshold=1.5)
    with pytest.raises(RewardError, match="'support' or 'answer'"):
        decided_right("gold")  # type: ignore[arg-type]


@pytest.mark.parametrize(("say", "score", "value"), [("Paris", 0.9, 1), ("Paris", 0.1, 0), ("Rome", 0.9, 0), ("Rome", 0.1, 1)])
def test_a_critic_that_reads_an_answer_is_held_to_whether_that_is_right(say: str, score: float, value: int) -> None:
    trace = run(Say(say) >> JudgeAnswer(score))
    assert values(decided_right("answer"), trace, example()) == [value]
    assert values(decided_right("answer"), run(FOUND >> Keep(("p1",)) >> Judge(0.9) >> Say("Paris")), example("p1")) == []
    assert (decided_right().needs, decided_right("answer").needs) == ({"supporting_ids"}, {"answers"})
    assert values(right_to_stop, trace, example("p1")) == []


def test_a_judge_of_answers_is_calibrated_by_their_exact_match() -> None:
    # 1 - (0.9 - 1)^2 and 1 - (0.9 - 0)^2
    assert values(judged_right, run(Say("Paris") >> JudgeAnswer(0.9)), example()) == pytest.approx([0.99])
    assert values(judged_right, run(Say("Rome") >> JudgeAnswer(0.9)), example()) == pytest.approx([0.19])
    assert feedback(judged_right, run(Say("Rome") >> JudgeAnswer(0.9)), example()) == ["gave 0.90 to 'Rome', which is wrong"]
    assert values(judged_right, run(FOUND >> Keep(("p1",)) >> Judge(0.9) >> Say("Paris")), example("p1")) == []


def test_a_label_is_ideal_where_it_agrees_with_a_ranker() -> None:
    good = Tell({"p1": "The Seine flows through Paris."}) >> Keep(("p1",))
    bad = Tell({"p1": "The Tiber flows through Rome."}) >> Keep(("p1",))
    # the gold answer's one term is in the passage: the ideal label is good; R = +0.5 for a match, -2 for a mismatch
    label = judge_label(match=0.5, mismatch=2.0)
    row = example("p1")
    assert values(label, run(good >> Judge(0.9) >> Say("Paris")), row) == [0.5]
    assert values(label, run(bad >> Judge(0.1) >> Say("Paris")), row) == [0.5]
    assert values(label, run(good >> Judge(0.1) >> Say("Paris")), row) == [0]
    reseek = answer_em + label
    trace = run(good >> Judge(0.1) >> Say("Paris"))
    raw = [reseek.measure(step, trace, row)[0] for step in trace if "verdict" in step.writes]
    assert raw == [-2.0]


def test_a_ranker_of_ones_own_gives_the_label() -> None:
    trace = run(FOUND >> Keep(("p1",)) >> Judge(0.9) >> Say("Paris"))
    low = judge_label(at_least=3.0, scorer=lambda truth, passages: 2.0)
    assert values(low, trace, example("p1")) == [0]
    assert feedback(low, trace, example("p1")) == ["called what it read good, a ranker gives it 2.00 for the right answer"]
    assert values(judge_label(), trace, example("p1", answers=("yes",))) == []


HOPS = (SubQuestion(question="who?", answer="Ann", supporting_id="p1"), SubQuestion(question="where?", answer="Bern"))


def row_with_hops(*hops: SubQuestion) -> Example:
    return Example(id="e", question="?", decomposition=hops)


def test_a_goal_is_met_by_its_hops_passage_or_else_by_a_passage_with_its_answer() -> None:
    texts = Tell({"p1": "Ann was here.", "x": "She moved to Bern."})
    executor = sg.call(texts >> JudgeGoal(0.8) >> Say("a"), name="search")
    trace = run(Divide() >> sg.each(S.plan.goals, executor) >> Say("Paris"))
    # both goals are met: 1 - (0.8 - 1)^2
    assert values(goal_met, trace, row_with_hops(*HOPS)) == pytest.approx([0.96, 0.96])
    # neither is: 1 - 0.8^2
    unmet = row_with_hops(HOPS[0].model_copy(update={"supporting_id": "p9"}), HOPS[1].model_copy(update={"answer": "Basel"}))
    assert values(goal_met, trace, unmet) == pytest.approx([0.36, 0.36])
    assert feedback(goal_met, trace, unmet) == [
        "took the goal for met, 'p9' was not read",
        "took the goal for met, a passage with 'Basel' was not read",
    ]


def test_a_goal_that_no_hop_asks_for_is_not_judged() -> None:
    assert hop_of(Goal(id="1", text="who?"), HOPS) is HOPS[0]
    assert hop_of(Goal(id="1", text="when was it built?"), HOPS) is None
    assert hop_of(Goal(id="1", text="who?"), ()) is None
    assert values(goal_met, run(FOUND >> Keep(("p1",)) >> Judge(0.9) >> Say("Paris")), row_with_hops(*HOPS)) == []
