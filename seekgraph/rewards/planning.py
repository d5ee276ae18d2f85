"""Rewards of a step that plans, against the gold decomposition: is all asked for, in the right order, with no goal too many?

A plan is measured against the hops that what its step read has not settled (`hops.left`). So the first plan of a run, or one of a
planner that reads the question alone, is measured against the whole decomposition, and a plan that is written after some goals
have come back against what was left to ask then. They do not apply inside a call that works on a part of the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Literal

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.hops import ALIKE, Match, Similarity, ancestors, dependencies, left, matched
from seekgraph.rewards.seen import ids_of, on_part
from seekgraph.rewards.weights import tunable
from seekgraph.text.alike import alike
from seekgraph.types import Example, Goal, Plan

OTHER = Score(None, "the plan has no goals that could be read")
PART = Score(None, "plans a part of the question")
SETTLED = Score(None, "nothing was left to ask")


def plan_coverage_by(similarity: Similarity, name: str = "plan_coverage") -> Reward:
    """The mean over the gold hops of the similarity to the goal that asks for each, one to one, in [0, 1]; 0 where none does.

    Goals and hops are matched one to one so that the sum is the highest. A hop's "#1" is left out of the comparison or has the
    gold answer in its place, whichever is more like the goal. `similarity(goal, hop)` is pure, in [0, 1]: `nearness(embedder)`
    compares by meaning.
    """
    return reward(needs="decomposition", on="plan", name=name)(partial(_covered, similarity=similarity))


def _covered(step: Step, trace: Trace, example: Example, *, similarity: Similarity) -> Score:
    plan = plan_of(step, trace)
    if isinstance(plan, Score):
        return plan
    hops, wanted = example.decomposition, left(step, trace, example)
    if not wanted:
        return SETTLED
    found = matched(plan.goals, hops, wanted, similarity)
    open_ = [hops[hop].question for hop in wanted if hop not in found or found[hop].value < ALIKE]
    value = sum(match.value for match in found.values()) / len(wanted)
    feedback = f"asks for {len(wanted) - len(open_)} of {len(wanted)} hops"
    return Score(min(1.0, value), f"{feedback}, no goal asks: {'; '.join(open_)}" if open_ else feedback)


plan_coverage = plan_coverage_by(alike)
"""The mean over the gold hops of the token F1 with the goal that asks for it, one to one, in [0, 1]; see `plan_coverage_by`.

The tokens are stemmed terms, with who, where, when, why and how (`text.alike`).
"""


@reward(needs="decomposition", on="plan")
def plan_order(step: Step, trace: Trace, example: Example) -> Score:
    """|gold dependencies that the plan keeps| / |gold dependencies between hops that goals ask for|, in [0, 1].

    Hop j depends on hop i where its question refers to the answer of i. The plan keeps that if the goal for j needs the goal
    for i, directly or through others. Merely standing later in the list is not enough: goals that do not need one another are
    worked on side by side, and the later one would not know what it is about. Needs that gold does not have cost time and no
    answer, and are not counted. Where no hop refers to another, their order is all that is known, and a pair is lost only if
    the earlier hop's goal needs the later one's. None where fewer than two hops, or no such two, have a goal that is 0.3 alike.
    """
    plan = plan_of(step, trace)
    if isinstance(plan, Score):
        return plan
    hops, wanted = example.decomposition, left(step, trace, example)
    matches = {hop: match for hop, match in matched(plan.goals, hops, wanted).items() if match.value >= ALIKE}
    known = dependencies(hops)
    pairs = [pair for pair in known or combinations(range(len(hops)), 2) if matches.keys() >= set(pair)]
    if not pairs:
        return Score(None, "no two goals ask for hops of which one builds on the other")
    before = ancestors({goal.id: goal.needs for goal in plan.goals})
    lost = [pair for pair in pairs if not _kept(pair, plan.goals, matches, before, strict=bool(known))]
    ids = [tuple(plan.goals[matches[hop].goal].id for hop in pair) for pair in lost]
    feedback = [f"goal {b!r} does not build on goal {a!r}" if known else f"goal {a!r} waits for goal {b!r}" for a, b in ids]
    return Score(1 - len(lost) / len(pairs), "; ".join(feedback) or "keeps the order of the hops")


def _kept(
    pair: tuple[int, int], goals: Sequence[Goal], matches: dict[int, Match], before: dict[str, set[str]], *, strict: bool
) -> bool:
    first, second = (goals[matches[hop].goal].id for hop in pair)
    return first in before[second] if strict else second not in before[first]


@tunable
def plan_size_by(gold: Literal["decomposition", "supporting_ids"] = "decomposition", tolerance: int = 0) -> Reward:
    """1 - max(0, |n - need| - tolerance) / max(n, need), in [0, 1], for a plan of n goals; 1 where both are 0.

    What is needed is one goal for each hop of the decomposition, or for each gold passage, that what the step read has not
    settled. Raises `RewardError` for other gold and for a tolerance below 0.
    """
    if gold not in ("decomposition", "supporting_ids") or tolerance < 0:
        raise RewardError(f"the gold is 'decomposition' or 'supporting_ids', a tolerance 0 or more; got {gold!r}, {tolerance!r}")
    return reward(needs=gold, on="plan", name="plan_size")(partial(_sized, gold=gold, tolerance=tolerance))


def _sized(step: Step, trace: Trace, example: Example, *, gold: str, tolerance: int) -> Score:
    plan = plan_of(step, trace)
    if isinstance(plan, Score):
        return plan
    if gold == "decomposition":
        need = len(left(step, trace, example))
    else:
        need = len(set(example.supporting_ids).difference(ids_of(list(trace.inputs(step).values()))))
    count = len(plan.goals)
    off = max(0, abs(count - need) - tolerance)
    return Score(1 - off / max(count, need, 1), f"{count} goal{'s' * (count != 1)}, needed: {need}")


plan_size = plan_size_by()
"""1 - |n - need| / max(n, need), in [0, 1]: the number n of goals against that of the gold hops; see `plan_size_by`."""


def plan_of(step: Step, trace: Trace) -> Plan | Score:
    """The plan that a step wrote for the whole question, or the score of one that is not for it."""
    plan = step.writes["plan"]
    if not isinstance(plan, Plan):
        return OTHER
    return PART if on_part(step, trace) else plan
