"""Ways to combine rewards beside `+ - *`: conditions, limits, phases, and what the visits of a node come to together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from seekgraph.core.language.params import Choice
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Raw, Reward, RewardError, combined
from seekgraph.rewards.seen import lasting
from seekgraph.rewards.weights import formula
from seekgraph.types import Example


@formula
def gate(condition: Reward, inner: Reward, at_least: float = 0.5) -> Reward:
    """`inner` where `condition` is `at_least` so much, 0 with the condition's feedback where it is less; None where either is.

    Source: SearchLLM's aggregation: bottom-line constraints must pass before behaviour counts.
    """
    measure = partial(_gated, condition=condition, inner=inner, at_least=at_least)
    least = "" if at_least == 0.5 else f", at_least={at_least:g}"
    return combined(f"gate({condition.name}, {inner.name}{least})", measure, condition, inner)


@formula
def decay(base: float, after: int = 0) -> Reward:
    """base^max(0, v - after) at the v-th visit of a node in the run, `base` in [0, 1]: what later visits are still worth.

    A factor: `support_gain * decay(0.95, after=1)`. Source: InForage's penalty is 0.95^t for turns after the first; GraphRAG-R1
    lets the first retrievals pay most.
    """
    if not 0 <= base <= 1 or after < 0:
        raise RewardError(f"decay takes a base in [0, 1] and visits of 0 or more, not base={base!r}, after={after!r}")
    return combined(f"decay({base:g}, after={after})", partial(_decayed, base=base, after=after))


@formula
def clip(inner: Reward, low: float = 0.0, high: float = 1.0) -> Reward:
    """`inner` cut off to [low, high] at this place of a formula, and not only at its end. Raises `RewardError` for low > high."""
    if not low <= high:
        raise RewardError(f"clip cuts off to an interval from low to high, not from {low!r} to {high!r}")
    return combined(f"clip({inner.name}, {low:g}, {high:g})", partial(_clipped, inner=inner, low=low, high=high), inner)


def schedule(phases: Mapping[str, Reward], phase: str | None = None, *, name: str = "phase") -> Reward:
    """The reward of one phase of several: `phase`, without it the first.

    A reward is pure, so no hidden state says which phase it is: the phase is a param called `name`. `with_params` gives the
    reward of another phase, wherever in a formula the schedule stands, and schedules of one name with the same phases move on
    together:

        early = schedule({"explore": novelty, "exploit": support_gain})
        late = (0.5 * early + 0.5 * answer_f1).with_params({"phase": "exploit"})

    It needs what its phase needs. Source: GraphRAG-R1 trains in phases, see `graphrag_r1`. Raises `RewardError` for fewer than
    two phases and for one that there is not.
    """
    if len(phases) < 2 or (phase is not None and phase not in phases):
        there = ", ".join(map(repr, phases)) or "none"
        raise RewardError(f"a schedule has two phases at least and begins with one of them; got phase {phase!r} of {there}")
    return _in_phase(dict(phases), Choice(*phases, default=phase, name=name))


@formula
def from_visit(rewards: Mapping[int, Reward]) -> Reward:
    """Another reward for later visits of a node: that of the highest number which is not above the visit's.

    from_visit({1: novelty, 3: support_gain}) is `novelty` at visits 1 and 2, and `support_gain` from the third on. None at visits
    before the first number. Raises `RewardError` for no rewards and for numbers below 1.
    """
    if not rewards or min(rewards) < 1:
        raise RewardError(f"from_visit takes rewards by the number of the visit that each begins with, from 1, not {[*rewards]}")
    numbers = ", ".join(f"{number}: {rewards[number].name}" for number in sorted(rewards))
    return combined(f"from_visit({numbers})", partial(_from_visit, rewards=dict(rewards)), *rewards.values())


@formula
def per_visit(inner: Reward, how: Literal["mean", "sum"] = "mean") -> Reward:
    """What the visits of a node in a run come to together: the mean of `inner` over those that it applies to, or its sum.

    The sum is for what adds up, such as `support_gain`: the share of gold that the node has found in the run. A node has one such
    score in a run, at the last visit that `inner` applies to, so that it is counted once and adds up with other rewards there.
    The feedback is that of the weakest visit. Visits in discarded attempts do not count.

    Raises `RewardError` for another `how`.
    """
    if how not in ("mean", "sum"):
        raise RewardError(f"visits come to their 'mean' or their 'sum', not to {how!r}")
    return combined(f"per_visit({inner.name}, {how})", partial(_per_visit, inner=inner, how=how), inner)


@formula
def best_visit(inner: Reward) -> Reward:
    """The best of `inner` over the visits of a node in a run, at the last of those that it applies to, as `per_visit` is.

    best_visit(turn_recall) is the best recall of a turn. Source: InForage's extra reward; there the best is over all searches of
    the run, whatever node makes them: see `inforage`.
    """
    return combined(f"best_visit({inner.name})", partial(_best_visit, inner=inner), inner)


@formula
def _in_phase(phases: Mapping[str, Reward], phase: str) -> Reward:
    inner = phases[phase]
    return combined(f"schedule({phase}: {inner.name})", inner.measure, inner)


# Module-level functions, not lambdas: a reward has to reach worker processes by pickle.


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


def _from_visit(step: Step, trace: Trace, example: Example | None, *, rewards: Mapping[int, Reward]) -> Raw:
    begun = [number for number in rewards if number <= step.visit]
    return rewards[max(begun)].measure(step, trace, example) if begun else (None, "")


def _per_visit(step: Step, trace: Trace, example: Example | None, *, inner: Reward, how: str) -> Raw:
    found = _visits(step, trace, example, inner)
    if not found:
        return None, ""
    total = math.fsum(value for _, value, _ in found)
    return total if how == "sum" else total / len(found), _feedback_of("weakest", found, min(found, key=lambda each: each[1]))


def _best_visit(step: Step, trace: Trace, example: Example | None, *, inner: Reward) -> Raw:
    found = _visits(step, trace, example, inner)
    if not found:
        return None, ""
    best = max(found, key=lambda each: each[1])
    return best[1], _feedback_of("best", found, best)


Visited = tuple[Step, float, str]
"""A visit, its value and what is said about it."""


def _feedback_of(which: str, found: Sequence[Visited], one: Visited) -> str:
    step, _, said = one
    return said if len(found) == 1 or not said else f"the {which} of {len(found)} visits is {step.id}: {said}"


def _visits(step: Step, trace: Trace, example: Example | None, inner: Reward) -> list[Visited]:
    """The visits of the step's place that a reward applies to, with its value and feedback, where this step is the last of them;
    else none."""
    if inner.measure(step, trace, example)[0] is None:
        return []
    visits = [each for each in lasting(trace) if each.path == step.path and each.kind == step.kind]
    found: list[Visited] = []
    for each in reversed(visits):  # the last first: at every other visit that is all there is to see
        value, said = inner.measure(each, trace, example)
        if value is not None:
            if not found and each.id != step.id:
                return []
            found.append((each, value, said))
    return found[::-1]
