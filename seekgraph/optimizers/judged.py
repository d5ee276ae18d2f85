"""What param values come to on the held-back rows, beside the flow as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekgraph.core.machine.bound import Bound
from seekgraph.evaluation.comparisons import Comparison, paired, paired_bounds
from seekgraph.evaluation.intervals import Interval, bounds_of, interval
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.holding import compared, worse_of
from seekgraph.optimizers.objective import Objective
from seekgraph.types import Example


@dataclass(frozen=True)
class Verdict:
    """The objective `before` and `after` with 95 % intervals and their paired comparison, failed rows, rows where a part of the
    objective had no value, and what moved besides. `rows` are those after."""

    before: Interval
    after: Interval
    gain: Comparison
    errors: tuple[int, int]
    silent: tuple[int, int]
    metrics: Mapping[str, Comparison]
    worse: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Judging:
    """The flow as it came with its rows, on which everything else is judged: `examples` are the held-back ones."""

    bound: Bound
    objective: Objective
    examples: tuple[Example, ...]
    rows: tuple[Row, ...]

    def verdict(self, after: Sequence[Row]) -> Verdict:
        """What rows of other param values come to, beside those of the flow as it came."""
        objective, before = self.objective, self.rows
        mine, theirs = [objective.quality(row) for row in after], [objective.quality(row) for row in before]
        metrics = tuple({each.name: each for each in (*objective.reported, *objective.held)}.values())
        beside = compared(after, before, metrics) if before and after else {}
        return Verdict(
            before=interval(theirs, bounds_of(theirs)),
            after=interval(mine, bounds_of(mine)),
            gain=paired(mine, theirs, bounds=paired_bounds(mine, theirs)),
            errors=(sum(row.failed for row in before), sum(row.failed for row in after)),
            silent=(sum(map(objective.silent, before)), sum(map(objective.silent, after))),
            metrics=beside,
            worse=worse_of(beside, metrics),
            rows=tuple(after),
        )

    def with_changes(self, changed: Mapping[str, Any]) -> Bound:
        """The flow with other values, given as plain data."""
        params = self.bound.flow.params()
        return self.bound.with_params({name: params[name].from_json(value).value for name, value in changed.items()})
