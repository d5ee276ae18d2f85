"""Rewards of the ready-made flows: every kind of step has one, and what needs no model is verbatim and cites what it found."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from seekgraph.core.record.trace import Trace
from seekgraph.diagnosis.waterfall import waterfall
from seekgraph.evaluation import read_examples
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.report import Report
from seekgraph.rewards import Reward, cites_found, faithful, goal_met, verbatim
from seekgraph.rewards.outcome import final_answer, handed_on
from seekgraph.tools import BM25, TitleLinks, read_jsonl
from seekgraph.types import Example

DEMO = Path(__file__).resolve().parents[2] / "seekgraph" / "demo" / "data"
ROWS = tuple(read_examples(DEMO / "val.jsonl"))


@cache
def report(name: str) -> Report:
    flow = import_module(f"seekgraph.flows.{name}").flow
    corpus = BM25(tuple(read_jsonl(DEMO / "corpus.jsonl")))
    bound = {"corpus": corpus, "links": TitleLinks(corpus.passages)}
    ready = flow.bind({name: thing for name, thing in bound.items() if name in flow.resources})
    return asyncio.run(evaluate(ready, ROWS, keep_traces=True))


def runs(name: str) -> list[tuple[Example, Trace]]:
    return [(row, report(name).traces[row.id]) for row in ROWS]


def values(reward: Reward, name: str) -> list[float]:
    found = [reward(step, trace, row).value for row, trace in runs(name) for step in trace]
    return [value for value in found if value is not None]


def test_every_kind_of_step_has_a_reward_that_is_reported_by_default() -> None:
    found = {path: set(rewards) for path, rewards in report("bridge").rewards.items()}
    assert found["retrieve"] == {"support_gain", "novelty"}
    assert found["rerank"] == {"ranking_ndcg"}
    assert found["read"] == {"evidence_precision", "evidence_recall"}
    assert found["reflect"] == {"right_to_stop"}
    assert found["answer"] == {"answer_f1", "citation_support", "citation_recall"}
    assert set(report("plan_execute").rewards["plan"]) == {"plan_coverage"}


def test_the_plan_of_a_run_is_scored_as_the_waterfall_counts_it() -> None:
    scored = report("plan_execute").rewards["plan"]["plan_coverage"]
    planned = waterfall(runs("plan_execute"))[0].share
    assert (scored.n, scored.mean) == (planned.n, pytest.approx(planned.mean))


@pytest.mark.parametrize("name", ["bridge", "react", "plan_execute"])
def test_extraction_quotes_verbatim_and_is_faithful_to_what_it_cites(name: str) -> None:
    assert set(values(cites_found, name)) == {1.0}
    assert set(values(verbatim, name)) == (set() if name == "plan_execute" else {1.0})  # it has no step that reads
    claims = values(faithful, name)
    assert len(claims) > len(ROWS) / 2
    assert sum(claims) / len(claims) > 0.95  # a choice in the question's own words stands in no text


@pytest.mark.parametrize("name", ["bridge", "react", "plan_execute", "single"])
def test_what_a_run_came_to_is_in_its_trace(name: str) -> None:
    for row, (_, trace) in zip(report(name).rows, runs(name), strict=True):
        answer = final_answer(trace)
        assert answer is not None
        assert (handed_on(trace), answer.text, answer.citations) == (list(row.passages), row.answer, row.citations)


def test_the_goals_of_a_plan_are_judged_by_the_hops_that_they_ask_for() -> None:
    assert len(values(goal_met, "plan_execute")) > 10


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("bridge", ["asked", "retrieved", "ranked", "read", "cited", "answered"]),
        ("plan_execute", ["planned", "asked", "retrieved", "ranked", "cited", "answered"]),
        ("single", ["asked", "retrieved", "cited", "answered"]),
    ],
)
def test_a_flow_has_the_stages_that_it_has_steps_for(name: str, stages: list[str]) -> None:
    found = waterfall(runs(name))
    assert [stage.name for stage in found] == stages
    assert all(stage.share.n == len(ROWS) for stage in found)
    by_name = {stage.name: stage.share.mean or 0.0 for stage in found}
    assert by_name["retrieved"] >= by_name.get("ranked", 0.0) > by_name["answered"] or name == "single"
