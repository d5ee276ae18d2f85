"""`best_of`: several attempts at the body, side by side, of which the best is selected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seekgraph.core.frame.frame import Exhausted, Frame
from seekgraph.core.frame.operation import Operation, at_once
from seekgraph.core.language.combinators.attempts import (
    Attempt,
    a_number,
    a_reward,
    problems_of,
    records_of,
    settle,
    stop_if_none_came_through,
)
from seekgraph.core.language.contract import Build, S, Walk
from seekgraph.core.language.element import Combinator, Element, as_element
from seekgraph.core.language.params import Param
from seekgraph.core.language.typing_rules import Problem
from seekgraph.core.record.scoring import Scoring


class BestOf(Combinator):
    """`n` attempts at the body, side by side from one state; the one with the best score is selected, the first of equals.

    Scores are those of `Redo`. Each attempt has a sample index of its own, so that models that sample say something else, and a
    node's `visit.rng` is another. An attempt that fails, or has no score, is selected only where no other has one.
    """

    kind = "best_of"
    ends = True
    scored = True
    body: Element
    reward: Scoring
    n: int | Param

    def paths(self, walk: Walk[S], state: S) -> S:
        walk.read(state)
        return walk.part(0, walk.step(state, "attempt 1"))

    def problems(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        return problems_of(self.body, self.reward)

    def operation(self, build: Build) -> Operation:
        return BestOfOp(build.path, build.part(), self.reward, build.setting("n"))

    def records(self) -> dict[str, dict[str, Any] | None]:
        return records_of()


@dataclass(slots=True)
class BestOfOp:
    """The body several times side by side."""

    path: str
    body: Operation
    reward: Scoring
    n: int

    async def run(self, frame: Frame) -> None:
        if frame.run.recorded is not None:
            frame.run.recorded.enter(frame, self.path)
        attempts = [Attempt(frame, self.path, number) for number in range(1, self.n + 1)]
        try:
            stops = await at_once(self.n, lambda index: attempts[index].go(self.body, self.reward, 1.0))
        finally:
            settle(frame, self.path, attempts)
        for stop in stops:
            if isinstance(stop, Exhausted):
                raise stop
        stop_if_none_came_through(attempts)


def best_of(n: Any, body: Any, reward: Scoring, *, name: str | None = None) -> BestOf:
    """Run `body` `n` times (1 or more; it may be a param) side by side and keep the attempt that `reward` likes best."""
    a_number("best_of", "n", n)
    made = BestOf(as_element(body), a_reward("best_of", reward), n)
    return made.named(name) if name else made
