"""`loop`: the body again and again, at most so many times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seekgraph.core.frame.frame import Frame
from seekgraph.core.frame.operation import Operation, Question
from seekgraph.core.language.contract import Build, S, Walk
from seekgraph.core.language.element import Combinator, Element, as_element
from seekgraph.core.language.expr import Expr, first_channel, lift
from seekgraph.core.language.params import IntParam, Param
from seekgraph.core.language.typing_rules import Problem, fits, infer, type_name
from seekgraph.core.record.ledger import Entry
from seekgraph.core.record.step import DECISION


class Loop(Combinator):
    """The body again and again, at least once, until `until` holds after a round or `max_rounds` have run."""

    repeats = True
    body: Element
    until: Expr
    max_rounds: int | Param

    def paths(self, walk: Walk[S], state: S) -> S:
        """At least one round; a later round may find what an earlier one wrote. Outside, `round` is what it was."""
        end = walk.again(0, walk.write(walk.step(state, "round 1"), "round", int))
        walk.read(end)
        return walk.restore(end, state, "round", inner=False)

    def setting_problems(self) -> Iterator[Problem]:
        least = self.max_rounds.low if isinstance(self.max_rounds, IntParam) else self.max_rounds
        if isinstance(least, bool) or not isinstance(least, int) or least < 1:
            message = f"max_rounds is a whole number of 1 or more, or an Int with such a low end, not {self.max_rounds!r}"
            yield Problem("unbounded-loop", message, "max_rounds=3, or max_rounds=Int(3, low=1, high=8)")

    def problems(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        kind = infer(self.until, known)
        if not fits(kind, bool):
            hint = "compare it with something: until=S.verdict.score >= 0.5"
            message = f"until={self.until} is {type_name(kind)}, which is not a condition"
            yield Problem("not-boolean", message, hint, channel=first_channel(self.until))

    def operation(self, build: Build) -> Operation:
        return LoopOp(build.part(), build.question("until", "until", bool), build.setting("max_rounds"))

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {DECISION: bool}}


@dataclass(slots=True)
class LoopOp:
    """The body until the question is answered with yes, at most `max_rounds` times."""

    body: Operation
    until: Question
    max_rounds: int

    async def run(self, frame: Frame) -> None:
        at, around = frame.at, frame.round
        entries = frame.ledger.entries
        outer = entries.get("round")
        if frame.run.recorded is not None:
            frame.run.recorded.enter(frame, self.until.path)
        try:
            for number in range(1, self.max_rounds + 1):
                frame.at, frame.round = (*at, number), number
                entries["round"] = Entry(number, ())
                await self.body.run(frame)
                done = self.until.ask(frame)
                step = frame.note("until", self.until.path, frame.sources(self.until.channels), decision=done)
                if step.decision:
                    return
        finally:
            frame.at, frame.round = at, around
            if outer is None:
                entries.pop("round", None)
            else:
                entries["round"] = outer


def loop(body: Any, until: Expr, max_rounds: int | Any, *, name: str | None = None) -> Loop:
    """Run `body` at least once and at most `max_rounds` times (1 or more), until `until` holds."""
    least = max_rounds.low if isinstance(max_rounds, IntParam) else max_rounds
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise ValueError(f"a loop runs at least one round: max_rounds is a whole number of 1 or more, not {max_rounds!r}")
    made = Loop(as_element(body), lift(until), max_rounds)
    return made.named(name) if name else made
