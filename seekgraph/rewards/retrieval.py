"""Rewards of a step that finds passages: what it found that is needed, and what it found again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.seen import found_before, ids_of
from seekgraph.rewards.weights import tunable
from seekgraph.types import Example

Nuggets = Callable[[Example], Sequence[Collection[str]]]
"""The facts that an example asks for, each as the ids of the passages that tell it."""


@reward(needs="supporting_ids", on="passages")
def support_gain(step: Step, trace: Trace, example: Example) -> Score:
    """|gold in this step's passages that no earlier step had found| / |gold|, in [0, 1].

    Each gold passage is credited once, to the step that found it first, so over the steps of a run the gains add up to the
    recall of all that was found. Source: StepSearch's information gain, with ids in the place of text similarity.
    """
    gold = set(example.supporting_ids)
    before = found_before(step, trace) & gold
    new = set(ids_of(step.writes["passages"])) & gold - before
    missing = gold - before - new
    feedback = f"found {_named(new)} of {len(gold)} gold passages first" if new else "found no new gold passage"
    return Score(len(new) / len(gold), f"{feedback}, {_named(missing)} missing" if missing else f"{feedback}, none missing")


@reward(on="passages")
def redundancy(step: Step, trace: Trace, example: Example | None) -> Score:
    """|this step's passages that an earlier step had found| / |this step's passages|, in [0, 1]; None where it found nothing.

    Lower is better: it is a term of formulas such as `support_gain - redundancy`. Source: StepSearch, redundancy_t, with
    ids in the place of equal text.
    """
    ids = set(ids_of(step.writes["passages"]))
    if not ids:
        return Score(None, "found nothing")
    again = ids & found_before(step, trace)
    feedback = f"{len(again)} of {len(ids)} passages had been found before" if again else "all passages are new"
    return Score(len(again) / len(ids), feedback)


@reward(needs="supporting_ids", on="passages")
def turn_recall(step: Step, trace: Trace, example: Example) -> Score:
    """|gold in this step's passages| / |gold|, in [0, 1], whatever was found before.

    Source: InForage, whose extra reward is the best of it over the turns of a run: see `inforage`.
    """
    gold = set(example.supporting_ids)
    found = gold.intersection(ids_of(step.writes["passages"]))
    feedback = f"found {_named(found)} of {len(gold)} gold passages" if found else "found no gold passage"
    return Score(len(found) / len(gold), feedback)


@tunable
def search_gain(cap: int | None = None, nuggets: Nuggets | None = None) -> Reward:
    """|gold that this step is the first to find| / sum over nuggets n of min(|gold of n not found before|, cap), in [0, 1].

    What a search gains of what there still was to gain, so that a late search is not blamed for what earlier ones have found. A
    nugget is a fact with the passages that tell it, of which no search has to find more than `cap`; `nuggets` gives those of an
    example, and without it each gold passage is a nugget of its own. None where nothing is left to find.

    Source: RAVine, search gain per call (evaluator.py). Raises `RewardError` for a cap below 1.
    """
    if cap is not None and cap < 1:
        raise RewardError(f"a cap is at least 1 passage of a nugget, got {cap}")
    return reward(needs="supporting_ids", on="passages", name="search_gain")(partial(_gain, cap=cap, nuggets=nuggets))


def _gain(step: Step, trace: Trace, example: Example, *, cap: int | None, nuggets: Nuggets | None) -> Score:
    sought = [set(each) for each in nuggets(example)] if nuggets else [{id} for id in set(example.supporting_ids)]
    gold: set[str] = set().union(*sought)
    before = found_before(step, trace) & gold
    left = sum(len(nugget - before) if cap is None else min(len(nugget - before), cap) for nugget in sought)
    if not left:
        return Score(None, "nothing was left to find")
    new = gold.intersection(ids_of(step.writes["passages"])) - before
    feedback = f"found {_named(new)} of what was left" if new else "found no new gold passage"
    return Score(min(1.0, len(new) / left), feedback)


novelty = (1 - redundancy).named("novelty")
"""1 - `redundancy`: the share of this step's passages that nothing had found before, in [0, 1]; higher is better."""


def _named(ids: set[str], most: int = 3) -> str:
    shown = ", ".join(sorted(ids)[:most])
    return f"{len(ids)} ({shown}{', ...' if len(ids) > most else ''})"
