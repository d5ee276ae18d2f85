"""Evaluating: run a bound flow on every example, and score what comes out and every step on the way."""

from __future__ import annotations

import asyncio
import math
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from seekgraph.core.base.budget import Budget, Usage
from seekgraph.core.base.errors import BindError
from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.bound import Bound
from seekgraph.core.machine.result import Result
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.metrics import Function, Metric, MetricError, Outcome
from seekgraph.evaluation.report import Report
from seekgraph.evaluation.row import Row, RowError
from seekgraph.evaluation.turns import Turns
from seekgraph.evaluation.validation import check_corpus, examples_of, metrics_for, rewards_for
from seekgraph.rewards.algebra import Reward, RewardDefinitionError, RewardError, Score, scores
from seekgraph.rewards.outcome import handed_on_in_calls
from seekgraph.types import Answer, Example, Passage

OnRow = Callable[[Row], object]


async def evaluate(
    bound: Bound,
    examples: Iterable[Example] | str | Path,
    *,
    metrics: Sequence[Metric | Function | str] | None = None,
    rewards: Sequence[Reward | Callable[..., Score]] | None = None,
    parallel: int = 32,
    seed: int = 0,
    budget: Budget | None = None,
    meter: Meter | None = None,
    progress: bool = False,
    keep_traces: bool = False,
    on_row: OnRow | None = None,
) -> Report:
    """Run every example with `seed` and score it. The report does not depend on `parallel`, the number of examples in flight.

    Whatever goes wrong with one example, also in a metric or a reward, becomes the error of its row. `budget` is for all examples
    together and counts in `meter` too, where that is given; once it is spent, examples that have not begun are skipped.
    `on_row` gets each row as it is finished; what it raises ends the evaluation. `keep_traces` keeps every trace in memory.

    A metric or reward may be a plain function, see `metric` and `reward_of`; a reward's function that returns no `Score` raises
    `RewardDefinitionError` at its first call.

    Without `metrics` and `rewards` the default ones are used, as far as the examples and the flow can feed them. Raises, before
    anything runs, `MetricError` and `RewardError` for one that was asked for and whose gold no example has, or whose name comes
    twice, and `RewardError` for one of a channel that no node of the flow writes; `ExampleError` for no examples, for two with
    one id, and for gold that is not in the corpus; `BindError` for a flow that does not take a question.
    """
    rows = examples_of(examples)
    if parallel < 1:
        raise ValueError(f"parallel is the number of examples in flight, at least 1; got {parallel}")
    if "question" not in bound.flow.inputs:
        raise BindError(f"{bound.flow!r} takes {sorted(bound.flow.inputs)}, and an example gives a 'question'")
    chosen, judges = metrics_for(metrics, rows), rewards_for(rewards, rows, bound.flow)
    check_corpus(bound, rows)
    counted, gate = Meter(budget, meter), asyncio.Semaphore(bound.concurrency)
    runner = _Runner(bound, chosen, judges, seed, counted, gate, keep_traces)
    with ExitStack() as stack:
        listeners = [on_row] if on_row is not None else []
        if progress:
            from seekgraph.evaluation.progress import Bar

            listeners.append(stack.enter_context(Bar(len(rows), chosen[0].name if chosen else "", counted)).add)
        done = await _all(runner, rows, parallel, listeners)
    return Report(
        flow=bound.flow.name or "",
        fingerprint=bound.flow.fingerprint,
        rows=tuple(row for row, _ in done),
        names=tuple(each.name for each in chosen),
        lower_is_better=frozenset(each.name for each in chosen if not each.higher_is_better),
        seed=seed,
        seconds=round(counted.seconds, 3),
        traces={row.id: trace for row, trace in done if trace is not None},
    )


Done = tuple[Row, Trace | None]

YIELD = 0.005
"""Seconds after which the event loop has its turn, however little the flow waits by itself."""


async def _all(runner: _Runner, examples: Sequence[Example], parallel: int, listeners: Sequence[OnRow]) -> list[Done]:
    """Run all examples with at most `parallel` workers. Cancelling, and an error of those who listen, leaves nothing running."""
    pending = iter(enumerate(examples))
    done: dict[int, Done] = {}

    async def work() -> None:
        for number, example in pending:
            done[number] = await runner.row(example)
            for listener in listeners:
                listener(done[number][0])
            if time.perf_counter() - runner.yielded > YIELD:
                await asyncio.sleep(0)  # a flow that never waits must not keep the others, or a cancellation, from their turn
                runner.yielded = time.perf_counter()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(parallel, len(examples))):
                group.create_task(work())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [done[number] for number in range(len(examples))]


@dataclass
class _Runner:
    """Turns examples into rows."""

    bound: Bound
    metrics: Sequence[Metric]
    rewards: Sequence[Reward]
    seed: int
    meter: Meter
    gate: asyncio.Semaphore
    keep: bool
    yielded: float = 0.0

    async def row(self, example: Example) -> Done:
        """Run one example. Raises only when the task is cancelled from outside."""
        if self.meter is not None and self.meter.used_up:
            return Row(id=example.id, status="skipped"), None
        began, turns = time.perf_counter(), Turns(self.gate)

        def own() -> float:
            return round(max(0.0, time.perf_counter() - began - turns.waited), 6)

        try:
            inputs = {"question": example.question}
            result = await self.bound.execute(inputs, seed=self.seed, meter=self.meter, gate=turns)
            row = self._scored(example, result, own(), round(turns.waited, 6))
            return row, result.trace if self.keep else None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            error = RowError(code="cancelled", message="something that the flow runs was cancelled, but the evaluation was not")
        except RewardDefinitionError:
            raise  # a fault of the reward's text, not of this example: no report of nothing but errors
        except Exception as raised:  # one example's crash is data, like every other error
            error = RowError(code="raised", message=_in_one_line(raised))
        nothing = dict.fromkeys(each.name for each in self._applying(example))
        waited = round(turns.waited, 6)
        return Row(id=example.id, status="failed", metrics=nothing, error=error, seconds=own(), waited=waited), None

    def _scored(self, example: Example, result: Result, seconds: float, waited: float) -> Row:
        trace, usage = result.trace, result.trace.usage()
        outcome = outcome_of(result, seconds, usage)
        answer = outcome.answer
        rewards: dict[str, list[tuple[int, str, float]]] = {}
        error = _cause(trace) if result.status == "failed" else None
        applying = self._applying(example)
        values: dict[str, float | None] = dict.fromkeys(each.name for each in applying)
        try:
            for step, reward, score in scores(trace, self.rewards, example):
                if score.value is not None:
                    rewards.setdefault(step.path, []).append((step.visit, reward.name, score.value))
            if error is None:
                values = {each.name: _value(each, example, outcome) for each in applying}
        except RewardDefinitionError:
            raise
        except RewardError as raised:
            error = error or RowError(code="reward", message=str(raised))
        except MetricError as raised:
            error = RowError(code="metric", message=str(raised))
        visits: dict[str, int] = {}
        failed: dict[str, int] = {}
        for step in trace.steps:
            if step.kind == "node":
                visits[step.path] = visits.get(step.path, 0) + 1
            if step.error is not None:
                failed[step.error.code] = failed.get(step.error.code, 0) + 1
        return Row(
            id=example.id,
            status=result.status if error is None else "failed",  # type: ignore[arg-type]
            metrics=values,
            rewards={path: tuple(each) for path, each in rewards.items()},
            visits=visits,
            usage=usage.spent(),
            paid=trace.usage(paid=True).spent(),
            seconds=seconds,
            waited=waited,
            latency=round(seconds + sum(step.took - step.seconds for step in trace.steps if step.took > step.seconds), 6),
            error=error,
            step_errors=failed,
            answer=None if answer is None else answer.text,
            refused=answer is not None and answer.refused,
            citations=() if answer is None else answer.citations,
            passages=outcome.passages,
        )

    def _applying(self, example: Example) -> list[Metric]:
        return [each for each in self.metrics if each.applies_to(example)]


def outcome_of(result: Result, seconds: float = 0.0, usage: Usage | None = None) -> Outcome:
    """What a run handed on and used, for metrics. `usage` is that of its trace, where it is known already."""
    usage = result.trace.usage() if usage is None else usage
    ids = tuple(passage.id for passage in result.passages if isinstance(passage, Passage))
    inner = handed_on_in_calls(result.trace)
    usd = None if usage.unpriced else usage.usd
    return Outcome(ids, _answer(result), usage.searches, usage.calls, usage.tokens, usd, seconds, inner)


def _answer(result: Result) -> Answer | None:
    """What the run answers; a flow of one's own may answer with a plain string, or with something that no metric can read."""
    said: object = result.values.get("answer")
    return Answer(text=said) if isinstance(said, str) else said if isinstance(said, Answer) else None


def _value(metric: Metric, example: Example, outcome: Outcome) -> float | None:
    try:
        value = metric.function(example, outcome)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return None if value is None else float(value)
    except Exception as error:  # the metric may be the user's
        raise MetricError(f"metric {metric.name!r} raised {_in_one_line(error)}") from error


def _in_one_line(error: Exception) -> str:
    """An error in one line: its type, what it says, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _cause(trace: Trace) -> RowError:
    """The step that ended a failed run. After it only the answer node may have run, and have missed what was never written."""
    errors = [(step, step.error) for step in trace.steps if step.error is not None]
    if not errors:
        return RowError(code="raised", message="the run failed, and none of its steps says why")
    step, error = next((pair for pair in reversed(errors) if pair[1].code != "missing"), errors[0])
    return RowError(code=error.code, message=error.message, step=step.id)
