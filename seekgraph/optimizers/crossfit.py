"""Cross-fitting: every row judges, each by what was found without it.

The rows are dealt into parts. What a pass does with all rows, it does once more for each part without that part, from the values
that were accepted for the part so far; what comes of it is run on the part. The rows of all parts together say what the pass
gains, and none of them had a hand in the values that it is judged by, in this pass or any before. A change that is accepted holds
for every part in the form that was found without it, and in the form that was found with all rows for the artifact.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from seekgraph.evaluation.row import Row
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.parts import Crossed
from seekgraph.optimizers.search import Search
from seekgraph.types import Example

Propose = Callable[[Mapping[str, Any], Sequence[Example], Mapping[str, float]], Awaitable[Mapping[str, Any]]]
"""From the values that there are, the rows to search on, and what is reserved of the budget, to other values of all params; it
raises `BudgetSpent` where the budget ends before they are found."""


async def cross_fitted(search: Search, name: str, reserved: Mapping[str, float], propose: Propose) -> Crossed | None:
    """What the pass `name`, by `propose`, finds for each part, run on the part. None where there are no parts, or where the
    budget, less what is `reserved`, does not reach for all of them."""
    found: list[Mapping[str, Any]] = []
    after: list[Row] = []
    before: list[Row] = []
    try:
        for number, part in enumerate(search.parts, start=1):
            search.say("part", {"pass": name, "number": number, "of": len(search.parts)})
            values = await propose(part.values, part.train, search.share(name, number, reserved))
            after += await search.rows(values, part.test, reserved=reserved)
            before += await search.rows(part.values, part.test, reserved=reserved)
            found.append(values)
    except BudgetSpent:
        return None
    return Crossed(tuple(found), tuple(after), tuple(before)) if found else None


async def judged(
    search: Search,
    name: str,
    values: Mapping[str, Any],
    note: str,
    cut: bool,
    reserved: Mapping[str, float],
    propose: Propose,
) -> None:
    """Have what a pass found judged: by all rows where there are parts, else by those held back.

    `cut`: the budget ended before the search was done. Then, and where it does not reach for all parts, the held-back rows judge
    alone if they had no hand in what was found; else the change cannot be judged.
    """
    changed = dict(values) != search.values
    crossed = await cross_fitted(search, name, reserved, propose) if changed and not (cut and search.apart) else None
    if changed and crossed is None and search.parts and not search.apart:
        search.unjudged(name, values)
        search.cut = True
        return
    await search.accept(name, values, note, crossed)
