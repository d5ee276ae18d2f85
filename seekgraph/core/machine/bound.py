"""Bound flows: a flow with its resources, as a function."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BindError
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.sync import run_sync
from seekgraph.core.check import require
from seekgraph.core.frame.frame import Exhausted, Frame, Run, StepFailed
from seekgraph.core.frame.operation import finish, within_seconds
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.params import to_plain
from seekgraph.core.machine.program import Program, build
from seekgraph.core.machine.recorded import RecordedRun
from seekgraph.core.machine.result import Result
from seekgraph.core.memo import Memo
from seekgraph.core.memo.sharing import Sharing
from seekgraph.core.record.ledger import Ledger, Merge
from seekgraph.core.record.step import Asking, Piece, Step
from seekgraph.core.record.trace import Trace, number_visits


class Bound:
    """A flow with its resources: call it with the flow's inputs.

    Calls may run at the same time, from threads and from tasks. It can be pickled when its resources can.
    """

    def __init__(
        self,
        flow: Flow,
        resources: Mapping[str, Any],
        *,
        memo: Memo | None = None,
        budget: Budget | None = None,
        concurrency: int = 32,
        checked: bool = False,
    ) -> None:
        if concurrency < 1:
            raise BindError(f"{flow!r} cannot run with concurrency={concurrency}: at least one visit has to run at a time")
        if not checked:
            require(flow, resources)
        self.flow = flow
        self.resources = dict(resources)
        self.memo = memo
        self.budget = budget
        self.concurrency = concurrency

    def __call__(self, **inputs: Any) -> Result:
        """Run the flow. Raises `BindError` for wrong inputs; everything that goes wrong later is in the result."""
        return run_sync(self.arun(**inputs))

    def run(self, *, seed: int = 0, **inputs: Any) -> Result:
        """The same as calling it, with a seed: `bound.run(question="...")`. From async code use `arun`."""
        return run_sync(self.arun(seed=seed, **inputs))

    async def arun(self, *, seed: int = 0, **inputs: Any) -> Result:
        """Run the flow; cancelling the task leaves nothing running."""
        return await self.execute(inputs, seed=seed)

    async def stream(
        self, *, seed: int = 0, text: bool = False, asking: bool = False, **inputs: Any
    ) -> AsyncIterator[Step | Result | Piece | Asking]:
        """Each step as it finishes, then the result. Leaving the loop early cancels the run.

        With `text` also each piece of the flow's own answer as a model writes it. An answer out of the memo is a step alone. With
        `asking` also each time a step begins to ask its model, which may take long.
        """
        queue: asyncio.Queue[Step | Piece | Asking | None] = asyncio.Queue()
        ending = self.program.ending
        listening = ending.path if text and ending is not None else None
        task = asyncio.ensure_future(self.execute(inputs, seed=seed, emit=queue.put_nowait, listening=listening, watching=asking))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (step := await queue.get()) is not None:
                yield step
            yield await task
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def with_params(self, values: Mapping[str, Any]) -> Self:
        """The same with other values of params; resources, memo and limits are shared."""
        return self._copy(flow=self.flow.with_params(values))

    def with_resources(self, resources: Mapping[str, Any]) -> Self:
        """The same with other things under these names. Raises what `bind` does."""
        changed = {**self.resources, **resources}
        require(self.flow, changed)
        return self._copy(resources=changed)

    def with_options(self, *, memo: Memo | None = None, budget: Budget | None = None, concurrency: int | None = None) -> Self:
        """The same with another memo, budget (for each run) or number of visits at the same time; None keeps what there is."""
        options = {"memo": memo, "budget": budget, "concurrency": concurrency}
        return self._copy(**{name: value for name, value in options.items() if value is not None})

    @cached_property
    def program(self) -> Program:
        """The flow as operations."""
        return build(self.flow, self.resources)

    @property
    def by_rules(self) -> dict[str, str]:
        """The nodes that do without the model that is bound, since rules do their role better than it does: why, by path.

        A model that is bound for such a node alone (`PATH.lm`) is asked all the same.
        """
        return {path: op.by_rules for path, op in self.program.nodes.items() if op.by_rules}

    @cached_property
    def sharing(self) -> Sharing | None:
        """The memo as runs use it."""
        return None if self.memo is None else Sharing(self.memo)

    async def execute(
        self,
        inputs: Mapping[str, Any],
        *,
        seed: int = 0,
        emit: Any = None,
        meter: Meter | None = None,
        gate: asyncio.Semaphore | None = None,
        recorded: RecordedRun | None = None,
        listening: str | None = None,
        watching: bool = False,
    ) -> Result:
        """Run the flow on `inputs`, counted in `meter` too and sharing `gate` with other runs; `recorded` is a run to replay."""
        values = _inputs(self.flow, inputs)
        if self.memo is not None:
            self.program.rekey()
        shared = gate or asyncio.Semaphore(self.concurrency)
        run = Run(Meter(self.budget, meter), self.sharing, shared, seed, emit, recorded, self._heading(seed))
        run.listening, run.watching = listening, watching
        frame = Frame(run, Ledger(), run.meter)
        frame.diverged = recorded is not None and recorded.varied
        start = frame.note("input", "input", {}, writes=values)
        for channel, value in values.items():
            frame.ledger.write(channel, self.flow.merges.get(channel, Merge.REPLACE), value, start.id)
        status, cause = "ok", None
        try:
            await within_seconds(self.program.body, frame)
            if recorded is not None:
                recorded.end(frame)
            if run.meter.cut_short:
                status = "partial"
        except Exhausted:
            status = "partial"
        except StepFailed as stop:
            status, cause = "failed", stop.step
        if status != "ok":
            frame.at, frame.round = (), 0
            await finish(self.program.ending, frame, self.flow.output)
        return self._result(status, frame, seed, cause, _reason(run.meter) if status == "partial" else "")

    def _result(self, status: str, frame: Frame, seed: int, cause: Step | None, reason: str) -> Result:
        for step in frame.steps:
            step.started, step.seconds = round(step.started, 6), round(step.seconds, 6)
        number_visits(frame.steps)
        return Result(status, frame.ledger.snapshot(), self._heading(seed, status, frame.steps), cause, reason)

    def _heading(self, seed: int, status: str = "ok", steps: list[Step] | None = None) -> Trace:
        flow = self.flow
        return Trace(flow.name or "", flow.fingerprint, seed, status, self.plain_params, flow.merges, steps or [])

    @cached_property
    def plain_params(self) -> dict[str, Any]:
        """The values of the flow's params, as a trace has them."""
        return {name: to_plain(param.to_json()) for name, param in self.flow.params().items()}

    def _copy(self, **attributes: Any) -> Self:
        other = object.__new__(type(self))
        other.__dict__ = {key: value for key, value in self.__dict__.items() if key not in CACHED}
        if self.sharing is not None and "memo" not in attributes:
            other.__dict__["sharing"] = self.sharing  # candidates wait for one another's equal steps
        other.__dict__.update(attributes)
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in CACHED}

    def __repr__(self) -> str:
        return f"{self.flow!r} with {', '.join(sorted(self.resources)) or 'no resources'}"


CACHED = ("program", "sharing", "plain_params")


def gather(flow: Flow, offered: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The resources that `flow` asks for: all of `named`, and of `offered` those that it knows.

    Raises `BindError` for a named resource that the flow does not ask for, and for one of a single node that it does not have
    (`PATH.PARAMETER`): it would be a misspelling.
    """
    known = {*flow.resources, *flow.own_resources}
    if strange := sorted(name for name in offered if "." in name and name not in known):
        raise BindError(f"{flow!r} has no node that asks for {strange}; there are {sorted(flow.own_resources)}")
    unknown = sorted(set(named) - known)
    if unknown:
        raise BindError(f"{flow!r} asks for the resources {sorted(flow.resources) or 'none'}, not for {unknown}")
    return {name: thing for name, thing in {**offered, **named}.items() if name in known}


def _reason(meter: Meter) -> str:
    """Why a run's budget, or one around it, ended it early."""
    around: Meter | None = meter
    while around is not None:
        if around.reason:
            return around.reason
        around = around.parent
    limit = meter.deadline()
    return "" if limit is None else f"{limit[1].budget.seconds:g} seconds are over"


def resolve_memo(memo: Memo | str | Path | None) -> Memo | None:
    """A memo for whatever a user may give: one, the path of one, or none."""
    return memo if memo is None or isinstance(memo, Memo) else Memo(memo)


def _inputs(flow: Flow, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as the flow declares them."""
    unknown = sorted(set(inputs) - set(flow.inputs))
    if unknown:
        raise BindError(f"{flow!r} takes {sorted(flow.inputs)}, not {unknown}")
    values: dict[str, Any] = {}
    for name, adapter in flow.input_adapters.items():
        if name in inputs:
            try:
                value = adapter.validate_python(inputs[name])
            except ValidationError as error:
                raise BindError(f"input {name!r}: {error}") from None
            if value is not None:
                values[name] = value
        elif name not in flow.optional_inputs:
            raise BindError(f"{flow!r} needs {name!r}: call it with {name}=...")
    return values
