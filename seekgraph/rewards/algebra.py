"""The reward algebra: what a reward is, and how rewards are added, scaled and multiplied. `combine` has the other ways.

    search = (0.8 * support_gain + 0.2 * novelty) * decay(0.9, after=1)

Inside an expression values are plain numbers that may leave [0, 1]; they are clipped once, when the whole is called. So
`a + b - b` is `a`, and `0.5 * (1 + gain - redundancy)` loses nothing.

A part that does not apply to a step (None) is a zero that is remembered: it changes no sum, and a product with it does not
apply either. Sums and products of rewards are therefore commutative, associative and distributive, on steps where all parts
apply as on others. A number is not a reward: it shifts or scales one where that applies, and never makes one apply. A number may
be a param: see `weights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.seen import taken
from seekgraph.rewards.weights import Tunable, formula
from seekgraph.types import Example

Raw = tuple[float | None, str]
"""A value that has not been clipped, and feedback."""


class RewardError(SeekgraphError, ValueError):
    """A reward is declared wrongly, gives what is no score, or asks for what the examples or the flow do not have."""


class RewardDefinitionError(RewardError):
    """A reward's function gives what is no score at all, such as a float: so for every example, and it ends an evaluation."""


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
class Reward(Tunable):
    """The one contract of a reward: `reward(step, trace, example) -> Score`, a pure function of one step in its trace.

    - It may read the step, all of its trace (also what came after) and the example. It changes nothing, calls nothing outside,
      and gives the same score for the same three, in any process. The example may be None: at run time there is none.
    - None means that it does not apply: the step is of another sort, or failed, or the example lacks the gold. It is never
      a zero, and is left out of means.
    - `needs` are the fields of the example without which it does not apply, `channels` those that nodes of the flow have to
      write; of a combined reward, those of all its parts. `require_needs` checks both before anything runs.
    - It never raises for a step of a well-formed trace. Where it does, that is a bug, kept as the error of the example.

    `name` tells rewards apart in a report; that of a combined one is its formula until `named` gives it another. `measure` is
    the same function before clipping. `params` lists the numbers that were declared as params, `with_params` sets them. A reward
    can be pickled if what it was written from stands in a module.
    """

    name: str
    measure: Callable[[Step, Trace, Example | None], Raw] = field(repr=False, compare=False)
    needs: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

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
        return _named(self, name)

    def __add__(self, other: Reward | float) -> Reward:
        return _plus(self, other) if isinstance(other, Reward) else _shifted(self, other)

    def __sub__(self, other: Reward | float) -> Reward:
        return _minus(self, other) if isinstance(other, Reward) else _lowered(self, other)

    def __mul__(self, other: Reward | float) -> Reward:
        return _times(self, other) if isinstance(other, Reward) else _scaled(self, other)

    def __rsub__(self, other: float) -> Reward:
        return _taken_from(self, other)

    __radd__ = __add__
    __rmul__ = __mul__


def combined(name: str, measure: Callable[..., Raw], *parts: Reward) -> Reward:
    """A reward that needs what its parts need. `measure` is a module's function, or a `partial` of one, so that it is pickled."""
    return Reward(
        name, measure, frozenset().union(*(part.needs for part in parts)), frozenset().union(*(part.channels for part in parts))
    )


def scores(trace: Trace, rewards: Sequence[Reward], example: Example | None = None) -> Iterator[tuple[Step, Reward, Score]]:
    """Every reward of every step that it applies to, in the order of the trace.

    A reward that raises becomes a `RewardError` that names it and the step; a `RewardDefinitionError` stays one.
    """
    for step in taken(trace):
        for each in rewards:
            try:
                score = each(step, trace, example)
            except RewardDefinitionError:
                raise
            except Exception as error:  # the reward may be the user's: whatever it raises is told with its place
                raise RewardError(f"reward {each.name!r} raised {type(error).__name__} at step {step.id}: {error}") from error
            if score.value is not None:
                yield step, each, score


# Makers and measures are a module's functions, not lambdas: a reward has to reach worker processes by pickle.


@formula
def _named(inner: Reward, name: str) -> Reward:
    return replace(inner, name=name)


@formula
def _plus(left: Reward, right: Reward) -> Reward:
    return combined(f"{left.name} + {right.name}", partial(_sum, left=left, right=right, sign=1.0), left, right)


@formula
def _minus(left: Reward, right: Reward) -> Reward:
    return combined(f"{left.name} - {_inside(right)}", partial(_sum, left=left, right=right, sign=-1.0), left, right)


@formula
def _times(left: Reward, right: Reward) -> Reward:
    return combined(f"{_inside(left)} * {_inside(right)}", partial(_product, left=left, right=right), left, right)


@formula
def _shifted(inner: Reward, by: float) -> Reward:
    return combined(f"{inner.name} + {by:g}", partial(_line, inner=inner, factor=1.0, shift=float(by)), inner)


@formula
def _lowered(inner: Reward, by: float) -> Reward:
    return combined(f"{inner.name} - {by:g}", partial(_line, inner=inner, factor=1.0, shift=-float(by)), inner)


@formula
def _scaled(inner: Reward, by: float) -> Reward:
    return combined(f"{by:g} * {_inside(inner)}", partial(_line, inner=inner, factor=float(by), shift=0.0), inner)


@formula
def _taken_from(inner: Reward, number: float) -> Reward:
    return combined(f"{number:g} - {_inside(inner)}", partial(_line, inner=inner, factor=-1.0, shift=float(number)), inner)


def _inside(part: Reward) -> str:
    return f"({part.name})" if " + " in part.name or " - " in part.name else part.name


def _joined(*feedback: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, feedback)))


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
