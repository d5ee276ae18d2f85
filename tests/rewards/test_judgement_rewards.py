"""Rewards of steps that judge and answer, on traces of small flows, with numbers worked by hand."""

from __future__ import annotations

import pytest
from small_flows import Divide, Find, Judge, JudgeBlindly, JudgeEvidence, Keep, Note, Say, example, feedback, run, values

import seekgraph as sg
from seekgraph import S
from seekgraph.rewards import (
    answer_f1,
    citation_support,
    right_to_stop,
    support_gain,
)

# --- reflecting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "score", "value", "words"),
    [
        (("p1", "p2"), 0.9, 0.99, "right to say enough"),
        (("p1", "p2"), 0.2, 0.36, "went on although all gold passages were there"),
        (("p1", "x"), 0.5, 0.75, "said enough too early: 1 of 2 gold passages missing (p2)"),
        (("x",), 0.1, 0.99, "right to go on: 2 of 2 gold passages missing (p1, p2)"),
    ],
)
def test_enough_is_right_when_all_gold_was_in_what_was_read(
    kept: tuple[str, ...], score: float, value: float, words: str
) -> None:
    trace = run(Find((("p1", "p2", "x"),)) >> Keep(kept) >> Judge(score) >> Say("Paris"))
    assert values(right_to_stop, trace, example("p1", "p2")) == pytest.approx([value])
    assert feedback(right_to_stop, trace, example("p1", "p2")) == [words]


def test_evidence_counts_as_the_passage_that_it_comes_from() -> None:
    body = Find((("p1", "p2"),)) >> Note(("p1",)) >> JudgeEvidence(1.0) >> Say("Paris")
    assert values(right_to_stop, run(body), example("p1")) == [1]
    assert values(right_to_stop, run(body), example("p1", "p2")) == [0]


def test_having_read_an_empty_collection_is_having_read_nothing() -> None:
    body = Find((("p1",),)) >> Note(()) >> JudgeEvidence(1.0) >> Say("Paris")
    assert values(right_to_stop, run(body), example("p1")) == [0]


def test_a_judge_that_reads_no_passages_is_held_to_what_was_found_by_then() -> None:
    row = example("p1", "p2")
    body = sg.loop(Find((("p1",), ("p2",))) >> JudgeBlindly(0.4), until=S.verdict.score >= 0.5, max_rounds=2) >> Say("Paris")
    assert values(right_to_stop, run(body), row) == pytest.approx([1 - 0.16, 1 - 0.36])


# --- answering -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "value"),
    [
        (Say("The city of Paris"), 2 * 1 / (3 + 1)),
        (Say("paris."), 1.0),
        (Say("London"), 0.0),
        (Say("Paris is not named", refused=True), 0.0),
    ],
)
def test_an_answer_is_judged_by_token_f1(say: Say, value: float) -> None:
    assert values(answer_f1, run(say), example(answers=("Lutetia", "Paris"))) == pytest.approx([value])


def test_citations_are_judged_by_their_precision_and_none_are_not_judged() -> None:
    assert values(citation_support, run(Say("Paris", ("p1", "x", "p1"))), example("p1", "p2")) == [0.5]
    assert feedback(citation_support, run(Say("Paris", ("p1", "x"))), example("p1")) == ["cites what does not support it: x"]
    assert values(citation_support, run(Say("Paris")), example("p1")) == []


def test_an_executors_answer_to_a_goal_is_not_held_to_the_answer_of_the_question() -> None:
    search = Find((("p1",),)) >> Keep(("p1",)) >> Judge(0.9) >> Say("a river", ("p1",))
    executor = sg.call(search, give={"question": S.goal.text}, name="search")
    trace = run(Divide() >> sg.each(S.plan.goals, executor) >> Say("Paris", ("p1",)))
    row = example("p1", "p2")
    assert values(answer_f1, trace, row) == [1]
    assert values(citation_support, trace, row) == [1]
    assert values(right_to_stop, trace, row) == []
    assert values(support_gain, trace, row) == [0.5, 0]


def test_an_executor_that_works_on_the_whole_question_is_judged_like_the_run() -> None:
    search = Find((("p1",),)) >> Keep(("p1",)) >> Judge(0.9) >> Say("London")
    trace = run(sg.call(search, name="search") >> Say("Paris"))
    assert values(answer_f1, trace, example("p1")) == [0, 1]
    assert values(right_to_stop, trace, example("p1")) == pytest.approx([0.99])
