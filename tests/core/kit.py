"""Small nodes and a metered service that the tests of the language and the runner share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, runtime_checkable

import seekgraph as sg
from seekgraph.core.base.budget import Usage
from seekgraph.core.language.ports import Port, charged
from seekgraph.core.record.ledger import EvidenceList, Passages
from seekgraph.core.record.step import Step
from seekgraph.types import Answer, Digest, Evidence, Goal, Passage

Texts = Annotated[tuple[str, ...], sg.Merge.APPEND]


class Notes(sg.Writes):
    notes: Texts


class Said(sg.Writes):
    answer: Answer


class Marked(sg.Writes):
    mark: str


class Goals(sg.Writes):
    goals: tuple[Goal, ...]


class Found(sg.Writes):
    passages: Passages


class Read(sg.Writes):
    evidence: EvidenceList


class Jot(sg.Node):
    """Adds `text` to the notes after `delay` seconds, or raises `error`."""

    text: str = "x"
    delay: float = 0.0
    error: str = ""

    async def run(self) -> Notes:
        await asyncio.sleep(self.delay)
        if self.error:
            raise RuntimeError(self.error)
        return Notes(notes=(self.text,))


def meets(count: int) -> type[sg.Node]:
    """A node whose visits go on when `count` of them are under way: one after the other they would fail."""
    barrier = asyncio.Barrier(count)

    class Meets(sg.Node):
        async def run(self) -> Notes:
            async with asyncio.timeout(60):
                await barrier.wait()
            return Notes(notes=("met",))

    return Meets


FOREVER = 1000.0
"""Seconds: whoever waits for it to the end is stopped by the time limit of the test."""


class Echo(sg.Node):
    """Adds what it reads as the question to the notes."""

    async def run(self, question: str) -> Notes:
        return Notes(notes=(question,))


class JotGoal(sg.Node):
    """Adds `id(notes so far)` to the notes: what an item of an `each` saw."""

    slow: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()

    async def run(self, goal: Goal, notes: tuple[str, ...] = ()) -> Notes:
        await asyncio.sleep(0.02 if goal.id in self.slow else 0)
        if goal.id in self.fails:
            raise RuntimeError(f"no luck with {goal.id}")
        return Notes(notes=(f"{goal.id}({','.join(notes)})",))


class JotRound(sg.Node):
    async def run(self, round: int = 0) -> Notes:
        return Notes(notes=(f"round {round}",))


class Mark(sg.Node):
    """Replaces the mark."""

    text: str = "x"
    delay: float = 0.0

    async def run(self) -> Marked:
        await asyncio.sleep(self.delay)
        return Marked(mark=self.text)


class Aim(sg.Node):
    """Writes goals."""

    goals: tuple[Goal, ...] = ()

    async def run(self, question: str) -> Goals:
        return Goals(goals=self.goals)


class Find(sg.Node):
    """Finds the passage `id`, or the one with the goal's id."""

    id: str = ""

    async def run(self, goal: Goal | None = None) -> Found:
        id = self.id or (goal.id if goal else "p")
        return Found(passages=(Passage(id=id, text=f"text of {id}"),))


class Quote(sg.Node):
    """Evidence from every passage."""

    async def run(self, passages: tuple[Passage, ...]) -> Read:
        return Read(evidence=tuple(Evidence(claim=f"claim of {passage.id}", passage_id=passage.id) for passage in passages))


class Tell(sg.Node):
    """Answers with the notes."""

    async def run(self, notes: tuple[str, ...] = ()) -> Said:
        return Said(answer=Answer(text=" ".join(notes)))


class Sum(sg.Node):
    """Answers with the conclusions of the digests."""

    async def run(self, digests: tuple[Digest, ...] = ()) -> Said:
        return Said(answer=Answer(text=" ".join(digest.conclusion for digest in digests)))


class Cite(sg.Node):
    """Answers with the ids of the passages, citing the first `most` of them."""

    most: int = 9

    async def run(self, passages: tuple[Passage, ...] = ()) -> Said:
        ids = tuple(passage.id for passage in passages)
        return Said(answer=Answer(text=" ".join(ids), citations=ids[: self.most]))


# --- a service that costs -------------------------------------------------------------------------------------------


@dataclass
class Reply:
    text: str
    usage: Usage


@runtime_checkable
class Service(Port, Protocol):
    @charged("calls")
    async def ask(self, text: str) -> Reply: ...

    @charged("searches")
    async def look(self, text: str) -> Reply: ...


@dataclass
class Metered:
    """Answers after `delay` seconds, says what it cost, and counts what was really asked of it."""

    tokens: int = 10
    usd: float = 0.01
    delay: float = 0.0
    identity: str | None = "service-1"
    asked: list[str] = field(default_factory=list)

    async def ask(self, text: str) -> Reply:
        self.asked.append(text)
        await asyncio.sleep(self.delay)
        return Reply(text.upper(), Usage(tokens_in=self.tokens - self.tokens // 2, tokens_out=self.tokens // 2, usd=self.usd))

    async def look(self, text: str) -> Reply:
        return await self.ask(text)


class Ask(sg.Node):
    """Asks the service `times` times and notes the last reply."""

    text: str = "x"
    times: int = 1

    async def run(self, service: Service) -> Notes:
        for _ in range(self.times):
            reply = await service.ask(self.text)
        return Notes(notes=(reply.text,))


class AskGoal(sg.Node):
    async def run(self, goal: Goal, service: Service) -> Notes:
        return Notes(notes=((await service.ask(goal.id)).text,))


class Look(sg.Node):
    text: str = "x"

    async def run(self, service: Service) -> Notes:
        return Notes(notes=((await service.look(self.text)).text,))


class AskedTell(sg.Node):
    """Answers with the notes, and asks the service first."""

    async def run(self, service: Service, notes: tuple[str, ...] = ()) -> Said:
        reply = await service.ask("tell")
        return Said(answer=Answer(text=" ".join((*notes, reply.text))))


# --- running --------------------------------------------------------------------------------------------------------


def bound(body: Any, *, inputs: dict[str, Any] | None = None, **options: Any) -> sg.Bound:
    """A body as a flow that is bound; its input is the question unless said otherwise."""
    return sg.Flow(body, inputs={"question": str} if inputs is None else inputs).bind(**options)


def ran(body: Any, **options: Any) -> Any:
    """The result of a body on a question."""
    return bound(body, **options)(question="why?")


def goals(**needs: str) -> tuple[Goal, ...]:
    """`goals(a="", b="a")`: goals by id with the ids that they need, separated by blanks."""
    return tuple(Goal(id=id, text=f"text of {id}", needs=tuple(needed.split())) for id, needed in needs.items())


def paths(steps: Any) -> list[str]:
    """The ids of steps, but for the input."""
    return [step.id for step in steps if step.path != "input"]


def errors(result: Any) -> dict[str, str]:
    """The code of each error by the id of its step."""
    return {step.id: step.error.code for step in result.errors}


def only(steps: list[Step]) -> Step:
    (step,) = steps
    return step


def tasks() -> Iterator[asyncio.Task[Any]]:
    """What runs in this loop besides the caller."""
    return (task for task in asyncio.all_tasks() if task is not asyncio.current_task())
