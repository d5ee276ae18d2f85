"""Rewards of a run that compare it with others: with one that did not plan, and with other choices at the same step.

The other runs are arguments of the maker, as traces or as what they scored, so the reward itself stays a pure function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Raw, Reward, RewardError, Score
from seekgraph.rewards.outcome import f1_of, final_answer, searches
from seekgraph.rewards.runs import Reference, answer_feedback, count_of_searches, referred, share_of
from seekgraph.rewards.seen import lasting
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import of_run, run_reward
from seekgraph.types import Example

Others = Sequence[Trace] | Mapping[str, Sequence[Trace]]
"""Other runs of the same example, or those of each example by its id."""


@tunable
def planning_gain(
    without: Reference, naive: Reference = 0.0, *, most: int = 5, alpha: float = 0.0, process: Reward | None = None
) -> Reward:
    """(outcome + process + alpha * cost) / its highest value, in [0, 1]: what planning gains over not planning, and what it
    costs.

        outcome = 1/2 + score - 1/2 * max(score without searching, score of a single search)
        cost    = max(0, 1 - searches / most)

    The score is the token F1 of the answer. `without` is the run that answers without searching, `naive` the one that searches
    once with the question: each a score, or a trace that is scored here, for one example or for each by its id. `process` is a
    reward of a whole run, for instance of a judge that rates the way taken. The highest value is 1.5, + 1 with `process`, +
    alpha.

    Source: AI-SearchPlanner (arXiv 2508.20368); the formula is from memory of the paper, and alpha is what it sweeps for
    its front of quality against cost. Raises `RewardError` for most < 1 and alpha < 0.
    """
    if most < 1 or alpha < 0:
        raise RewardError(f"most is at least 1 and alpha 0 or more, not {most!r} and {alpha!r}")
    made = partial(_gain, without=without, naive=naive, most=most, alpha=alpha, process=process)
    needs = frozenset({"answers"}) | (process.needs if process else frozenset())
    return run_reward(needs=needs, name="planning_gain")(made)


def _run_f1(trace: Trace, example: Example) -> float:
    return f1_of(final_answer(trace), example.answers)


def _gain(
    trace: Trace, example: Example, *, without: Reference, naive: Reference, most: int, alpha: float, process: Reward | None
) -> Score:
    baselines = [referred(given, example, _run_f1) for given in (without, naive)]
    known = [value for value in baselines if value is not None]
    if len(known) < len(baselines):
        return Score(None, "there is no run to compare with for this example")
    score, count = _run_f1(trace, example), len(searches(trace))
    value = 0.5 + score - 0.5 * max(known) + alpha * max(0.0, 1 - count / most)
    if process is not None:
        judged = of_run(process, trace, example).value
        if judged is None:
            return Score(None, f"{process.name} does not apply to this run")
        value += judged
    feedback = (
        f"{answer_feedback(trace, example)}; F1 {score:.2f} with {count_of_searches(count)}, {max(known):.2f} without planning"
    )
    return Score(share_of(value, 0.0, 1.5 + alpha + (process is not None)), feedback)


@tunable
def rank_among(others: Others, by: Sequence[Reward]) -> Reward:
    """1 / (1 + rank) of a step among the same step of other runs, in (0, 1]: the best has rank 0 and 1, the next 1/2, then 1/3.

    A run is better at the step if it is on the first of `by` where they differ; a reward that does not apply is below any
    value. None where no other run has that step, or none of `by` applies to this one.

    Source: RAG-Gym (lm_rerank.py): ten sampled actions, ranked by sufficiency, then utility, then redundancy. There a model ranks
    them, here rewards do, for instance by=(right_to_stop, support_gain, novelty); ranks from 0 are our reading.
    Raises `RewardError` where `by` is empty.
    """
    if not by:
        raise RewardError("rank_among takes at least one reward to rank by")
    needs: frozenset[str] = frozenset().union(*(each.needs for each in by))
    name = f"rank_among({', '.join(each.name for each in by)})"
    return Reward(name, partial(_ranked, others=others, by=tuple(by)), needs)


def _ranked(step: Step, trace: Trace, example: Example | None, *, others: Others, by: tuple[Reward, ...]) -> Raw:
    mine = _values(step, trace, example, by)
    if isinstance(others, Mapping):
        others = others.get(example.id, ()) if example is not None else ()
    pairs = [(_same(step, other), other) for other in others]
    theirs = [_values(each, other, example, by) for each, other in pairs if each is not None]
    if not theirs or max(mine) < 0:
        return None, ""
    rank = sum(values > mine for values in theirs)
    return 1 / (1 + rank), f"{rank} of {len(theirs)} other runs did better here" if rank else "no other run did better here"


def _values(step: Step, trace: Trace, example: Example | None, by: Sequence[Reward]) -> tuple[float, ...]:
    values = (each.measure(step, trace, example)[0] for each in by)
    return tuple(-1.0 if value is None else value for value in values)


def _same(step: Step, other: Trace) -> Step | None:
    return next((each for each in lasting(other) if each.path == step.path and each.at == step.at), None)
