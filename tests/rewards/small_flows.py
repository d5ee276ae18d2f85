"""Nodes whose results a test sets, and the rewards of the steps of their flows."""

from __future__ import annotations

import seekgraph as sg
from seekgraph.core.record.ledger import EvidenceList, Passages
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import (
    Reward,
)
from seekgraph.types import Answer, Evidence, Example, Goal, Passage, Plan, Verdict


def passages(*ids: str) -> tuple[Passage, ...]:
    return tuple(Passage(id=id, title=id, text=f"text of {id}") for id in ids)


def example(*gold: str, answers: tuple[str, ...] = ("Paris",)) -> Example:
    return Example(id="e", question="?", supporting_ids=gold, answers=answers)


class Found(sg.Writes):
    passages: Passages


class Kept(sg.Writes):
    context: tuple[Passage, ...]


class Noted(sg.Writes):
    evidence: EvidenceList


class Judged(sg.Writes):
    verdict: Verdict


class Said(sg.Writes):
    answer: Answer


class Tried(sg.Writes):
    passages: Passages
    answer: Answer


class Planned(sg.Writes):
    plan: Plan


class Find(sg.Node):
    """Finds in round n the n-th of some lists of ids."""

    lists: tuple[tuple[str, ...], ...]

    async def run(self, question: str, visit: sg.Visit) -> Found:
        return Found(passages=passages(*self.lists[max(visit.round, 1) - 1]))


class Keep(sg.Node):
    """Keeps these of the passages, in this order."""

    ids: tuple[str, ...]

    async def run(self, passages: tuple[Passage, ...]) -> Kept:
        by_id = {passage.id: passage for passage in passages}
        return Kept(context=tuple(by_id[id] for id in self.ids))


class Note(sg.Node):
    """Notes evidence from these of the passages."""

    ids: tuple[str, ...]

    async def run(self, passages: tuple[Passage, ...]) -> Noted:
        return Noted(evidence=tuple(Evidence(claim="c", passage_id=id) for id in self.ids))


class Tell(sg.Node):
    """Finds passages with these texts, by id."""

    texts: dict[str, str]

    async def run(self, question: str) -> Found:
        return Found(passages=tuple(Passage(id=id, title=id, text=text) for id, text in self.texts.items()))


class Quote(sg.Node):
    """Notes these quotes, as (id, quote)."""

    quotes: tuple[tuple[str, str], ...]

    async def run(self, passages: tuple[Passage, ...]) -> Noted:
        return Noted(evidence=tuple(Evidence(claim="c", passage_id=id, quote=quote) for id, quote in self.quotes))


class Judge(sg.Node):
    score: float

    async def run(self, context: tuple[Passage, ...]) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class JudgeEvidence(sg.Node):
    score: float

    async def run(self, evidence: tuple[Evidence, ...]) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class JudgeBlindly(sg.Node):
    score: float

    async def run(self, question: str) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class JudgeAnswer(sg.Node):
    score: float

    async def run(self, answer: Answer) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class JudgeGoal(sg.Node):
    score: float

    async def run(self, goal: Goal, passages: tuple[Passage, ...]) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class Say(sg.Node):
    text: str
    citations: tuple[str, ...] = ()
    refused: bool = False
    confidence: float = 1.0

    async def run(self, question: str, context: tuple[Passage, ...] = ()) -> Said:
        answer = Answer(text=self.text, citations=self.citations, refused=self.refused, confidence=self.confidence)
        return Said(answer=answer)


class Try(sg.Node):
    """In the n-th attempt finds the n-th passage and answers with the n-th text."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]

    async def run(self, question: str, visit: sg.Visit) -> Tried:
        attempt = int(visit.id.rpartition("@")[2]) - 1
        return Tried(passages=passages(self.ids[attempt]), answer=Answer(text=self.texts[attempt]))


class Fail(sg.Node):
    async def run(self, question: str) -> Said:
        raise OSError("down")


class Divide(sg.Node):
    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=(Goal(id="1", text="who?"), Goal(id="2", text="where?"))))


def result(body: object) -> sg.Result:
    """What a flow comes to; unread writes are what these flows are about, so they are not checked for them."""
    from seekgraph.core.machine.bound import Bound

    return Bound(sg.Flow(body), {}, checked=True)(question="?")


def run(body: object) -> Trace:
    """The trace of a flow."""
    return result(body).trace


def values(reward: Reward, trace: Trace, row: Example) -> list[float | None]:
    """The reward of each step that it applies to."""
    found = [reward(step, trace, row).value for step in trace]
    return [value for value in found if value is not None]


def feedback(reward: Reward, trace: Trace, row: Example) -> list[str]:
    return [score.feedback for step in trace if (score := reward(step, trace, row)).feedback]
