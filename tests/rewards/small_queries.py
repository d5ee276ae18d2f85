"""Nodes that ask what a test tells them and find what it says is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from small_flows import Found, Planned

import seekgraph as sg
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.trace import Trace
from seekgraph.types import Digest, Goal, Passage, Plan, Query


class Asked(sg.Writes):
    query: Query


class AskedMany(sg.Writes):
    queries: tuple[Query, ...]


class Ask(sg.Node):
    """Asks in round n the n-th of some queries; in a `redo`, the n-th attempt asks it."""

    texts: tuple[str, ...]

    async def run(self, question: str, visit: sg.Visit) -> Asked:
        attempt = visit.id.rpartition("@")[2].rpartition(".")[2]
        number = visit.round or (int(attempt) if attempt.isdigit() else 1)
        return Asked(query=Query(text=self.texts[min(number, len(self.texts)) - 1]))


class AskWith(sg.Node):
    """Asks a query with other things than its text."""

    query: Query

    async def run(self, question: str) -> Asked:
        return Asked(query=self.query)


class DivideAndRefer(sg.Node):
    """Two goals, the second about the result of the first."""

    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=(Goal(id="1", text="who?"), Goal(id="2", text="where is #1?", needs=("1",)))))


class AskForGoal(sg.Node):
    async def run(self, question: str, goal: Goal, digests: tuple[Digest, ...] = ()) -> Asked:
        return Asked(query=Query(text=goal.text))


class AskMany(sg.Node):
    texts: tuple[str, ...]

    async def run(self, question: str) -> AskedMany:
        return AskedMany(queries=tuple(Query(text=text) for text in self.texts))


class Shelf:
    """A retriever that finds what stands under the text of the query, each by id and text; under another one, nothing."""

    def __init__(self, there: Mapping[str, Mapping[str, str]]) -> None:
        self.there = there

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        found = self.there.get(query.text, {})
        return tuple(Passage(id=id, title=id, text=text) for id, text in found.items())[:k]


def searched(body: object, there: Mapping[str, Mapping[str, str]], question: str = "?") -> Trace:
    """The trace of a flow whose corpus is such a shelf."""
    return Bound(sg.Flow(body), {"corpus": Shelf(there)}, checked=True)(question=question).trace


class Search(sg.Node):
    """Finds what stands under the text of the query, as a `Shelf` does, and asks no retriever."""

    there: Mapping[str, Mapping[str, str]]

    async def run(self, query: Annotated[Query, sg.OrElse("question")]) -> Found:
        found = self.there.get(query.text, {})
        return Found(passages=tuple(Passage(id=id, title=id, text=text) for id, text in found.items()))


def under(**queries: str) -> dict[str, dict[str, str]]:
    """What is found under each query: `under(a="p1 p2")` finds p1 and p2 for "a", whose texts are their ids."""
    return {query: {id: id for id in ids.split()} for query, ids in queries.items()}
