"""StepSearch's key match: whether the queries of a run ask what the gold keys ask."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.seen import lasting
from seekgraph.rewards.turns import queries_of, said
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.text.alike import put_in
from seekgraph.text.answers import token_f1
from seekgraph.types import Example, Query

Group = tuple[str, ...]
"""A gold key: ways to say the same search."""


@tunable
def key_match(keep: Literal["last", "best"] = "last", keys: str = "") -> Reward:
    """The mean over the gold keys of a run of the F1 of the query that matched it, in [0, 1]; a key that none matched is 0.

    A gold key is a group of ways to say one search. Each query is matched to the group with which it has the best token F1, the
    first of equals, if that is above 0. `keep` says which counts of several queries that matched one group: the "last", as in the
    released code, or the "best". Without `keys` a group is the question of each hop of the gold decomposition, with the
    answer of hop n in the place of `#n`; with it `example.meta[keys]` lists them, each a text or a list of texts.

    Source: StepSearch, key score. Its keys are written by a model for its training set. Raises `RewardError` for another `keep`.
    """
    if keep not in ("last", "best"):
        raise RewardError(f"of several queries the 'last' or the 'best' counts, not {keep!r}")
    return run_reward(needs=_needs(keys), name="key_match")(partial(key_score, keep=keep, keys=keys))


@tunable
def key_match_gain(keep: Literal["last", "best"] = "last", keys: str = "") -> Reward:
    """What the queries of one step add to the run's `key_match(keep, keys)`, in [0, 1].

    Over the steps of a run this adds up to `key_match`. Where the last query counts, one can take away from what an earlier one
    had: that is below 0 in a formula, and 0 by itself. Source: StepSearch, as a reward of a step.
    """
    needs = key_match(keep, keys).needs
    half = reward(needs=needs, name="key_match_gain")(partial(_added, keep=keep, keys=keys))
    return (2 * half - 1).named("key_match_gain")


def key_score(trace: Trace, example: Example, *, keep: str, keys: str) -> Score:
    """`key_match` of a run."""
    groups = _groups(example, keys)
    if not groups:
        return _no_keys(keys)
    values = _matched((query for step in lasting(trace) for query in queries_of(step, trace)), groups, keep)
    unmatched = [group[0] for group, value in zip(groups, values, strict=True) if not value]
    feedback = f"no query asks {unmatched[0]!r}" if unmatched else "every gold key has a query"
    return Score(sum(values) / len(values), feedback)


def _added(step: Step, trace: Trace, example: Example, *, keep: str, keys: str) -> Score:
    """Half of one more than what a step adds, so that it is a score."""
    queries, groups = queries_of(step, trace), _groups(example, keys)
    if not queries or not groups:
        return _no_keys(keys) if queries else SILENT
    run = lasting(trace)
    at = next((number for number, each in enumerate(run) if each.id == step.id), None)
    if at is None:
        return Score(None, "its attempt was dropped")
    earlier = [query for each in run[:at] for query in queries_of(each, trace)]
    before, after = _matched(earlier, groups, keep), _matched([*earlier, *queries], groups, keep)
    added = (sum(after) - sum(before)) / len(groups)
    better = [group[0] for group, old, new in zip(groups, before, after, strict=True) if new > old]
    feedback = f"asks {better[0]!r}" if better else "asks no gold key better than before"
    return Score(min(max(0.5 + 0.5 * added, 0.0), 1.0), feedback)


def _matched(queries: Iterable[Query], groups: list[Group], keep: str) -> list[float]:
    """The F1 that counts for each group after these queries."""
    values = [0.0] * len(groups)
    for query in queries:
        f1s = [token_f1(said(query), group, "squad") for group in groups]  # a query is no answer: HotpotQA's rule is for these
        best = max(f1s)
        at = f1s.index(best)
        if best > 0:
            values[at] = best if keep == "last" else max(best, values[at])
    return values


def _groups(example: Example, keys: str) -> list[Group]:
    if keys:
        listed = example.meta.get(keys)
        rows = [row if isinstance(row, list | tuple) else [row] for row in listed] if isinstance(listed, list | tuple) else []
        groups = [tuple(text for text in row if isinstance(text, str) and text.strip()) for row in rows]
    else:
        answers = {str(number): hop.answer for number, hop in enumerate(example.decomposition, start=1)}
        groups = [(put_in(hop.question, answers),) for hop in example.decomposition]
    return [group for group in groups if group]


def _needs(keys: str) -> str:
    return "meta" if keys else "decomposition"


def _no_keys(keys: str) -> Score:
    return Score(None, f"the example lists no keys under {keys!r}" if keys else "the decomposition asks nothing")
