"""Rewards of a step that judges what was found so far: is it enough, and does it meet the goal?"""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.hops import nearest
from seekgraph.rewards.outcome import says, values_of
from seekgraph.rewards.seen import found_before, on_part, read_by
from seekgraph.types import Example, Goal, Passage, SubQuestion, Verdict

OTHER = Score(None, "the verdict has no score")
PART = Score(None, "judges a part of the question")
OF_ANSWER = Score(None, "judges an answer, not what was found")


@reward(needs="supporting_ids", on="verdict")
def right_to_stop(step: Step, trace: Trace, example: Example) -> Score:
    """1 - (verdict.score - truth)^2, in [0, 1]; truth is 1 if all gold was in what the step read, else 0.

    Read are the passages in its inputs and those that its evidence comes from; where it read no passages, all that had been
    found before it counts. A score of 0.5 or more says "enough", and the feedback tells whether that was right. It does not
    apply inside a call that works on one goal of the question, since the gold is of the whole, nor to a verdict on an answer.

    Source: 1 - Brier score (Brier, 1950), a proper scoring rule, of SIM-RAG's and ReSeek's question "is this enough to answer?".
    """
    verdict = step.writes["verdict"]
    if not isinstance(verdict, Verdict):
        return OTHER
    if "answer" in step.parents:
        return OF_ANSWER
    if on_part(step, trace):
        return PART
    missing = missing_for(step, trace, example)
    value = 1 - (verdict.score - (0.0 if missing else 1.0)) ** 2
    return Score(value, stop_feedback(verdict.score >= 0.5, missing, example))


@reward(needs="decomposition", on="verdict")
def goal_met(step: Step, trace: Trace, example: Example) -> Score:
    """1 - (verdict.score - truth)^2 where the step works on a goal; truth is 1 if what it read meets the goal, else 0.

    A goal is the hop of the gold decomposition that it asks for most (`hops.nearest`, one half alike at least, or the reward
    does not apply). It is met if the hop's supporting passage was read, or, where the hop names none, a passage with its
    answer.

    Source: RE-Searcher, whose reflection says whether the results meet the goal and is rewarded for being
    right; there a model supervises it, here the decomposition does, and its constants are not published.
    """
    verdict, goal = step.writes["verdict"], trace.inputs(step).get("goal")
    if not isinstance(verdict, Verdict) or not isinstance(goal, Goal):
        return Score(None, "works on no goal")
    hop = hop_of(goal, example.decomposition)
    if hop is None:
        return Score(None, f"no gold hop asks {goal.text!r}")
    read = {passage.id: passage for passage in values_of(list(trace.inputs(step).values()), Passage)}
    if hop.supporting_id is not None:
        met = hop.supporting_id in read
    elif hop.answer:
        met = any(says(passage, (hop.answer,)) for passage in read.values())
    else:
        return Score(None, f"nothing says what meets {hop.question!r}")
    value = 1 - (verdict.score - met) ** 2
    if verdict.score >= 0.5:
        return Score(value, "right that the goal is met" if met else f"took the goal for met, {_lack(hop)} was not read")
    return Score(
        value, "went on although the goal was met" if met else f"right that the goal is not met: {_lack(hop)} is missing"
    )


def hop_of(goal: Goal, hops: Sequence[SubQuestion], least: float = 0.5) -> SubQuestion | None:
    """The gold hop that a goal asks for: the nearest, `least` alike at least; None where there is none."""
    found = nearest(goal.text, hops, least)
    return None if found is None else hops[found]


def missing_for(step: Step, trace: Trace, example: Example) -> list[str]:
    """The gold passages that were not in what the step read; where it read no passages, those that nothing had found by then."""
    read = read_by(step, trace)
    return sorted(set(example.supporting_ids) - (found_before(step, trace) if read is None else read))


def stop_feedback(enough: bool, missing: Sequence[str], example: Example) -> str:
    """Feedback for a step that said whether what it had is enough, given what was missing."""
    lack = f"{len(missing)} of {len(set(example.supporting_ids))} gold passages missing ({', '.join(missing[:3])})"
    if enough:
        return f"said enough too early: {lack}" if missing else "right to say enough"
    return f"right to go on: {lack}" if missing else "went on although all gold passages were there"


def _lack(hop: SubQuestion) -> str:
    return repr(hop.supporting_id) if hop.supporting_id is not None else f"a passage with {hop.answer!r}"
