"""Where the time of a run is short, searching and answering by rules come before an unfinished plan; the run says so."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.base.meter import Meter
from seekgraph.flow import Flow
from seekgraph.lms import Scripted
from seekgraph.tools import BM25, read_jsonl

DEMO = Path(__file__).resolve().parents[2] / "seekgraph" / "demo" / "data"
QUESTION = "In which city was the composer of Fidelio baptised?"


@pytest.fixture(scope="module")
def corpus() -> BM25:
    return BM25(tuple(read_jsonl(DEMO / "corpus.jsonl")))


def flow_of(name: str) -> Flow:
    found: Flow = importlib.import_module(f"seekgraph.flows.{name}").flow
    return found


def without(name: str, corpus: BM25) -> Any:
    return flow_of(name).bind(corpus=corpus)(question=QUESTION)


@pytest.mark.parametrize("name", ["plan_execute", "react", "reader"])
def test_a_model_that_takes_all_the_time_leaves_the_answer_of_the_rules(name: str, corpus: BM25) -> None:
    lm = Scripted(lambda asked: {"text": "never"}, delay=60.0)
    result = flow_of(name).bind(corpus=corpus, lm=lm, budget=sg.Budget(seconds=2.0))(question=QUESTION)
    assert result.status == "partial"
    assert result.reason == "2 seconds are nearly over: the rest is done without a model"
    assert len(lm.asked) == 1  # the first was not heard to the end, and nothing was asked after it
    assert result.answer is not None
    assert (result.answer.text, result.answer.citations) == (
        without(name, corpus).answer.text,
        without(name, corpus).answer.citations,
    )
    assert any("by rules: the time is nearly over" in step.notes for step in result.trace)
    assert result.errors == []


def test_a_model_in_time_is_heard(corpus: BM25) -> None:
    lm = Scripted(lambda asked: {"text": "Bonn"})
    result = flow_of("reader").bind(corpus=corpus, lm=lm, budget=sg.Budget(seconds=600))(question=QUESTION)
    assert (result.status, result.reason, len(lm.asked)) == ("ok", "", 1)


def test_a_run_without_calls_left_answers_by_rules_and_says_why(corpus: BM25) -> None:
    lm = Scripted(lambda asked: {"text": "never"})
    result = flow_of("reader").bind(corpus=corpus, lm=lm, budget=sg.Budget(calls=0))(question=QUESTION)
    assert result.status == "partial"
    assert result.reason == "0 calls are spent: one more would go past the budget"
    assert lm.asked == []
    assert result.answer is not None
    assert result.answer.text == without("reader", corpus).answer.text


def test_replaying_such_a_run_gives_it_again(corpus: BM25) -> None:
    lm = Scripted(lambda asked: {"text": "never"}, delay=60.0)
    bound = flow_of("plan_execute").bind(corpus=corpus, lm=lm, budget=sg.Budget(seconds=1.0))
    result = bound(question=QUESTION)
    again = bound.replay(result.trace)
    assert again.status == "partial"
    assert [step.writes for step in again.trace] == [step.writes for step in result.trace]


def test_models_leave_a_quarter_of_the_time_and_no_more_than_five_seconds() -> None:
    for seconds, spared in ((2.0, 0.5), (8.0, 2.0), (60.0, 5.0)):
        found = Meter(sg.Budget(seconds=seconds)).for_models()
        assert found is not None
        assert found[0] == pytest.approx(seconds - spared, abs=0.2)
    assert Meter(sg.Budget(calls=1)).for_models() is None
    outer = Meter(sg.Budget(seconds=4.0))
    limit = Meter(sg.Budget(seconds=40.0), outer).for_models()
    assert limit is not None
    assert limit[1] is outer
