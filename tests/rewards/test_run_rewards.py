"""Rewards of whole runs that weigh outcome against searching, with numbers worked by hand from each definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_flows import Divide, Fail, Find, JudgeBlindly, Keep, Say, Tell, Try, example, feedback, run, values

import seekgraph as sg
from seekgraph import S
from seekgraph.core.language.element import Element
from seekgraph.core.record.step import Step, StepError
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import RewardError, Score, answer_f1, reward
from seekgraph.rewards.efficiency import attenuated_retrieval, cost_aware_f1, gain_per_search, inforage
from seekgraph.rewards.frugalrag import frugal, frugal_value
from seekgraph.rewards.outcome import bad_form, final_answer, found_by, handed_on, searches
from seekgraph.rewards.retrieval import search_gain, turn_recall
from seekgraph.rewards.runs import run_em, run_f1
from seekgraph.rewards.webdetective import refused_for_lack, search_sufficient, used_what_it_found, web_detective
from seekgraph.types import Answer, Example


def rounds(*lists: tuple[str, ...]) -> Element:
    """A flow that searches once for each list, and finds it."""
    return sg.loop(Find(lists) >> JudgeBlindly(0.0), until=S.verdict.score >= 0.5, max_rounds=len(lists))


# --- what a run came to --------------------------------------------------------------------------------------------


def test_a_run_has_one_score_at_the_step_that_ended_it() -> None:
    trace = run(rounds(("p1",), ("p2",)) >> Say("Paris"))
    assert [step.path for step in trace if run_em(step, trace, example()).value is not None] == [trace.steps[-1].path]
    assert values(run_em, trace, example()) == [1]
    assert values(run_f1 + answer_f1 - run_em, trace, example()) == [1]


def test_a_failed_run_has_a_score_too() -> None:
    trace = run(rounds(("p1",)) >> Fail())
    assert values(run_f1, trace, example()) == [0]
    assert feedback(run_f1, trace, example()) == ["gave no answer, right is 'Paris'"]
    assert "failed (raised)" in bad_form(trace)


def test_the_answer_to_a_goal_is_not_the_runs() -> None:
    trace = run(Divide() >> sg.each(S.plan.goals, sg.call(Say("Ann"), name="search")))
    assert final_answer(trace) is None
    assert bad_form(trace) == "there is no answer"


def test_a_run_hands_on_its_context_or_what_it_found_or_what_its_calls_came_back_with() -> None:
    found = Find((("p1", "p2", "p3"),))
    call = sg.call(found >> Keep(("p2",)) >> Say("a"), name="search")
    assert handed_on(run(found >> Keep(("p3", "p1")) >> Say("Paris"))) == ["p3", "p1"]
    assert handed_on(run(found >> Say("Paris"))) == ["p1", "p2", "p3"]
    assert handed_on(run(call >> Say("Paris"))) == ["p2"]
    assert handed_on(run(call >> found >> Keep(("p3",)) >> Say("Paris"))) == ["p3"]
    assert handed_on(run(Say("Paris"))) == []


def test_a_step_that_found_nothing_and_asked_nothing_has_not_searched() -> None:
    assert len(searches(run(rounds(("p1",), ("p1",)) >> Say("Paris")))) == 2
    assert searches(run(Find(((),)) >> Say("Paris"))) == []


@reward(on="answer", name="short")
def short(step: Step, trace: Trace, example: Example | None) -> Score:
    return Score(1 / (1 + len(step.writes["answer"].text)), "")


def test_what_an_attempt_found_and_said_that_was_not_kept_is_not_the_runs_but_its_searches_were_made() -> None:
    trace = run(sg.best_of(3, Try(("p1", "p2", "p3"), ("Paris France", "Paris", "Paris, in France")), short))
    row = example("p1", "p2", "p3")
    assert final_answer(trace) == Answer(text="Paris")
    assert (values(run_f1, trace, row), values(search_sufficient, trace, example("p2"))) == ([1], [1])
    assert (found_by(trace), handed_on(trace)) == ({"p2"}, ["p2"])
    assert values(search_sufficient, trace, row) == [0]
    assert len(searches(trace)) == 3


# --- searches ------------------------------------------------------------------------------------------------------

THREE = rounds(("p1", "x"), ("p1", "p2"), ("p1", "p2", "p3"))
ROW = example("p1", "p2", "p3", "p4")


def test_the_recall_of_a_turn_does_not_ask_what_was_found_before() -> None:
    assert values(turn_recall, run(THREE >> Say("Paris")), ROW) == [1 / 4, 2 / 4, 3 / 4]


def test_the_gain_of_a_search_is_of_what_was_left_to_find() -> None:
    # left before each: 4, 3, 2; new: p1, p2, p3
    assert values(search_gain(), run(THREE >> Say("Paris")), ROW) == [1 / 4, 1 / 3, 1 / 2]
    assert feedback(search_gain(), run(THREE >> Say("Paris")), ROW)[2] == "found 1 (p3) of what was left"


def test_a_search_does_not_have_to_find_more_of_a_nugget_than_the_cap() -> None:
    def nuggets(row: Example) -> list[tuple[str, ...]]:
        return [("p1", "p2", "p3"), ("p4",)]

    # cap 2: left are min(3, 2) + 1 = 3, then min(2, 2) + 1 = 3, then min(1, 2) + 1 = 2; new is 1 each time
    assert values(search_gain(2, nuggets), run(THREE >> Say("Paris")), ROW) == [1 / 3, 1 / 3, 1 / 2]
    assert values(gain_per_search(2, nuggets), run(THREE >> Say("Paris")), ROW) == pytest.approx([(1 / 3 + 1 / 3 + 1 / 2) / 3])
    with pytest.raises(RewardError, match="at least 1"):
        search_gain(0)


def test_a_search_with_nothing_left_to_find_is_not_judged() -> None:
    trace = run(rounds(("p1",), ("p1",)) >> Say("Paris"))
    assert values(search_gain(), trace, example("p1")) == [1]
    assert values(gain_per_search(), trace, example("p1")) == [1]
    assert values(gain_per_search(), run(Say("Paris")), example("p1")) == []


# --- outcome against cost ------------------------------------------------------------------------------------------


def test_attenuation_pays_most_for_the_first_searches() -> None:
    # first (1 - k^N) / (1 - k) with N = 3: 0.4 (1 - 0.125) / 0.5 = 0.7; and 1 - k^N = 0.875 with first = 1 - k
    trace = run(THREE >> Say("Paris"))
    assert values(attenuated_retrieval(0.5, first=0.4), trace, ROW) == pytest.approx([0.7])
    assert values(attenuated_retrieval(0.5), trace, ROW) == pytest.approx([0.875])
    assert values(attenuated_retrieval(0.5), run(Say("Paris")), ROW) == [0]
    assert values(attenuated_retrieval(0.9, first=1.0), trace, ROW) == [1]  # 2.71, clipped
    for k, first in ((1.0, None), (0.0, None), (0.5, 2.0)):
        with pytest.raises(RewardError, match="k lies in"):
            attenuated_retrieval(k, first)


def test_cost_aware_f1_falls_with_every_search() -> None:
    # F1 of "Paris France" against "Paris" is 2 * 1 / (2 + 1); 0.9 * 2/3 * exp(-0.2 * 3)
    trace = run(THREE >> Say("Paris France"))
    assert values(cost_aware_f1(0.9, 0.2), trace, ROW) == pytest.approx([0.9 * 2 / 3 * math.exp(-0.6)])
    with pytest.raises(RewardError, match="a lies in"):
        cost_aware_f1(1.5)


def test_inforage_adds_a_fifth_of_the_best_turns_recall_and_decays() -> None:
    # (F1 + best / 5) * 0.95^(N - 1) / 1.2: best is 3/4, N = 3
    trace = run(THREE >> Say("Paris France"))
    assert values(inforage(), trace, ROW) == pytest.approx([(2 / 3 + 0.75 / 5) * 0.95**2 / 1.2])
    assert values(inforage("em"), trace, ROW) == pytest.approx([(0 + 0.75 / 5) * 0.95**2 / 1.2])
    # one search is not penalised: (1 + 1/4/5) / 1.2
    assert values(inforage(), run(Find((("p1",),)) >> Say("Paris")), ROW) == pytest.approx([1.05 / 1.2])
    # and neither are two: (1 + 1/3/5) / 1.2
    two = run(rounds(("p1",), ("x",)) >> Say("Paris"))
    assert values(inforage(), two, example("p1", "p2", "p3")) == pytest.approx([0.8889], abs=1e-4)
    with pytest.raises(RewardError, match="penalty"):
        inforage(penalty=1.5)


# --- FrugalRAG -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recalls", "value"),
    [
        ([0, 0.5, 1.0], 2 + 2 * 2 / 6),  # stopped at n* = 2 of most = 5: 2 + 2 * 2 / (5 + 1)
        ([0, 1.0], 2 + 2 * 1 / 6),
        ([0, 1.0, 1.0], math.log((5 / 6) / (1 / 6))),  # one too many: x = 1/6, log 5 = 1.609
        ([0, 1.0, 1.0, 1.0, 1.0], 0.0),  # three too many: x = 3/6
        ([0, 0.5], -math.log(5)),  # recall below the baseline after 1 of 5: x = 5/6, log(1/5)
        ([0, 0.5, 0.5], -math.log(2)),  # after 2 of 5: x = 4/6, log(1/2)
        ([0, 0.5, 0.5, 0.5, 0.5], 0.0),  # after 4 of 5: x = 2/6, log 2 is clipped to 0
        ([0], -2.0),  # never searched: x = 1
        ([0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], 0.0),  # as many as may be
    ],
)
def test_frugality_rewards_stopping_when_all_that_can_be_found_is(recalls: list[float], value: float) -> None:
    assert frugal_value(recalls, most=5, baseline=0.6) == pytest.approx(value)


def test_much_too_many_searches_are_clipped_at_both_ends() -> None:
    assert frugal_value([0, 1.0, *[1.0] * 99], most=100, baseline=0.6) == pytest.approx(-2)  # x = 99/101: log(2/99) = -3.9
    assert frugal_value([0, 1.0, 1.0], most=100, baseline=0.6) == pytest.approx(1.9)  # x = 1/101: log 100 = 4.6


def test_frugality_of_a_run_is_scaled_with_its_form() -> None:
    trace = run(rounds(("p1",), ("p2",)) >> Say("Paris"))
    # exact at 2 of 5: 2 + 2 * 2/6, + 0.5 for two searches in good form, from [-2.5, 4.5] to [0, 1]
    assert values(frugal(5), trace, example("p1", "p2")) == pytest.approx([(2 + 4 / 6 + 0.5 + 2.5) / 7])
    assert feedback(frugal(5), trace, example("p1")) == ["2 searches, 1 would have done"]
    # the recall 1/3 is below 0.6: x = 4/6, log(1/2)
    assert values(frugal(5), run(rounds(("p1",), ("x",)) >> Say("Paris")), example("p1", "p2", "p3")) == pytest.approx(
        [(math.log(1 / 2) + 0.5 + 2.5) / 7]
    )
    with pytest.raises(RewardError, match="at least 1"):
        frugal(0)


def test_a_search_that_failed_or_has_a_poor_query_is_in_bad_form() -> None:
    trace = run(rounds(("p1",), ("p2",)) >> Say("Paris"))
    first, second = searches(trace)
    trace.steps.insert(0, Step("ask", (), "node", writes={"query": "?"}, usage={"calls": 1, "fallbacks": 1}))
    first.parents["query"] = ("ask",)
    # one of two searches: (0.5 - 0.5) / 2, in the place of 0.5
    assert values(frugal(5), trace, example("p1", "p2")) == pytest.approx([(2 + 4 / 6 + 0 + 2.5) / 7])
    first.usage = second.usage = {"searches": 1}
    late = StepError("timeout", "TimeoutError", "too slow")
    trace.steps.insert(-1, Step("late", (), "node", usage={"searches": 1}, error=late))
    # two of three: (0.5 - 0.5 - 0.5) / 3
    assert values(frugal(5), trace, example("p1", "p2")) == pytest.approx([(2 + 4 / 6 - 1 / 6 + 2.5) / 7])


def test_full_exploration_can_be_another_run_of_the_same_example() -> None:
    row = example("p1", "p2", "p3")
    short, full = run(rounds(("p1",)) >> Say("Paris")), run(rounds(("p1",), ("x",)) >> Say("Paris"))
    # the other run reached 1/3, and so did this: exact at 1, 2 + 2/6
    assert values(frugal(5, full), short, row) == pytest.approx([(2 + 2 / 6 + 0.5 + 2.5) / 7])
    assert (
        values(frugal(5, {"e": full}), short, row)
        == values(frugal(5, {"e": 1 / 3}), short, row)
        == values(frugal(5, full), short, row)
    )
    assert values(frugal(5, {"another": full}), short, row) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9).map(sorted), st.integers(1, 8), st.floats(0, 1))
def test_frugality_stays_in_its_range(recalls: list[float], most: int, baseline: float) -> None:
    assert -2 <= frugal_value(recalls, most, baseline) < 4


# --- WebDetective --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "say", "sufficient", "used", "refused", "whole"),
    [
        (("p1", "p2"), Say("Paris France"), 1, [2 / 3], [], 2 / 3),
        (("p1", "p2"), Say("", refused=True), 1, [0], [], 0),
        (("p1",), Say("", refused=True), 0, [], [1], 0.5),
        (("p1",), Say("Rome"), 0, [], [0], 0),
        (("p1",), Say("Paris"), 0, [], [1], 0.5),
    ],
)
def test_a_run_is_judged_by_search_use_and_refusal_apart(
    found: tuple[str, ...], say: Say, sufficient: int, used: list[float], refused: list[float], whole: float
) -> None:
    trace, row = run(Find((found,)) >> say), example("p1", "p2")
    assert values(search_sufficient, trace, row) == [sufficient]
    assert values(used_what_it_found, trace, row) == pytest.approx(used)
    assert values(refused_for_lack, trace, row) == refused
    assert values(web_detective(refusal=0.5), trace, row) == pytest.approx([whole])


def test_no_answer_is_no_refusal() -> None:
    trace = run(Tell({"p1": "x"}) >> Fail())
    assert values(refused_for_lack, trace, example("p2")) == [0]
    assert feedback(refused_for_lack, trace, example("p2")) == ["gave no answer"]
