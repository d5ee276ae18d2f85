"""Gates, limits, phases, and what the visits of a node come to together; with the laws that they keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from preset_rewards import STEP, TRACE, by_visit, close, constant, raw, value, values, visited
from small_flows import Find, Say, Try, example, run
from small_flows import values as values_in

import seekgraph as sg
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import (
    RewardError,
    Score,
    attenuated_retrieval,
    best_visit,
    clip,
    cost_aware_f1,
    decay,
    from_visit,
    gate,
    graphrag_r1,
    novelty,
    of_run,
    per_visit,
    schedule,
    support_gain,
    turn_recall,
    well_formed,
)

# --- conditions and limits -----------------------------------------------------------------------------------------


def test_clip_cuts_off_inside_a_formula() -> None:
    below = constant(0.25) - constant(0.75)
    assert value(below + constant(0.5)) == 0
    assert value(clip(below) + constant(0.5)) == 0.5
    assert value(clip(constant(0.5), high=0.2)) == 0.2


def test_a_gate_opens_when_its_condition_holds() -> None:
    inner = constant(0.9, feedback="inner")
    assert gate(constant(0.5), inner)(STEP, TRACE) == Score(0.9, "inner")
    assert gate(constant(0.4, feedback="cites nothing"), inner)(STEP, TRACE) == Score(0.0, "cites nothing")
    assert value(gate(constant(0.4), inner, at_least=0.3)) == 0.9
    assert value(gate(constant(None), inner)) is None
    assert value(gate(constant(1.0), constant(None))) is None


def test_decay_is_a_factor_by_visit() -> None:
    worth = [decay(0.5, after=1)(Step("a", (), "node", visit=visit), TRACE).value for visit in (1, 2, 3, 4)]
    assert worth == [1, 0.5, 0.25, 0.125]
    assert value(constant(0.8) * decay(0.5), Step("a", (), "node", visit=1)) == 0.4
    for base, after in ((1.1, 0), (-0.1, 0), (0.5, -1)):
        with pytest.raises(RewardError, match=r"base in \[0, 1\]"):
            decay(base, after)


@given(values, values, st.floats(-1, 1), st.floats(0, 1))
def test_clip_is_idempotent_and_keeps_to_its_interval(x: float | None, y: float | None, low: float, size: float) -> None:
    inner = constant(x) - constant(y)
    once = clip(inner, low, low + size)
    assert close(raw(clip(once, low, low + size)), raw(once))
    found = raw(once)
    assert found is None or low <= found <= low + size
    assert close(raw(clip(inner, -1, 1)), raw(inner))


def test_clip_refuses_an_interval_that_is_none() -> None:
    with pytest.raises(RewardError, match="from low to high"):
        clip(novelty, 0.6, 0.4)


@given(values, values, st.floats(0, 1))
def test_a_gate_is_its_inner_reward_or_nothing_of_it(x: float | None, y: float | None, least: float) -> None:
    a, b = constant(x), constant(y)
    found = raw(gate(a, b, least))
    assert found is None if x is None or y is None else found == (y if x >= least else 0)
    assert raw(gate(a, gate(a, b, least), least)) == found
    assert close(raw(gate(a, 0.5 * b, least)), None if found is None else 0.5 * found)


@given(st.floats(0, 1), st.integers(0, 5), st.integers(1, 8))
def test_decay_never_rises_and_is_1_at_first(base: float, after: int, visit: int) -> None:
    worth = [value(decay(base, after), Step("a", (), "node", visit=each)) for each in (visit, visit + 1)]
    assert None not in worth
    assert worth[0] >= worth[1]  # type: ignore[operator]
    assert visit > after or worth[0] == 1


# --- phases --------------------------------------------------------------------------------------------------------

PHASES = {"explore": constant(0.25, "a"), "exploit": constant(0.75, "b")}


def test_a_schedule_is_the_reward_of_its_phase_which_is_a_param() -> None:
    made = schedule(PHASES)
    assert (made.name, value(made)) == ("schedule(explore: a)", 0.25)
    later = made.with_params({"phase": "exploit"})
    assert (later.name, value(later)) == ("schedule(exploit: b)", 0.75)
    assert value(schedule(PHASES, "exploit")) == 0.75
    assert value(made) == 0.25  # nothing was changed in place


def test_schedules_of_one_name_move_on_together_wherever_they_stand() -> None:
    made = 0.5 * schedule(PHASES) + clip(schedule(PHASES), high=0.3)
    assert value(made.with_params({"phase": "exploit"})) == 0.5 * 0.75 + 0.3
    apart = schedule(PHASES) + schedule(PHASES, name="other")
    assert value(apart.with_params({"other": "exploit"})) == 1.0


def test_a_schedule_needs_what_its_phase_needs() -> None:
    made = schedule({"first": novelty, "then": support_gain})
    assert made.needs == set()
    assert made.with_params({"phase": "then"}).needs == {"supporting_ids"}


def test_a_schedule_has_two_phases_and_begins_with_one_of_them() -> None:
    with pytest.raises(RewardError, match="two phases at least"):
        schedule({"one": novelty})
    with pytest.raises(RewardError, match="got phase 'late' of 'explore', 'exploit'"):
        schedule(PHASES, "late")
    with pytest.raises(sg.SeekgraphError, match="'late'"):
        schedule(PHASES).with_params({"phase": "late"})


@given(values, values, values)
def test_a_schedule_of_a_sum_is_the_sum_of_schedules(x: float | None, y: float | None, z: float | None) -> None:
    a, b, c = constant(x), constant(y), constant(z)
    for phase in ("1", "2"):
        together = schedule({"1": a + c, "2": b + c}).with_params({"phase": phase})
        assert close(raw(together), raw(schedule({"1": a, "2": b}, phase) + c))


def test_the_phases_of_graphrag_r1_add_one_reward_after_the_other() -> None:
    trace, row = run(Find((("p1",),)) >> Say("Paris")), example("p1")
    parts = [of_run(each, trace, row).value for each in (well_formed, attenuated_retrieval(), cost_aware_f1())]
    assert parts[:2] == [1.0, 0.5]  # one search: 1 - 0.5
    found = [of_run(graphrag_r1(phase), trace, row).value for phase in ("format", "retrieval", "cost")]
    assert found == pytest.approx([1.0, 1.5 / 2, (1.5 + 2.718281828**-0.1) / 3])


def test_from_visit_takes_another_reward_later() -> None:
    made = from_visit({2: constant(0.25, "a"), 4: constant(0.75, "b")})
    assert made.name == "from_visit(2: a, 4: b)"
    assert [value(made, Step("x", (), "node", visit=visit)) for visit in (1, 2, 3, 4, 9)] == [None, 0.25, 0.25, 0.75, 0.75]
    for wrong in ({}, {0: novelty}):
        with pytest.raises(RewardError, match="from 1"):
            from_visit(wrong)


@given(values, st.integers(1, 5))
def test_from_visit_with_one_reward_from_the_first_is_that_reward(x: float | None, visit: int) -> None:
    step = Step("x", (), "node", visit=visit)
    assert raw(from_visit({1: constant(x)}), step) == raw(constant(x), step)


# --- visits --------------------------------------------------------------------------------------------------------

several = st.lists(values, min_size=1, max_size=5)


def over(trace: Trace, made: sg.rewards.Reward) -> list[float | None]:
    return [made.measure(step, trace, None)[0] for step in trace]


def test_a_node_gets_what_its_visits_come_to_at_the_last_that_counts() -> None:
    trace, inner = visited(4), by_visit([0.25, None, 0.75, None])
    assert over(trace, per_visit(inner)) == [None, None, 0.5, None]
    assert over(trace, per_visit(inner, "sum")) == [None, None, 1.0, None]
    assert over(trace, best_visit(inner)) == [None, None, 0.75, None]
    assert per_visit(inner, "sum").name == "per_visit(v, sum)"
    with pytest.raises(RewardError, match="'mean' or their 'sum', not to 'max'"):
        per_visit(inner, "max")  # type: ignore[arg-type]


def test_the_feedback_is_of_the_visit_that_matters() -> None:
    trace, inner = visited(3), by_visit([0.5, 0.25, 1.0])
    assert per_visit(inner)(trace.steps[2], trace).feedback == "the weakest of 3 visits is retrieve@2: visit 2"
    assert best_visit(inner)(trace.steps[2], trace).feedback == "the best of 3 visits is retrieve@3: visit 3"
    assert best_visit(by_visit([0.5]))(STEP, TRACE).feedback == "visit 1"


def test_visits_of_other_nodes_and_of_attempts_that_were_not_kept_do_not_count() -> None:
    two = Trace(steps=[*visited(2).steps, *visited(1, "hop").steps])
    assert over(two, best_visit(by_visit([0.25, 0.5]))) == [None, 0.5, 0.25]
    trace = run(sg.best_of(2, Try(("x", "p1"), ("Rome", "Paris")), novelty))  # both are new: the first is kept
    assert values_in(turn_recall, trace, example("p1")) == [0.0, 1.0]
    assert values_in(best_visit(turn_recall), trace, example("p1")) == [0.0]


def test_gains_over_the_visits_of_a_node_add_up_to_what_it_found() -> None:
    trace = visited(3)
    for step, found in zip(trace, ("p1", "x", "p2"), strict=True):
        step.writes["passages"] = (sg.Passage(id=found, text=""),)
    assert values_in(per_visit(support_gain, "sum"), trace, example("p1", "p2", "p3")) == [pytest.approx(2 / 3)]


@given(several)
def test_the_best_visit_is_at_least_each_visit_and_at_least_their_mean(given: list[float | None]) -> None:
    trace, inner = visited(len(given)), by_visit(given)
    best = [each for each in over(trace, best_visit(inner)) if each is not None]
    mean = [each for each in over(trace, per_visit(inner)) if each is not None]
    known = [each for each in given if each is not None]
    assert len(best) == len(mean) == bool(known)
    if known:
        assert best == [max(known)]
        assert min(known) - 1e-9 <= mean[0] <= best[0] + 1e-9


@given(several)
def test_what_visits_come_to_comes_to_itself(given: list[float | None]) -> None:
    trace, inner = visited(len(given)), by_visit(given)
    for made in (best_visit(inner), per_visit(inner), per_visit(inner, "sum")):
        for again in (best_visit(made), per_visit(made), per_visit(made, "sum")):
            assert over(trace, again) == over(trace, made)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5), st.floats(-3, 3))
def test_sums_and_means_over_visits_are_linear(given: list[tuple[float, float]], number: float) -> None:
    trace = visited(len(given))
    a, b = (by_visit([pair[which] for pair in given]) for which in (0, 1))
    for how in ("mean", "sum"):
        apart = over(trace, per_visit(a, how) + number * per_visit(b, how))  # type: ignore[arg-type]
        together = over(trace, per_visit(a + number * b, how))  # type: ignore[arg-type]
        assert all(map(close, apart, together))


@given(values)
def test_of_one_visit_all_are_the_reward_itself(x: float | None) -> None:
    inner = constant(x)
    assert raw(best_visit(inner)) == raw(per_visit(inner)) == raw(per_visit(inner, "sum")) == raw(inner)
