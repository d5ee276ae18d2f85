"""A small world to compile in: towns on rivers that reach seas, a real BM25 over them, and flows with something to gain.

A question names a town; its gold are the town's passage, which BM25 finds first, and the river's, which shares no rare word with
the question: more passages (`k`) find it, and so does a fitted ranker that follows the name. Nodes append to the file that
`RIVERS_LOG` names when they run, and the process kills itself at the run that `RIVERS_DIE_AT` numbers.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

import seekgraph as sg
from seekgraph.core.base.budget import Usage
from seekgraph.core.language.fitting import FitRow
from seekgraph.core.record.ledger import Passages
from seekgraph.flow import Bound
from seekgraph.tools import BM25
from seekgraph.types import Answer, Example, Passage, Query

SEAS = ("Amber", "Cobalt", "Ivory", "Jade")
PARTS = ("bel", "cor", "dun", "fal", "gor", "hal"), ("a", "o"), ("mir", "nes", "tor", "vin")
NAMES = ["".join(parts) for parts in itertools.product(*PARTS)]
TOWNS = NAMES[0::2]
RIVERS = [name[::-1] for name in NAMES[1::2]]


@cache
def corpus() -> BM25:
    towns = [
        Passage(id=f"t{i}", title=town.title(), text=f"{town.title()} is a town on the {RIVERS[i].title()}. It has a market.")
        for i, town in enumerate(TOWNS)
    ]
    rivers = [
        Passage(
            id=f"r{i}",
            title=river.title(),
            text=f"The {river.title()} is a river. It reaches the {SEAS[i % 4]} sea." + " It is long." * (i % 5),
        )
        for i, river in enumerate(RIVERS)
    ]
    return BM25([*towns, *rivers])


def examples(first: int = 0, last: int = len(TOWNS)) -> tuple[Example, ...]:
    return tuple(
        Example(
            id=f"q{i:02}",
            question=f"Which sea does the river of {TOWNS[i].title()} reach?",
            answers=(SEAS[i % 4],),
            supporting_ids=(f"t{i}", f"r{i}"),
        )
        for i in range(first, last)
    )


TRAIN, VAL = examples(0, 12), examples(12, 24)
GOLD = {each.question: each.supporting_ids for each in (*TRAIN, *VAL)}


class Found(sg.Writes):
    passages: Passages


class Kept(sg.Writes):
    context: tuple[Passage, ...]


class Said(sg.Writes):
    answer: Answer


class Log:
    """Appends a line to the log of runs; dies at the run that the environment says."""

    identity = "log"  # nothing that a node returns depends on it
    runs = 0

    def __call__(self, what: str) -> None:
        self.runs += 1
        if path := os.environ.get("RIVERS_LOG"):
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(file, f"{what}\n".encode())
            os.close(file)
        if self.runs == int(os.environ.get("RIVERS_DIE_AT", "0")):
            os.kill(os.getpid(), getattr(signal, os.environ.get("RIVERS_DIE_BY", "SIGKILL")))


note = Log()


class Search(sg.Node):
    """Finds `k` passages. `broken` are words in a question at which it raises."""

    k: int = sg.Int(1, low=1, high=24)
    broken: tuple[str, ...] = ()

    async def run(self, question: str, corpus: sg.Retriever) -> Found:
        note(f"search {self.k} {question}")
        if any(word in question for word in self.broken):
            raise ConnectionError("the index is away")
        return Found(passages=tuple(await corpus.search(Query(text=question), self.k)))


class Follow(BaseModel):
    """How much a passage gains whose title the first one names."""

    weight: float


class Deep(sg.Node):
    """Makes `rounds` searches, of which the first three bring something new."""

    rounds: int = sg.Int(2, low=1, high=4)

    async def run(self, question: str, corpus: sg.Retriever) -> Found:
        found: dict[str, Passage] = {}
        for number in range(self.rounds):
            note(f"deep {self.rounds} {number} {question}")
            found |= {one.id: one for one in await corpus.search(Query(text=question), 8 * min(number, 2) + 1)}
        return Found(passages=tuple(found.values()))


class Rank(sg.Node):
    """Keeps two of what was found; the fitted part learns to follow names."""

    fit_needs = frozenset({"supporting_ids"})
    follow: Follow = sg.Fitted(Follow, Follow(weight=0.0))
    steps: int = sg.Int(0, low=0, high=3)

    async def run(self, question: str, passages: tuple[Passage, ...]) -> Kept:
        note(f"rank {self.follow.weight:g} {self.steps} {len(passages)} {question}")
        first = passages[0].text if passages else ""
        scored = {one.id: one.score + self.follow.weight * (one.title in first and one.title not in question) for one in passages}
        return Kept(context=tuple(sorted(passages, key=lambda one: (-scored[one.id], one.id))[:2]))

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        note(f"fit {len(rows)}")
        helps = sum(one.id in row.example.supporting_ids for row in rows for one in row.arguments["passages"][1:])
        return {"follow": Follow(weight=10.0 + len(rows) / 3)} if helps else {}


class Last(sg.Node):
    """Answers with the sea of the best river."""

    async def run(self, passages: tuple[Passage, ...]) -> Said:
        seas = [(sea, one.id) for one in passages for sea in SEAS if f"the {sea} sea" in one.text]
        return Said(answer=Answer(text=seas[0][0], citations=(seas[0][1],)) if seas else Answer(text="", refused=True))


class Paid(sg.Retriever):
    """A retriever of which each search costs tokens and money."""

    identity = "paid"

    def __init__(self, usd: float = 0.01, tokens: int = 10) -> None:
        self.usd, self.tokens, self.asked = usd, tokens, 0

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        self.asked += 1
        return Costly(await corpus().search(query, k), Usage(tokens_in=self.tokens, usd=self.usd))


class Costly(tuple):  # type: ignore[type-arg]
    """Passages that say what finding them has cost."""

    usage: Usage

    def __new__(cls, passages: Sequence[Passage], usage: Usage) -> Costly:
        made = super().__new__(cls, passages)
        made.usage = usage
        return made


searching = sg.Flow(Search(), name="searching", output="passages")
"""One number to tune."""

ranking = sg.Flow(Search(k=sg.Int(24, 20, 24)) >> Rank(), name="ranking", output="context")
"""Something to fit, then numbers to tune."""

deepening = sg.Flow(Deep(), name="deepening", output="passages")
"""A number that buys recall with searches."""

answering = sg.Flow(Search(k=sg.Int(1, 1, 24)) >> Last(), name="answering")


def bind(flow: sg.Flow, retriever: Any = None, **options: Any) -> Bound:
    return flow.bind({"corpus": retriever or corpus()}, **options)
