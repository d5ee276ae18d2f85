"""Demonstrations that are chosen for each question, taken for behaviours, and gathered with several prompts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import rivers
from test_demonstrate import TRAIN, VAL, Gold, flow, reads

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.lms import Scripted
from seekgraph.optimizers.behaviours import behaviours
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.credit import Credit, Said
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.tune import Tune
from seekgraph.prompts.nearest import POOL, SHOWN, nearest


def demo(question: str, reply: str = "x") -> dict[str, Any]:
    return {"inputs": {"question": question}, "output": {"text": reply}}


MANY = [demo(f"Who founded the town of {name.title()}?") for name in rivers.TOWNS[:20]]


def test_few_demonstrations_are_all_shown_and_of_many_those_that_are_like_the_question() -> None:
    assert nearest(MANY[:SHOWN], {"question": "Anything?"}) == tuple(MANY[:SHOWN])
    like = demo("How long is the river Danube?")
    found = nearest([*MANY, like], {"question": "How deep is the river Rhine?"})
    assert len(found) == SHOWN
    assert found[0] == like


def test_what_is_chosen_is_not_the_same_thing_several_times() -> None:
    same = [demo("How long is the river Danube?", str(number)) for number in range(6)]
    other = demo("How deep is the lake of Constance?")
    found = nearest([*same, other], {"question": "How long is the river Rhine?"})
    assert other in found


def test_a_row_never_sees_itself_also_where_demonstrations_are_chosen_from_a_pool() -> None:
    lm = Scripted(reads, identity="pool")
    demos = [
        {
            "inputs": {"question": row.question, "context": []},
            "output": {"text": row.answers[0], "citations": [], "refused": False},
        }
        for row in (*TRAIN, *VAL)
    ]
    ask = flow().with_params({"answer.demos": demos[:POOL]}).bind(corpus=Gold(), lm=lm)
    for row in TRAIN:
        ask(question=row.question)
    for asked, row in zip(lm.asked, TRAIN, strict=True):
        shown = [message.content for message in asked.messages[1:-1]]
        assert len(shown) == 2 * SHOWN
        assert not any(row.question in text for text in shown)


def test_a_pool_is_among_the_sets_that_are_searched() -> None:
    bound = flow().bind(corpus=Gold(), lm=Scripted(reads, identity="sets"))
    traces = [(row, bound(question=row.question).trace) for row in TRAIN]
    sets = Demonstrate().gathered(bound, traces, 0)["answer.demos"]
    assert max(map(len, sets)) > SHOWN
    assert any(len(each) <= SHOWN for each in sets)


def step(path: str, at: int, **parents: tuple[str, ...]) -> Step:
    return Step(path, (at,), "node", parents=dict(parents), writes={"query": "q"} if path == "refine" else {"passages": ()})


def test_behaviours_are_seen_in_the_rewards_of_steps() -> None:
    steps = [
        step("refine", 1),
        step("retrieve", 1, query=("refine@1",)),
        step("refine", 2),
        step("retrieve", 2, query=("refine@2",)),
    ]
    steps.append(step("reflect", 2, passages=("retrieve@2",)))
    own = {
        "retrieve@1": [Said("retrieve@1", "support_gain", 0.0, "")],
        "retrieve@2": [Said("retrieve@2", "support_gain", 1.0, "")],
        "reflect@2": [Said("reflect@2", "right_to_stop", 1.0, "")],
    }
    found = behaviours(Trace(steps=steps), Credit(own, {}), good=0.7)
    assert found["retrieve@2"] == {"adaptive search", "error recovery"}
    assert found["refine@2"] == {"adaptive search"}
    assert found["reflect@2"] == {"verification"}
    assert set(found) == {"retrieve@2", "refine@2", "reflect@2"}


def test_steps_are_taken_for_behaviours_also_out_of_runs_that_ended_badly() -> None:
    bound = flow().bind(corpus=Gold(), lm=Scripted(lambda asked: {"text": "nowhere", "citations": ["r0"], "refused": False}))
    traces = [(row, bound(question=row.question).trace) for row in TRAIN]
    assert {len(each["output"]) for each in Demonstrate().gathered(bound, traces, 0)["answer.demos"][0]} == {3}  # from gold
    cites = Demonstrate(by="behaviour", good=0.4).gathered(bound, traces, 0)["answer.demos"]
    assert any(demo["output"]["text"] == "nowhere" for each in cites for demo in each)
    with pytest.raises(ValueError, match="'reward' or 'behaviour'"):
        Demonstrate(by="luck")  # type: ignore[arg-type]


def test_an_ensemble_runs_the_rows_with_other_prompts_and_takes_the_best_of_each_example() -> None:
    lm = Scripted(reads, identity="ensemble")
    bound = flow().bind(corpus=Gold(), lm=lm)
    passes = (Demonstrate(ensemble=1), Tune(trials=4))
    compiled = asyncio.run(compile_flow(bound, TRAIN, VAL, metric="answer_f1", passes=passes))
    assert compiled.plan.passes[0].most == 2 * len(TRAIN)
    assert compiled.after.mean == 1.0
