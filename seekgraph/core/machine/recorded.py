"""An earlier run, as a replay sees it: which of its steps still hold, and what is replaced.

A step of the earlier run holds as long as it read the same: the same channels, written by the same steps, which wrote the same
there. Then it is taken over as it was, with its writes or its error, and nothing is run. All other steps run. Items, decisions
and digests follow from what their places hold, so they are always worked out again: that costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.frame.frame import Exhausted, Frame
from seekgraph.core.record.ledger import Ledger
from seekgraph.core.record.step import DECISION, Step
from seekgraph.core.record.trace import Trace

Writes = Mapping[str, Any]
Change = Writes | Callable[[Step, dict[str, Any]], Writes | None]
"""What replaces a step's writes, by channel; or a function of the step and what it reads that gives it.

A function may give None: then nothing is replaced. `decision` is the channel of a decision.
"""
Fit = Callable[[str, Writes], Writes]
Parents = dict[str, tuple[str, ...]]


class ReplayError(SeekgraphError, ValueError):
    """A trace cannot be replayed with this flow, or a change does not fit the step that it is for."""


class RecordedRun:
    """An earlier run and what is to be different this time.

    `changes` are by step id or by path; a path stands for all visits of it, also for such that the earlier run did not make.
    `fit` checks what replaces the writes of a path's steps; `always` are the channels that a node's every visit writes. `stale`
    are the paths of the nodes whose params or resources have changed: none of their steps holds. `varied` is whether any param or
    resource has changed: then what the earlier run did not come to may be due to that. One `RecordedRun` serves one run.
    """

    def __init__(
        self,
        trace: Trace,
        changes: Mapping[str, Change],
        fit: Fit,
        always: Mapping[str, frozenset[str]],
        stale: Collection[str] = (),
        varied: bool = False,
    ) -> None:
        self.varied = varied
        self.trace = trace
        self.partial = trace.status == "partial"
        self._steps = {step.id: step for step in trace.steps}
        self._changes = changes
        self._fit = fit
        self._always = always
        self._stale = stale
        self._new: dict[str, Writes] = {}
        self._changed: set[tuple[str, str]] = set()

    def begin(self, frame: Frame, step: Step) -> None:
        """Raises `Exhausted` where nothing differs so far and the earlier run did not come here: its budget was spent."""
        if not frame.diverged and step.id not in self._steps:
            raise Exhausted(frame.meter)

    def enter(self, frame: Frame, path: str) -> None:
        """Before a structure that repeats its body: another number of rounds or attempts is a difference."""
        frame.diverged |= path in self._stale

    def end(self, frame: Frame) -> None:
        """After the last step: raises `Exhausted` where nothing differs and the earlier run's budget was spent in it."""
        if self.partial and not frame.diverged:
            raise Exhausted(frame.meter)

    def recall(self, frame: Frame, step: Step, read: Callable[[Ledger, Parents], Any]) -> Writes | None:
        """What the visit writes without being run; None where it has to be run. Fills the step as the earlier one was."""
        try:
            read(frame.ledger, step.parents)
        except Exception:  # what cannot be read: running the step says so, as it did the first time
            unreadable = True
        else:
            unreadable = False
        new = self._replacement(step, frame.ledger)
        old = self._steps.get(step.id)
        holds = old is not None and not unreadable and self._holds(old, step) and not (frame.diverged and self._cut_off(old))
        if new is not None:
            own = old.writes if old is not None and holds and old.error is None else {}
            if own or self._always.get(step.path, frozenset()) <= new.keys():
                step.memo = "replaced"
                return {**own, **new}
            self._new[step.id] = new
            return None
        if old is None or not holds:
            return None
        step.usage, step.attempts, step.error, step.memo = dict(old.usage), old.attempts, old.error, "replay"
        step.notes = old.notes
        return old.writes

    def changed(self, step: Step, writes: Writes) -> Writes:
        """What a visit that was run writes, with what is to be replaced of it."""
        new = self._new.pop(step.id, None)
        return writes if new is None else {**writes, **new}

    def note(self, frame: Frame, step: Step) -> None:
        """Replace what an item, a decision or a digest is recorded as."""
        if step.error is not None:
            return
        new = self._replacement(step, frame.ledger)
        if new is None:
            return
        if DECISION in new:
            if step.kind == "attempt":  # the decision is that of the step that ends the attempts of its place
                return
            step.decision = new[DECISION]
        else:
            step.writes = {**step.writes, **new}
        step.memo = "replaced"

    def seen(self, frame: Frame, step: Step) -> None:
        """Remember in what a finished step differs from the earlier run's."""
        old = self._steps.get(step.id)
        written = {} if old is None else old.writes
        differs = {name for name, value in step.writes.items() if name not in written or not same(written[name], value)}
        self._changed |= {(step.id, name) for name in differs}
        if (
            old is None
            or differs
            or step.memo == "replaced"
            or step.decision != old.decision
            or step.error != old.error
            or step.writes.keys() != old.writes.keys()
        ):
            frame.diverged = True

    def _holds(self, old: Step, step: Step) -> bool:
        return (
            step.path not in self._stale
            and old.parents == step.parents
            and not any((source, channel) in self._changed for channel, sources in old.parents.items() for source in sources)
        )

    def _cut_off(self, old: Step) -> bool:
        """Whether a budget stopped the step: what follows a change has a budget of its own."""
        return old.error is not None and (old.error.code == "budget" or (self.partial and old.error.code == "cancelled"))

    def _replacement(self, step: Step, ledger: Ledger) -> Writes | None:
        change = self._changes.get(step.id, self._changes.get(step.path))
        if not callable(change):
            return change  # it was fitted when it was given
        entries = {} if step.kind == "digest" else ledger.entries  # a digest was read from the ledger of its call
        inputs = {name: entries[name].value for name in step.parents if name in entries}
        try:
            new = change(step, inputs)
        except Exception as error:
            raise ReplayError(f"the change for {step.id} raised {type(error).__name__}: {error}") from error
        return None if new is None else self._fit(step.path, new)


def same(old: Any, new: Any) -> bool:
    """Whether two values are equal. What cannot say so is taken for different: then more runs than has to."""
    if old is new:
        return True
    try:
        return bool(old == new)
    except Exception:  # values of a user's own type
        return False
