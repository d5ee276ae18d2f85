"""What a compile will take, said before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekflow.core.budget import Budget
from seekflow.evaluation.row import Row
from seekflow.optimizers.passes import Work

SHARED = 0.5
"""The share of steps that candidates are taken to have in common, for the lower end of the range; a memo shares them."""


@dataclass(frozen=True)
class CompilePlan:
    """The passes that will run and what they may spend.

    `rollouts` is a range; `spend` maps each budget line ("calls", "searches", "tokens", "usd", "seconds") to a range, from the
    mean of `probed` questions that were run for it (they count, and are not run again). The lower end takes half of the steps to
    be shared and every race to be lost early; the upper end shares nothing. `capped` are the lines that the budget cuts short.
    """

    passes: tuple[Work, ...]
    rollouts: tuple[int, int]
    spend: Mapping[str, tuple[float, float]]
    probed: int
    budget: Budget
    capped: tuple[str, ...]

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title="plan", title_justify="left")
        for column in ("pass", "what", "rollouts"):
            table.add_column(column)
        for work in self.passes:
            table.add_row(work.name, work.note, f"{work.least} to {work.most}")
        table.add_section()
        for line, (low, high) in self.spend.items():
            limit = getattr(self.budget, line)
            stop = f"; the budget stops it at {limit:g}" if line in self.capped else ""
            if high:
                table.add_row("", line, f"{low:.3g} to {high:.3g}{stop}")
        return table


def estimate(works: Sequence[Work], rows: Sequence[Row], seconds: float, budget: Budget) -> CompilePlan:
    """The plan of `works`, from the rows of the questions that were probed in `seconds` of wall time."""
    count = max(1, len(rows))
    each = {line: sum(row.spent(line) for row in rows) / count for line in ("calls", "searches", "tokens", "usd")}
    each["seconds"] = seconds / count
    least, most = sum(work.least for work in works), sum(work.most for work in works)
    spend = {line: (least * cost * (1 - SHARED), most * cost) for line, cost in each.items()}
    capped = tuple(line for line, (_, high) in spend.items() if (limit := getattr(budget, line)) is not None and high > limit)
    return CompilePlan(tuple(works), (least, most), spend, len(rows), budget, capped)
