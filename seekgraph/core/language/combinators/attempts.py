"""What `redo` and `best_of` have in common: attempts at a body, one after the other or side by side, of which one is selected.

Each attempt is made on a frame of its own that starts from the same state, so nothing that a discarded attempt wrote can be read
after it. A score is taken from the trace as it would be if the attempt were the only one. What ends an attempt early (an error of
a step, a spent budget, being cancelled) leaves it behind every attempt that came through; what came before stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field

from seekgraph.core.frame.frame import Frame, StepFailed
from seekgraph.core.frame.operation import Operation
from seekgraph.core.language.element import Element
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import IntParam
from seekgraph.core.language.typing_rules import Problem
from seekgraph.core.record.attempts import discarded
from seekgraph.core.record.ledger import Entry
from seekgraph.core.record.scoring import AttemptScore, Scoring, name_of, needs_of, score_attempt
from seekgraph.core.record.step import DECISION, Step, StepError
from seekgraph.core.record.trace import number_visits

_APART = 1000
"""How far apart the samples of nested attempts are: indexes differ as long as no place makes more attempts."""


class Attempt:
    """One attempt: its frame, the step that begins it, the step that scores it, its score, and what stopped it."""

    __slots__ = ("channel", "frame", "path", "score", "scored", "step", "stop")

    def __init__(self, frame: Frame, path: str, number: int, channel: str = "", critique: str = "") -> None:
        self.path = path
        self.channel = channel
        self.frame = frame.fork(number)
        self.frame.sample = frame.sample * _APART + number - 1
        self.score: float | None = None
        self.scored: Step | None = None
        self.stop: StepFailed | None = None
        self.step = self.frame.note("attempt", path, {}, writes={channel: critique} if critique else {})
        if channel in self.step.writes:
            self.frame.ledger.entries[channel] = Entry(self.step.writes[channel], (self.step.id,))

    @property
    def through(self) -> bool:
        """Whether it came to its end."""
        return self.scored is not None and self.stop is None

    @property
    def rank(self) -> tuple[int, float]:
        """What the selected attempt has the most of."""
        if not self.through:
            return 0, 0.0
        return (1, 0.0) if self.score is None else (2, self.score)

    def enough(self, below: float) -> bool:
        """Whether no other attempt is called for."""
        return self.through and (self.score is None or self.score >= below)

    async def go(self, body: Operation, reward: Scoring, below: float) -> None:
        """Run the body and score it. A step that fails is kept in `stop`; a spent budget is raised."""
        try:
            await body.run(self.frame)
        except StepFailed as stop:
            self.stop = stop
            error = stop.step.error
            self._note(AttemptScore(None), "failed", f"the attempt before failed: {error.message if error else stop.step.id}")
        else:
            self._note_score(reward, below)

    def _note_score(self, reward: Scoring, below: float) -> None:
        trace, gone = self.frame.trace(), discarded(self.frame.steps)
        number_visits(trace.steps)
        score, failed = AttemptScore(None), None
        try:
            score = score_attempt(reward, [step for step in self.frame.steps[1:] if step.id not in gone], trace, below)
        except Exception as error:  # the reward may be the user's: whatever it raises is data
            message = f"{self.path}: the reward cannot score attempt {self.step.at[-1]}: {error}"
            failed = StepError("raised", type(error).__name__, message)
        if score.value is None:
            self._note(score, "unscored", error=failed)
            return
        scarce = f"the attempt before scored {score.value:.2f}, and {below:g} is wanted"
        self._note(score, score.value, "" if score.value >= below else score.feedback or scarce)

    def _note(self, score: AttemptScore, decision: float | str, critique: str = "", error: StepError | None = None) -> None:
        parents: dict[str, tuple[str, ...]] = {}
        for step in score.steps:
            for channel in step.writes:
                parents[channel] = (*parents.get(channel, ()), step.id)
        writes = {self.channel: critique} if self.channel and critique else {}
        self.scored = self.frame.note("score", f"{self.path}.score", parents, writes=writes, decision=decision, error=error)
        noted = self.scored.decision  # a replay may have replaced it
        self.score = float(noted) if isinstance(noted, int | float) and not isinstance(noted, bool) else None


def settle(frame: Frame, path: str, attempts: list[Attempt]) -> None:
    """Take over the steps of all attempts, and what the best of them wrote; the first of equals."""
    best = max(range(len(attempts)), key=lambda index: attempts[index].rank)
    for earlier, later in pairwise(attempts):
        if earlier.scored is not None and later.step.writes:  # only now: while it runs, an attempt is seen by itself
            later.step.parents = {later.channel: (earlier.scored.id,)}
    for attempt in attempts:
        frame.take_steps(attempt.frame)
    failed = None
    if all(attempt.stop for attempt in attempts):
        failed = StepError("inside", "StepFailed", f"{path}: every attempt failed")
    noted = frame.note("selected", path, {}, decision=str(best + 1), error=failed).decision
    selected = next((each for number, each in enumerate(attempts, start=1) if str(number) == noted), attempts[best])
    frame.log += selected.frame.log
    frame.catch_up(selected.frame.log)


def stop_if_none_came_through(attempts: list[Attempt]) -> None:
    """Pass on the first failure where every attempt failed."""
    stops = [attempt.stop for attempt in attempts if attempt.stop]
    if len(stops) == len(attempts):
        raise stops[0]


def problems_of(body: Element, reward: Scoring, channel: str = "") -> Iterator[Problem]:
    """A reward that needs gold, of which there is none at run time; attempts that cannot differ.

    They differ where something in the body reads the feedback in `channel`, asks a model, or takes its visit.
    """
    if gold := sorted(needs_of(reward)):
        message = f"the reward {name_of(reward)!r} needs {', '.join(gold)}, and at run time there is no example"
        yield Problem("needs-gold", message, "take a reward that needs no gold, such as seekgraph.rewards.novelty")
    inside = list(_within(body))
    read = {name for element in inside for each in element.reads() for name in each.sources}
    contracts = [element.contract() for element in inside if isinstance(element, Node)]
    chance = any(contract.visit or any(LM in port.port.__mro__ for port in contract.ports) for contract in contracts)
    if not chance and channel not in read:
        reads = f"reads {channel!r}, " if channel else ""
        message = f"every attempt gives the same: nothing in it {reads}asks a model, or takes its Visit"
        hint = f"let a node read it: {channel}: str = ''" if channel else "let a node ask a model, or use visit.rng"
        yield Problem("same-attempts", message, hint, "warning", channel=channel)


def records_of(channel: str = "") -> dict[str, dict[str, Any] | None]:
    """What a replay may replace: the number of the selected attempt, its feedback, and the score of an attempt."""
    number = Annotated[str, Field(pattern=r"^[1-9]\d*$", coerce_numbers_to_str=True)]
    score = Annotated[float, Field(ge=0, le=1)]
    return {"": {DECISION: number, **({channel: str} if channel else {})}, "score": {DECISION: score}}


def _within(element: Element) -> Iterator[Element]:
    yield element
    for _, part in element.parts_by_label:
        yield from _within(part)


def a_number(kind: str, slot: str, number: Any) -> None:
    least = number.low if isinstance(number, IntParam) else number
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise ValueError(f"{kind} makes at least one attempt: {slot} is a whole number of 1 or more, not {number!r}")


def a_reward(kind: str, reward: Any) -> Scoring:
    if not callable(reward) or isinstance(reward, type):
        raise TypeError(f"{kind} takes a reward, a function (step, trace, example) -> Score, not {reward!r}")
    if not name_of(reward):
        raise TypeError(f"{kind} takes a reward with a name, so that its flow has a fingerprint: give {reward!r} a `name`")
    scoring: Scoring = reward
    return scoring
