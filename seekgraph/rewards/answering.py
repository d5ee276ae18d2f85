"""Rewards of a step that answers. They do not apply to an answer inside a call that works on one goal of the question."""

from __future__ import annotations

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.outcome import em_of, f1_of
from seekgraph.rewards.reflecting import missing_for
from seekgraph.rewards.seen import on_part
from seekgraph.types import Answer, Example

OTHER = Score(None, "the answer is not an Answer")
PART = Score(None, "answers a part of the question")


@reward(needs="answers", on="answer")
def answer_em(step: Step, trace: Trace, example: Example) -> Score:
    """1 if the answer equals a gold answer after SQuAD normalisation, else 0; a refusal counts as the answer "noanswer".

    Source: SQuAD; the outcome reward of Search-R1 and of OPERA's answer agent.
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer):
        return OTHER
    if on_part(step, trace):
        return PART
    value = em_of(answer, example.answers)
    return Score(value, _compared(answer, value, example))


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
    value = f1_of(answer, example.answers)
    return Score(value, _compared(answer, value, example))


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
    feedback = f"cites what does not support it: {', '.join(wrong)}" if wrong else "cites only gold"
    return Score(1 - len(wrong) / len(cited), feedback)


@reward(needs="supporting_ids", on="answer")
def citation_recall(step: Step, trace: Trace, example: Example) -> Score:
    """|cited gold| / |gold|, each id once, in [0, 1]; None for a refusal, which cites nothing.

    The counterpart of `citation_support`, which is the precision. Source: RAVine's citation recall, with gold passages in the
    place of its nuggets.
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer) or answer.refused:
        return OTHER if not isinstance(answer, Answer) else Score(None, "refused")
    if on_part(step, trace):
        return PART
    gold = set(example.supporting_ids)
    absent = sorted(gold.difference(answer.citations))
    feedback = f"does not cite {', '.join(absent[:3])}" if absent else "cites all gold"
    return Score(1 - len(absent) / len(gold), feedback)


@reward(needs="answers", on="answer")
def confidence_calibrated(step: Step, trace: Trace, example: Example) -> Score:
    """1 - (answer.confidence - right)^2, in [0, 1]; right is the exact match. None for a refusal.

    Source: 1 - Brier score (Brier, 1950).
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer) or answer.refused:
        return OTHER if not isinstance(answer, Answer) else Score(None, "refused")
    if on_part(step, trace):
        return PART
    right = em_of(answer, example.answers)
    feedback = f"a confidence of {answer.confidence:.2f} in what is {'right' if right else 'wrong'}"
    return Score(1 - (answer.confidence - right) ** 2, feedback)


@reward(needs="supporting_ids", on="answer")
def refused_rightly(step: Step, trace: Trace, example: Example) -> Score:
    """1 where a step refuses if, and only if, it lacks what is needed; else 0.

    It has what is needed if all gold is in what it read (in all that was found by then, where it read no passages). An answer
    in spite of that lack that is right by exact match is 1 as well: there was nothing to refuse for.

    Source: WebDetective, which tells refusing for lack of knowledge from giving up and from guessing; the rule for one run is
    from the abstract.
    """
    answer = step.writes["answer"]
    if not isinstance(answer, Answer):
        return OTHER
    if on_part(step, trace):
        return PART
    missing = missing_for(step, trace, example)
    if answer.refused:
        lack = f"{len(missing)} of {len(set(example.supporting_ids))} gold passages missing ({', '.join(missing[:3])})"
        return Score(
            float(bool(missing)), f"right to refuse: {lack}" if missing else "refused although all gold passages were there"
        )
    if not missing:
        return Score(1.0, "right to answer: all gold passages were there")
    right = bool(example.answers) and em_of(answer, example.answers) == 1
    feedback = f"answered without {', '.join(missing[:3])}"
    return Score(float(right), f"{feedback}, and was right" if right else f"{feedback}: refuse, or search on")


def _compared(answer: Answer, value: float, example: Example) -> str:
    said = "refused" if answer.refused else f"said {answer.text!r}"
    return "right" if value == 1 else f"{said}, right is {' or '.join(map(repr, example.answers[:3]))}"
