"""A call whose price is not known is not free: its dollars are unknown, said so, and never the best value."""

from __future__ import annotations

import asyncio

import seekgraph as sg
from seekgraph.core.base.budget import Usage
from seekgraph.core.record.ledger import Passages
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.types import Example, Passage, Query

ROWS = [Example(id=str(number), question="?", supporting_ids=("p",)) for number in range(3)]


class Found(sg.Writes):
    passages: Passages


class Unpriced(list[Passage]):
    usage = Usage(tokens_in=10, unpriced=1)


class Corpus:
    identity = "corpus"

    async def search(self, query: Query, k: int) -> Unpriced:
        return Unpriced([Passage(id="p", title="p", text="text")])


class Find(sg.Node):
    async def run(self, question: str, corpus: sg.Retriever) -> Found:
        return Found(passages=tuple(await corpus.search(Query(text=question), 1)))


def test_the_dollars_of_a_run_with_an_unknown_price_are_unknown_and_the_report_counts_its_calls() -> None:
    bound = sg.Flow(Find(), output="passages").bind(corpus=Corpus())
    report = asyncio.run(evaluate(bound, ROWS, metrics=["usd", "searches"], rewards=[]))
    assert [row.metrics["usd"] for row in report.rows] == [None] * 3
    assert report.metrics["usd"].mean is None
    assert (report.cost["unpriced"].total, report.cost["usd"].total) == (3, 0)
