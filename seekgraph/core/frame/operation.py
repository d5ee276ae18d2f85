"""Operations: what the elements of a flow become when it runs, each a coroutine on a frame.

What a new combinator needs for its own is here: `Question` evaluates its expressions, `side_by_side` runs branches in parallel,
`within_seconds` keeps to a budget, `finish` goes to the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from seekgraph.core.base.errors import ChannelMissing
from seekgraph.core.frame.frame import Exhausted, Frame, StepFailed
from seekgraph.core.record.step import StepError, StepKind

Evaluate = Callable[[Callable[[str], Any]], Any]
"""An expression as a function of the state: it is called with what reads a channel."""


class Operation(Protocol):
    """What an element does to a frame. Raises `StepFailed` and `Exhausted` after having recorded the step."""

    async def run(self, frame: Frame) -> None: ...


@dataclass(slots=True)
class Question:
    """An expression with what the trace needs to know about it: the element's path and the channels that it reads."""

    path: str
    kind: StepKind
    evaluate: Evaluate
    channels: tuple[str, ...]

    def ask(self, frame: Frame) -> Any:
        """The expression's value on the frame's state. An error becomes a failed step."""
        try:
            return self.evaluate(frame.ledger.read)
        except Exception as error:  # the expression is the user's: whatever it raises is data
            code = "missing" if isinstance(error, ChannelMissing) else "raised"
            message = f"{self.path}: {error}"
            failed = StepError(code, type(error).__name__, message)
            raise StepFailed(frame.note(self.kind, self.path, frame.sources(self.channels), error=failed)) from None


async def side_by_side(branches: Sequence[Frame], work: Callable[[int], Any], frame: Frame) -> None:
    """Run `work(i)` for each branch in parallel, join the branches, then pass on what stopped them.

    All branches end by themselves: one that fails does not stop the others. A spent budget goes before a failure; a failure is
    passed on only when no branch came through. Cancelling cancels every branch, and what they did until then is kept.
    """
    try:
        stops = await at_once(len(branches), work)
    finally:
        frame.join(branches)
    for stop in stops:
        if isinstance(stop, Exhausted):
            raise stop
    if stops and len(stops) == len(branches):
        raise stops[0]


async def at_once(count: int, work: Callable[[int], Any]) -> list[Exhausted | StepFailed]:
    """Run `work(i)` for each i below `count` in parallel, each to its end; gives what stopped them, in order."""
    stopped: dict[int, Exhausted | StepFailed] = {}

    async def guarded(index: int) -> None:
        try:
            await work(index)
        except (Exhausted, StepFailed) as stop:
            stopped[index] = stop

    if count == 1:
        await guarded(0)
    else:
        async with asyncio.TaskGroup() as group:
            for index in range(count):
                group.create_task(guarded(index))
    return [stopped[index] for index in sorted(stopped)]


@dataclass(slots=True)
class Ending:
    """The node that ends a flow, or a call, with its output."""

    path: str
    operation: Operation


async def finish(ending: Ending | None, frame: Frame, output: str) -> None:
    """Go to the node that writes `output` with what there is, unless it has been there and was not stopped by the budget.

    It starts no call past the budget: where it may not ask its model, it goes by rules. It has the time that is left; where none
    is left, it takes what it needs. Its errors are in the trace.
    """
    if ending is None or output in frame.ledger.entries:
        return
    if any(step.path == ending.path and (step.error is None or step.error.code != "budget") for step in frame.steps):
        return
    frame.meter = frame.meter.closing()
    left = frame.meter.deadline()
    try:
        if left is None or left[0] <= 0:
            await ending.operation.run(frame)
        else:
            await within_seconds(ending.operation, frame)
    except (Exhausted, StepFailed):
        return


async def within_seconds(body: Operation, frame: Frame) -> None:
    """Run `body`; raises `Exhausted` when the frame's budget of seconds is over, with everything in flight cancelled."""
    limit = frame.meter.deadline()
    if limit is None:
        await body.run(frame)
        return
    seconds, meter = limit
    try:
        async with asyncio.timeout(seconds):
            await body.run(frame)
    except TimeoutError:
        raise Exhausted(meter) from None
