"""Rewards of a whole run, from plain functions of its trace.

@run_reward(needs="answers")
def short(trace: Trace, example: Example) -> Score:
    return Score(1 / len(trace), f"{len(trace)} steps")
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Raw, Reward, Score
from seekgraph.rewards.define import checked_score, reward
from seekgraph.rewards.seen import lasting
from seekgraph.types import Example


def run_reward(
    *, needs: str | Iterable[str] = (), reads: str | Iterable[str] = (), name: str | None = None
) -> Callable[[Callable[..., Score]], Reward]:
    """Make a reward of a function `(trace, example) -> Score`. It applies to a run's last visit of a node, also a failed one.

    So a run has one such score, at the step that ended it, and it adds up with the rewards of that step. `needs`, `reads` and
    `name` are as in `reward`, and so is what is raised.
    """
    checked = reward(needs=needs, reads=reads, name=name)  # raises for a need that no example could meet

    def made(function: Callable[..., Score]) -> Reward:
        template = checked(function)
        return Reward(template.name, _OfRun(function, template.needs), template.needs, template.channels)

    return made


def last_visit(trace: Trace) -> Step | None:
    """The last visit of a node that a run kept, which is the one that ended it; None where there is none."""
    return next((step for step in reversed(lasting(trace)) if step.kind == "node"), None)


def of_run(reward: Reward, trace: Trace, example: Example | None = None) -> Score:
    """What a reward of a whole run gives for a run."""
    step = last_visit(trace)
    return SILENT if step is None else reward(step, trace, example)


@dataclass(frozen=True)
class _OfRun:
    """The measure of a reward of a run. Pickled by the name under which the module has the reward."""

    function: Callable[..., Score]
    needs: frozenset[str]

    def __call__(self, step: Step, trace: Trace, example: Example | None) -> Raw:
        last = last_visit(trace)
        if last is None or (last.path, last.at) != (step.path, step.at) or step.kind != "node":
            return None, ""
        if self.needs and (example is None or not all(getattr(example, need) for need in self.needs)):
            return None, ""
        return checked_score(self.function(trace, example), self.function)

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self.function, partial):
            return type(self), (self.function, self.needs)
        return _found, (self.function.__module__, self.function.__qualname__)


def _found(module: str, name: str) -> Any:
    thing = attrgetter(name)(importlib.import_module(module))
    return thing.measure if isinstance(thing, Reward) else thing
