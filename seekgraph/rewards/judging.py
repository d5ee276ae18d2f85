"""Rewards of a step that judges: did it decide rightly, does a ranker agree, and is it calibrated?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from seekgraph.core.language.params import Float
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.outcome import em_of, is_closed, values_of
from seekgraph.rewards.reflecting import OTHER, PART, missing_for, stop_feedback
from seekgraph.rewards.seen import on_part
from seekgraph.rewards.weights import tunable
from seekgraph.text.weights import terms
from seekgraph.types import Answer, Example, Passage, Verdict

Scorer = Callable[[str, Sequence[Passage]], float]
"""How well passages fit what is right, told in words: a number, higher is better. Pure."""


@tunable
def decided_right(by: Literal["support", "answer"] = "support", threshold: float = 0.5) -> Reward:
    """1 if the verdict decides rightly, else 0; from a score of `threshold` on it says "enough".

    By "support" that is right if all gold was in what the step read, as in `right_to_stop`. By "answer" it is right if the answer
    that the step read is (exact match), and the reward does not apply where it read none: the label that SIM-RAG's critic is
    trained on, from runs of its own. It does not apply inside a call that works on one goal.

    Source: SIM-RAG. Raises `RewardError` for another `by` and for a threshold outside [0, 1].
    """
    if by not in ("support", "answer") or not 0 <= threshold <= 1:
        raise RewardError(f"by is 'support' or 'answer' and a threshold in [0, 1], not {by!r} and {threshold!r}")
    name, needs = ("decided_right", "supporting_ids") if by == "support" else ("decided_right_by_answer", "answers")
    made = partial(_by_support if by == "support" else _by_answer, threshold=threshold)
    return reward(needs=needs, on="verdict", reads=() if by == "support" else "answer", name=name)(made)


def _by_support(step: Step, trace: Trace, example: Example, *, threshold: float) -> Score:
    verdict = step.writes["verdict"]
    if not isinstance(verdict, Verdict):
        return OTHER
    if on_part(step, trace):
        return PART
    enough, missing = verdict.score >= threshold, missing_for(step, trace, example)
    return Score(float(enough != bool(missing)), stop_feedback(enough, missing, example))


def _by_answer(step: Step, trace: Trace, example: Example, *, threshold: float) -> Score:
    verdict, answer = step.writes["verdict"], trace.inputs(step).get("answer")
    if not isinstance(verdict, Verdict) or not isinstance(answer, Answer):
        return Score(None, "judges no answer")
    if on_part(step, trace):
        return PART
    enough, right = verdict.score >= threshold, em_of(answer, example.answers) == 1
    feedback = f"{'accepted' if enough else 'rejected'} {answer.text!r}, which is {'right' if right else 'wrong'}"
    return Score(float(enough == right), feedback)


@tunable
def judge_label(
    at_least: float = Float(0.5, 0, 1),
    match: float = Float(1.0, 0, 1),
    mismatch: float = Float(1.0, 0, 1),
    *,
    threshold: float = Float(0.5, 0, 1),
    scorer: Scorer | None = None,
) -> Reward:
    """+`match` where the verdict's label is the ideal one, -`mismatch` where not; the ideal label is "good" if
    scorer(ground truth, what the step read) >= `at_least`.

    The verdict says "good" from a score of `threshold` on. The ground truth is a gold answer, of several the one that fits best.
    Without a `scorer` it is `answer_terms`, and a yes or no has no label. As a reward by itself a mismatch is 0; in a sum it is
    negative: ReSeek adds it to the exact match of the answer.

    Source: ReSeek (project page); its constants, and its threshold, are not published: they are params. Raises `RewardError` for
    amounts below 0.
    """
    if match < 0 or mismatch < 0:
        raise RewardError(f"match and mismatch are amounts of 0 or more, not {match!r} and {mismatch!r}")
    label = partial(_labelled, at_least=at_least, threshold=threshold, scorer=scorer or answer_terms)
    agrees = reward(needs="answers", on="verdict", name="judge_agrees")(label)
    return ((match + mismatch) * agrees - mismatch).named("judge_label")


def answer_terms(truth: str, passages: Sequence[Passage]) -> float:
    """The largest share of the terms of `truth` that one passage, with its title, has in it, in [0, 1]; 0 without terms."""
    wanted = set(terms(truth))
    if not wanted:
        return 0.0
    return max((len(wanted.intersection(terms(f"{each.title} {each.text}"))) / len(wanted) for each in passages), default=0.0)


def _labelled(step: Step, trace: Trace, example: Example, *, at_least: float, threshold: float, scorer: Scorer) -> Score:
    verdict = step.writes["verdict"]
    if not isinstance(verdict, Verdict):
        return OTHER
    if on_part(step, trace):
        return PART
    read = {passage.id: passage for passage in values_of(list(trace.inputs(step).values()), Passage)}
    if scorer is answer_terms and is_closed(example.answers):
        return Score(None, "a yes or no stands in no text: give a scorer")
    fit = max(scorer(answer, tuple(read.values())) for answer in example.answers)
    said, ideal = verdict.score >= threshold, fit >= at_least
    feedback = f"called what it read {'good' if said else 'bad'}, a ranker gives it {fit:.2f} for the right answer"
    return Score(float(said == ideal), feedback)


@reward(needs="answers", on="verdict", reads="answer")
def judged_right(step: Step, trace: Trace, example: Example) -> Score:
    """1 - (verdict.score - right)^2, in [0, 1], where the step read an answer to the question; right is its exact match.

    Source: 1 - Brier score (Brier, 1950): calibration of a judge against gold.
    """
    verdict, answer = step.writes["verdict"], trace.inputs(step).get("answer")
    if not isinstance(verdict, Verdict) or not isinstance(answer, Answer):
        return Score(None, "judges no answer")
    if on_part(step, trace):
        return PART
    right = em_of(answer, example.answers)
    feedback = f"gave {verdict.score:.2f} to {answer.text!r}, which is {'right' if right else 'wrong'}"
    return Score(1 - (verdict.score - right) ** 2, feedback)
