"""FrugalRAG's reward of a whole run: stop when all that can be found is found, neither later nor sooner."""

from __future__ import annotations

import math
from functools import partial

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.outcome import searches
from seekgraph.rewards.runs import Reference, recall_by_search, referred, share_of, told_searches
from seekgraph.rewards.seen import taken
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.types import Example

_FORM = 0.5


@tunable
def frugal(most: int = 5, baseline: Reference = 0.6) -> Reward:
    """(`frugal_value` + form + 2.5) / 7, in [0, 1]: 0 is FrugalRAG's lowest reward, 1 the end of its range.

    A turn is a search; recall is the share of gold found by then. `most` is how many searches a run may make; one that made more
    counts as having made so many. `baseline` is the recall of full exploration: a number, or the trace of a run that
    searched as often as it may, for one example or for each by its id. `form` is the mean over the searches of +0.5, or -0.5
    where it failed or its query is from a model's reply that was not what was asked for.

    Source: FrugalRAG (train_grpo.py, config.py), with ids of passages in the place of titles. Raises `RewardError` for most < 1.
    """
    if most < 1:
        raise RewardError(f"a run may make at least 1 search, not {most!r}")
    return run_reward(needs="supporting_ids", name="frugal")(partial(_frugal, most=most, baseline=baseline))


def frugal_value(recalls: list[float], most: int, baseline: float) -> float:
    """FrugalRAG's reward without its form term, in [-2, 4), of the recall after 0, 1, ... n searches.

    n* is the first number of searches that reached the highest recall. With x as the share that is off,

        recall below the baseline, or 0:  clip(log((1 - x) / x), -2, 0)    with x = |n - (most + 1)| / (most + 1)
        n = n*:                           2 + 2 n* / (most + 1)
        n > n*:                           clip(log((1 - x) / x), -2, 1.9)  with x = (n - n*) / (most + 1)

    The released code has another branch for MuSiQue and 2Wiki, which compares sentences by F1 where titles are not unique. Here
    passages have ids of their own, so the recall of ids serves for all data sets.
    """
    n = min(len(recalls) - 1, most)
    reached = recalls[: n + 1]
    if reached[-1] < baseline or not reached[-1]:
        return _odds(abs(n - most - 1) / (most + 1), 0.0)
    least = reached.index(max(reached))
    return 2 + 2 * least / (most + 1) if n == least else _odds((n - least) / (most + 1), 1.9)


def _odds(x: float, high: float) -> float:
    """log((1 - x) / x) between -2 and `high`; at the ends of [0, 1] it is these."""
    if x <= 0:
        return high
    return -2.0 if x >= 1 else min(max(math.log((1 - x) / x), -2.0), high)


def _frugal(trace: Trace, example: Example, *, most: int, baseline: Reference) -> Score:
    full = referred(baseline, example, lambda other, row: recall_by_search(other, row)[-1])
    if full is None:
        return Score(None, "there is no run of full exploration for this example")
    recalls = recall_by_search(trace, example)
    asked = [step for step in taken(trace) if step.kind == "node" and step.usage.get("searches")] or searches(trace)
    poor = sum(_is_poor(step, trace) for step in asked)
    form = _FORM * (1 - 2 * poor / len(asked)) if asked else 0.0
    n, least = len(recalls) - 1, recalls.index(max(recalls))
    if recalls[-1] < full:
        told = f"found {recalls[-1]:.0%} of the gold in {told_searches(n)}, full exploration finds {full:.0%}: search on"
    elif n > least:
        told = f"{told_searches(n)}, {least} would have done"
    else:
        told = f"stopped after {told_searches(n)}, when it had all it got"
    return Score(share_of(frugal_value(recalls, most, full) + form, -2.5, 4.5), told)


def _is_poor(step: Step, trace: Trace) -> bool:
    """Whether a search failed, or the step that wrote its query had to make do without the model's reply."""
    return step.error is not None or any(trace.step(id).usage.get("fallbacks") for id in step.parents.get("query", ()))
