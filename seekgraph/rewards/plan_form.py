"""Rewards of a plan's goals: can each be worked on, and does none leap to the answer?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.hops import ALIKE, ancestors, left, matched
from seekgraph.rewards.outcome import is_closed, values_of
from seekgraph.rewards.planning import OTHER, plan_of
from seekgraph.rewards.seen import read_by
from seekgraph.text.alike import REFERENCE, bare
from seekgraph.text.answers import normalize
from seekgraph.text.entities import flat, folded, names
from seekgraph.types import Digest, Example, Goal, Plan

_BLANK = re.compile(
    r"[\[{<][^\[{<\]}>]{0,200}\b(?:steps?|goals?|answers?|results?|entity|previous|sub-?questions?|placeholder|insert|name of)\b"
    r"[^\[{<\]}>]{0,200}[\]}>]|_{3,}",
    re.IGNORECASE,
)
"""Places that a planner left to be filled, in a form that nothing fills: "[entity from step 1]", "{answer}", "____"."""


@reward(on="plan")
def plan_valid(step: Step, trace: Trace, example: Example | None) -> Score:
    """|goals that can be worked on as they are written| / |goals|, in [0, 1]; 0 for a plan without goals.

    That is a goal which has words, is no repetition of an earlier one, and leaves nothing open: each "#k" in it names a goal
    that it needs, directly or through others, or one whose digest the planner has read, and it has no blank of another form,
    such as "[entity from step 1]". What stands in the question is neither. A plan without goals of a step that read what
    was found may say that nothing is left to do: None. A plan's type has refused circles and needs that no goal has.
    """
    plan = step.writes["plan"]
    if not isinstance(plan, Plan):
        return OTHER
    if not plan.goals:
        return Score(None if read_by(step, trace) else 0.0, "the plan has no goals")
    inputs = trace.inputs(step)
    question = str(inputs.get("question", ""))
    known = {digest.goal_id for digest in values_of(list(inputs.values()), Digest)}
    before = ancestors({goal.id: goal.needs for goal in plan.goals})
    faults: list[str] = []
    said: set[str] = set()
    for goal in plan.goals:
        fault = _fault(goal, before, known, question)
        if not fault and normalize(goal.text) in said:
            fault = "says what an earlier goal says"
        said.add(normalize(goal.text))
        faults += [f"goal {goal.id!r} {fault}"] if fault else []
    return Score(1 - len(faults) / len(plan.goals), "; ".join(faults) or "each goal can be worked on")


def _fault(goal: Goal, before: Mapping[str, set[str]], known: set[str], question: str) -> str:
    """Why a goal cannot be worked on, or ""."""
    if not any(character.isalnum() for character in REFERENCE.sub("", goal.text)):
        return "has no words"
    for match in REFERENCE.finditer(goal.text):
        name = match[1]
        if name in before[goal.id] or name in known or match[0] in question:
            continue
        return f"names {match[0]} and does not need it" if name in before else f"names {match[0]}, which is no goal"
    blank = next((match[0] for match in _BLANK.finditer(goal.text) if match[0] not in question), "")
    return f"leaves {blank!r} open, which nothing fills" if blank else ""


@reward(needs="answers", on="plan")
def no_leap(step: Step, trace: Trace, example: Example) -> Score:
    """0 if the plan leaps over something that is to be found out, else 1; None for a plan without goals.

    It does where a goal names a gold answer, or the answer of a hop that no goal asks for (similarity 0.3), and where every goal
    is the question itself although two or more other hops are left to ask. What is named in the question, in the gold hops or in
    what the step read is given and no leap; nor is a yes, a no, or a name under three letters.
    """
    plan = plan_of(step, trace)
    if isinstance(plan, Score):
        return plan
    if not plan.goals:
        return Score(None, "the plan has no goals")
    hops, wanted = example.decomposition, left(step, trace, example)
    given = [example.question, *(bare(hop.question) for hop in hops), *_texts(list(trace.inputs(step).values()))]
    asked = {hop for hop, match in matched(plan.goals, hops, wanted).items() if match.value >= ALIKE}
    over = [
        (hops[hop].answer, hops[hop].question) for hop in wanted if hop not in asked and hops[hop].answer not in example.answers
    ]
    faults = []
    for answer, hop in [*((answer, "") for answer in example.answers), *over]:
        name = folded(answer)
        if is_closed((answer,)) or any(names(flat(text), name) for text in given):
            continue
        goal = next((goal for goal in plan.goals if names(flat(goal.text), name)), None)
        if goal is not None:
            what = f"leaps over {hop!r} to {answer!r}" if hop else f"names the answer {answer!r}"
            faults.append(f"goal {goal.id!r} {what}")
    others = [hop for hop in wanted if normalize(bare(hops[hop].question)) != normalize(example.question)]
    if len(others) > 1 and all(normalize(goal.text) == normalize(example.question) for goal in plan.goals):
        faults.append(f"asks the question as it is, where {len(wanted)} hops are left to ask")
    return Score(float(not faults), "; ".join(dict.fromkeys(faults)) or "leaps over nothing")


def _texts(value: Any) -> Iterator[str]:
    """All that a value says, but for plans: what an earlier plan leapt to is not given by that."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Plan):
        return
    elif isinstance(value, BaseModel):
        yield from _texts([each for _, each in value])
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _texts(each)
