"""WebDetective's factors of a whole run: was enough found, was it used, and was refusing right?"""

from __future__ import annotations

from functools import partial

from seekgraph.core.language.params import Float
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.outcome import em_of, f1_of, final_answer, found_by
from seekgraph.rewards.runs import answer_feedback, sufficient
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import of_run, run_reward
from seekgraph.types import Example


@run_reward(needs="supporting_ids")
def search_sufficient(trace: Trace, example: Example) -> Score:
    """1 if the run has found all gold, else 0. Source: WebDetective, knowledge sufficiency."""
    missing = sorted(set(example.supporting_ids) - found_by(trace))
    return Score(float(not missing), f"never found {', '.join(missing[:3])}" if missing else "found all gold")


@run_reward(needs=("supporting_ids", "answers"))
def used_what_it_found(trace: Trace, example: Example) -> Score:
    """Token F1 of the answer, in [0, 1], of a run that has found all gold; None of another. A refusal is 0.

    Source: WebDetective, use of knowledge where it is sufficient.
    """
    if not sufficient(trace, example):
        return Score(None, "had not found all gold")
    return Score(f1_of(final_answer(trace), example.answers), f"all gold was found; {answer_feedback(trace, example)}")


@run_reward(needs="supporting_ids")
def refused_for_lack(trace: Trace, example: Example) -> Score:
    """1 if a run that has not found all gold refuses, else 0; None of a run that has found it.

    An answer in spite of the lack that is right by exact match is 1 as well. No answer at all is no refusal.
    Source: WebDetective, appropriate refusal.
    """
    if sufficient(trace, example):
        return Score(None, "had found all gold")
    answer = final_answer(trace)
    if answer is not None and answer.refused:
        return Score(1.0, "right to refuse: not all gold was found")
    right = bool(example.answers) and em_of(answer, example.answers) == 1
    feedback = "gave no answer" if answer is None else f"answered {answer.text!r} though not all gold was found"
    return Score(float(right), f"{feedback}, and was right" if right else feedback)


@tunable
def web_detective(refusal: float = Float(1.0, 0, 1)) -> Reward:
    """S * use + (1 - S) * refusal * refused, in [0, 1]: S is `search_sufficient`, `use` is `used_what_it_found`, `refused` is
    `refused_for_lack`.

    `refusal` is what an appropriate refusal is worth beside a right answer. Source: WebDetective scores search, use of knowledge
    and refusal apart; how it puts them together for one run is not known, so this sum is Seekgraph's, and `refusal` a param.
    Raises `RewardError` for a refusal outside [0, 1].
    """
    if not 0 <= refusal <= 1:
        raise RewardError(f"refusal is in [0, 1], not {refusal!r}")
    return run_reward(needs=("supporting_ids", "answers"), name="web_detective")(partial(_factors, refusal=refusal))


def _factors(trace: Trace, example: Example, *, refusal: float) -> Score:
    used = of_run(used_what_it_found, trace, example)
    if used.value is not None:
        return used
    refused = of_run(refused_for_lack, trace, example)
    return Score(refusal * (refused.value or 0.0), refused.feedback)
