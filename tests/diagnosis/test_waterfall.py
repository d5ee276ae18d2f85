"""The waterfall from question to answer, with shares worked by hand."""

from __future__ import annotations

import pytest
from small_runs import HOPS, Ask, Divide, Fail, Find, Keep, Note, Say, example, run

import seekgraph as sg
from seekgraph import S
from seekgraph.diagnosis.waterfall import STAGES, shares, waterfall
from seekgraph.types import SubQuestion

WHOLE = (
    Divide(("Which town is on the river?", "Who lived there?"))
    >> Ask("town river")
    >> Find(("p1", "p2", "p3", "x"))
    >> Keep(("p1", "p2", "x"))
    >> Note(("p1",))
    >> Say("Ann Lee", ("p1", "x"))
)


def test_each_stage_has_the_share_of_what_is_needed_that_is_there_after_it() -> None:
    found = shares(run(WHOLE), example("p1", "p2", "p3", "p4", hops=HOPS))
    assert tuple(found) == STAGES
    # goals: F1 1 and, for {who, lived} against {who, born}, 2 * 1 / 4
    assert found["planned"] == pytest.approx((1 + 1 / 2) / 2)
    # the query has both terms, town and river, of the first hop, and neither of born and bern of the second
    assert found["asked"] == pytest.approx(1 / 2)
    assert (found["retrieved"], found["ranked"], found["read"], found["cited"]) == (3 / 4, 2 / 4, 1 / 4, 1 / 4)
    assert found["answered"] == pytest.approx(2 / 3)  # F1 of "Ann Lee" against "Ann"


def test_further_terms_of_a_query_count_and_answers_of_earlier_hops_are_put_in() -> None:
    asking = run(Ask("born", words=("Bern",)) >> Say("Ann"))
    assert shares(asking, example("p1", "p2", hops=HOPS))["asked"] == pytest.approx((0 + 1) / 2)


def test_without_a_decomposition_gold_is_asked_for_by_its_title() -> None:
    # terms of the titles: title and p1, title and p2; the third was never come across
    asking = run(Ask("title p1") >> Find(("p1", "p2")) >> Say("Ann"))
    assert shares(asking, example("p1", "p2", "p3"))["asked"] == pytest.approx((1 + 1 / 2 + 0) / 3)


def test_a_stage_that_the_flow_or_the_gold_lacks_is_left_out() -> None:
    found = shares(run(Find(("p1",)) >> Say("Ann")), example("p1"))
    assert [name for name, value in found.items() if value is None] == ["planned", "asked", "ranked", "read"]
    assert set(shares(run(WHOLE), example(answers=())).values()) == {None}


def test_what_a_call_was_given_to_read_counts_as_ranked() -> None:
    body = Find(("p1", "p2")) >> Keep(("p1",)) >> Note(("p1",)) >> Say("Ann")
    executor = sg.call(body, give={"question": S.goal.text}, name="search")
    trace = run(Divide(("a", "b")) >> sg.each(S.plan.goals, executor) >> Say("Ann"))
    found = shares(trace, example("p1", "p2"))
    assert (found["retrieved"], found["ranked"], found["read"], found["cited"]) == (1, 1 / 2, 1 / 2, 0)


def test_a_plan_that_is_handed_to_calls_counts_once_and_a_later_plan_adds_to_it() -> None:
    body = sg.call(Say("Ann"), give={"question": S.goal.text, "plan": S.plan}, name="search")
    half = Divide(("town river?",)) >> sg.each(S.plan.goals, body)
    row = example("p1", hops=(SubQuestion(question="town river?"), SubQuestion(question="river town?")))
    assert shares(run(half >> Say("Ann")), row)["planned"] == 1 / 2
    assert shares(run(half >> Divide(("river town?",)) >> Say("Ann")), row)["planned"] == 1


def test_the_waterfall_has_the_stages_in_order_with_what_each_loses() -> None:
    rows = [(example("p1", "p2", hops=HOPS), run(WHOLE)), (example("p1", "p9"), run(Find(("p1",)) >> Say("Bob", ("p1",))))]
    stages = waterfall(rows)
    assert [stage.name for stage in stages] == list(STAGES)
    retrieved, ranked, answered = stages[2], stages[3], stages[6]
    assert (retrieved.share.mean, retrieved.share.n) == (pytest.approx((1 + 1 / 2) / 2), 2)
    assert (ranked.share.mean, ranked.share.n) == (1, 1)
    assert ranked.lost is not None
    assert (ranked.lost.mean, ranked.lost.n) == (0, 1)  # the first run alone has that stage
    assert answered.lost is not None
    assert answered.lost.mean == pytest.approx(((1 / 2 - 2 / 3) + (1 / 2 - 0)) / 2)
    assert stages[0].lost is None
    assert waterfall(rows) == waterfall(list(reversed(rows)))
    assert waterfall([]) == ()
    plain = ranked.to_json()
    ends = {"low": pytest.approx(0.025), "high": 1.0, "method": "Clopper-Pearson"}  # one row says little
    assert plain == {"stage": "ranked", "share": 1.0, **ends, "n": 1, "lost": 0.0}
    assert stages[0].to_json()["lost"] is None


def test_a_run_that_failed_counts_with_what_it_came_to() -> None:
    found = shares(run(Find(("p1",)) >> Fail()), example("p1", "p2"))
    assert (found["retrieved"], found["cited"], found["answered"]) == (1 / 2, 0, 0)
