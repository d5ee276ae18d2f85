"""PlanNext: the next goals from what the goals so far came to."""

from __future__ import annotations

from typing import Any

import pytest
from visiting import DIRECTOR, visit

import seekgraph as sg
from seekgraph.core.language.fitting import FitRow
from seekgraph.lms import Scripted
from seekgraph.nodes import PlanNext
from seekgraph.nodes.plan import plan_by_patterns
from seekgraph.nodes.plan_next import ready
from seekgraph.prompts.outputs import NextGoalsOut
from seekgraph.types import Digest, Evidence, Goal, Plan, SubQuestion

QUESTION = "Where was the director of The Silver Gate born?"
FACT = Evidence(claim="A secret of the executor.", passage_id="director", quote="a Swedish film director")
BACK = Digest(goal_id="1", conclusion="Marta Lindqvist", facts=(FACT,), resources=(DIRECTOR,))
FIRST = Plan(goals=(Goal(id="1", text="Who directed The Silver Gate?"),))


def asked(*replies: Any, node: PlanNext | None = None, **state: Any) -> tuple[dict[str, Any], Scripted]:
    lm = Scripted([{"goals": reply} if isinstance(reply, list) else reply for reply in replies])
    inputs = {"question": str, "plan": Plan, "digests": tuple[Digest, ...]}
    flow = sg.Flow(node or PlanNext(), inputs={name: inputs[name] for name in ("question", *state)}, output="goals")
    result = flow.bind(lm=lm)(question=QUESTION, **state)
    assert result.status == "ok", result.errors
    return dict(result.values), lm


def test_goals_are_numbered_on_and_the_plan_grows() -> None:
    values, _ = asked(["Where was Marta Lindqvist born?", "When was she?"], plan=FIRST, digests=(BACK,))
    assert [(goal.id, goal.text) for goal in values["goals"]] == [
        ("2", "Where was Marta Lindqvist born?"),
        ("3", "When was she?"),
    ]
    assert [goal.id for goal in values["plan"].goals] == ["1", "2", "3"]


def test_an_empty_list_ends_the_plan() -> None:
    values, lm = asked([], plan=FIRST, digests=(BACK,))
    assert values["goals"] == ()
    assert values["plan"] == FIRST
    assert len(lm.asked) == 1


def test_what_was_a_goal_before_is_none_again_and_there_are_never_too_many() -> None:
    values, _ = asked(["who directed the silver gate", "A?", "B?", "C?"], node=PlanNext(at_once=2), plan=FIRST, digests=(BACK,))
    assert [goal.text for goal in values["goals"]] == ["A?", "B?"]
    values, lm = asked(node=PlanNext(most=1), plan=FIRST, digests=(BACK,))
    assert values["goals"] == ()
    assert lm.asked == []


def test_the_planner_is_shown_conclusions_and_no_detail() -> None:
    _, lm = asked([], plan=FIRST, digests=(BACK, Digest(conclusion="", goal_id="2")))
    shown = lm.asked[0].messages[-1].content
    assert "1. Who directed The Silver Gate? Marta Lindqvist" in shown
    assert "(nothing found)" in shown
    for detail in (FACT.claim, FACT.quote, f"[{DIRECTOR.id}]", DIRECTOR.text, DIRECTOR.title + " ("):
        assert detail not in shown


def test_a_list_without_a_goal_is_no_reply_and_the_rules_go_on() -> None:
    values, _ = asked(["?!", '{"goals": []}'], plan=plan_by_patterns(QUESTION), digests=(BACK,))
    assert [goal.text for goal in values["goals"]] == ["Where was #1 born?"]


def test_without_a_model_the_goals_whose_needs_came_back_are_next() -> None:
    plan = plan_by_patterns(QUESTION)
    assert [goal.id for goal in visit(PlanNext(), question=QUESTION)] == ["1"]
    assert [goal.id for goal in visit(PlanNext(), question=QUESTION, plan=plan, digests=(BACK,))] == ["2"]
    assert visit(PlanNext(), question=QUESTION, plan=plan, digests=(BACK, Digest(conclusion="", goal_id="2"))) == ()
    assert all(not goal.needs for goal in ready(plan, (BACK,)))


@pytest.mark.parametrize(
    ("plan", "digests", "goals"),
    [
        (None, (), ("Who directed it?",)),
        (FIRST, (BACK,), ("Where was Marta Lindqvist born?",)),
        (Plan(goals=(*FIRST.goals, Goal(id="2", text="Where?"))), (BACK,), ()),
    ],
)
def test_the_ideal_is_what_the_gold_decomposition_asks_next(
    plan: Plan | None, digests: tuple[Digest, ...], goals: tuple[str, ...]
) -> None:
    hops = (
        SubQuestion(question="Who directed it?", answer="Marta Lindqvist"),
        SubQuestion(question="Where was #1 born?", answer="Visby"),
    )
    example = sg.Example(id="1", question=QUESTION, decomposition=hops)
    row = FitRow({"question": QUESTION, "plan": plan, "digests": digests}, example)
    assert PlanNext().ideal(row) == NextGoalsOut(goals=goals)
