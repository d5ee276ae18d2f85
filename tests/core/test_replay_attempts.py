"""Replaying runs with attempts in them: marks and choices are steps, and may be replaced."""

from __future__ import annotations

from typing import Any

import pytest
from kit import Ask, Jot, Metered, Tell, bound
from test_attempts import Marks, Try

import seekgraph as sg
from seekgraph.core.machine.recorded import ReplayError
from seekgraph.core.machine.replay import replay

REDO = sg.redo(Try(), Marks(0.2, 0.3, 0.9), below=0.5, at_most=3) >> Tell()
BEST = sg.best_of(3, Try(), Marks(0.2, 0.8, 0.3)) >> Tell()


def both(body: Any, **options: Any) -> tuple[sg.Trace, Any]:
    ready = bound(body)
    trace = ready(question="why?").trace
    return trace, replay(trace, ready, **options)


def test_a_replay_without_a_change_is_the_same_run_and_runs_nothing() -> None:
    for body in (REDO, BEST, sg.redo(Try(fails=(1, 2)), Marks(), below=0.5, at_most=2) >> Tell()):
        trace, again = both(body)
        assert again.trace.identity == trace.identity
        assert {step.memo for step in again.trace if step.kind == "node"} == {"replay"}


def test_a_run_that_a_budget_ended_within_its_attempts_is_replayed_as_it_was() -> None:
    body = sg.redo(Ask("one") >> Jot(), Marks(0.1, 0.9), below=0.5) >> Tell()
    ready = bound(body, service=Metered(), budget=sg.Budget(calls=1))
    trace = ready(question="why?").trace
    assert trace.status == "partial"
    assert replay(trace, ready).trace.identity == trace.identity


def test_a_better_mark_ends_the_attempts() -> None:
    _, again = both(REDO, at="redo.score@1", write={"decision": 0.7})
    assert (again.answer.text, len(again.trace.visits("try"))) == ("1:-:0", 1)


def test_another_critique_is_read_by_the_next_attempt_only() -> None:
    _, again = both(REDO, at="redo@2", write={"critique": "say it in French"})
    assert [step.writes["notes"][0] for step in again.trace.visits("try")] == [
        "1:-:0",
        "2:say it in French:0",
        "3:attempt 2 is weak:0",
    ]
    assert [step.memo for step in again.trace.visits("try")][0::2] == ["replay", "replay"]


def test_another_attempt_can_be_kept() -> None:
    _, again = both(BEST, at="best_of", write={"decision": 3})
    assert again.answer.text == "3:-:0"
    assert again.trace.step("best_of").decision == "3"


@pytest.mark.parametrize(
    ("at", "write"),
    [("redo.score@1", {"decision": 1.5}), ("redo", {"decision": "best"}), ("redo", {"notes": ()}), ("redo.score@1", {"a": 1})],
)
def test_what_does_not_fit_is_refused(at: str, write: dict[str, Any]) -> None:
    with pytest.raises(ReplayError):
        both(REDO, at=at, write=write)


def test_with_more_attempts_a_replay_comes_to_what_a_run_comes_to() -> None:
    body = sg.best_of(sg.Int(1, 1, 3), Try(), Marks(0.2, 0.8, 0.9)) >> Tell()
    ready = bound(body)
    trace = ready(question="why?").trace
    for count in (2, 3):
        again = replay(trace, ready, params={"best_of.n": count})
        fresh = ready.with_params({"best_of.n": count})(question="why?")
        assert (again.status, again.trace.identity) == ("ok", fresh.trace.identity)
