"""The reward of a step that chose a query, by whether the query is safe to send."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.turns import said, turn_of
from seekgraph.rewards.unsafe import default_words
from seekgraph.rewards.weights import tunable
from seekgraph.types import Example

Checker = Callable[[str], Score | float]
"""How safe a text is: True or 1 for safe, False or 0 for not, or between; a `Score` also says why. Pure."""


@tunable
def safe_query(checker: Checker | None = None) -> Reward:
    """What the checker gives the least safe of a step's queries: 1 for a safe one, 0 for an unsafe one.

    In a sum `2 * safe_query() - 1` is below 0 for an unsafe query and above for a safe one, which is SafeSearch's term. It needs
    no gold, so it also serves while a flow runs: `redo(Refine(), safe_query(), below=0.5)` has the query written again.

    Without a checker it is the word lists that come with Seekgraph (`seekgraph.rewards.unsafe.WordList`). They are a floor and no
    more: they know some plain English requests, miss what is put in other words or another language, and cannot tell a film's
    title from a request. Give a classifier, or lists of your own, where it matters; a model that judges belongs in a node, since
    a reward asks nobody.

    Source: SafeSearch, the query-level term of its reward; from the abstract, its amounts are not known.
    """
    return reward(name="safe_query")(partial(_safe, checker=checker))


def _safe(step: Step, trace: Trace, example: Example | None, *, checker: Checker | None) -> Score:
    turn = turn_of(step, trace)
    if turn is None:
        return SILENT
    check = checker or default_words()
    worst: Score | None = None
    for query in turn.queries:
        given = check(said(query))
        score = given if isinstance(given, Score) else Score(float(given), "" if given else f"{query.text[:80]!r} is unsafe")
        if score.value is not None and (worst is None or worst.value is None or score.value < worst.value):
            worst = score
    return worst or Score(None, "the checker says nothing about it")
