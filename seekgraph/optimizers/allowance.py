"""What a compile may still spend: its budget over all sessions, and what of it is kept back for judging."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields

from seekgraph.core.base.budget import USAGE_LINES, Budget, Usage
from seekgraph.core.base.meter import Meter
from seekgraph.evaluation.row import Row

LINES = tuple(each.name for each in fields(Budget))
MARGIN = 1.25
"""How much more than on the rows where it was measured a candidate may cost on those that it is judged on."""


class BudgetSpent(Exception):
    """The compile's budget does not allow the next step; what was accepted so far stands."""


def meter_from(budget: Budget | None, spent: Mapping[str, float]) -> Meter:
    """A meter that goes on from what earlier sessions spent."""
    meter = Meter(budget)
    meter.used = Usage.of({name: spent[name] if name == "usd" else int(spent[name]) for name in USAGE_LINES if name in spent})
    meter.started -= spent.get("seconds", 0.0)
    return meter


def spent_by(meter: Meter) -> dict[str, float]:
    """What a meter has counted, as plain data."""
    return {**meter.used.spent(), "seconds": round(meter.seconds, 3)}


def used(meter: Meter, line: str) -> float:
    """What a meter has counted in a line of its budget."""
    amount: float = meter.seconds if line == "seconds" else getattr(meter.used, line)
    return amount


def shares(meter: Meter) -> dict[str, float]:
    """How much of each limit is used, from 0 to 1 and a little above."""
    limits = {line: getattr(meter.budget, line) for line in LINES}
    return {line: round(used(meter, line) / limit, 4) for line, limit in limits.items() if limit}


def over(meter: Meter) -> bool:
    """Whether something was not started for the sake of the budget, or was cut off by it.

    What ends after this may have been bent by it, also where it does not say so: a node may have swallowed the refusal.
    """
    late = meter.budget.seconds is not None and meter.seconds >= meter.budget.seconds
    return late or meter.refused or (meter.parent is not None and over(meter.parent))


def within(meter: Meter, reserved: Mapping[str, float]) -> Meter:
    """A meter below `meter` that leaves `reserved` untouched. Raises `BudgetSpent` where nothing is left besides."""
    if over(meter):
        raise BudgetSpent
    limits: dict[str, float] = {}
    for line in LINES:
        limit = getattr(meter.budget, line)
        if limit is None or limit == 0:  # a limit of 0 refuses by itself, and only what would go past it
            continue
        left = limit - used(meter, line) - reserved.get(line, 0.0)
        if left <= 0:
            raise BudgetSpent
        limits[line] = left if line in ("usd", "seconds") else math.floor(left)
    return Meter(Budget(**limits), meter)  # type: ignore[arg-type]


def price(rows: Sequence[Row], count: int, seconds: float, in_flight: int) -> dict[str, float]:
    """What `count` more rollouts like these may take, with nothing shared, at `seconds` of wall time each.

    What a call takes in tokens and money is known when it comes back: those of `in_flight` rollouts may go past a limit, so for
    these two lines that much is added.
    """
    each = {line: sum(row.spent(line) for row in rows) / max(1, len(rows)) for line in LINES if line != "seconds"}
    late = {line: each[line] * in_flight for line in ("tokens", "usd")}
    return {line: amount * count * MARGIN + late.get(line, 0.0) for line, amount in {**each, "seconds": seconds}.items()}


def shared(budget: Budget, used_before: Mapping[str, float], reserved: Mapping[str, float], share: float) -> dict[str, float]:
    """What has to be left over so that, of what was there when `used_before` was used, no more than a `share` in (0, 1] goes,
    and `reserved` stays in any case."""
    kept: dict[str, float] = dict(reserved)
    for line in LINES:
        limit = getattr(budget, line)
        if limit:
            free = max(0.0, limit - used_before.get(line, 0.0) - reserved.get(line, 0.0))
            kept[line] = reserved.get(line, 0.0) + free * (1 - share)
    return kept
