"""The ready-made flows `reader`, `react` and `plan_execute`: with a scripted model, and without any."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

import seekgraph.flows
import seekgraph.lms
from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import FlowError
from seekgraph.evaluation import read_examples
from seekgraph.flow import Flow
from seekgraph.lms import ModelName, Scripted
from seekgraph.lms.scripted import Asked
from seekgraph.nodes import Answer, Read, Retrieve
from seekgraph.prompts.outputs import AnswerOut, EvidenceOut, NextGoalsOut, PlanOut, QueryOut, RankingOut, VerdictOut
from seekgraph.tools import BM25, read_jsonl

DEMO = Path(__file__).resolve().parents[2] / "seekgraph" / "demo" / "data"
NAMES = ("reader", "react", "plan_execute", "plan_next")
QUESTION = "In which city was the composer of Fidelio baptised?"


def flow_of(name: str) -> Flow:
    found: Flow = importlib.import_module(f"seekgraph.flows.{name}").flow
    return found


@pytest.fixture(scope="module")
def corpus() -> BM25:
    return BM25(tuple(read_jsonl(DEMO / "corpus.jsonl")))


def model(asked: Asked) -> Any:
    """What a good model would say about `QUESTION`."""
    wants = asked.output or AnswerOut
    if issubclass(wants, PlanOut):
        goals = [
            {"id": "1", "text": "Who composed Fidelio?"},
            {"id": "2", "text": "In which city was #1 baptised?", "needs": ["1"]},
        ]
        return {"goals": goals}
    if issubclass(wants, NextGoalsOut):
        if "Bonn" in asked.prompt:
            return {"goals": []}
        return {
            "goals": [
                "In which city was Ludwig van Beethoven baptised?" if "Beethoven" in asked.prompt else "Who composed Fidelio?"
            ]
        }
    if issubclass(wants, QueryOut):
        return {"query": "Ludwig van Beethoven" if "Beethoven" in asked.prompt else "Fidelio composer"}
    if issubclass(wants, EvidenceOut):
        quote = "Ludwig van Beethoven"
        return {"evidence": [{"passage_id": "any", "quote": quote, "claim": "It is about Beethoven."}]}
    if issubclass(wants, VerdictOut):
        return {"reason": "the city is missing", "score": 9 if "Bonn" in asked.prompt else 2}
    if issubclass(wants, RankingOut):
        return {"ids": [line.strip("[]") for line in asked.prompt.splitlines() if line.startswith("[")][:2] or ["x"]}
    return {"text": "Ludwig van Beethoven" if "Who composed" in asked.prompt.splitlines()[-1] else "Bonn"}


@pytest.mark.parametrize("name", NAMES)
def test_a_flow_is_checked_and_at_most_forty_lines(name: str) -> None:
    assert [finding for finding in flow_of(name).check() if finding.severity == "error"] == []
    tree = ast.parse((Path(seekgraph.flows.__path__[0]) / f"{name}.py").read_text(encoding="utf-8"))
    code = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert sum((node.end_lineno or 0) - node.lineno + 1 for node in code) <= 40


@pytest.mark.parametrize("name", NAMES)
def test_without_a_model_every_question_ends_in_an_answer_or_a_refusal(name: str, corpus: BM25) -> None:
    bound = flow_of(name).bind(corpus=corpus)
    for row in read_examples(DEMO / "val.jsonl")[:8]:
        result = bound(question=row.question)
        assert result.errors == []
        assert result.answer is not None
        assert result.answer.refused or result.answer.citations
        assert result.trace.usage().calls == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_model_answers_and_is_cited(name: str, corpus: BM25) -> None:
    lm = Scripted(model)
    result = flow_of(name).bind(corpus=corpus, lm=lm)(question=QUESTION)
    assert result.status == "ok", result.errors
    assert result.answer is not None
    assert result.answer.text == "Bonn"
    assert result.answer.citations
    assert result.trace.usage().calls == len(lm.asked) > 0


def test_the_planner_goes_on_from_conclusions_and_sees_nothing_else(corpus: BM25) -> None:
    lm = Scripted(model)
    result = flow_of("plan_next").bind(corpus=corpus, lm=lm)(question=QUESTION)
    assert [goal.text for goal in result["plan"].goals] == [
        "Who composed Fidelio?",
        "In which city was Ludwig van Beethoven baptised?",
    ]
    assert [(digest.goal_id, digest.conclusion) for digest in result["digests"]] == [("1", "Ludwig van Beethoven"), ("2", "Bonn")]
    planning = [each for each in lm.asked if each.output is NextGoalsOut]
    assert len(planning) == 3
    assert "2. In which city was Ludwig van Beethoven baptised? Bonn" in planning[-1].messages[-1].content
    for each in planning:  # no passage, no evidence, no query, no id of either
        assert not any(passage.id in each.messages[-1].content or passage.text in each.prompt for passage in result.passages)


def test_without_a_model_the_planner_asks_what_can_be_asked_now(corpus: BM25) -> None:
    result = flow_of("plan_next").bind(corpus=corpus)(question=QUESTION)
    rounds = [[goal.id for goal in step.writes["goals"]] for step in result.trace if step.path.endswith("plannext")]
    assert rounds == [["1"], ["2"], []]
    assert len(result["digests"]) == 2


def test_a_goal_waits_for_what_it_needs_and_asks_with_it(corpus: BM25) -> None:
    lm = Scripted(model)
    result = flow_of("plan_execute").bind(corpus=corpus, lm=lm)(question=QUESTION)
    assert [digest.conclusion for digest in result["digests"]] == ["Ludwig van Beethoven", "Bonn"]
    assert any("In which city was Ludwig van Beethoven baptised?" in asked.prompt for asked in lm.asked)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nonsense", ["%%%", "", "{}", '{"text": 3}', "I am a language model. " * 50])
def test_a_model_that_talks_nonsense_crashes_nothing_and_is_counted(name: str, nonsense: str, corpus: BM25) -> None:
    result = flow_of(name).bind(corpus=corpus, lm=Scripted(lambda asked: nonsense))(question=QUESTION)
    assert result.status == "ok", result.errors
    assert result.answer is not None
    assert result.answer.refused or result.answer.citations
    assert result.trace.usage().fallbacks > 0 or (nonsense == '{"text": 3}' and result.answer.refused)  # a text after all


@pytest.mark.parametrize("name", NAMES)
def test_a_budget_of_calls_is_kept_and_ends_in_what_there_is(name: str, corpus: BM25) -> None:
    lm = Scripted(model)
    calls = 0 if name == "reader" else 1  # reader makes one call in all
    result = flow_of(name).bind(corpus=corpus, lm=lm, budget=Budget(calls=calls))(question=QUESTION)
    assert len(lm.asked) == calls
    assert result.status == "partial"


def test_a_model_may_be_bound_by_its_name_and_is_made_once(corpus: BM25, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seekgraph.lms, "resolve", lambda name: Scripted(model, name=name))
    flow = Flow(Retrieve("corpus") >> Read(lm="small") >> Answer(), name="two")
    bound = flow.bind(corpus=corpus, lm="local/some", small="local/some")
    assert bound.resources["lm"].name == "local/some"
    assert bound.resources["lm"] is bound.resources["small"]
    assert bound(question=QUESTION).answer is not None


def test_a_name_that_no_model_has_is_told(corpus: BM25) -> None:
    with pytest.raises(ModelName, match="no model is named 'gpt-9'"):
        flow_of("reader").bind(corpus=corpus, lm="gpt-9")


def test_a_name_for_something_that_is_no_model_is_left_to_the_checker() -> None:
    with pytest.raises(FlowError, match="corpus"):
        flow_of("reader").bind(corpus="gpt-9")
