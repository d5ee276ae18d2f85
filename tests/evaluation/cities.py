"""A small flow over a corpus of cities, for the tests of evaluating: it answers with the first city that it finds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import seekgraph as sg
from seekgraph.core.record.ledger import Passages
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.report import Report
from seekgraph.types import Answer, Example, Passage, Query

CITIES = ("Paris", "London", "Rome", "Bern", "Oslo", "Cairo")


class Corpus:
    """Finds the passages whose title is in the query, after a little while."""

    identity = "cities"

    def __init__(self, titles: Sequence[str] = CITIES, wait: float = 0.0) -> None:
        self.passages = {title.lower(): Passage(id=title.lower(), title=title, text=f"{title} is a city.") for title in titles}
        self.wait = wait
        self.asked: list[str] = []
        self.running = self.most = 0

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        self.asked.append(query.text)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.wait)
        finally:
            self.running -= 1
        if "broken" in query.text:
            raise ConnectionError("the index is away")
        return tuple(found for found in self.passages.values() if found.title in query.text)[:k]


class KnownCorpus(Corpus):
    @property
    def passage_ids(self) -> set[str]:
        return set(self.passages)


class Found(sg.Writes):
    passages: Passages


class Said(sg.Writes):
    answer: Answer


class Search(sg.Node):
    async def run(self, question: str, corpus: sg.Retriever) -> Found:
        return Found(passages=tuple(await corpus.search(Query(text=question), 5)))


class Say(sg.Node):
    """Says the title of the first passage."""

    async def run(self, passages: tuple[Passage, ...] = ()) -> Said:
        if not passages:
            return Said(answer=Answer(text="nothing found", refused=True))
        return Said(answer=Answer(text=passages[0].title, citations=(passages[0].id,)))


def bind(corpus: Corpus | None = None, **options: Any) -> sg.Bound:
    return sg.Flow(Search() >> Say(), name="cities").bind(corpus=corpus or Corpus(), **options)


def example(city: str, *, gold: str | None = None, **more: Any) -> Example:
    return Example(
        id=city, question=f"Where is {city}?", answers=(gold or city,), supporting_ids=((gold or city).lower(),), **more
    )


EXAMPLES = [example(city) for city in CITIES]


def run(bound: sg.Bound, examples: Any = EXAMPLES, **options: Any) -> Report:
    return asyncio.run(evaluate(bound, examples, **options))


def timeless(report: Report) -> list[dict[str, Any]]:
    """The rows without what the clock says."""
    rows = [row.model_dump(exclude={"seconds", "latency"}) for row in report.rows]
    for row in rows:
        row["metrics"].pop("seconds", None)
    return rows
