"""Rewards of a step that answers. They do not apply to an answer inside a call that works on one goal of the question."""

from __future__ import annotations

from seekflow.core.step import Step
from seekflow.core.trace import Trace
from seekflow.rewards.algebra import Score
from seekflow.rewards.define import reward
from seekflow.rewards.seen import on_part
from seekflow.text.answers import token_f1
from seekflow.types import Answer, Example

OTHER = Score(None, "the answer is not an Answer")
PART = Score(None, "answers a part of the question")


@reward(needs="answers", on="answer")
def answer_f1(step: Step, trace: Trace, example: Example) -> Score:
    """Token F1 of the answer after SQuAD normalisation, best over the gold answers, in [0, 1].

    A refusal counts as the answer "noanswer", whatever reason it gives, as in the metric of the same name. Source: SQuAD and
    HotpotQA evaluation; the outcome term of StepSearch and InForage.
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer):
        return OTHER
    if on_part(step, trace):
        return PART
    value = token_f1("noanswer" if answer.refused else answer.text, example.answers)
    said = "refused" if answer.refused else f"said {answer.text!r}"
    return Score(value, "right" if value == 1 else f"{said}, right is {' or '.join(map(repr, example.answers[:3]))}")


@reward(needs="supporting_ids", on="answer")
def citation_support(step: Step, trace: Trace, example: Example) -> Score:
    """|cited gold| / |cited|, each id once, in [0, 1]; None where nothing is cited, as in the metric `citation_precision`."""
    answer = step.writes["answer"]
    if not isinstance(answer, Answer):
        return OTHER
    if on_part(step, trace):
        return PART
    cited = set(answer.citations)
    if not cited:
        return Score(None, "cites nothing")
    wrong = sorted(cited.difference(example.supporting_ids))
    told = f"cites what does not support it: {', '.join(wrong)}" if wrong else "cites only gold"
    return Score(1 - len(wrong) / len(cited), told)
