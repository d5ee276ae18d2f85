"""`call`: a flow as an executor, with a ledger and a budget of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.meter import Meter
from seekgraph.core.frame.frame import Exhausted, Frame, StepFailed
from seekgraph.core.frame.operation import Ending, Operation, Question, finish, within_seconds
from seekgraph.core.language.contract import Build, S, Walk, WriteSpec
from seekgraph.core.language.element import Combinator, Element, as_element
from seekgraph.core.language.expr import Expr, lift
from seekgraph.core.language.typing_rules import infer, known_union, members
from seekgraph.core.record.digest import digest_of
from seekgraph.core.record.ledger import ChannelSpec, Ledger, Merge
from seekgraph.core.record.step import StepError
from seekgraph.types import Digest


class Call(Combinator):
    """The body as an executor: with a ledger and a budget of its own.

    Only what `give` names goes in, by default the channels that the body reads before it writes them. Only a `Digest` comes
    out, appended to `digests`.
    """

    own_ledger = True
    body: Element
    give: tuple[tuple[str, Expr], ...] | None = None
    budget: Budget | None = None

    def writes(self) -> tuple[WriteSpec, ...]:
        return (WriteSpec(ChannelSpec("digests", tuple[Digest, ...], Merge.APPEND), always=True),)

    def channels(self, known: Mapping[str, Any]) -> dict[str, Any]:
        return {channel: known_union(members(infer(expr, known))) for channel, expr in self.give or ()}

    def paths(self, walk: Walk[S], state: S) -> S:
        """The body starts with what it is given, and only a digest comes back."""
        walk.read(state)
        walk.own_ledger(state, None if self.give is None else dict(self.give))
        return walk.visit(state)

    def operation(self, build: Build) -> Operation:
        if self.give is None:
            several = [(name, build.reading(name), required) for name, required in build.free_reads().items()]
        else:
            several = [(name, build.question(f"give_{name}", "input"), True) for name, _ in self.give]
        gifts = tuple(Gift(name, question, required, build.merge(name)) for name, question, required in several)
        return CallOp(build.path, build.part(), build.ending("answer"), gifts, self.budget)

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {"digests": tuple[Digest, ...]}, "give": None}


@dataclass(slots=True)
class Gift:
    """What a call is given in one channel; what is not required may be missing."""

    channel: str
    question: Question
    required: bool
    merge: Merge


@dataclass(slots=True)
class CallOp:
    """The body with a ledger and a budget of its own; a digest comes back."""

    path: str
    body: Operation
    ending: Ending | None
    give: tuple[Gift, ...]
    budget: Budget | None

    async def run(self, frame: Frame) -> None:
        meter = Meter(self.budget, frame.meter)
        inner = Frame(frame.run, Ledger(), meter, frame.at, around=frame)
        inputs: dict[str, Any] = {}
        parents: dict[str, tuple[str, ...]] = {}
        for gift in self.give:
            if gift.required or gift.channel in frame.ledger.entries:
                inputs[gift.channel] = gift.question.ask(frame)
                parents |= frame.sources(gift.question.channels)
        step = inner.note("input", f"{self.path}.give", parents, writes=inputs)
        try:
            for gift in self.give:
                if gift.channel in inputs:
                    inner.ledger.write(gift.channel, gift.merge, step.writes[gift.channel], step.id)
        except Exception as error:  # what is given to a collection is no collection
            failed = StepError(
                "invalid", type(error).__name__, f"{self.path}: gives {gift.channel!r} what it cannot hold: {error}"
            )
            frame.take_steps(inner)
            raise StepFailed(frame.note("digest", self.path, {}, error=failed)) from None
        try:
            stopped = await self._to_its_end(inner)
        except StepFailed as stop:
            frame.take_steps(inner)
            failed = StepError("inside", "StepFailed", f"{self.path}: {stop.step.id} failed inside this call")
            frame.note("digest", self.path, {}, error=failed)
            raise
        except BaseException:
            frame.take_steps(inner)
            raise
        frame.take_steps(inner)
        try:
            conclusion, read = digest_of(inner.ledger)
        except Exception as error:  # the ledger of a call holds what the user's nodes wrote, and that may be anything
            failed = StepError("invalid", type(error).__name__, f"{self.path}: what it wrote makes no digest: {error}")
            raise StepFailed(frame.note("digest", self.path, {}, error=failed)) from None
        returned = frame.note("digest", self.path, inner.sources(read), writes={"digests": (conclusion,)})
        frame.write("digests", Merge.APPEND, returned.writes["digests"], returned.id)
        if stopped is not None and stopped.meter is not meter:  # not this call's own budget: the others have to stop too
            raise stopped

    async def _to_its_end(self, inner: Frame) -> Exhausted | None:
        try:
            await within_seconds(self.body, inner)
        except Exhausted as stop:
            await finish(self.ending, inner, "answer")
            return stop
        return None


def call(flow: Any, *, give: Mapping[str, Any] | None = None, budget: Budget | None = None, name: str | None = None) -> Call:
    """Run `flow` as an executor: `give` maps its channels to expressions over this flow's state; a `Digest` comes back."""
    body = as_element(flow)
    gifts = None if give is None else tuple((channel, lift(value)) for channel, value in give.items())
    label = name or body.label
    made = Call(body._changed(label=None), gifts, budget)  # the call carries the name, so that paths do not repeat it
    return made.named(label) if label else made
