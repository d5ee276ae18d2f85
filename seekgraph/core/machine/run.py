"""How a flow runs: frames, and one operation for each kind of element.

`program.py` turns a flow's sites into operations; an operation is run on a frame. Parallel branches get frames of their own
and are joined in the order of writing, so that neither the ledger nor the trace depends on what happened to finish first.

A step that fails stops its branch (`StepFailed`); `each` and `fan` go on with the other branches as long as one is left. A
spent budget stops every branch at its next step (`Exhausted`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import ChannelMissing
from seekgraph.core.base.meter import Meter
from seekgraph.core.language.expr import Evaluate
from seekgraph.core.memo.sharing import Sharing
from seekgraph.core.record.digest import digest_of
from seekgraph.core.record.ledger import Entry, Ledger, Merge
from seekgraph.core.record.step import Piece, Step, StepError, StepKind
from seekgraph.core.record.trace import Trace
from seekgraph.types import check_needs

Emit = Callable[[Step | Piece], None]


class StepFailed(Exception):
    """A step has failed; its error is in the trace."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


class Exhausted(Exception):
    """A budget is spent: the run, or the call, whose `meter` it is goes to its answer."""

    def __init__(self, meter: object) -> None:
        super().__init__("budget spent")
        self.meter = meter


class Recorded(Protocol):
    """An earlier run that this one replays: see `recorded.py`. `partial` is whether a budget ended it."""

    @property
    def partial(self) -> bool: ...

    def enter(self, frame: Frame, path: str) -> None:
        """Before a structure that repeats its body, which may have other numbers this time."""
        ...

    def begin(self, frame: Frame, step: Step) -> None:
        """Before a step: raises `Exhausted` where the earlier run's budget was spent here."""
        ...

    def recall(
        self, frame: Frame, step: Step, read: Callable[[Ledger, dict[str, tuple[str, ...]]], Any]
    ) -> Mapping[str, Any] | None:
        """What a node's visit writes without being run, by channel; None where it has to be run.

        Sets the step's error, too, where it failed and did not read anything else this time.
        """
        ...

    def changed(self, step: Step, writes: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a visit that was run writes, with what is to be replaced of it."""
        ...

    def note(self, frame: Frame, step: Step) -> None:
        """Change what an item, a decision or a digest is recorded as, where it is to be replaced."""
        ...

    def seen(self, frame: Frame, step: Step) -> None:
        """After a step: remember in what it differs from the earlier run's."""
        ...


@dataclass(slots=True)
class Run:
    """What all branches of one run share."""

    meter: Meter
    memo: Sharing | None
    gate: asyncio.Semaphore
    seed: int = 0
    emit: Emit | None = None
    recorded: Recorded | None = None
    heading: Trace = field(default_factory=Trace)
    """The trace without its steps: what a reward that is asked during the run sees of it."""
    began: float = field(default_factory=time.perf_counter)
    listening: str | None = None
    """The node whose model is heard while it writes."""


class Frame:
    """Where a branch stands: its ledger, the steps it has taken, what it wrote, and its place in the repetitions.

    `behind` are the steps on the way here that other frames have taken; branches beside this one are not among them. `sample` is
    the index of a repeated sample: in another attempt at the same thing models that sample are to say something else.
    `diverged` is whether anything before this place differs from the run that is replayed.
    """

    __slots__ = ("at", "behind", "diverged", "ledger", "log", "meter", "round", "run", "sample", "steps")

    def __init__(
        self, run: Run, ledger: Ledger, meter: Meter, at: tuple[int, ...] = (), round: int = 0, around: Frame | None = None
    ) -> None:
        self.run = run
        self.ledger = ledger
        self.meter = meter
        self.at = at
        self.round = round
        self.behind: tuple[tuple[list[Step], int], ...] = () if around is None else (*around.behind, around.taken)
        self.sample: int = 0 if around is None else around.sample
        self.diverged: bool = around is not None and around.diverged
        self.steps: list[Step] = []
        self.log: list[tuple[str, Merge, Any, str]] = []

    def fork(self, *position: int) -> Frame:
        """A frame for a parallel branch that starts from this state."""
        return Frame(self.run, self.ledger.fork(), self.meter, self.at + position, self.round, self)

    @property
    def taken(self) -> tuple[list[Step], int]:
        """The steps taken so far: the list that they stand in, which may grow, and how many they are."""
        return self.steps, len(self.steps)

    def trace(self) -> Trace:
        """The trace so far: the steps on the way here, and this frame's own."""
        before = [step for steps, count in self.behind for step in steps[:count]]
        return replace(self.run.heading, steps=[*before, *self.steps])

    def write(self, channel: str, merge: Merge, value: Any, step: str) -> None:
        """Write to the ledger, and remember it for the join."""
        self.ledger.write(channel, merge, value, step)
        self.log.append((channel, merge, value, step))

    def ensure(self, channel: str) -> None:
        """Make a collection channel exist, empty, here and where this frame is joined: a write of nothing by no step."""
        self.ledger.ensure(channel)
        self.log.append((channel, Merge.APPEND, (), ""))

    def catch_up(self, log: Sequence[tuple[str, Merge, Any, str]]) -> None:
        """Let the ledger see what another branch wrote."""
        for channel, merge, value, step in log:
            if step:
                self.ledger.write(channel, merge, value, step)
            else:
                self.ledger.ensure(channel)

    def join(self, branches: Sequence[Frame]) -> None:
        """Take over what parallel branches did, in their order."""
        for branch in branches:
            self.steps += branch.steps
            self.log += branch.log
            self.diverged |= branch.diverged
            self.catch_up(branch.log)

    def take_steps(self, inner: Frame) -> None:
        """Take over the steps of a call, but nothing of what it wrote."""
        self.steps += inner.steps
        self.diverged |= inner.diverged

    def record(self, step: Step) -> None:
        """Add a finished step to the trace."""
        self.steps.append(step)
        if self.run.recorded is not None:
            self.run.recorded.seen(self, step)
        if self.run.emit is not None:
            self.run.emit(step)

    def note(self, kind: StepKind, path: str, parents: dict[str, tuple[str, ...]], **rest: Any) -> Step:
        """Record a step that is not a node's visit."""
        began = time.perf_counter() - self.run.began
        step = Step(path, self.at, kind, parents, round=self.round, started=began, **rest)
        if self.run.recorded is not None:
            self.run.recorded.begin(self, step)
            self.run.recorded.note(self, step)
        self.record(step)
        return step

    def sources(self, channels: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The steps that wrote what these channels hold now. No step writes `round`: a loop counts it."""
        entries = self.ledger.entries
        return {name: entry.sources for name in channels if (entry := entries.get(name)) and (entry.sources or name != "round")}


class Operation(Protocol):
    """What an element does to a frame. Raises `StepFailed` and `Exhausted` after having recorded the step."""

    async def run(self, frame: Frame) -> None: ...


@dataclass(slots=True)
class SeqOp:
    """Parts one after the other."""

    parts: tuple[Operation, ...]

    async def run(self, frame: Frame) -> None:
        for part in self.parts:
            await part.run(frame)


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
class FanOp:
    """Parts side by side."""

    parts: tuple[Operation, ...]

    async def run(self, frame: Frame) -> None:
        branches = [frame.fork() for _ in self.parts]
        await side_by_side(branches, lambda index: self.parts[index].run(branches[index]), frame)


@dataclass(slots=True)
class EachOp:
    """The body for each item; items wait for those that they need."""

    items: Question
    item: str
    body: Operation
    collects: tuple[str, ...]

    async def run(self, frame: Frame) -> None:
        asked = self.items.ask(frame)
        sources = frame.sources(self.items.channels)
        try:
            items = tuple(asked)
            waits = _waits(items)
        except Exception as error:  # what is no collection, needs that cannot be met, and ids that are none
            failed = StepError("raised", type(error).__name__, f"{self.items.path}: {error}")
            raise StepFailed(frame.note("item", self.items.path, sources, error=failed)) from None
        for channel in self.collects:
            frame.ensure(channel)
        if not items:
            return
        branches = [frame.fork(index) for index in range(len(items))]
        done = [asyncio.Event() for _ in items]

        async def work(index: int) -> None:
            branch = branches[index]
            try:
                for needed in waits[index]:
                    await done[needed].wait()
                for needed in waits[index]:
                    branch.catch_up(branches[needed].log)
                    branch.behind = (*branch.behind, branches[needed].taken)
                    branch.diverged |= branches[needed].diverged
                step = branch.note("item", self.items.path, sources, writes={self.item: items[index]})
                branch.ledger.entries[self.item] = Entry(step.writes[self.item], (step.id,))
                await self.body.run(branch)
            finally:
                done[index].set()

        await side_by_side(branches, work, frame)


def _waits(items: tuple[Any, ...]) -> list[list[int]]:
    """For each item the positions of all items that it needs, directly or not, in order. Raises what `check_needs` does."""
    if not all(hasattr(item, "id") and hasattr(item, "needs") for item in items):
        return [[] for _ in items]
    position = {item.id: index for index, item in enumerate(items)}
    order = check_needs({item.id: tuple(item.needs) for item in items}, count=len(items))
    closure: dict[str, set[int]] = {}
    for name in order:
        needs = items[position[name]].needs
        closure[name] = {position[need] for need in needs}.union(*(closure[need] for need in needs))
    return [sorted(closure[item.id]) for item in items]


@dataclass(slots=True)
class LoopOp:
    """The body until the question is answered with yes, at most `max_rounds` times."""

    body: Operation
    until: Question
    max_rounds: int

    async def run(self, frame: Frame) -> None:
        at, around = frame.at, frame.round
        entries = frame.ledger.entries
        outer = entries.get("round")
        if frame.run.recorded is not None:
            frame.run.recorded.enter(frame, self.until.path)
        try:
            for number in range(1, self.max_rounds + 1):
                frame.at, frame.round = (*at, number), number
                entries["round"] = Entry(number, ())
                await self.body.run(frame)
                done = self.until.ask(frame)
                step = frame.note("until", self.until.path, frame.sources(self.until.channels), decision=done)
                if step.decision:
                    return
        finally:
            frame.at, frame.round = at, around
            if outer is None:
                entries.pop("round", None)
            else:
                entries["round"] = outer


@dataclass(slots=True)
class RouteOp:
    """The branch that the policy names."""

    policy: Question
    branches: Mapping[str, Operation]
    default: str | None

    async def run(self, frame: Frame) -> None:
        wanted = self.policy.ask(frame)
        label = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
        sources = frame.sources(self.policy.channels)
        chosen = label if label in self.branches else self.default
        if chosen is None:
            message = (
                f"{self.policy.path}: the policy gave {label!r}, the branches are {sorted(self.branches)}, there is no default"
            )
            failed = StepError("invalid", "RouteError", message)
            raise StepFailed(frame.note("route", self.policy.path, sources, decision=label, error=failed))
        step = frame.note("route", self.policy.path, sources, decision=chosen)
        await self.branches[str(step.decision)].run(frame)


@dataclass(slots=True)
class Gift:
    """What a call is given in one channel; what is not required may be missing."""

    channel: str
    question: Question
    required: bool
    merge: Merge


@dataclass(slots=True)
class Ending:
    """The node that ends a flow, or a call, with its output."""

    path: str
    operation: Operation


@dataclass(slots=True)
class CallOp:
    """The body with a ledger and a budget of its own; a digest comes back."""

    path: str
    body: Operation
    ending: Ending | None
    give: tuple[Gift, ...]
    budget: Budget | None

    async def run(self, frame: Frame) -> None:
        meter = Meter(self.budget, frame.meter)
        inner = Frame(frame.run, Ledger(), meter, frame.at, around=frame)
        given: dict[str, Any] = {}
        parents: dict[str, tuple[str, ...]] = {}
        for gift in self.give:
            if gift.required or gift.channel in frame.ledger.entries:
                given[gift.channel] = gift.question.ask(frame)
                parents |= frame.sources(gift.question.channels)
        step = inner.note("input", f"{self.path}.give", parents, writes=given)
        try:
            for gift in self.give:
                if gift.channel in given:
                    inner.ledger.write(gift.channel, gift.merge, step.writes[gift.channel], step.id)
        except Exception as error:  # what is given to a collection is no collection
            failed = StepError(
                "invalid", type(error).__name__, f"{self.path}: gives {gift.channel!r} what it cannot hold: {error}"
            )
            frame.take_steps(inner)
            raise StepFailed(frame.note("digest", self.path, {}, error=failed)) from None
        try:
            stopped = await self._to_its_end(inner)
        except StepFailed as stop:
            frame.take_steps(inner)
            failed = StepError("inside", "StepFailed", f"{self.path}: {stop.step.id} failed inside this call")
            frame.note("digest", self.path, {}, error=failed)
            raise
        except BaseException:
            frame.take_steps(inner)
            raise
        frame.take_steps(inner)
        try:
            conclusion, read = digest_of(inner.ledger)
        except Exception as error:  # the ledger of a call holds what the user's nodes wrote, and that may be anything
            failed = StepError("invalid", type(error).__name__, f"{self.path}: what it wrote makes no digest: {error}")
            raise StepFailed(frame.note("digest", self.path, {}, error=failed)) from None
        returned = frame.note("digest", self.path, inner.sources(read), writes={"digests": (conclusion,)})
        frame.write("digests", Merge.APPEND, returned.writes["digests"], returned.id)
        if stopped is not None and stopped.meter is not meter:  # not this call's own budget: the others have to stop too
            raise stopped

    async def _to_its_end(self, inner: Frame) -> Exhausted | None:
        try:
            await within_seconds(self.body, inner)
        except Exhausted as stop:
            await finish(self.ending, inner, "answer")
            return stop
        return None


async def finish(ending: Ending | None, frame: Frame, output: str) -> None:
    """Go to the node that writes `output` with what there is, unless it has been there.

    It starts no call past the budget. It has the time that is left; where none is left, it takes what it needs. Its errors
    are in the trace.
    """
    if ending is None or output in frame.ledger.entries or any(step.path == ending.path for step in frame.steps):
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
