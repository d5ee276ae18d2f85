"""Rewards of a step that chose a query, by what the query found. `turns` says which step that is, and when it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

from seekgraph.core.language.params import Int
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.turns import found_earlier, question_for, turn_of
from seekgraph.rewards.weights import formula, tunable
from seekgraph.text.ranking import average_precision
from seekgraph.text.titles import words_of
from seekgraph.text.weights import coverage, idf, terms
from seekgraph.types import Example, Passage

PassageRanker = Callable[[str, Passage], float]
"""How well a passage fits a question, in [0, 1]; higher is better. Pure."""

NOT_SEARCHED = Score(None, "nothing was searched with it")


@reward()
def query_redundancy(step: Step, trace: Trace, example: Example | None) -> Score:
    """|what the query found that had been found before| / |what it found|, in [0, 1]; None where it found nothing.

    `redundancy` at the step that chose the query in the place of the one that searched. Lower is better: it is a term of formulas
    such as `information_gain(texts) - query_redundancy`. Source: StepSearch, redundancy_t, with ids in the place of equal text.
    """
    turn = turn_of(step, trace)
    ids = {passage.id for passage in turn.passages} if turn else set()
    if turn is None or not ids:
        return Score(None, "found nothing") if turn else SILENT
    again = ids.intersection(found_earlier(turn, trace))
    return Score(len(again) / len(ids), f"{len(again)} of {len(ids)} passages had been found before")


@formula
def novel_query(k: int = Int(1, 0, 100)) -> Reward:
    """0 if more than `k` of the passages that the query found had been found before, else 1.

    It needs no gold, so it also serves while a flow runs; what had been found again is in the feedback. A search that found
    nothing is 0, which the formula leaves open. Source: SmartSearch, novelty: S = 0 if O_t > K else 1, where O_t counts the
    documents of round t that an earlier round has found. It searches three documents a round; its K is not known, so `k` is
    a param: take more of it where a search finds more. Raises `RewardError` for k below 0.
    """
    if k < 0:
        raise RewardError(f"k is how many passages may be found again, 0 or more, not {k!r}")
    return reward(name=f"novel_query({k})")(partial(_novel, k=k))


def _novel(step: Step, trace: Trace, example: Example | None, *, k: int) -> Score:
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT if turn is None else NOT_SEARCHED
    found = turn.passages
    if not found:
        return Score(0.0, "the query found nothing: ask in other words")
    earlier = found_earlier(turn, trace)
    again = [passage.title or passage.id for passage in found if passage.id in earlier]
    feedback = f"{len(again)} of {len(found)} passages had been found before"
    if len(again) <= k:
        return Score(1.0, f"the query is new: {feedback}" if again else "the query is new: so is all that it found")
    shown = ", ".join(again[:3]) + (", ..." if len(again) > 3 else "")
    return Score(0.0, f"the query is redundant: {feedback} ({shown}): ask for something else")


@tunable
def query_ap(count: Literal["all", "left"] = "all", k: int | None = None) -> Reward:
    """AP@k of the gold in what the query found, in [0, 1]: the mean over the gold of (gold up to its rank) / rank, 0 if missed.

    With "all", which is LeReT's, every hop is measured against all gold, also what an earlier hop has found. With "left" gold
    that had been found before counts as any other passage, and the reward does not apply where none is left: so a second hop is
    not blamed for leaving out what the first has. What several searches of one step found is taken in turns, best first.

    Source: LeReT, average precision of gold titles in a hop's results; here ids, and without `k` the whole result. Raises
    `RewardError` for another count and for k < 1.
    """
    if count not in ("all", "left") or (k is not None and k < 1):
        raise RewardError(f"count is 'all' or 'left' and a cutoff at least 1, not {count!r} and {k!r}")
    name = "query_ap" + (f"@{k}" if k else "") + ("_of_left" if count == "left" else "")
    return reward(needs="supporting_ids", name=name)(partial(_ap, count=count, k=k))


def _ap(step: Step, trace: Trace, example: Example, *, count: str, k: int | None) -> Score:
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT if turn is None else NOT_SEARCHED
    gold = set(example.supporting_ids)
    if count == "left":
        gold.difference_update(found_earlier(turn, trace))
    ids = [passage.id for passage in turn.passages]
    value = average_precision(ids, gold, k)
    if value is None:
        return Score(None, "all gold had been found before")
    ranks = sorted(ids.index(found) + 1 for found in gold.intersection(ids))
    missed = sorted(gold.difference(ids))
    feedback = f"gold at {', '.join(map(str, ranks))} of {len(ids)}" if ranks else f"no gold among {len(ids)} passages"
    return Score(value, f"{feedback}; not found: {', '.join(missed[:3])}" if missed else feedback)


@tunable
def ranker_score(
    ranker: PassageRanker | None = None,
    top: int = Int(3, 1, 20),
    by: Literal["mean", "best"] = "mean",
    against: Literal["question", "query"] = "question",
) -> Reward:
    """What a ranker gives to the first `top` passages that the query found: the mean of them or the best, in [0, 1].

    It needs no gold, so it also serves while a flow runs. `ranker(text, passage)` is given the question (the goal, where the
    step works on one), or the query with against="query". Without a ranker it is the share of the text's terms that the
    passage and its title have, weighted by idf within all that was found so far; the feedback names the words that none of
    them has. A search that found nothing is 0.

    Source: RaFe, a ranker's score of the documents that a rewrite retrieves; that it ranks them for the question before
    rewriting and takes the mean is from memory of the paper. Raises `RewardError` for top < 1 and for other names; a ranker that
    leaves [0, 1] is an error of the score.
    """
    if top < 1 or by not in ("mean", "best") or against not in ("question", "query"):
        raise RewardError(
            f"top is at least 1, by 'mean' or 'best', against 'question' or 'query'; not {top!r}, {by!r}, {against!r}"
        )
    return reward(name="ranker_score")(partial(_ranked, ranker=ranker, top=top, by=by, against=against))


def _ranked(
    step: Step, trace: Trace, example: Example | None, *, ranker: PassageRanker | None, top: int, by: str, against: str
) -> Score:
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT if turn is None else NOT_SEARCHED
    text = question_for(turn, trace) if against == "question" else turn.said
    best = turn.passages[:top]
    if not best:
        return Score(0.0, "the query found nothing: ask in other words")
    if ranker is not None:
        values, lacking = [ranker(text, passage) for passage in best], ""
    elif not terms(text):
        return Score(None, f"the {against} has no terms to compare with")
    else:
        pool = found_earlier(turn, trace) | {passage.id: passage for passage in turn.passages}
        values, lacking = _covered(text, best, pool.values())
    value = max(values) if by == "best" else sum(values) / len(values)
    return Score(value, f"a ranker gives {value:.2f} to what it found ({by} of {len(best)}){lacking}")


def _covered(text: str, passages: tuple[Passage, ...], pool: Iterable[Passage]) -> tuple[list[float], str]:
    """The share of the text's terms that each passage has, and in words what none of them has."""
    weights = idf(map(_whole, pool))
    wanted = set(terms(text))
    held = [set(terms(_whole(passage))) for passage in passages]
    absent = wanted.difference(*held)
    words = dict.fromkeys(word for word in words_of(text) if absent.intersection(terms(word)))
    values = [min(1.0, coverage(wanted, each, weights)) for each in held]
    return values, f"; none of it has {', '.join(list(words)[:8])}" if words else ""


def _whole(passage: Passage) -> str:
    return f"{passage.title} {passage.text}"
