"""Rewards of a step that chooses and orders passages."""

from __future__ import annotations

from functools import partial
from typing import Literal

from seekgraph.core.language.params import Float
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.runs import run_f1
from seekgraph.rewards.seen import ids_of, read_by
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import of_run
from seekgraph.text.ranking import ndcg
from seekgraph.types import Example


@tunable
def ndcg_at(k: int | None = None, *, of: Literal["read", "all"] = "read") -> Reward:
    """nDCG@k of the written `context` with binary gains, in [0, 1]; of the whole of it without k.

    DCG is the sum of 1 / log2(rank + 1) over the gold in the context; the ideal has all gold (the first k of it) at the top. With
    `of="read"` gold is what the step could rank: the gold among the passages that it read, and the reward does not apply
    where that is none. What was never found is the fault of another step. `of="all"` is against all gold of the example, as the
    metric `ndcg@k` is; so it is also for a step that read no passages. Without k a context too short for the gold loses points.

    Source: Järvelin and Kekäläinen (2002); OPERA rewards a rewrite by NDCG@k. Raises `RewardError` for k < 1.
    """
    if k is not None and k < 1:
        raise RewardError(f"a cutoff is at least 1, got {k}")
    name = "ranking_ndcg" + (f"@{k}" if k else "") + ("_of_all" if of == "all" else "")
    return reward(needs="supporting_ids", on="context", name=name)(partial(_ndcg, k=k, of=of))


def _ndcg(step: Step, trace: Trace, example: Example, *, k: int | None, of: str) -> Score:
    gold = set(example.supporting_ids)
    read = read_by(step, trace) if of == "read" else None
    within = gold if read is None else gold & read
    if not within:
        return Score(None, "no gold passage was among those to rank")
    ids = list(ids_of(step.writes["context"]))
    ranks = [str(ids.index(found) + 1) for found in within if found in ids]
    dropped = sorted(within.difference(ids))
    feedback = f"gold at {', '.join(sorted(ranks, key=int))} of {len(ids)}" if ranks else f"no gold among the {len(ids)} kept"
    return Score(ndcg(ids, within, k), f"{feedback}; not kept: {', '.join(dropped)}" if dropped else feedback)


ranking_ndcg = ndcg_at()
"""`ndcg_at()`: nDCG of the whole written context, against the gold that the step had to rank."""


@tunable
def cosearch(mix: float = Float(0.5, 0, 1), k: int | None = None, outcome: Reward | None = None) -> Reward:
    """mix * nDCG@k of the written context + (1 - mix) * what the run came to, in [0, 1]: a ranker is paid for both.

    `outcome` is a reward of a whole run, without one the token F1 of its answer. Source: CoSearch, ranking quality and
    trajectory outcome together; from the abstract, which gives neither the measure nor the shares, so `mix` is a param. (It
    groups sub-queries by token similarity to compare rewards while training, which a compiler that does not train has no use
    for.)

    Raises `RewardError` for a mix outside [0, 1] and for k < 1.
    """
    if not 0 <= mix <= 1:
        raise RewardError(f"mix is the share of the ranking in the reward, in [0, 1], not {mix!r}")
    quality = ndcg_at(k)
    made = partial(_cosearch, mix=mix, quality=quality, outcome=outcome or run_f1)
    return reward(needs=quality.needs | (outcome or run_f1).needs, on="context", name="cosearch")(made)


def _cosearch(step: Step, trace: Trace, example: Example, *, mix: float, quality: Reward, outcome: Reward) -> Score:
    ranked, came_to = quality(step, trace, example), of_run(outcome, trace, example)
    if ranked.value is None or came_to.value is None:
        return Score(None, ranked.feedback)
    return Score(mix * ranked.value + (1 - mix) * came_to.value, f"{ranked.feedback}; the run: {came_to.feedback}")
