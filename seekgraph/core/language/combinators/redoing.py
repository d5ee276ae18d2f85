"""`redo`: the body, and again with feedback while it is not good enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seekgraph.core.frame.frame import Frame
from seekgraph.core.frame.operation import Operation
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
from seekgraph.core.language.params import FloatParam, Param
from seekgraph.core.language.typing_rules import Problem
from seekgraph.core.record.ledger import ChannelSpec
from seekgraph.core.record.scoring import Scoring


class Redo(Combinator):
    """The body, and again while its score is below `below`, at most `at_most` times in all; the best attempt is selected.

    Every attempt starts from the state before the first; from the second on, `channel` holds the reward's feedback on the one
    before. The score of an attempt is the mean of `reward` over its steps, each seen in the trace of what came before and of
    this attempt; an attempt without a score is selected as it is, one that fails is followed by another. Ties go to the first.
    Only the selected attempt writes to the ledger; the steps of all stand in the trace.
    """

    ends = True
    scored = True
    body: Element
    reward: Scoring
    below: float | Param
    at_most: int | Param
    channel: str = "critique"

    def channels(self, known: Mapping[str, Any]) -> dict[str, Any]:
        return {self.channel: str}

    def declares(self) -> tuple[ChannelSpec, ...]:
        return (ChannelSpec(self.channel, str),)

    def paths(self, walk: Walk[S], state: S) -> S:
        """Every attempt starts from `state`; from the second on there is feedback. Outside, its channel is what it was."""
        walk.read(state)
        end = walk.part(0, walk.write(walk.step(state, "attempt 1"), self.channel, str, always=False))
        return walk.restore(end, state, self.channel, inner=True)

    def problems(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        return problems_of(self.body, self.reward, self.channel)

    def operation(self, build: Build) -> Operation:
        below, at_most = build.setting("below"), build.setting("at_most")
        return RedoOp(build.path, build.part(), self.reward, below, at_most, self.channel)

    def records(self) -> dict[str, dict[str, Any] | None]:
        return records_of(self.channel)


@dataclass(slots=True)
class RedoOp:
    """The body until its score is good enough, at most `at_most` times."""

    path: str
    body: Operation
    reward: Scoring
    below: float
    at_most: int
    channel: str

    async def run(self, frame: Frame) -> None:
        if frame.run.recorded is not None:
            frame.run.recorded.enter(frame, self.path)
        attempts = [Attempt(frame, self.path, 1, self.channel)]
        try:
            await attempts[0].go(self.body, self.reward, self.below)
            while not (last := attempts[-1]).enough(self.below) and len(attempts) < self.at_most:
                feedback = last.scored.writes.get(self.channel, "") if last.scored else ""
                attempts.append(Attempt(frame, self.path, len(attempts) + 1, self.channel, feedback))
                await attempts[-1].go(self.body, self.reward, self.below)
        finally:
            settle(frame, self.path, attempts)
        stop_if_none_came_through(attempts)


def redo(body: Any, reward: Scoring, below: Any, at_most: Any = 3, *, channel: str = "critique", name: str | None = None) -> Redo:
    """Run `body`, and again with the reward's feedback while its score is below `below` (in [0, 1]); see `Redo`.

    `at_most` (1 or more) counts all attempts. `channel` is where the body's nodes read, as text, what was wrong. Both numbers
    may be params. The way of SmartSearch: a query that scores low is written again from what is said about it.
    """
    low = below.low if isinstance(below, FloatParam) else below
    high = below.high if isinstance(below, FloatParam) else below
    if isinstance(low, bool) or not isinstance(low, int | float) or not 0 <= low <= high <= 1:
        raise ValueError(f"redo runs again below a score in [0, 1], such as 0.5 or Float(0.5, 0, 1), not {below!r}")
    a_number("redo", "at_most", at_most)
    if not channel.isidentifier():
        raise ValueError(f"redo gives the feedback in a channel, which has a name such as 'critique', not {channel!r}")
    made = Redo(as_element(body), a_reward("redo", reward), below, at_most, channel)
    return made.named(name) if name else made
