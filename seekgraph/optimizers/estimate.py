"""What a compile will take, said before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.passes import Work


@dataclass(frozen=True)
class CompilePlan:
    """The passes that will run and what they may spend.

    `rollouts` is a range; `spend` maps each budget line ("calls", "searches", "tokens", "usd", "seconds") to a range, from the
    dearest and the cheapest of `probed` questions that were run for it (they count, and are not run again). At the lower end
    candidates share all steps with one another and each question is paid for once; at the upper end they share nothing. Both
    ends are at the prices of the params as written: candidates that make more rounds, or read more, cost more. Seconds are those
    of rollouts, from all in parallel to as few as were probed. `capped` are the lines that the budget may cut short.
    """

    passes: tuple[Work, ...]
    rollouts: tuple[int, int]
    spend: Mapping[str, tuple[float, float]]
    probed: int
    budget: Budget
    capped: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        passes = [{"pass": work.name, "rollouts": [work.least, work.most], "note": work.note} for work in self.passes]
        spend = {line: list(ends) for line, ends in self.spend.items()}
        return {"passes": passes, "rollouts": list(self.rollouts), "spend": spend, "capped": list(self.capped)}

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title="plan", title_justify="left")
        for column in ("pass", "what", "rollouts"):
            table.add_column(column)
        for work in self.passes:
            table.add_row(work.name, work.note, f"{work.least} to {work.most}")
        table.add_section()
        for line, (low, high) in self.spend.items():
            stop = f"; the budget stops it at {getattr(self.budget, line):g}" if line in self.capped else ""
            if high:
                table.add_row("", line, f"{low:.3g} to {high:.3g}{stop}")
        return table


def estimate(
    works: Sequence[Work], rows: Sequence[Row], seconds: float, budget: Budget, train: int, val: int, parallel: int
) -> CompilePlan:
    """The plan of `works` on `train` and `val` rows from the rows that were probed in `seconds` of wall time."""
    least, most = val + sum(work.least for work in works), val + sum(work.most for work in works)
    once = val + (train if works else 0)
    spend: dict[str, tuple[float, float]] = {}
    for line in ("calls", "searches", "tokens", "usd"):
        cheapest = min((row.spent(line, paid=True) for row in rows), default=0.0)
        dearest = max((row.spent(line) for row in rows), default=0.0)
        spend[line] = (once * cheapest, most * dearest)
    count = max(1, len(rows))
    spend["seconds"] = (once * seconds / max(count, parallel), most * seconds / count)
    capped = []
    for line, (low, high) in spend.items():
        limit = getattr(budget, line)
        if limit is not None and high > limit:
            capped.append(line)
            spend[line] = (min(low, limit), high)
    if capped:
        least = min(least, len(rows))
    return CompilePlan(tuple(works), (least, most), spend, len(rows), budget, tuple(capped))
