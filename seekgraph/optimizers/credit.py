"""How good each visit of a node was, by the rewards of its step or of those that read what it wrote, and what they say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, scores
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.types import Example


class Said(NamedTuple):
    """What a reward says of a step: its name, its value in [0, 1], and its feedback in words."""

    step: str
    reward: str
    value: float
    feedback: str


@dataclass(frozen=True)
class Credit:
    """The rewards of one run by the ids of its steps: `own` for each step that has any; `through` for each step those of the
    steps that directly read what it wrote."""

    own: dict[str, list[Said]] = field(default_factory=dict)
    through: dict[str, list[Said]] = field(default_factory=dict)

    def value(self, step: str) -> float | None:
        """The mean of a step's own rewards; of one without, that of its readers' means; None where neither has any."""
        if own := self.own.get(step):
            return _mean([said.value for said in own])
        readers: dict[str, list[float]] = {}
        for said in self.through.get(step, ()):
            readers.setdefault(said.step, []).append(said.value)
        return _mean([_mean(values) for values in readers.values()]) if readers else None

    def words(self, step: str) -> list[str]:
        """What the rewards say of a step, one line each: its own first, then those of its readers."""
        found = [(said.reward, said) for said in self.own.get(step, ())]
        found += [(f"{said.reward} of {said.step}", said) for said in self.through.get(step, ())]
        return [f"{name} {said.value:.2f}{f': {said.feedback}' if said.feedback else ''}" for name, said in found]


def in_force(own: tuple[Reward, ...], asked: Sequence[Reward] | None) -> tuple[Reward, ...]:
    """The rewards that a pass goes by: those that it was given itself, else those that the compile was asked for, else the
    default ones, which are `own` then."""
    return tuple(asked) if asked is not None and own is DEFAULT_REWARDS else own


def credit(trace: Trace, rewards: Sequence[Reward], example: Example) -> Credit:
    """The credit of all steps of a run; nothing where a reward raises: that costs this run's steps, not the compile."""
    found = Credit()
    try:
        for step, reward, score in scores(trace, rewards, example):
            if score.value is not None:
                found.own.setdefault(step.id, []).append(Said(step.id, reward.name, score.value, score.feedback))
    except RewardError:
        return Credit()
    for step in trace.steps:
        if step.id in found.own:
            for parent in {parent for sources in step.parents.values() for parent in sources}:
                found.through.setdefault(parent, []).extend(found.own[step.id])
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
