"""What holds of every run of every flow, whatever happens to finish first."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from amounts import examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_flows import Log, bound, flows, inputs

import seekgraph as sg
from seekgraph.core.machine.result import Result

MANY = examples(100, 40)
many = settings(
    max_examples=MANY, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
seeds = st.integers(0, 3)


def ran(flow: sg.Flow, given: dict[str, Any], seed: int = 0, *, pace: float = 0.0, times: int = 1, **options: Any) -> Result:
    """The result of the last of several runs of a flow whose nodes take up to `pace` seconds."""
    made = bound(flow, **options)

    async def main() -> Result:
        for _ in range(times):
            Log.begin(pace)
            result = await made.arun(seed=seed, **given)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []
        return result

    return asyncio.run(main())


def reread(flow: sg.Flow, trace: sg.Trace) -> sg.Trace:
    with tempfile.TemporaryDirectory() as folder:
        return sg.Trace.load(trace.save(Path(folder) / "trace.jsonl"), flow.channels)


@many
@given(flows(), inputs, seeds)
def test_the_same_seed_and_inputs_give_the_same_trace_whatever_the_concurrency_and_the_delays(
    flow: sg.Flow, given: dict[str, Any], seed: int
) -> None:
    first = ran(flow, given, seed)
    for concurrency, pace in ((1, 0.0), (1, 0.002), (2, 0.002), (32, 0.002)):
        other = ran(flow, given, seed, concurrency=concurrency, pace=pace)
        assert [step.id for step in other.trace] == [step.id for step in first.trace]
        assert other.trace.identity == first.trace.identity
        assert (other.status, other.cause and other.cause.id) == (first.status, first.cause and first.cause.id)
        assert other.values == first.values


@many
@given(flows(), inputs)
def test_records_equal_visits(flow: sg.Flow, given: dict[str, Any]) -> None:
    trace = ran(flow, given, pace=0.001).trace
    begun = [step for step in trace if step.kind == "node" and (step.error is None or step.error.code != "missing")]
    assert len(begun) == len(Log.given)
    assert len({step.id for step in trace}) == len(trace)
    assert {id for id, _ in Log.given if id} <= {step.id for step in begun}


@many
@given(flows(), inputs)
def test_what_a_step_read_is_found_again_from_its_parents_also_after_a_trip_to_disk(flow: sg.Flow, given: dict[str, Any]) -> None:
    result = ran(flow, given, pace=0.001)
    program = bound(flow).program
    for trace in (result.trace, reread(flow, result.trace)):
        for id, values in Log.given:
            if id:
                step = trace.step(id)
                found = program.arguments(trace, step)
                assert {name: value for name, value in found.items() if value not in ((), None)} == {
                    name: value for name, value in values.items() if value not in ((), None)
                }


@many
@given(flows(), inputs, seeds)
def test_a_trace_survives_the_trip_to_disk(flow: sg.Flow, given: dict[str, Any], seed: int) -> None:
    trace = ran(flow, given, seed).trace
    again = reread(flow, trace)
    assert again == trace
    assert again.identity == trace.identity


@many
@given(flows(), inputs)
def test_parents_are_steps_of_the_trace_that_wrote_the_channel(flow: sg.Flow, given: dict[str, Any]) -> None:
    trace = ran(flow, given).trace
    for step in trace:
        for channel, sources in step.parents.items():
            assert all(channel in trace.step(source).writes for source in sources)


@many
@given(flows(), inputs, seeds)
def test_a_run_from_a_memo_gives_the_same_trace(flow: sg.Flow, given: dict[str, Any], seed: int) -> None:
    fresh = ran(flow, given, seed)
    kept = ran(flow, given, seed, memo=sg.Memo(), times=2, pace=0.001)
    assert kept.trace.identity == fresh.trace.identity
    hits = [step for step in kept.trace if step.memo == "hit"]
    begun = [step for step in fresh.trace if step.kind == "node" and (step.error is None or step.error.code != "missing")]
    assert len(hits) + len(Log.given) == len(begun)


@many
@given(flows(), inputs, st.floats(0, 0.004))
def test_cancelling_at_any_moment_leaves_nothing_running_and_the_next_run_unharmed(
    flow: sg.Flow, given: dict[str, Any], moment: float
) -> None:
    made = bound(flow, memo=sg.Memo())

    async def main() -> Result:
        Log.begin(0.002)
        runs = [asyncio.create_task(made.arun(**given)) for _ in range(2)]
        await asyncio.sleep(moment)
        runs[0].cancel()
        stopped, result = await asyncio.gather(*runs, return_exceptions=True)
        assert isinstance(stopped, asyncio.CancelledError | Result)
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        assert isinstance(result, Result)
        return result

    assert asyncio.run(main()).trace.identity == ran(flow, given).trace.identity
