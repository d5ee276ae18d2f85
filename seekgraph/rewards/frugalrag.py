"""FrugalRAG's reward of a whole run: stop when all that can be found is found, neither later nor sooner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Literal

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.information import Texts
from seekgraph.rewards.outcome import lasting_searches, searches, values_of
from seekgraph.rewards.runs import Reference, count_of_searches, recall_by_search, referred, share_of
from seekgraph.rewards.seen import taken
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.text.answers import token_f1
from seekgraph.text.sentences import sentences
from seekgraph.types import Example, Passage

_FORM = 0.5


_COVERED = 0.7


@tunable
def frugal(
    most: int = 5,
    baseline: Reference = 0.6,
    texts: Texts | None = None,
    unit: Literal["passage", "sentence"] = "passage",
) -> Reward:
    """(`frugal_value` + form + 2.5) / 7, in [0, 1]: 0 is FrugalRAG's lowest reward, 1 the end of its range.

    A turn is a search; recall is the share of gold found by then. `most` is how many searches a run may make; one that made more
    counts as having made so many. `baseline` is the recall of full exploration: a number, or the trace of a run that
    searched as often as it may, for one example or for each by its id. `form` is the mean over the searches of +0.5, or -0.5
    where it failed or its query is from a model's reply that was not what was asked for.

    With `texts` it is the branch of the released code for MuSiQue and 2Wiki, where titles are not unique. They are the gold texts
    by id: a mapping, or `corpus.passages` of a `BM25`; gold without a text is left out. Support is the mean over the gold texts
    of the highest token F1 (SQuAD's rule) of a passage that was found. A run also reaches the baseline if its support does (a
    baseline that is a number stands for both), and among searches with one recall the first that covers the most gold texts, by
    an F1 above 0.7, is n*. `unit` is what they are compared with: the whole "passage", as for MuSiQue, or each "sentence" of
    it, as for 2Wiki, whose gold texts are sentences.

    Source: FrugalRAG (train_grpo.py, config.py). Deliberate differences: recall is of ids of passages, not of titles; a search of
    a discarded attempt counts and finds nothing; sentences are split by Seekgraph's rules. Raises `RewardError` for most < 1, for
    texts that cannot be looked up by `get(id)`, and for another unit.
    """
    if most < 1:
        raise RewardError(f"a run may make at least 1 search, not {most!r}")
    if unit not in ("passage", "sentence") or not (texts is None or callable(getattr(texts, "get", None))):
        raise RewardError(f"texts is a mapping of ids to texts, unit 'passage' or 'sentence'; not {texts!r}, {unit!r}")
    made = partial(_frugal, most=most, baseline=baseline, texts=texts, unit=unit)
    return run_reward(needs="supporting_ids", name="frugal" if texts is None else "frugal_by_text")(made)


def frugal_value(recalls: list[float], most: int, baseline: float) -> float:
    """FrugalRAG's reward without its form term, in [-2, 4), of the recall after 0, 1, ... n searches.

    n* is the first number of searches that reached the highest recall. With x as the share that is off,

        recall below the baseline, or 0:  clip(log((1 - x) / x), -2, 0)    with x = |n - (most + 1)| / (most + 1)
        n = n*:                           2 + 2 n* / (most + 1)
        n > n*:                           clip(log((1 - x) / x), -2, 1.9)  with x = (n - n*) / (most + 1)

    In the branch for MuSiQue and 2Wiki (`frugal(texts=...)`) what was reached is the pair of recall and coverage, in this order.
    """
    return _value([(recall, 0.0) for recall in recalls[: most + 1]], most, recalls[: most + 1][-1] >= baseline)


def _value(reached: Sequence[tuple[float, float]], most: int, enough: bool) -> float:
    """`frugal_value` of what was reached after 0, 1, ... n <= `most` searches, where that is `enough` or not."""
    n, best = len(reached) - 1, max(reached)
    if not enough or best <= (0.0, 0.0):
        return _odds(abs(n - most - 1) / (most + 1), 0.0)
    least = reached.index(best)
    return 2 + 2 * least / (most + 1) if n == least else _odds((n - least) / (most + 1), 1.9)


def _odds(x: float, high: float) -> float:
    """log((1 - x) / x) between -2 and `high`; at the ends of [0, 1] it is these."""
    if x <= 0:
        return high
    return -2.0 if x >= 1 else min(max(math.log((1 - x) / x), -2.0), high)


def _support(trace: Trace, example: Example, texts: Texts | None, unit: str) -> list[list[float]]:
    """For the gold texts the highest F1 with what had been found after no search, after the first, and so on."""
    given = [None if texts is None else texts.get(id) for id in dict.fromkeys(example.supporting_ids)]
    gold = [each.text if isinstance(each, Passage) else each for each in given if each is not None]
    best = [[0.0] * len(gold)]
    lasted = {step.id for step in lasting_searches(trace)}
    for step in searches(trace):
        found = values_of(step.writes["passages"], Passage) if step.id in lasted and gold else ()
        units = [each for passage in found for each in (_sentences(passage.text) if unit == "sentence" else (passage.text,))]
        best.append([max((token_f1(each, text, "squad") for each in units), default=0.0) for text in gold])
        best[-1] = list(map(max, best[-1], best[-2]))
    return best


def _sentences(text: str) -> list[str]:
    return [each.text for each in sentences(text)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _frugal(trace: Trace, example: Example, *, most: int, baseline: Reference, texts: Texts | None, unit: str) -> Score:
    full = referred(baseline, example, lambda other, row: recall_by_search(other, row)[-1])
    least_support = referred(baseline, example, lambda other, row: _mean(_support(other, row, texts, unit)[-1]))
    if full is None or least_support is None:
        return Score(None, "there is no run of full exploration for this example")
    recalls, support = recall_by_search(trace, example), _support(trace, example, texts, unit)
    covered = [_mean([float(each > _COVERED) for each in row]) for row in support]
    reached = list(zip(recalls, covered, strict=True))
    counted = reached[: most + 1]
    last = support[len(counted) - 1]
    enough = counted[-1][0] >= full or bool(last and _mean(last) >= least_support)
    tries = [step for step in taken(trace) if step.kind == "node" and step.usage.get("searches")] or searches(trace)
    poor = sum(_is_poor(step, trace) for step in tries)
    form = _FORM * (1 - 2 * poor / len(tries)) if tries else 0.0
    n, least = len(reached) - 1, reached.index(max(reached))
    if not enough:
        feedback = f"found {recalls[-1]:.0%} of the gold in {count_of_searches(n)}, full exploration finds {full:.0%}: search on"
    elif n > least:
        feedback = f"{count_of_searches(n)}, {least} would have done"
    else:
        feedback = f"stopped after {count_of_searches(n)}, when it had all it got"
    return Score(share_of(_value(counted, most, enough) + form, -2.5, 4.5), feedback)


def _is_poor(step: Step, trace: Trace) -> bool:
    """Whether a search failed, or the step that wrote its query had to make do without the model's reply."""
    return step.error is not None or any(trace.step(id).usage.get("fallbacks") for id in step.parents.get("query", ()))
