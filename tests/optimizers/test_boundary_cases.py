"""Boundary cases are written with an instruction, labelled, and searched on; they never judge."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from test_instruct import GOOD, TRAIN, VAL, compiled, reads, reflects

from seekgraph.lms import Scripted
from seekgraph.optimizers.boundary import ByJudge, Case, by_rules, labelled
from seekgraph.optimizers.instruct import Instruct
from seekgraph.types import Passage

PASSAGES = (Passage(id="r0", title="Ister", text="The Ister is a river. It reaches the Amber sea."),)
RIGHT = Case(question="What does the Ister reach?", answer="the Amber sea")


@pytest.mark.parametrize(
    ("case", "right"),
    [
        (RIGHT, ("the Amber sea",)),
        (Case(question="What does the Ister reach?", answer="the Cobalt sea"), None),
        (Case(question="Does the Ister reach the Amber sea?", answer="the Amber sea"), None),
    ],
)
def test_the_rules_label_what_a_passage_says_and_the_question_does_not(case: Case, right: Any) -> None:
    assert by_rules(case, PASSAGES) == right


def test_a_judge_or_a_person_may_label() -> None:
    def labels(label: Any, *cases: Case) -> list[tuple[str, ...]]:
        found = asyncio.run(labelled(cases, PASSAGES, label, [], 1))
        return [each.answers for each in found]

    strict = Scripted(lambda asked: {"score": 0, "reason": "no"})
    kind = Scripted(lambda asked: {"score": 10, "reason": "yes"})
    assert labels(ByJudge(strict), RIGHT) == []
    assert labels(ByJudge(kind), RIGHT) == [("the Amber sea",)]
    assert labels(lambda case, passages: ("Amber", "the Amber sea"), RIGHT) == [("Amber", "the Amber sea")]


def test_a_question_of_the_dev_set_is_no_case_nor_is_one_that_was_written_before() -> None:
    known = [VAL[0].question]
    cases = [Case(question=VAL[0].question.upper(), answer="x"), RIGHT, RIGHT, Case(question="  ", answer="x")]
    found = asyncio.run(labelled(cases, PASSAGES, lambda case, passages: ("x",), known, 3))
    assert [each.id for each in found] == ["boundary:3.0"]


def test_cases_are_run_by_candidates_and_shown_in_the_next_reflection() -> None:
    asked_at: list[str] = []
    words = iter(["one", "two", "three", "four"])

    def writes(asked: Any) -> dict[str, Any]:
        assert "boundary" in asked.messages[0].content
        asked_at.append(asked.prompt)
        river = next(line for line in asked.prompt.splitlines() if "is a river. It reaches" in line)
        sea = river.partition("reaches the ")[2].partition(" sea")[0]
        instruction = f"Find the sea, {next(words)}." if len(asked_at) == 1 else reflects(asked)["instruction"]
        return {
            "cause": "",
            "instruction": instruction,
            "cases": [{"question": f"{TRAIN[0].question} Say it, {len(asked_at)}.", "answer": sea}],
        }

    lm = Scripted(reads, identity="boundary")
    result = compiled(lm, Scripted(writes), write=Instruct(rounds=2, label=by_rules))
    assert result.flow.params()["answer.instruction"].value == GOOD
    assert any("Say it, 1." in asked.prompt for asked in lm.asked)
    assert any("boundary:1.0/" in prompt for prompt in asked_at[1:])
    assert not any(row.question in prompt for prompt in asked_at for row in VAL)
    assert result.after.n == len(VAL)
    assert all(not row.id.startswith("boundary") for row in TRAIN)
