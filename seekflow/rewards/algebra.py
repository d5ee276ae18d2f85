"""The reward algebra: what a reward is, and how rewards are combined.

    search = (0.8 * support_gain + 0.2 * novelty) * decay(0.9, after=1)

Inside an expression values are plain numbers that may leave [0, 1]; they are clipped once, when the whole is called. So
`a + b - b` is `a`, and `0.5 * (1 + gain - redundancy)` loses nothing.

A part that does not apply to a step (None) is a zero that is remembered: it changes no sum, and a product with it does not
apply either. Sums and products of rewards are therefore commutative, associative and distributive, on steps where all parts
apply as on others. A number is not a reward: it shifts or scales one where that applies, and never makes one apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from seekflow.core.errors import SeekflowError
from seekflow.core.step import Step
from seekflow.core.trace import Trace
from seekflow.types import Example

Raw = tuple[float | None, str]
"""A value that has not been clipped, and feedback."""


class RewardError(SeekflowError, ValueError):
    """A reward is declared wrongly, gives what is no score, or asks for gold that the examples do not have."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good a step is: `value` in [0, 1], higher is better, or None where the reward does not apply to the step.

    `feedback` says in words why, so that a person or an optimizer can act on it. Raises `RewardError` for another value.
    """

    value: float | None
    feedback: str = ""

    def __post_init__(self) -> None:
        if self.value is not None and not 0 <= self.value <= 1:  # NaN is not between anything
            raise RewardError(f"a score lies in [0, 1], or is None where the reward does not apply; got {self.value!r}")


SILENT = Score(None)
"""The score of a step of another sort: most are."""


@dataclass(frozen=True)
class Reward:
    """The one contract of a reward: `reward(step, trace, example) -> Score`, a pure function of one step in its trace.

    - It may read the step, all of its trace (also what came after) and the example. It changes nothing, calls nothing outside,
      and gives the same score for the same three, in any process. The example may be None: at run time there is none.
    - None means that it does not apply: the step is of another sort, or failed, or the example lacks the gold. It is never
      a zero, and is left out of means.
    - `needs` are the fields of the example without which it does not apply; of a combined reward, those of all its parts.
      `require_gold` checks them before anything runs.
    - It never raises for a step of a well-formed trace. Where it does, that is a bug, kept as the error of the example.

    `name` tells rewards apart in a report; that of a combined one is its formula until `named` gives it another. `measure` is
    the same function before clipping. A reward can be pickled if what it was written from stands in a module.
    """

    name: str
    measure: Callable[[Step, Trace, Example | None], Raw] = field(repr=False, compare=False)
    needs: frozenset[str] = frozenset()

    def __call__(self, step: Step, trace: Trace, example: Example | None = None) -> Score:
        value, feedback = self.measure(step, trace, example)
        if value is None:
            return Score(None, feedback) if feedback else SILENT
        return Score(min(max(value, 0.0), 1.0), feedback)

    def applies_to(self, example: Example) -> bool:
        """Whether the example has all the gold that this reward needs."""
        return all(getattr(example, need) for need in self.needs)

    def named(self, name: str) -> Reward:
        """The same reward under another name."""
        return replace(self, name=name)

    def __add__(self, other: Reward | float) -> Reward:
        if isinstance(other, Reward):
            return _made(f"{self.name} + {other.name}", partial(_sum, left=self, right=other, sign=1.0), self, other)
        return _made(f"{self.name} + {other:g}", partial(_line, inner=self, factor=1.0, shift=float(other)), self)

    def __sub__(self, other: Reward | float) -> Reward:
        if isinstance(other, Reward):
            return _made(f"{self.name} - {_inside(other)}", partial(_sum, left=self, right=other, sign=-1.0), self, other)
        return _made(f"{self.name} - {other:g}", partial(_line, inner=self, factor=1.0, shift=-float(other)), self)

    def __mul__(self, other: Reward | float) -> Reward:
        if isinstance(other, Reward):
            return _made(f"{_inside(self)} * {_inside(other)}", partial(_product, left=self, right=other), self, other)
        return _made(f"{other:g} * {_inside(self)}", partial(_line, inner=self, factor=float(other), shift=0.0), self)

    def __rsub__(self, other: float) -> Reward:
        return _made(f"{other:g} - {_inside(self)}", partial(_line, inner=self, factor=-1.0, shift=float(other)), self)

    __radd__ = __add__
    __rmul__ = __mul__


def gate(condition: Reward, inner: Reward, at_least: float = 0.5) -> Reward:
    """`inner` where `condition` is `at_least` so much, 0 with the condition's feedback where it is less; None where either is.

    SearchLLM's aggregation: bottom-line constraints must pass before behaviour counts.
    """
    measure = partial(_gated, condition=condition, inner=inner, at_least=at_least)
    return _made(f"gate({condition.name}, {inner.name})", measure, condition, inner)


def decay(base: float, after: int = 0) -> Reward:
    """base^max(0, v - after) at the v-th visit of a node in the run, `base` in [0, 1]: what later visits are still worth.

    A factor: `support_gain * decay(0.95, after=1)`. InForage's penalty is 0.95^t for turns after the first; GraphRAG-R1 lets the
    first retrievals pay most.
    """
    if not 0 <= base <= 1 or after < 0:
        raise RewardError(f"decay takes a base in [0, 1] and visits of 0 or more, not base={base!r}, after={after!r}")
    return _made(f"decay({base:g}, after={after})", partial(_decayed, base=base, after=after))


def clip(inner: Reward, low: float = 0.0, high: float = 1.0) -> Reward:
    """`inner` cut off to [low, high] at this place of a formula, and not only at its end."""
    return _made(f"clip({inner.name}, {low:g}, {high:g})", partial(_clipped, inner=inner, low=low, high=high), inner)


def scores(trace: Trace, rewards: Sequence[Reward], example: Example | None = None) -> Iterator[tuple[Step, Reward, Score]]:
    """Every reward of every step that it applies to, in the order of the trace.

    A reward that raises becomes a `RewardError` that names it and the step.
    """
    for step in trace.steps:
        for each in rewards:
            try:
                score = each(step, trace, example)
            except Exception as error:  # the reward may be the user's: whatever it raises is told with its place
                raise RewardError(f"reward {each.name!r} raised {type(error).__name__} at step {step.id}: {error}") from error
            if score.value is not None:
                yield step, each, score


def require_gold(rewards: Iterable[Reward], examples: Sequence[Example]) -> None:
    """Raise `RewardError` for a reward that none of the examples could feed, naming what is missing and how often."""
    for each in rewards:
        if examples and not any(map(each.applies_to, examples)):
            counts = {need: sum(not getattr(example, need) for example in examples) for need in sorted(each.needs)}
            missing = " and ".join(f"{need!r}, which {count} lack" for need, count in counts.items() if count)
            raise RewardError(
                f"reward {each.name!r} needs {missing} of {len(examples)} examples: add it to the rows, or leave the reward out"
            )


def _made(name: str, measure: Callable[..., Raw], *parts: Reward) -> Reward:
    return Reward(name, measure, frozenset().union(*(part.needs for part in parts)))


def _inside(part: Reward) -> str:
    return f"({part.name})" if " + " in part.name or " - " in part.name else part.name


def _joined(*feedback: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, feedback)))


# Module-level functions, not lambdas: a reward has to reach worker processes by pickle.


def _sum(step: Step, trace: Trace, example: Example | None, *, left: Reward, right: Reward, sign: float) -> Raw:
    (a, said), (b, added) = left.measure(step, trace, example), right.measure(step, trace, example)
    if b is None:
        return a, said
    return sign * b + (0.0 if a is None else a), _joined(said, added)


def _product(step: Step, trace: Trace, example: Example | None, *, left: Reward, right: Reward) -> Raw:
    (a, said), (b, added) = left.measure(step, trace, example), right.measure(step, trace, example)
    return (None, "") if a is None or b is None else (a * b, _joined(said, added))


def _line(step: Step, trace: Trace, example: Example | None, *, inner: Reward, factor: float, shift: float) -> Raw:
    value, said = inner.measure(step, trace, example)
    return (None if value is None else factor * value + shift), said


def _gated(step: Step, trace: Trace, example: Example | None, *, condition: Reward, inner: Reward, at_least: float) -> Raw:
    (open_, why), (value, said) = condition.measure(step, trace, example), inner.measure(step, trace, example)
    if open_ is None or value is None:
        return None, ""
    return (value, said) if open_ >= at_least else (0.0, why)


def _decayed(step: Step, trace: Trace, example: Example | None, *, base: float, after: int) -> Raw:
    return base ** max(0, step.visit - after), ""


def _clipped(step: Step, trace: Trace, example: Example | None, *, inner: Reward, low: float, high: float) -> Raw:
    value, said = inner.measure(step, trace, example)
    return (None if value is None else min(max(value, low), high)), said
