"""StepSearch's rewards: what a query adds to what is known of the gold passages' texts, less what it repeats."""

from __future__ import annotations

from functools import partial
from typing import Literal, Protocol

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.keys import key_match, key_score
from seekgraph.rewards.outcome import bad_form, f1_of, final_answer
from seekgraph.rewards.querying import NOT_SEARCHED, query_redundancy
from seekgraph.rewards.runs import answer_feedback, share_of
from seekgraph.rewards.turns import found_earlier, turn_of
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.text.tfidf import cosines
from seekgraph.types import Example, Passage


class Texts(Protocol):
    """Gold passages by their id: a mapping of ids to texts or to passages, or the `passages` of a `BM25`."""

    def get(self, id: str, /) -> str | Passage | None:
        """The text of a passage, or the passage; None where there is none with this id."""
        ...


@tunable
def information_gain(texts: Texts) -> Reward:
    """mean over the gold passages i of max(0, m_i - M_i), in [0, 1]: how much nearer to the gold texts the query has come.

        m_i  the highest TF-IDF cosine of a passage that the query found with the text of gold passage i
        M_i  the same over all that was found before; 0 before the first search

    `texts` has the texts of the gold passages, since those that a run never found are not in its trace: a mapping, or
    `corpus.passages` of a `BM25`. Texts are compared without titles; gold that has no text there is left out, and the reward does
    not apply where none has. Over the turns of a run the gains add up to the nearest that it came.

    Source: StepSearch, information gain. TF-IDF is fitted on one passage and the gold texts, for each passage anew, as its code
    does; terms are Seekgraph's (`text.tfidf`). Raises `RewardError` for texts that cannot be looked up by `get(id)`.
    """
    if not callable(getattr(texts, "get", None)):
        raise RewardError("texts is a mapping of ids to texts, or corpus.passages of a BM25: something with `get(id)`")
    return reward(needs="supporting_ids", name="information_gain")(partial(_gain, texts=texts))


def _gain(step: Step, trace: Trace, example: Example, *, texts: Texts) -> Score:
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT if turn is None else NOT_SEARCHED
    given = [texts.get(id) for id in dict.fromkeys(example.supporting_ids)]
    gold = tuple(each.text if isinstance(each, Passage) else each for each in given if each is not None)
    if not gold:
        return Score(None, "no gold passage has a text")
    before = _nearest([passage.text for passage in found_earlier(turn, trace).values()], gold)
    now = _nearest([passage.text for passage in turn.passages], gold)
    value = sum(max(0.0, m - M) for m, M in zip(now, before, strict=True)) / len(gold)
    reached = sum(map(max, now, before)) / len(gold)
    return Score(value, f"came {value:.2f} nearer to the gold texts, {reached:.2f} of 1 is reached")


@tunable
def step_search(texts: Texts) -> Reward:
    """`information_gain(texts)` - `query_redundancy`: StepSearch's reward of one step, from -1 to 1 in a formula.

    Called by itself it is clipped to [0, 1], so a query that repeats more than it gains is 0. To keep apart those below 0, shift
    it: `0.5 * (1 + step_search(texts))`. Source: StepSearch.
    """
    return (information_gain(texts) - query_redundancy).named("step_search")


@tunable
def step_search_outcome(key_weight: float = 0.618, keep: Literal["last", "best"] = "last", keys: str = "") -> Reward:
    """(F1 + key_weight * `key_match(keep, keys)`) / (1 + key_weight) of a run, -1 / (1 + key_weight) where it is in bad form.

    StepSearch's own value is not divided by 1 + key_weight, its maximum. In a formula bad form is below 0; called by itself
    it is clipped to 0. Source: StepSearch (qa_step.py): F1 of the answer + 0.618 * key score, and -1 where a text goes on after
    the answer; here the form is judged by the steps (`outcome.bad_form`). Raises `RewardError` for a weight below 0.
    """
    if key_weight < 0:
        raise RewardError(f"key_weight is 0 or more, not {key_weight!r}")
    needs = {"answers"} | key_match(keep, keys).needs
    made = partial(_outcome, key_weight=key_weight, keep=keep, keys=keys)
    whole = run_reward(needs=needs, name="step_search_outcome")(made)
    return (((2 + key_weight) * whole - 1) * (1 / (1 + key_weight))).named("step_search_outcome")


def _outcome(trace: Trace, example: Example, *, key_weight: float, keep: str, keys: str) -> Score:
    """The formula where -1 is 0 and its maximum is 1, so that it is a score."""
    matched = key_score(trace, example, keep=keep, keys=keys)
    if matched.value is None:
        return matched
    if wrong := bad_form(trace):
        return Score(0.0, wrong)
    value = f1_of(final_answer(trace), example.answers) + key_weight * matched.value
    return Score(share_of(value, -1.0, 1 + key_weight), f"{answer_feedback(trace, example)}; {matched.feedback}")


def _nearest(texts: list[str], gold: tuple[str, ...]) -> list[float]:
    """The highest cosine of any of the texts with each gold text."""
    return [max(column) for column in zip(*(cosines(text, gold) for text in texts), strict=True)] or [0.0] * len(gold)
