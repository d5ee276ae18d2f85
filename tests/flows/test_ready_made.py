"""The ready-made flows `single` and `bridge`, on the demo's corpus and on the shared data where it is there."""

from __future__ import annotations

import ast
import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import seekgraph.flows
from seekgraph.core.language.combinators import call, each, loop
from seekgraph.core.language.expr import S
from seekgraph.core.language.params import Float, Int
from seekgraph.evaluation import read_examples
from seekgraph.evaluation.metrics import support_recall
from seekgraph.flow import Flow
from seekgraph.flows.bridge import flow as bridge
from seekgraph.flows.single import flow as single
from seekgraph.nodes import Answer, Plan, Refine, Reflect, Rerank, Retrieve
from seekgraph.tools import BM25, TitleLinks, from_function, read_jsonl
from seekgraph.types import Example, Passage

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "seekgraph" / "demo" / "data"
SHARED = ROOT.parent / "shared" / "data"


def resources(passages: Sequence[Passage]) -> dict[str, Any]:
    corpus = BM25(passages)
    return {"corpus": corpus, "links": TitleLinks(corpus.passages)}


@pytest.fixture(scope="module")
def passages() -> tuple[Passage, ...]:
    return tuple(read_jsonl(DEMO / "corpus.jsonl"))


@pytest.fixture(scope="module")
def demo(passages: tuple[Passage, ...]) -> dict[str, Any]:
    return resources(passages)


@pytest.fixture(scope="module")
def questions() -> tuple[Example, ...]:
    return tuple(read_examples(DEMO / "val.jsonl"))


def recall(flow: Flow, bound: dict[str, Any], rows: Sequence[Example], k: int = 5) -> float:
    async def run() -> list[Any]:
        ready = flow.bind({name: thing for name, thing in bound.items() if name in flow.resources})
        return [await ready.arun(question=row.question) for row in rows]

    results = asyncio.run(run())
    assert [result.errors for result in results if result.status != "ok"] == []
    values = [
        support_recall([each.id for each in result.passages], row.supporting_ids, k) or 0.0
        for result, row in zip(results, rows, strict=True)
    ]
    return sum(values) / len(values)


def test_both_flows_pass_the_checker_without_the_dense_extra(demo: dict[str, Any]) -> None:
    single.bind(corpus=demo["corpus"])
    bridge.bind(demo)


def test_bridge_finds_more_of_the_evidence_than_one_search(demo: dict[str, Any], questions: tuple[Example, ...]) -> None:
    assert recall(bridge, demo, questions) > recall(single, demo, questions) + 0.1


def test_answers_cite_passages_that_the_run_has_found(demo: dict[str, Any], questions: tuple[Example, ...]) -> None:
    for flow in (single, bridge):
        for row in questions[:5]:
            result = flow.bind({name: demo[name] for name in flow.resources if name in demo})(question=row.question)
            assert result.answer is not None
            assert set(result.answer.citations) <= {passage.id for passage in result["passages"]}


def test_the_order_of_the_corpus_changes_nothing(
    passages: tuple[Passage, ...], demo: dict[str, Any], questions: tuple[Example, ...]
) -> None:
    shuffled = random.Random(3).sample(passages, len(passages))
    ready, other = bridge.bind(demo), bridge.bind(resources(shuffled))
    for row in questions[:5]:
        assert ready(question=row.question)["context"] == other(question=row.question)["context"]


def test_the_same_question_gives_the_same_trace(demo: dict[str, Any], questions: tuple[Example, ...]) -> None:
    ready = bridge.bind(demo)
    first, second = (ready(question=questions[0].question) for _ in range(2))
    assert first.trace.identity == second.trace.identity


def test_bridge_uses_what_is_bound_as_dense(passages: tuple[Passage, ...], demo: dict[str, Any]) -> None:
    near = from_function(lambda query, k: [passages[-1].model_copy(update={"score": 0.9})], name="dense")
    without, with_dense = bridge.bind(demo)(question="?"), bridge.bind({**demo, "dense": near})(question="?")
    assert "dense" not in {each.source for each in without["rankings"]}
    assert "dense" in {each.source for each in with_dense["rankings"]}
    assert passages[-1].id in {each.id for each in with_dense["context"]}


@pytest.mark.parametrize("question", ["", "?", "zzz qqq", "\N{SNOWMAN} 雪", "the of and " * 200])
def test_odd_questions_end_in_an_answer_or_a_refusal(demo: dict[str, Any], question: str) -> None:
    result = bridge.bind(demo)(question=question)
    assert result.status == "ok"
    assert result.answer is not None


def test_all_numbers_of_bridge_are_params() -> None:
    searches = ("retrieve.k", "retrieve.k1", "retrieve.b", "retrieve.title_weight", "dense.k", "expanded.k", "followed.k")
    hops = ("hop.sources", "hop.decay", "hop_2.sources", "followup.sources", "followup.names", "refine.feedback", "refine.terms")
    ranking = ("rerank.keep", "rerank.model", "loop.until", "loop.max_rounds")
    assert {*searches, *hops, *ranking} <= set(bridge.params())


@pytest.mark.parametrize("name", ["single", "bridge"])
def test_a_flow_is_at_most_forty_lines(name: str) -> None:
    tree = ast.parse((Path(seekgraph.flows.__path__[0]) / f"{name}.py").read_text(encoding="utf-8"))
    code = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert sum((node.end_lineno or 0) - node.lineno + 1 for node in code) <= 40


def test_a_search_inside_a_call_for_each_goal_works_with_the_defaults(demo: dict[str, Any]) -> None:
    search = loop(
        Refine() >> Retrieve("corpus", k=Int(8, 2, 30)) >> Rerank(keep=4) >> Reflect(),
        until=S.verdict.score >= Float(0.5, 0.1, 0.9),
        max_rounds=3,
    )
    flow = Flow(Plan() >> each(S.plan.goals, call(search)) >> Answer(), name="hira")
    result = flow.bind(corpus=demo["corpus"])(question="Which book came out first, Moby-Dick or Frankenstein?")
    assert result.errors == []
    assert {passage.title for digest in result["digests"] for passage in digest.resources} >= {"Moby-Dick", "Frankenstein"}


@pytest.mark.parametrize(
    ("name", "file", "least"), [("2wiki", "dev.jsonl", 0.9), ("hotpotqa", "train.jsonl", 0.88), ("musique", "train.jsonl", 0.58)]
)
def test_bridge_as_written_on_shared_data(name: str, file: str, least: float) -> None:
    folder = SHARED / name
    if not folder.exists():
        pytest.skip(f"the shared data is not there: {name}")
    rows = read_examples(folder / file)[:40]
    assert recall(bridge, resources(tuple(read_jsonl(folder / "corpus.jsonl"))), rows) >= least
