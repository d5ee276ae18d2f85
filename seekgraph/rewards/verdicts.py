"""The reward that a judge in the flow gives: read from its verdict, so that scoring asks nobody and costs nothing."""

from __future__ import annotations

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.seen import after
from seekgraph.types import Example, Verdict


@reward(on="answer", reads="verdict")
def judged(step: Step, trace: Trace, example: Example | None) -> Score:
    """The score of the first verdict on this answer, in [0, 1]; None where nothing has judged it.

    A verdict on the answer is one by a step that read the answer which this step wrote, such as `Judge`'s. It needs no gold, so
    it also serves while a flow runs: `redo(Answer() >> Judge(), judged, below=0.5)`. How far a judge can be trusted, and how its
    scores become probabilities, says `seekgraph.evaluation.calibrate`.
    """
    for other in after(step, trace):
        verdict = other.writes.get("verdict")
        if isinstance(verdict, Verdict) and other.kind == "node" and step.id in other.parents.get("answer", ()):
            return Score(min(max(verdict.score, 0.0), 1.0), verdict.reason)
    return Score(None)
