"""Rewards of a step that finds passages: what it found that is needed, and what it found again."""

from __future__ import annotations

from seekflow.core.step import Step
from seekflow.core.trace import Trace
from seekflow.rewards.algebra import Score
from seekflow.rewards.define import reward
from seekflow.rewards.seen import found_before, ids_of
from seekflow.types import Example


@reward(needs="supporting_ids", on="passages")
def support_gain(step: Step, trace: Trace, example: Example) -> Score:
    """|gold in this step's passages that no earlier step had found| / |gold|, in [0, 1].

    Each gold passage is credited once, to the step that found it first, so over the steps of a run the gains add up to the
    recall of all that was found. Source: StepSearch's information gain, with ids in the place of text similarity; RAVine's
    search gain per call.
    """
    gold = set(example.supporting_ids)
    before = found_before(step, trace) & gold
    new = set(ids_of(step.writes["passages"])) & gold - before
    missing = gold - before - new
    told = f"found {_named(new)} of {len(gold)} gold passages first" if new else "found no new gold passage"
    return Score(len(new) / len(gold), f"{told}, {_named(missing)} missing" if missing else f"{told}, none missing")


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
    told = f"{len(again)} of {len(ids)} passages had been found before" if again else "all passages are new"
    return Score(len(again) / len(ids), told)


novelty = (1 - redundancy).named("novelty")
"""1 - `redundancy`: the share of this step's passages that nothing had found before, in [0, 1]; higher is better."""


def _named(ids: set[str], most: int = 3) -> str:
    shown = ", ".join(sorted(ids)[:most])
    return f"{len(ids)} ({shown}{', ...' if len(ids) > most else ''})"
