"""What a compile will take, said before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.machine.bound import Bound
from seekgraph.evaluation.power import ALPHA, rows_needed, smallest_gain, spread_of
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.acceptance import POOLED
from seekgraph.optimizers.parts import Part
from seekgraph.optimizers.passes import Pass, Work

FEW = 0.15
"""The smallest gain that can be proven, from which on that is hardly any."""


@dataclass(frozen=True)
class CompilePlan:
    """The passes that will run and what they may spend.

    `rollouts` is a range; `spend` maps each budget line ("calls", "searches", "tokens", "usd", "seconds") to a range, from the
    dearest and the cheapest of `probed` questions that were run for it (they count, and are not run again). At the lower end
    candidates share all steps with one another and each question is paid for once; at the upper end they share nothing. Both
    ends are at the prices of the params as written: candidates that make more rounds, or read more, cost more. Seconds are those
    of rollouts, from all in parallel to as few as were probed. `capped` are the lines that the budget may cut short.

    `judging` rows decide on a change: the held-back ones, and where rollouts cost time alone those to search on, too (`folds` is
    the number of parts that they are then dealt into, else 1). By how much
    the quality differs among the probed questions (`spread`), they prove a gain of `provable` or more with a chance of .8, and
    `rows_for` says how many rows a gain needs for that.
    """

    passes: tuple[Work, ...]
    rollouts: tuple[int, int]
    spend: Mapping[str, tuple[float, float]]
    probed: int
    budget: Budget
    capped: tuple[str, ...]
    judging: int = 0
    spread: float = 0.0
    alpha: float = ALPHA
    folds: int = 1

    @property
    def provable(self) -> float:
        """The smallest gain of the objective that the rows find with a chance of .8; infinite without rows."""
        return smallest_gain(self.judging, self.spread, self.alpha)

    def rows_for(self, gain: float) -> int:
        """How many rows a gain of the objective, above 0, needs to be found with a chance of .8."""
        return rows_needed(gain, self.spread, self.alpha)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        passes = [{"pass": work.name, "rollouts": [work.least, work.most], "note": work.note} for work in self.passes]
        spend = {line: list(ends) for line, ends in self.spend.items()}
        return {"passes": passes, "rollouts": list(self.rollouts), "spend": spend, "capped": list(self.capped), **self._power()}

    def _power(self) -> dict[str, Any]:
        if not self.judging or not self.passes:
            return {}
        return {"judging": self.judging, "provable_gain": round(self.provable, 3), "rows_for_a_gain_of_.05": self.rows_for(0.05)}

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

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
        if self.judging and self.passes:
            return Group(table, Text(self.sentence()))
        return table

    def sentence(self) -> str:
        """What the rows can prove, in words."""
        few = "hardly anything: " if self.provable > FEW else ""
        return (
            f"{self.judging} questions judge, which can prove {few}a gain of about {min(1.0, self.provable):.2f} or more (4 "
            f"times in 5); one of .05 takes about {self.rows_for(0.05):,} questions"
        )


def estimate(
    works: Sequence[Work],
    rows: Sequence[Row],
    seconds: float,
    budget: Budget,
    train: int,
    val: int,
    parallel: int,
    qualities: Sequence[float] = (),
    alpha: float = ALPHA,
    parts: Sequence[int] = (),
) -> CompilePlan:
    """The plan of `works` on `train` and `val` rows from the rows that were probed in `seconds` of wall time, with what their
    `qualities` tell of how much gains vary. `parts` are the sizes of those in which rows judge that are searched on, too."""
    least, most = val + sum(work.least for work in works), val + sum(work.most for work in works)
    once = val + (train if works else 0)
    spend: dict[str, tuple[float, float]] = {}
    for line in ("calls", "searches", "tokens", "usd"):
        cheapest = min((row.spent(line, paid=True) for row in rows), default=0.0)
        dearest = max((row.spent(line) for row in rows), default=0.0)
        spend[line] = (once * cheapest, most * dearest)
    spend["calls"] = spend["calls"][0], spend["calls"][1] + sum(work.calls for work in works)
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
    judging = max(val, min(train + val, val + sum(parts)))
    share = alpha / max(1, sum(work.max_comparisons for work in works)) * (POOLED if parts else 1)
    found = tuple(works), (least, most), spend, len(rows), budget, tuple(capped), judging, spread_of(qualities), share
    return CompilePlan(*found, max(1, len(parts)))


def crossed(each: Pass, work: Work, bound: Bound, parts: Sequence[Part], learn: int, apart: int) -> Work:
    """The work of a pass that searches on `learn` rows and once more for each part, and has `apart` more rows judge."""
    once = each.work(bound, learn, 0).most
    others = [each.work(bound, len(part.train), 0).most + 2 * len(part.test) for part in parts]
    return replace(work, most=once + sum(others) + apart)
