"""Rewards of a step that judges what was found so far."""

from __future__ import annotations

from seekflow.core.step import Step
from seekflow.core.trace import Trace
from seekflow.rewards.algebra import Score
from seekflow.rewards.define import reward
from seekflow.rewards.seen import found_before, on_part, read_by
from seekflow.types import Example, Verdict


@reward(needs="supporting_ids", on="verdict")
def right_to_stop(step: Step, trace: Trace, example: Example) -> Score:
    """1 - (verdict.score - truth)^2, in [0, 1]; truth is 1 if all gold was in what the step read, else 0.

    Read are the passages in its inputs and those that its evidence comes from; where it read no passages, all that had been
    found before it counts. A score of 0.5 or more says "enough", and the feedback tells whether that was right. It does not
    apply inside a call that works on one goal of the question: the gold is of the whole.

    Source: 1 - Brier score (Brier, 1950), a proper scoring rule, of SIM-RAG's and ReSeek's question "is this enough to answer?".
    """
    verdict = step.writes["verdict"]
    if not isinstance(verdict, Verdict):
        return Score(None, "the verdict has no score")
    if on_part(step, trace):
        return Score(None, "judges a part of the question")
    read = read_by(step, trace)
    missing = sorted(set(example.supporting_ids) - (found_before(step, trace) if read is None else read))
    value = 1 - (verdict.score - (0.0 if missing else 1.0)) ** 2
    lack = f"{len(missing)} of {len(set(example.supporting_ids))} gold passages missing ({', '.join(missing[:3])})"
    if verdict.score >= 0.5:
        return Score(value, f"said enough too early: {lack}" if missing else "right to say enough")
    return Score(value, f"right to go on: {lack}" if missing else "went on although all gold passages were there")
