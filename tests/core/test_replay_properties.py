"""Replaying without a change gives the same trace, whatever the flow does."""

from __future__ import annotations

import asyncio
from typing import Any

from amounts import examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_flows import Log, bound, flows, inputs
from test_run_properties import ran, reread

import seekgraph as sg
from seekgraph.core.machine.replay import areplay

seeds = st.integers(0, 3)


def many(number: int) -> Any:
    return settings(
        max_examples=examples(number, 60),
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@many(1000)
@given(flows(), inputs, seeds)
def test_replaying_without_a_change_runs_nothing_and_gives_the_same_trace(
    flow: sg.Flow, given: dict[str, Any], seed: int
) -> None:
    first = ran(flow, given, seed)
    Log.begin(0.0)
    again = asyncio.run(areplay(first.trace, bound(flow)))
    assert [step.id for step in again.trace] == [step.id for step in first.trace]
    assert again.trace.identity == first.trace.identity
    assert (again.status, again.values, again.cause and again.cause.id) == (
        first.status,
        first.values,
        first.cause and first.cause.id,
    )
    assert Log.given == []


@many(100)
@given(flows(), inputs)
def test_a_trace_from_a_file_is_replayed_too(flow: sg.Flow, given: dict[str, Any]) -> None:
    first = ran(flow, given)
    again = asyncio.run(areplay(reread(flow, first.trace), bound(flow)))
    assert again.trace.identity == first.trace.identity


@many(400)
@given(flows(), inputs, seeds, st.data())
def test_a_param_changed_in_a_replay_comes_to_what_a_run_with_it_does(
    flow: sg.Flow, given: dict[str, Any], seed: int, data: st.DataObject
) -> None:
    numbers = [name for name, param in flow.params().items() if param.kind == "int"]
    if not numbers:
        return
    name = data.draw(st.sampled_from(numbers))
    param = flow.params()[name]
    other = {name: data.draw(st.integers(param.low, param.high))}  # type: ignore[attr-defined]
    first = ran(flow, given, seed)
    replayed = asyncio.run(areplay(first.trace, bound(flow), params=other))
    fresh = ran(flow.with_params(other), given, seed)
    assert replayed.trace.identity == fresh.trace.identity
    assert (replayed.status, replayed.values) == (fresh.status, fresh.values)


@many(200)
@given(flows(), inputs, inputs, seeds)
def test_another_input_in_a_replay_comes_to_what_a_run_with_it_does(
    flow: sg.Flow, given: dict[str, Any], other: dict[str, Any], seed: int
) -> None:
    first = ran(flow, given, seed)
    if set(given) - set(other):
        return
    replayed = asyncio.run(areplay(first.trace, bound(flow), at="input", write=other))
    fresh = ran(flow, {**given, **other}, seed)
    assert replayed.trace.identity == fresh.trace.identity


@many(200)
@given(flows(), inputs, seeds, st.data())
def test_writes_replaced_by_what_they_were_change_nothing(
    flow: sg.Flow, given: dict[str, Any], seed: int, data: st.DataObject
) -> None:
    first = ran(flow, given, seed)
    visits = [step for step in first.trace if step.kind == "node" and step.error is None and step.writes]
    if not visits:
        return
    step = data.draw(st.sampled_from(visits))
    again = asyncio.run(areplay(first.trace, bound(flow), at=step.id, write=step.writes))
    assert again.values == first.values
    assert [each.id for each in again.trace] == [each.id for each in first.trace]
    assert again.trace.step(step.id).memo == "replaced"
