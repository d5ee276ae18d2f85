"""Rewards of a step that judges: did it decide rightly, does a ranker agree, and is it calibrated?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from seekflow.core.step import Step
from seekflow.core.trace import Trace
from seekflow.rewards.algebra import Reward, RewardError, Score
from seekflow.rewards.define import reward
from seekflow.rewards.outcome import em_of, is_closed, values_of
from seekflow.rewards.reflecting import OTHER, PART, missing_for, told_enough
from seekflow.rewards.seen import on_part
from seekflow.text.weights import terms
from seekflow.types import Answer, Example, Passage, Verdict

Scorer = Callable[[str, Sequence[Passage]], float]
"""How well passages fit what is right, told in words: a number, higher is better. Pure."""


def decided_right(threshold: float = 0.5) -> Reward:
    """1 if the verdict decides rightly, else 0; from a score of `threshold` on it says "enough".

    Where the step read an answer, "enough" is right if that answer is (exact match): the label that SIM-RAG's critic is trained
    on, from runs of its own. Where it read none, "enough" is right if all gold was in
    what it read, as in `right_to_stop`. It does not apply inside a call that works on one goal.

    Raises `RewardError` for a threshold outside [0, 1].
    """
    if not 0 <= threshold <= 1:
        raise RewardError(f"a threshold is in [0, 1], not {threshold!r}")
    return reward(on="verdict", name="decided_right")(partial(_decided, threshold=threshold))


def _decided(step: Step, trace: Trace, example: Example | None, *, threshold: float) -> Score:
    verdict, answer = step.writes["verdict"], trace.inputs(step).get("answer")
    if not isinstance(verdict, Verdict):
        return OTHER
    if on_part(step, trace):
        return PART
    enough = verdict.score >= threshold
    if isinstance(answer, Answer) and example is not None and example.answers:
        right = em_of(answer, example.answers) == 1
        told = f"{'accepted' if enough else 'rejected'} {answer.text!r}, which is {'right' if right else 'wrong'}"
        return Score(float(enough == right), told)
    if example is None or not example.supporting_ids:
        return Score(None, "nothing says what would be enough")
    missing = missing_for(step, trace, example)
    return Score(float(enough != bool(missing)), told_enough(enough, missing, example))


def judge_label(
    at_least: float = 0.5, match: float = 1.0, mismatch: float = 1.0, *, threshold: float = 0.5, scorer: Scorer | None = None
) -> Reward:
    """+`match` where the verdict's label is the ideal one, -`mismatch` where not; the ideal label is "good" if
    scorer(ground truth, what the step read) >= `at_least`.

    The verdict says "good" from a score of `threshold` on. The ground truth is a gold answer, of several the one that fits best.
    Without a `scorer` it is `answer_terms`, and a yes or no has no label. As a reward by itself a mismatch is 0; in a sum it is
    negative: ReSeek adds it to the exact match of the answer.

    Source: ReSeek (project page); its constants, and its threshold, are not published. Raises `RewardError` for amounts below 0.
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
    told = f"called what it read {'good' if said else 'bad'}, a ranker gives it {fit:.2f} for the right answer"
    return Score(float(said == ideal), told)


@reward(needs="answers", on="verdict")
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
    told = f"gave {verdict.score:.2f} to {answer.text!r}, which is {'right' if right else 'wrong'}"
    return Score(1 - (verdict.score - right) ** 2, told)
