"""What a call's own reader had before it was found, also where only what the call cites comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.ledger import Passages
from seekgraph.evaluation import read_examples
from seekgraph.evaluation.evaluate import evaluate, outcome_of
from seekgraph.evaluation.metrics import Outcome, metric
from seekgraph.nodes import Answer as Answering
from seekgraph.nodes import Retrieve
from seekgraph.rewards import reward
from seekgraph.rewards.algebra import Score
from seekgraph.rewards.outcome import handed_on_in_calls
from seekgraph.tools import BM25, read_jsonl
from seekgraph.types import Answer, Example, Passage

DEMO = Path(__file__).resolve().parents[2] / "seekgraph" / "demo" / "data"
ROW = Example(id="e", question="?", supporting_ids=("gold", "more"), answers=("Paris",))


class Found(sg.Writes):
    passages: Passages


class Kept(sg.Writes):
    context: tuple[Passage, ...]


class Said(sg.Writes):
    answer: Answer


class Find(sg.Node):
    ids: tuple[str, ...]

    async def run(self, question: str) -> Found:
        return Found(passages=tuple(Passage(id=id, title=id, text=f"text of {id}") for id in self.ids))


class FindByAttempt(sg.Node):
    """In the n-th attempt finds the n-th passage."""

    ids: tuple[str, ...]

    async def run(self, question: str, visit: sg.Visit) -> Found:
        id = self.ids[int(visit.id.rpartition("@")[2]) - 1]
        return Found(passages=(Passage(id=id, title=id, text=f"text of {id}"),))


class Keep(sg.Node):
    ids: tuple[str, ...]

    async def run(self, passages: tuple[Passage, ...]) -> Kept:
        return Kept(context=tuple(each for each in passages if each.id in self.ids))


class Say(sg.Node):
    """Answers, and cites these."""

    ids: tuple[str, ...] = ()

    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text="Paris", citations=self.ids))


def outcome(body: Any) -> Outcome:
    return outcome_of(Bound(sg.Flow(body), {}, checked=True)(question="?"))


def value(name: str, found: Outcome) -> float | None:
    return metric(name)(ROW, found)


def test_gold_that_a_call_found_and_did_not_cite_was_found() -> None:
    found = outcome(sg.call(Find(("x", "gold", "y", "more")) >> Say(("x",))) >> Say())
    assert found.passages == ("x",)
    assert found.in_calls == (("x", "gold", "y", "more"),)
    assert [value(f"support_recall@{k}", found) for k in (1, 2, 4)] == [0, 0.5, 1]
    assert [value(f"full_support@{k}", found) for k in (3, 4)] == [0, 1]
    assert value("support_recall", found) == 1
    assert value("ndcg@5", found) == 0  # the order of what the run hands on


def test_each_call_is_cut_off_by_itself_and_the_run_as_well() -> None:
    calls = sg.call(Find(("x", "gold")) >> Say(("x",)), name="a") >> sg.call(Find(("more",)) >> Say(), name="b")
    found = outcome(calls >> Say())
    assert found.in_calls == (("x", "gold"), ("more",))
    assert value("support_recall@1", found) == 0.5
    assert value("support_recall@2", found) == 1


def test_a_call_that_chose_is_judged_by_what_it_chose() -> None:
    found = outcome(sg.call(Find(("gold", "more", "x")) >> Keep(("more", "x")) >> Say(("x",))) >> Say())
    assert found.in_calls == (("more", "x"),)
    assert value("support_recall@5", found) == 0.5


def test_calls_in_calls_count() -> None:
    inner = sg.call(Find(("x", "gold")) >> Say(("x",)), name="inner")
    found = outcome(sg.call(inner >> Find(("more",)) >> Say(), name="outer") >> Say())
    assert set(found.in_calls) == {("x", "gold"), ("more",)}
    assert value("support_recall@5", found) == 1


def test_a_call_in_a_discarded_attempt_does_not_count() -> None:
    @reward(name="second")
    def second(step: sg.Step, trace: Any, example: Example | None) -> Score:
        return (
            Score(float("gold" not in str(step.writes))) if "answer" in step.writes or "digests" in step.writes else Score(None)
        )

    body = sg.best_of(2, sg.call(FindByAttempt(("gold", "more")) >> Say(), name="try"), second)
    result = Bound(sg.Flow(body >> Say()), {}, checked=True)(question="?")
    selected = next(step.decision for step in result.trace if step.kind == "selected")
    assert handed_on_in_calls(result.trace) == ((("gold", "more")[int(str(selected)) - 1],),)


def test_without_calls_it_is_the_recall_of_the_one_ranking() -> None:
    found = outcome(Find(("x", "gold", "more")) >> Keep(("gold",)) >> Say())
    assert found.in_calls == ()
    assert value("support_recall@5", found) == 0.5


@pytest.mark.parametrize("name", ["support_recall@5", "full_support@5"])
def test_a_search_in_a_call_finds_what_the_same_search_finds_outside(name: str) -> None:
    rows = tuple(read_examples(DEMO / "val.jsonl"))
    corpus = BM25(tuple(read_jsonl(DEMO / "corpus.jsonl")))
    plain = sg.Flow(Retrieve("corpus", k=5) >> Answering()).bind(corpus=corpus)
    called = sg.Flow(sg.call(Retrieve("corpus", k=5) >> Answering(), name="search") >> Answering()).bind(corpus=corpus)
    outside, inside = (asyncio.run(evaluate(bound, rows, metrics=[name], rewards=[])) for bound in (plain, called))
    assert [row.metrics for row in inside.rows] == [row.metrics for row in outside.rows]
    assert outside.metrics[name].mean > 0.3
    assert any(set(row.passages) < set(other.passages) for row, other in zip(inside.rows, outside.rows, strict=True))
