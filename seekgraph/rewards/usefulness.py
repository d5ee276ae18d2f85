"""Rewards of a step that chose a query: was it needed, did it find what it was for, and was it new? (SmartSearch)"""

from __future__ import annotations

from functools import partial
from typing import Literal

from seekgraph.core.language.params import Int
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.outcome import is_closed, says
from seekgraph.rewards.querying import NOT_SEARCHED, novel_query
from seekgraph.rewards.seen import after
from seekgraph.rewards.turns import Turn, found_earlier, turn_of
from seekgraph.rewards.weights import tunable
from seekgraph.types import Example, Verdict


@tunable
def useful_query(by: Literal["support", "answer"] = "support") -> Reward:
    """1 if the query was needed and found what was needed, else 0.

    By "support" it was needed if some gold passage had not been found yet, and found what was needed if it found one of those. By
    "answer" the same of the answers: those of the hops, where there is a decomposition, and the gold answer in any of its
    wordings; one is found where a passage has its words. It does not apply where all answers are a yes or no.

    Source: SmartSearch, usefulness: is the intent necessary, and do the results hold what they should? There a small model
    decides it from the question, the gold answer and the history (`judged_query` reads such a verdict); this is the same
    question decided by gold. Raises `RewardError` for another `by`.
    """
    if by not in ("support", "answer"):
        raise RewardError(f"by is 'support' or 'answer', not {by!r}")
    if by == "support":
        return reward(needs="supporting_ids", name="useful_query")(partial(_useful, by=by))
    return reward(needs="answers", name="useful_query_by_answer")(partial(_useful, by=by))


def _useful(step: Step, trace: Trace, example: Example, *, by: str) -> Score:
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT if turn is None else NOT_SEARCHED
    if by == "answer":
        return _useful_by_answer(turn, trace, example)
    gold = set(example.supporting_ids)
    missing = gold.difference(found_earlier(turn, trace))
    found = missing.intersection(passage.id for passage in turn.passages)
    return _verdict(bool(missing), sorted(found), sorted(missing), "all gold passages")


def _useful_by_answer(turn: Turn, trace: Trace, example: Example) -> Score:
    hops = ((hop.answer,) for hop in example.decomposition if hop.answer and hop.answer not in example.answers)
    answers = [each for each in dict.fromkeys((*hops, example.answers)) if not is_closed(each)]
    if not answers:
        return Score(None, "a yes or no stands in no text")
    earlier = found_earlier(turn, trace).values()
    missing = [each for each in answers if not any(says(passage, each) for passage in earlier)]
    found = [each for each in missing if any(says(passage, each) for passage in turn.passages)]
    return _verdict(bool(missing), [each[0] for each in found], [each[0] for each in missing], "all answers")


def _verdict(needed: bool, found: list[str], missing: list[str], what: str) -> Score:
    if not needed:
        return Score(0.0, f"the query was not needed: {what} had been found")
    if not found:
        return Score(0.0, f"the query was needed and did not find {', '.join(missing[:3])}")
    return Score(1.0, f"the query found {', '.join(found[:3])}, which was missing")


@reward(reads="verdict")
def judged_query(step: Step, trace: Trace, example: Example | None) -> Score:
    """The score of the first verdict that rests on what the query found, in [0, 1]; None where nothing has judged it.

    That is a verdict by a later step that read it, or what other steps made of it (a context, evidence), and that read no answer;
    such as `Reflect`'s, whose reason is the feedback. It asks nobody and needs no gold, so it also serves while a flow runs:
    `redo(Refine() >> Retrieve() >> Reflect(), judged_query, below=0.5)`.

    Source: SmartSearch, usefulness as a model judges it. What is judged is what the step's prompt asks for: SmartSearch's model
    is asked whether the intent is necessary and the results hold what they should.
    """
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT
    resting = {search.id for search in turn.searches}
    for later in after(turn.searches[0], trace):
        if resting.isdisjoint(source for sources in later.parents.values() for source in sources):
            continue
        resting.add(later.id)
        verdict = later.writes.get("verdict")
        if isinstance(verdict, Verdict) and later.kind == "node" and "answer" not in later.parents:
            return Score(verdict.score, verdict.reason or verdict.label)
    return SILENT


@tunable
def smart_search(k: int = Int(1, 0, 100), useful: Reward | None = None, combine: Literal["both", "mean"] = "both") -> Reward:
    """SmartSearch's score of a query from `novel_query(k)` and `useful`, in [0, 1]; None where one of them does not apply.

    With "both" it is their product: a query is good that is new and useful. With "mean" it is their mean. The feedback of the two
    is what the query is written again from: `redo(search, smart_search(useful=judged_query), below=1.0)`. Without `useful` it
    is `useful_query()`, which needs gold; with `judged_query` it needs none.

    Source: SmartSearch, dual-level credit; how it combines the two is not known, so `combine` is a param. Raises `RewardError`
    for another way to combine them.
    """
    if combine not in ("both", "mean"):
        raise RewardError(f"novelty and usefulness combine as 'both' or 'mean', not {combine!r}")
    new, useful = novel_query(k), useful or useful_query()
    both = new * useful
    applies = 1 + 0.0 * both  # a sum takes what does not apply for a zero, a product does not
    return (both if combine == "both" else 0.5 * (new + useful) * applies).named("smart_search")
