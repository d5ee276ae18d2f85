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
from inspect import signature
from operator import attrgetter
from typing import Any

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Raw, Reward, RewardDefinitionError, RewardError, Score
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


def reward_of(thing: Any) -> Reward:
    """A `Reward` as it is; a plain function `(step, trace, example) -> Score` as a reward of its name, of any visit of a node.

    Raises `RewardError` for anything else, and says what to write.
    """
    if isinstance(thing, Reward):
        return thing
    said = "a reward is a Reward, or a function (step, trace, example) -> Score"
    if not callable(thing) or isinstance(thing, type):
        raise RewardError(
            f"{said}, not {thing!r}; of a name, take seekgraph.rewards.parse({thing!r})"
            if isinstance(thing, str)
            else f"{said}, not {thing!r}"
        )
    try:
        signature(thing).bind(None, None, None)
    except (TypeError, ValueError) as error:
        raise RewardError(f"{said}; {_called(thing)!r} is another ({error}): if it makes a reward, call it") from None
    return reward()(thing)


def checked_score(score: Any, function: Callable[..., Any]) -> Raw:
    """Value and feedback of what a reward's function has returned. Raises `RewardDefinitionError` where that is no `Score`."""
    if not isinstance(score, Score):
        raise RewardDefinitionError(f"reward {_called(function)!r} returns {score!r}: return Score(value, feedback)")
    return score.value, score.feedback


def _called(function: Any) -> str:
    inner = getattr(function, "func", function)
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


_HANDED_ON = ("input", "item", "attempt", "score")
"""Steps that hand on what another has made: it is not theirs to be judged by."""


@dataclass(frozen=True)
class _Written:
    """The measure of a reward that is written as a function. Pickled by the name under which the module has the reward."""

    function: Callable[..., Score]
    on: str
    needs: frozenset[str]

    def __call__(self, step: Step, trace: Trace, example: Example | None) -> Raw:
        applies = (self.on in step.writes and step.kind not in _HANDED_ON) if self.on else step.kind == "node"
        if not applies or step.error is not None:
            return None, ""
        if self.needs and (example is None or not all(getattr(example, need) for need in self.needs)):
            return None, ""
        score = self.function(step, trace, example)
        return checked_score(score, self.function)

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self.function, partial):
            return type(self), (self.function, self.on, self.needs)
        return _found, (self.function.__module__, self.function.__qualname__)


def _found(module: str, name: str) -> Any:
    thing = attrgetter(name)(importlib.import_module(module))
    return thing.measure if isinstance(thing, Reward) else thing
