"""Runs of a flow that does what a test tells it: plan, ask, find, keep, note, answer."""

from __future__ import annotations

import seekgraph as sg
from seekgraph.core.language.element import Element
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.ledger import EvidenceList, Passages
from seekgraph.core.record.trace import Trace
from seekgraph.types import Answer, Evidence, Example, Goal, Passage, Plan, Query, SubQuestion


class Planned(sg.Writes):
    plan: Plan


class Asked(sg.Writes):
    query: Query


class Found(sg.Writes):
    passages: Passages


class Kept(sg.Writes):
    context: tuple[Passage, ...]


class Noted(sg.Writes):
    evidence: EvidenceList


class Said(sg.Writes):
    answer: Answer


class Divide(sg.Node):
    goals: tuple[str, ...]

    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=tuple(Goal(id=str(at), text=text) for at, text in enumerate(self.goals))))


class Ask(sg.Node):
    text: str
    words: tuple[str, ...] = ()

    async def run(self, question: str) -> Asked:
        return Asked(query=Query(text=self.text, weights=dict.fromkeys(self.words, 0.5)))


class Find(sg.Node):
    """Finds passages that are titled like their ids."""

    ids: tuple[str, ...]

    async def run(self, question: str) -> Found:
        return Found(passages=tuple(Passage(id=id, title=f"title {id}", text=f"text of {id}") for id in self.ids))


class Keep(sg.Node):
    ids: tuple[str, ...]

    async def run(self, passages: tuple[Passage, ...]) -> Kept:
        by_id = {passage.id: passage for passage in passages}
        return Kept(context=tuple(by_id[id] for id in self.ids))


class Note(sg.Node):
    ids: tuple[str, ...]

    async def run(self, context: tuple[Passage, ...]) -> Noted:
        return Noted(evidence=tuple(Evidence(claim="c", passage_id=id) for id in self.ids))


class Say(sg.Node):
    text: str
    citations: tuple[str, ...] = ()
    refused: bool = False

    async def run(self, question: str, context: tuple[Passage, ...] = ()) -> Said:
        return Said(answer=Answer(text=self.text, citations=self.citations, refused=self.refused))


class Fail(sg.Node):
    async def run(self, question: str) -> Said:
        raise OSError("down")


def run(body: Element) -> Trace:
    """The trace of a flow; unread writes are what these flows are about, so they are not checked for them."""
    return Bound(sg.Flow(body), {}, checked=True)(question="Who was born in the town of the river?").trace


HOPS = (
    SubQuestion(question="Which town is on the river?", answer="Bern", supporting_id="p1"),
    SubQuestion(question="Who was born in #1?", answer="Ann", supporting_id="p2"),
)


def example(*gold: str, answers: tuple[str, ...] = ("Ann",), hops: tuple[SubQuestion, ...] = ()) -> Example:
    return Example(id="e", question="?", supporting_ids=gold, answers=answers, decomposition=hops)
