"""The ready-made flows with a model, scripted to do one thing wrong."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from seekgraph.flow import Bound
from seekgraph.lms import Scripted
from seekgraph.prompts.outputs import AnswerOut, QueryOut, VerdictOut
from seekgraph.tools import BM25, read_jsonl
from seekgraph.types import Example

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "flows"))

from test_flows_with_a_model import DEMO, QUESTION, model

EXAMPLE = Example(id="e", question=QUESTION, answers=("Bonn",), supporting_ids=("d079", "d056"))


@pytest.fixture(scope="module")
def corpus() -> BM25:
    return BM25(tuple(read_jsonl(DEMO / "corpus.jsonl")))


def bound(name: str, corpus: BM25, **wrong: Any) -> Bound:
    """A flow whose model answers as `wrong` says, by what it is asked for."""

    def reply(asked: Any) -> Any:
        wants = asked.output or AnswerOut
        kind = {QueryOut: "query", VerdictOut: "verdict", AnswerOut: "answer"}.get(wants, "")
        return wrong.get(kind) or model(asked)

    flow: Any = importlib.import_module(f"seekgraph.flows.{name}").flow
    return flow.bind(corpus=corpus, lm=Scripted(reply))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["reader", "react", "plan_execute"])
def test_a_model_that_does_well_leaves_nothing_to_blame(name: str, corpus: BM25) -> None:
    assert bound(name, corpus).diagnose([EXAMPLE]).classes == {}


@pytest.mark.parametrize("name", ["reader", "react"])
def test_a_wrong_answer_is_the_answers_fault(name: str, corpus: BM25) -> None:
    found = bound(name, corpus, answer={"text": "Vienna"}).diagnose([EXAMPLE])
    assert (found.findings["e"].path, found.findings["e"].cls, found.findings["e"].confirmed) == ("answer", "answer", True)
    assert found.nodes["answer"].headroom.mean == 1  # type: ignore[union-attr]


def test_a_query_that_leads_elsewhere_is_the_querys_fault(corpus: BM25) -> None:
    found = bound("react", corpus, query={"query": "glacier"}).diagnose([EXAMPLE], headroom=False)
    assert (found.findings["e"].path, found.findings["e"].cls) == ("search/refine", "query")


def test_a_model_that_talks_nonsense_can_be_diagnosed(corpus: BM25) -> None:
    flow: Any = importlib.import_module("seekgraph.flows.react").flow
    found = flow.bind(corpus=corpus, lm=Scripted(lambda asked: "%%%")).diagnose([EXAMPLE])
    assert found.errors == 0
    assert sum(found.classes.values()) == found.failed


def test_a_run_is_replayed_with_another_model(corpus: BM25) -> None:
    flow = bound("react", corpus, answer={"text": "Vienna"})
    first = flow(question=QUESTION)
    again = flow.replay(first.trace, resources={"lm": Scripted(model)})
    assert again.answer is not None
    assert again.answer.text == "Bonn"
    assert {step.memo for step in again.trace.visits("search/retrieve")} <= {"replay", ""}
