"""What `redo` and `best_of` ask of a reward, which is made elsewhere: the language knows rewards by this contract only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace


class Scored(Protocol):
    """How good a step is: `value` in [0, 1], higher is better, or None where the reward does not apply; `feedback` in words."""

    @property
    def value(self) -> float | None: ...
    @property
    def feedback(self) -> str: ...


Scoring = Callable[..., Scored]
"""`scoring(step, trace, example=None)`: a pure function of one step in its trace. A `Reward` is one, a plain function may be.

Its attribute `needs` (a frozenset, empty where there is none) are the fields of an example that it cannot do without: at run time
there is no example, so the checker refuses one that needs any. `name`, or the function's own, stands in the fingerprint.
"""


@dataclass(frozen=True)
class AttemptScore:
    """The score of an attempt: the mean of its steps' values (None where the reward applies to none), the steps that have one,
    and what the reward says about those below `below`."""

    value: float | None
    steps: tuple[Step, ...] = ()
    feedback: str = ""


def score_attempt(reward: Scoring, steps: Iterable[Step], trace: Trace, below: float = 1.0) -> AttemptScore:
    """The score of an attempt whose steps are `steps`, seen in `trace`, to six digits.

    Raises what the reward raises, and `ValueError` for a value that is no score.
    """
    found: list[tuple[Step, float, str]] = []
    for step in steps:
        score = reward(step, trace, None)
        value = score.value
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"reward {name_of(reward)!r} gives {value!r} at {step.id}: a score lies in [0, 1], or is None")
        found.append((step, float(value), str(score.feedback)))
    if not found:
        return AttemptScore(None)
    mean = math.fsum(value for _, value, _ in found) / len(found)
    said = dict.fromkeys(text for _, value, text in found if value < below and text)
    return AttemptScore(round(min(max(mean, 0.0), 1.0), 6), tuple(step for step, _, _ in found), "; ".join(said))


def name_of(reward: Any) -> str:
    """The name by which a reward is known; "" where it has none."""
    name = getattr(reward, "name", None)
    if isinstance(name, str):
        return name
    called = getattr(reward, "__qualname__", None)
    return f"{reward.__module__}:{called}" if isinstance(called, str) else ""


def needs_of(reward: Any) -> frozenset[str]:
    """The fields of an example that a reward cannot do without."""
    return frozenset(getattr(reward, "needs", ()))
