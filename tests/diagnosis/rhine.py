"""A small search flow that works, each of whose steps can be broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import seekgraph as sg
from seekgraph import S
from seekgraph.core.record.ledger import EvidenceList, Passages
from seekgraph.flow import Bound
from seekgraph.types import Answer, Evidence, Example, Passage, Query, SubQuestion, Verdict

TEXTS = {
    "p1": ("Basel", "Basel is a town on the Rhine."),
    "p2": ("Ann Berg", "She likes boats. Ann Berg was born in Basel."),
    "d1": ("Rhine", "The Rhine is a long river."),
    "d2": ("Thames", "The Thames flows past London."),
    "d3": ("Bob Carr", "Bob Carr was born in London."),
}
QUESTION = "Who was born in the town on the Rhine?"
EXAMPLE = Example(
    id="e",
    question=QUESTION,
    answers=("Ann Berg",),
    supporting_ids=("p1", "p2"),
    decomposition=(
        SubQuestion(question="Which town is on the Rhine?", answer="Basel", supporting_id="p1"),
        SubQuestion(question="Who was born in #1?", answer="Ann Berg", supporting_id="p2"),
    ),
)


class Corpus:
    """Finds the passages that have a word of the query, those with most of them first."""

    identity = "rhine"

    def __init__(self, *, away: bool = False) -> None:
        self.passages = {id: Passage(id=id, title=title, text=text) for id, (title, text) in TEXTS.items()}
        self.away = away

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        if self.away:
            raise ConnectionError("the index is away")
        words = {word for word in re.findall(r"\w+", query.text) if word[0].isupper()}
        shared = {id: len(words & set(re.findall(r"\w+", f"{p.title} {p.text}"))) for id, p in self.passages.items()}
        found = sorted((id for id in shared if shared[id]), key=lambda id: (-shared[id], id))
        return tuple(self.passages[id].model_copy(update={"score": float(shared[id])}) for id in found[:k])


class Asked(sg.Writes):
    query: Query


class Found(sg.Writes):
    passages: Passages


class Kept(sg.Writes):
    context: tuple[Passage, ...]


class Judged(sg.Writes):
    verdict: Verdict


class Noted(sg.Writes):
    evidence: EvidenceList


class Said(sg.Writes):
    answer: Answer


class Ask(sg.Node):
    """Asks for the river, then for the town that was found."""

    broken: bool = False

    async def run(self, question: str, passages: tuple[Passage, ...] = ()) -> Asked:
        town = next((passage.title for passage in passages if "town on the Rhine" in passage.text), "")
        return Asked(query=Query(text="Paris" if self.broken else town or "Rhine"))


class Search(sg.Node):
    k: int = 4
    limited: bool = False

    async def run(self, query: Query, corpus: sg.Retriever) -> Found:
        found = await corpus.search(query, self.k)
        return Found(passages=tuple(each for each in found if not (self.limited and each.id == "p2")))


class Keep(sg.Node):
    """Keeps what speaks of Basel, and something else beside it."""

    broken: bool = False

    async def run(self, passages: tuple[Passage, ...]) -> Kept:
        good = [passage for passage in passages if "Basel" in passage.text]
        rest = [passage for passage in passages if passage not in good]
        return Kept(context=tuple(rest if self.broken else [*good, *rest])[:3])


class Judge(sg.Node):
    broken: bool = False

    async def run(self, context: tuple[Passage, ...]) -> Judged:
        enough = self.broken or sum("Basel" in passage.text for passage in context) > 1
        return Judged(verdict=Verdict(score=float(enough)))


class Note(sg.Node):
    """Quotes who was born where; the first sentence where it is broken."""

    broken: bool = False

    async def run(self, context: tuple[Passage, ...]) -> Noted:
        found = []
        for passage in context:
            lines = passage.text.split(". ")
            line = lines[0] if self.broken else next((each for each in lines if "born" in each), lines[0])
            found.append(Evidence(claim=line, passage_id=passage.id, quote=line))
        return Noted(evidence=tuple(found))


class Say(sg.Node):
    broken: bool = False
    refuses: bool = False

    async def run(self, evidence: tuple[Evidence, ...]) -> Said:
        born = [match for each in evidence if (match := re.search(r"(\w+ \w+) was born", each.quote))]
        read = tuple(each.passage_id for each in evidence)
        if self.refuses:
            return Said(answer=Answer(text="too hard", refused=True))
        text = "Nobody" if self.broken or not born else born[0][1]
        return Said(answer=Answer(text=text, citations=read[:2]))


def bound(*, away: bool = False, rounds: int = 3, **broken: Any) -> Bound:
    """The flow, with the settings of the nodes that are named: `judge={"broken": True}`."""
    made = {kind: node(**broken.pop(kind, {})) for kind, node in NODES.items()}
    assert not broken
    body = made["ask"] >> made["search"] >> made["keep"] >> made["judge"]
    flow = sg.Flow(sg.loop(body, until=S.verdict.score >= 0.5, max_rounds=rounds) >> made["note"] >> made["say"], name="rhine")
    return flow.bind(corpus=Corpus(away=away))


NODES: dict[str, type[sg.Node]] = {"ask": Ask, "search": Search, "keep": Keep, "judge": Judge, "note": Note, "say": Say}
BROKEN = {"broken": True}
