"""Rewards of a whole run that weigh what it found, and what it answered, against how often it searched."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

from seekgraph.core.language.params import Float
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.outcome import em_of, f1_of, final_answer, lasting_searches, searches
from seekgraph.rewards.retrieval import Nuggets, search_gain, turn_recall
from seekgraph.rewards.runs import answer_feedback, count_of_searches
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.types import Example


@tunable
def attenuated_retrieval(k: float = Float(0.5, 0.01, 0.99), first: float | None = None) -> Reward:
    """first * (1 - k^N) / (1 - k) for a run of N searches: the first pays `first`, each further one k times the one before.

    Without `first` it is 1 - k, so that the sum stays below 1: then the value is 1 - k^N. It needs no gold: it pays for
    searching at all, early in training. Source: GraphRAG-R1, progressive retrieval attenuation; the form is from memory of the
    paper, and its constants are not known, so `k` is a param.

    Raises `RewardError` for k outside (0, 1) and for `first` outside [0, 1].
    """
    first = 1 - k if first is None else first
    if not 0 < k < 1 or not 0 <= first <= 1:
        raise RewardError(f"k lies in (0, 1) and first in [0, 1], not k={k!r}, first={first!r}")
    return run_reward(name="attenuated_retrieval")(partial(_attenuated, k=k, first=first))


def _attenuated(trace: Trace, example: Example | None, *, k: float, first: float) -> Score:
    count = len(searches(trace))
    return Score(min(1.0, first * (1 - k**count) / (1 - k)), count_of_searches(count))


@tunable
def cost_aware_f1(a: float = Float(1.0, 0.01, 1), b: float = Float(0.1, 0, 5)) -> Reward:
    """a * F1 * exp(-b * N) for a run of N searches, in [0, a].

    Source: GraphRAG-R1, cost-aware F1; from memory of the paper, and its constants are not known, so they are params.
    Raises `RewardError` for a outside (0, 1] and for b below 0.
    """
    if not 0 < a <= 1 or b < 0:
        raise RewardError(f"a lies in (0, 1] and b is 0 or more, not a={a!r}, b={b!r}")
    return run_reward(needs="answers", name="cost_aware_f1")(partial(_cost_aware, a=a, b=b))


def _cost_aware(trace: Trace, example: Example, *, a: float, b: float) -> Score:
    count = len(searches(trace))
    value = a * f1_of(final_answer(trace), example.answers) * math.exp(-b * count)
    return Score(value, f"{answer_feedback(trace, example)}; {count_of_searches(count)}")


@tunable
def inforage(score: Literal["f1", "em"] = "f1", extra: float = 0.2, penalty: float = 0.95) -> Reward:
    """(score + extra * best) * cost / (1 + extra), in [0, 1]; with N searches cost is penalty^(N - 1) from N = 3 on, else 1.

    `best` is the largest share of the gold that one search found (`turn_recall`). InForage's own value is not divided by 1 +
    extra, which is its maximum. Source: InForage (generation.py, main_ppo.py): a fifth of the best recall of a turn, and
    0.95^step where step counts from 0 and is above 1; here a turn is a search.

    Raises `RewardError` for extra below 0 and for a penalty outside [0, 1].
    """
    if score not in ("f1", "em") or extra < 0 or not 0 <= penalty <= 1:
        raise RewardError(f"score is 'f1' or 'em', extra 0 or more, penalty in [0, 1]; not {score!r}, {extra!r}, {penalty!r}")
    made = partial(_inforage, score=score, extra=extra, penalty=penalty)
    return run_reward(needs=("answers", "supporting_ids"), name="inforage")(made)


def _inforage(trace: Trace, example: Example, *, score: str, extra: float, penalty: float) -> Score:
    turns = searches(trace)
    recalls = [turn_recall(step, trace, example).value or 0.0 for step in lasting_searches(trace)]
    best = max(recalls, default=0.0)
    outcome = (f1_of if score == "f1" else em_of)(final_answer(trace), example.answers)
    worth = penalty ** (len(turns) - 1) if len(turns) >= 3 else 1.0
    feedback = f"{answer_feedback(trace, example)}; {count_of_searches(len(turns))}, the best found {best:.0%} of the gold"
    return Score((outcome + extra * best) * worth / (1 + extra), feedback)


@tunable
def gain_per_search(cap: int | None = None, nuggets: Nuggets | None = None) -> Reward:
    """The mean of `search_gain` over the searches of a run for which something was left to find, in [0, 1]; None where none was.

    A search after all gold is found is left out: `frugal` is what blames it. Source: RAVine, search gain per call.
    """
    made = partial(_per_search, gain=search_gain(cap, nuggets))
    return run_reward(needs="supporting_ids", name="gain_per_search")(made)


def _per_search(trace: Trace, example: Example, *, gain: Reward) -> Score:
    found = [gain(step, trace, example).value for step in lasting_searches(trace)]
    gains = [value for value in found if value is not None]
    if not gains:
        return Score(None, "no search had anything left to find")
    mean = sum(gains) / len(gains)
    return Score(mean, f"{count_of_searches(len(found))}, one found {mean:.0%} of what was left on average")
