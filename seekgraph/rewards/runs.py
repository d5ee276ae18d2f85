"""Rewards of a whole run, by its outcome alone, and what formulas of whole runs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Score
from seekgraph.rewards.outcome import (
    em_of,
    f1_of,
    final_answer,
    found_by,
    is_closed,
    lasting_searches,
    says,
    searches,
    values_of,
)
from seekgraph.rewards.seen import lasting
from seekgraph.rewards.whole import run_reward
from seekgraph.types import Example, Passage

Reference = float | Trace | Mapping[str, "float | Trace"]
"""Another run to compare with: what it scored, or its trace; or one of these for each example, by its id."""


@run_reward(needs="answers")
def run_em(trace: Trace, example: Example) -> Score:
    """Exact match of the run's answer, 0 or 1; no answer is 0. Source: SQuAD; Search-R1's outcome reward."""
    answer = final_answer(trace)
    return Score(em_of(answer, example.answers), answer_feedback(trace, example))


@run_reward(needs="answers")
def run_f1(trace: Trace, example: Example) -> Score:
    """Token F1 of the run's answer, in [0, 1]; no answer is 0. Source: SQuAD; the outcome of ASearcher and DeepResearcher."""
    return Score(f1_of(final_answer(trace), example.answers), answer_feedback(trace, example))


def answer_feedback(trace: Trace, example: Example) -> str:
    """Feedback about the answer of a run."""
    answer = final_answer(trace)
    if answer is not None and em_of(answer, example.answers) == 1:
        return "right"
    said = "gave no answer" if answer is None else "refused" if answer.refused else f"said {answer.text!r}"
    return f"{said}, right is {' or '.join(map(repr, example.answers[:3]))}"


def count_of_searches(count: int) -> str:
    """How often a run searched, in words."""
    return "1 search" if count == 1 else f"{count} searches"


def recall_by_search(trace: Trace, example: Example) -> list[float]:
    """The share of gold that had been found after no search, after the first, after the second, and so on.

    A search of a discarded attempt is one of these, and adds nothing to what was found.
    """
    gold = set(example.supporting_ids)
    found: set[str] = set()
    shares = [0.0]
    lasted = {step.id for step in lasting_searches(trace)}
    for step in searches(trace):
        if step.id in lasted:
            found |= gold.intersection(passage.id for passage in values_of(step.writes["passages"], Passage))
        shares.append(len(found) / len(gold))
    return shares


def answer_documents(trace: Trace, example: Example) -> set[str]:
    """The gold passages that hold the answer.

    They are those of the hops whose answer is a gold answer, where there is a decomposition that names them; all gold where the
    answer is a yes or no; else the gold passages that the run has come across and that say a gold answer, so that one which it
    never saw is not among them.
    """
    gold = set(example.supporting_ids)
    named = {hop.supporting_id for hop in example.decomposition if hop.answer in example.answers}
    if found := gold.intersection(id for id in named if id is not None):
        return found
    if is_closed(example.answers):
        return gold
    seen = {passage.id: passage for step in lasting(trace) for passage in values_of(step.writes.get("passages", ()), Passage)}
    return {id for id, passage in seen.items() if id in gold and says(passage, example.answers)}


def sufficient(trace: Trace, example: Example) -> bool:
    """Whether a run has found all gold."""
    return found_by(trace).issuperset(example.supporting_ids)


def referred(given: Reference, example: Example, measure: Callable[[Trace, Example], float]) -> float | None:
    """What another run scores: the number given, or `measure` of its trace; None where there is none for this example."""
    one = given.get(example.id) if isinstance(given, Mapping) else given
    return measure(one, example) if isinstance(one, Trace) else one


def share_of(value: float, low: float, high: float) -> float:
    """Where `value` stands between two ends, in [0, 1]: how a formula with a range of its own becomes a score."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
