"""Demonstrations: where they come from, that no question sees its own, and that they are searched jointly with all else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import rivers

import seekgraph as sg
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Read, Retrieve
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.models import demonstrable, idle
from seekgraph.optimizers.space import Pool, tunable
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Example, Passage

ROWS = rivers.examples(0, 24)
TRAIN, VAL = ROWS[:12], ROWS[12:]


class Gold:
    """A retriever that knows what each question needs."""

    identity = "gold of the rivers"

    async def search(self, query: sg.Query, k: int) -> tuple[Passage, ...]:
        number = next(int(row.id[1:]) for row in ROWS if row.question == query.text)
        found = [passage for passage in rivers.corpus().passages if passage.id in (f"t{number}", f"r{number}")]
        return tuple(passage.model_copy(update={"score": 1.0}) for passage in found)


def reads(asked: Any) -> dict[str, Any] | str:
    """A model that answers rightly once it has been shown how: by copying the sea of the last passage."""
    if len(asked.messages) < 4:
        return {"text": "I think that it may well be the sea", "citations": [], "refused": False}
    text = asked.messages[-1].content
    sea = next((sea for sea in rivers.SEAS if f"the {sea} sea" in text), "")
    return {"text": sea, "citations": [], "refused": not sea}


def flow(**options: Any) -> sg.Flow:
    return sg.Flow(Retrieve("corpus", k=2) >> Answer(instruction="Which sea?", **options), name="shown")


def compiled(lm: Any, *, passes: Any = None, made: sg.Flow | None = None, **options: Any) -> Compiled:
    bound = (made or flow()).bind(corpus=Gold(), lm=lm)
    chosen = (Demonstrate(), Tune(trials=8)) if passes is None else passes
    return asyncio.run(compile_flow(bound, TRAIN, VAL, metric="answer_f1", passes=chosen, **options))


def test_demonstrations_are_found_shown_and_accepted() -> None:
    result = compiled(Scripted(reads, identity="1"))
    assert (result.before.mean, result.after.mean) == (0.0, 1.0)
    (demos,) = (change.values["answer.demos"] for change in result.changes if change.accepted)
    assert demos[0]["output"]["text"] in rivers.SEAS
    assert {"inputs", "output"} == set(demos[0])


def test_no_question_is_asked_with_a_demonstration_of_itself() -> None:
    lm = Scripted(reads, identity="2")
    compiled(lm)
    shown = 0
    for asked in lm.asked:
        question = asked.messages[-1].content.rpartition("Question: ")[2].strip()
        others = [message.content for message in asked.messages[1:-1]]
        shown += bool(others)
        assert question
        assert not any(question in text for text in others)
    assert shown > 20  # it was not for want of demonstrations


def test_steps_that_did_well_are_shown_also_where_the_run_did_not() -> None:
    """Reading went well (its own reward), answering did not: the readings are demonstrations, the answers are not."""

    def model(asked: Any) -> dict[str, Any] | str:
        text = asked.messages[-1].content
        if "evidence" not in (asked.output.model_fields if asked.output else {}):
            return {"text": "nowhere", "citations": [], "refused": False}
        lines = [line for line in text.splitlines() if "It reaches the" in line]
        return {"evidence": [{"passage_id": "r0", "quote": lines[0], "claim": "its sea"}] if lines else []}

    made = sg.Flow(Retrieve("corpus", k=2) >> Read() >> Answer(), name="two")
    bound = made.bind(corpus=Gold(), lm=Scripted(model, identity="3"))
    traces = [(row, bound(question=row.question).trace) for row in TRAIN]
    only_lived = Demonstrate(rewards=(whole,))
    sets = only_lived.gathered(bound, traces, 0)
    lived = [demo for each in sets["read.demos"] for demo in each if demo["output"]["evidence"][0]["claim"] == "its sea"]
    assert lived
    assert not any(demo["output"]["text"] == "nowhere" for each in sets["answer.demos"] for demo in each)


@sg.rewards.reward(on="evidence", needs="answers")
def whole(step: Any, trace: Any, example: Example) -> sg.rewards.Score:
    """1 where the evidence holds an answer."""
    held = any(answer in each.quote for each in step.writes["evidence"] for answer in example.answers)
    return sg.rewards.Score(float(held))


def test_a_query_has_the_credit_of_what_reads_it() -> None:
    from seekgraph.nodes import Refine

    made = sg.Flow(Refine() >> Retrieve("corpus", k=2) >> Answer(), name="asks")
    lm = Scripted(lambda asked: {"query": asked.messages[-1].content.rpartition("Question: ")[2].split("\n")[0]}, identity="4")
    bound = made.bind(corpus=rivers.corpus(), lm=lm)
    traces = [(row, bound(question=row.question).trace) for row in TRAIN]
    sets = Demonstrate(good=0.3).gathered(bound, traces, 0)
    assert sets["refine.demos"][0][0]["output"]["query"].startswith("Which sea")


@pytest.mark.parametrize("budget", [sg.Budget(calls=40), sg.Budget(tokens=4000)])
def test_caps_hold_and_something_is_still_judged_or_said(budget: sg.Budget) -> None:
    lm = Scripted(reads, identity="5")
    result = compiled(lm, budget=budget)
    assert result.status == "budget"
    if budget.calls is not None:
        assert len(lm.asked) <= budget.calls


def test_resuming_takes_the_same_way_and_asks_nothing_twice(tmp_path: Path) -> None:
    once = Scripted(reads, identity="6")
    whole = compiled(once, journal=tmp_path / "a.journal")
    cut = Scripted(reads, identity="6")
    compiled(cut, journal=tmp_path / "b.journal", budget=sg.Budget(calls=60))
    rest = Scripted(reads, identity="6")
    again = compiled(rest, journal=tmp_path / "b.journal", resume=True)
    assert [change.values for change in again.changes] == [change.values for change in whole.changes]
    early = len(VAL)  # what was best when the budget ended was judged then
    assert len(cut.asked) + len(rest.asked) <= len(once.asked) + early


def test_without_a_model_nothing_that_asks_is_searched() -> None:
    from seekgraph.flows.reader import flow as reader

    alone, asked = reader.bind(corpus=Gold()), reader.bind(corpus=Gold(), lm=Scripted([]))
    space = tunable(reader, idle(alone))
    assert {"answer.span", "answer.brief", "answer.evidence_only", "answer.instruction"}.isdisjoint(space)
    assert "answer.sentences" in space
    assert demonstrable(alone) == {}
    space = tunable(reader, idle(asked))
    assert {"answer.span", "answer.brief", "answer.evidence_only", "retrieve.k"} <= set(space)
    assert "answer.sentences" not in space
    assert isinstance(space["answer.instruction"], Pool)
    assert "read.instruction" not in space  # no model is bound for reading
    assert list(demonstrable(asked)) == ["answer"]


def test_what_was_chosen_goes_through_an_artifact(tmp_path: Path) -> None:
    from seekgraph.flows.reader import flow as reader

    result = compiled(Scripted(reads, identity="7"), made=reader, passes=(Demonstrate(), Tune(trials=12)))
    result.save(tmp_path / "reader.flow.json", location="seekgraph.flows.reader:flow")
    lm = Scripted(reads, identity="7")
    loaded = sg.load(tmp_path / "reader.flow.json").bind(corpus=Gold(), lm=lm)
    assert loaded.flow.params()["answer.demos"].value == result.bound.flow.params()["answer.demos"].value
    assert len(loaded.flow.params()["answer.demos"].value) > 0
    assert loaded(question=VAL[0].question).answer.text in VAL[0].answers


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a reward in \(0, 1\]"):
        Demonstrate(good=0)
