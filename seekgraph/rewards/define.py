"""Rewards from plain functions.

@reward(needs="supporting_ids", on="passages")
def hit(step: Step, trace: Trace, example: Example) -> Score:
    found = {passage.id for passage in step.writes["passages"]}
    return Score(1.0, "found gold") if found & set(example.supporting_ids) else Score(0.0, "found no gold")
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
from seekgraph.rewards.algebra import Raw, Reward, RewardError, Score
from seekgraph.types import Example


def reward(
    *, on: str = "", needs: str | Iterable[str] = (), reads: str | Iterable[str] = (), name: str | None = None
) -> Callable[[Callable[..., Score]], Reward]:
    """Make a reward of a function `(step, trace, example) -> Score`.

    `on` is the channel that a node must have written for the reward to apply, so that rewards know no node by name; "" is any
    visit of a node. `needs` are fields of `Example`; the function may rely on both. `reads` are other channels without which it
    could never apply, such as "verdict" for a reward that a judge in the flow gives: a flow in which no node writes them, or
    `on`, is refused before it runs. `name` is the function's unless given. Raises `RewardError` for a need that no example could
    meet.
    """
    wanted = frozenset([needs] if isinstance(needs, str) else needs)
    unknown = sorted(wanted - set(Example.model_fields))
    if unknown:
        raise RewardError(f"a reward cannot need {unknown}: an example has {', '.join(Example.model_fields)}")

    channels = frozenset([reads] if isinstance(reads, str) else reads) | frozenset([on] if on else ())

    def made(function: Callable[..., Score]) -> Reward:
        called = name or getattr(function, "__name__", None) or getattr(function, "func", function).__name__
        return Reward(called, _Written(function, on, wanted), wanted, channels)

    return made


_GIVEN = ("input", "item", "attempt", "score")
"""Steps that hand on what another has made: it is not theirs to be judged by."""


@dataclass(frozen=True)
class _Written:
    """The measure of a reward that is written as a function. Pickled by the name under which the module has the reward."""

    function: Callable[..., Score]
    on: str
    needs: frozenset[str]

    def __call__(self, step: Step, trace: Trace, example: Example | None) -> Raw:
        applies = (self.on in step.writes and step.kind not in _GIVEN) if self.on else step.kind == "node"
        if not applies or step.error is not None:
            return None, ""
        if self.needs and (example is None or not all(getattr(example, need) for need in self.needs)):
            return None, ""
        score = self.function(step, trace, example)
        if not isinstance(score, Score):
            raise RewardError(f"reward function {self.function!r} returns {score!r}: return Score(value, feedback)")
        return score.value, score.feedback

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self.function, partial):
            return type(self), (self.function, self.on, self.needs)
        return _found, (self.function.__module__, self.function.__qualname__)


def _found(module: str, name: str) -> Any:
    thing = attrgetter(name)(importlib.import_module(module))
    return thing.measure if isinstance(thing, Reward) else thing
