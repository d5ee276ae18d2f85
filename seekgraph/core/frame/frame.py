"""Frames: where a branch of a run stands, and what all branches share.

Parallel branches get frames of their own and are joined in the order of writing, so that neither the ledger nor the trace depends
on what happened to finish first.

A step that fails stops its branch (`StepFailed`). A spent budget stops every branch at its next step (`Exhausted`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from seekgraph.core.base.meter import Meter
from seekgraph.core.record.ledger import Ledger, Merge
from seekgraph.core.record.step import Asking, Piece, Step, StepKind
from seekgraph.core.record.trace import Trace

Emit = Callable[[Step | Piece | Asking], None]


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
    memo: Any
    gate: asyncio.Semaphore
    seed: int = 0
    emit: Emit | None = None
    recorded: Recorded | None = None
    heading: Trace = field(default_factory=Trace)
    """The trace without its steps: what a reward that is asked during the run sees of it."""
    began: float = field(default_factory=time.perf_counter)
    listening: str | None = None
    """The node whose model is heard while it writes."""
    watching: bool = False
    """Whether it is told when a step begins to ask its model."""


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
