"""What a step was built from."""

from __future__ import annotations

from rhine import QUESTION, bound

from seekgraph.diagnosis.graph import behind, readers, sources, way


def test_behind_an_answer_is_what_it_was_made_from_and_nothing_else() -> None:
    trace = bound()(question=QUESTION).trace
    ids = [step.id for step in behind(trace, "say").steps]
    assert ids == ["input", "ask@1", "search@1", "ask@2", "search@2", "keep@2", "note", "say"]


def test_it_is_a_trace_that_can_be_drawn() -> None:
    part = behind(bound()(question=QUESTION).trace, "note")
    assert "judge" not in part.draw()
    assert part.draw("svg").startswith("<svg")


def test_the_way_back_leads_by_what_was_read() -> None:
    trace = bound()(question=QUESTION).trace
    assert way(trace, "say", "search@2") == ("say", "note", "keep@2", "search@2")
    assert way(trace, "say", "judge@1") == ()


def test_sources_and_readers_are_the_two_ends_of_an_edge() -> None:
    trace = bound()(question=QUESTION).trace
    assert [step.id for step in sources(trace, trace.step("keep@2"))] == ["search@1", "search@2"]
    assert [step.id for step in readers(trace, trace.step("search@2"))] == ["keep@2"]
