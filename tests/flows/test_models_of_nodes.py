"""Which model a node asks: the flow's, one of a choice, or one of its own; and hearing the final answer being written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.base.errors import BindError
from seekgraph.core.record.step import Piece, Step
from seekgraph.demo import CORPUS, questions
from seekgraph.evaluation import read_examples
from seekgraph.flows.plan_execute import flow as plan_execute
from seekgraph.flows.reader import flow as reader
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Retrieve
from seekgraph.tools import BM25

QUESTION = "Who discovered Uranus?"


@pytest.fixture(scope="module")
def corpus() -> BM25:
    return BM25.from_jsonl(CORPUS)


def saying(text: str) -> Scripted:
    return Scripted(lambda asked: {"text": text, "citations": [], "refused": False}, identity=text)


def chosen() -> sg.Flow:
    return sg.Flow(Retrieve("corpus", k=5) >> Answer(lm=sg.Choice("small", "large")), name="sized")


def test_a_choice_of_models_is_a_param(corpus: BM25, tmp_path: Path) -> None:
    models = {"small": saying("Mars"), "large": saying("William Herschel")}
    memo = sg.Memo()
    bound = chosen().bind(models, corpus=corpus, memo=memo)
    assert bound(question=QUESTION).answer.text != "William Herschel"
    assert bound.with_params({"answer.lm": "large"})(question=QUESTION).answer.text == "William Herschel"  # no hit of the other's
    assert (len(models["small"].asked), len(models["large"].asked)) == (1, 1)


def test_compiling_takes_the_model_that_is_right(corpus: BM25) -> None:
    rows = read_examples(questions("train"))[:24]
    right = {row.question: row.answers[0] for row in rows}

    def knows(asked: Any) -> dict[str, Any]:
        question = asked.messages[-1].content.rpartition("Question: ")[2].strip()
        return {"text": right.get(question, "?"), "citations": ["d001"], "refused": False}

    bound = chosen().bind(small=saying("Mars"), large=Scripted(knows, identity="knows"), corpus=corpus)
    found = bound.compile(rows, metric="answer_f1", seed=1)
    assert found.flow.params()["answer.lm"].value == "large"


def test_a_node_may_be_given_a_model_of_its_own_when_it_is_bound(corpus: BM25) -> None:
    small, large = saying("Mars"), saying("William Herschel")
    memo = sg.Memo()
    assert reader.bind(corpus=corpus, lm=small, memo=memo)(question=QUESTION).answer.text != "William Herschel"
    own = reader.bind({"answer.lm": large}, corpus=corpus, lm=small, memo=memo)
    assert own(question=QUESTION).answer.text == "William Herschel"
    assert own.flow.fingerprint == reader.fingerprint
    alone = reader.bind({"answer.lm": large}, corpus=corpus)  # without one for the others
    assert alone(question=QUESTION).answer.text == "William Herschel"


def test_a_retriever_of_its_own_too_and_a_misspelt_node_is_refused(corpus: BM25) -> None:
    other = BM25([sg.Passage(id="x", title="Uranus", text="Uranus was discovered by Nobody Important in 1781.")])
    result = reader.bind({"retrieve.retriever": corpus}, corpus=other)(question=QUESTION)
    assert "x" not in {passage.id for passage in result.passages}
    with pytest.raises(BindError, match=r"answer\.lm"):
        reader.bind({"anwser.lm": saying("x")}, corpus=corpus)
    with pytest.raises(sg.FlowError, match="missing-resource"):
        reader.bind({"answer.lm": saying("x")})
    with pytest.raises(sg.FlowError, match="LM"):
        reader.bind({"answer.lm": corpus}, corpus=corpus)


def heard(bound: Any, **options: Any) -> tuple[list[Piece], list[Step], Any]:
    async def listen() -> Any:
        events = [event async for event in bound.stream(question=QUESTION, **options)]
        return (
            [each for each in events if isinstance(each, Piece)],
            [each for each in events if isinstance(each, Step)],
            events[-1],
        )

    return asyncio.run(listen())


def test_the_pieces_of_an_answer_come_before_its_step_and_make_its_text(corpus: BM25) -> None:
    bound = reader.bind(corpus=corpus, lm=saying("William Herschel"), memo=sg.Memo())
    pieces, _, result = heard(bound, text=True)
    assert "".join(each.text for each in pieces) == "William Herschel" == result.answer.text
    assert {each.path for each in pieces} == {"answer"}
    assert heard(bound, text=True)[0] == []  # out of the memo
    assert heard(reader.bind(corpus=corpus, lm=saying("x")))[0] == []  # nobody asked to hear


def test_only_the_flows_own_answer_is_heard(corpus: BM25) -> None:
    pieces, steps, _ = heard(plan_execute.bind(corpus=corpus, lm=saying("William Herschel")), text=True)
    assert len([step for step in steps if step.path.endswith("answer")]) > 1
    assert {each.path for each in pieces} <= {"answer"}
