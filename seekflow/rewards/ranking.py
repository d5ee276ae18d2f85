"""Rewards of a step that chooses and orders passages."""

from __future__ import annotations

from functools import partial
from typing import Literal

from seekflow.core.step import Step
from seekflow.core.trace import Trace
from seekflow.rewards.algebra import Reward, RewardError, Score
from seekflow.rewards.define import reward
from seekflow.rewards.seen import ids_of, read_by
from seekflow.text.ranking import ndcg
from seekflow.types import Example


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
    told = f"gold at {', '.join(sorted(ranks, key=int))} of {len(ids)}" if ranks else f"no gold among the {len(ids)} kept"
    return Score(ndcg(ids, within, k), f"{told}; not kept: {', '.join(dropped)}" if dropped else told)


ranking_ndcg = ndcg_at()
"""`ndcg_at()`: nDCG of the whole written context, against the gold that the step had to rank."""
