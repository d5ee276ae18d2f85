"""Cross-fitting: rows to search on help to judge, each by what was found without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from seekgraph.evaluation.examples import folds
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.search import Search
from seekgraph.types import Example

Propose = Callable[[Sequence[Example]], Awaitable[Mapping[str, Any]]]
"""From rows to search on to the values of all params; raises `BudgetSpent` where the budget ends before they are found."""


async def cross_fitted(
    search: Search, name: str, parts: int, reserved: Mapping[str, float], propose: Propose
) -> list[tuple[Row, Row]]:
    """Each training row under what `propose` made of other training rows, and under the values that there are.

    `name` is the pass that does it. The rows are dealt into `parts`; for each the whole is done once more on the others. None
    where there are fewer rows than parts, or where the budget, less what is `reserved`, does not reach for all parts.
    """
    pairs: list[tuple[Row, Row]] = []
    if len(search.train) < parts:
        return pairs
    try:
        for number, fold in enumerate(folds(search.train, parts, seed=search.seed), start=1):
            search.say("part", {"pass": name, "number": number, "of": parts})
            values = await propose(fold.train)
            mine = await search.rows(values, fold.test, reserved=reserved)
            pairs += zip(mine, await search.rows(search.values, fold.test, reserved=reserved), strict=True)
    except BudgetSpent:
        return []
    return pairs
