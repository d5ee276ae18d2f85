"""The state of a compile, and the one door to rollouts: journaled, counted, stopped at the budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seekflow.core.bound import Bound
from seekflow.core.budget import Meter
from seekflow.core.identity import digest
from seekflow.core.trace import Trace
from seekflow.evaluation.evaluate import evaluate
from seekflow.evaluation.row import Row
from seekflow.optimizers.acceptance import Acceptance
from seekflow.optimizers.front import Candidate
from seekflow.optimizers.journal import Journal
from seekflow.optimizers.objective import Objective
from seekflow.types import Example

Say = Callable[[str, Mapping[str, Any]], None]
"""Takes an event's name and its facts; compiling itself prints nothing."""

LINES = ("calls", "searches", "tokens", "usd", "seconds")


class BudgetSpent(Exception):
    """The compile's budget does not allow the next step; what was accepted so far stands."""


@dataclass(frozen=True)
class Change:
    """What a pass came to: the params that it would change, whether that was accepted, and the paired comparison on held-back
    rows.

    `comparison` is None where the pass found nothing to change, or could not be judged within the budget."""

    name: str
    values: Mapping[str, Any]
    accepted: bool
    comparison: Any = None
    note: str = ""


@dataclass
class Search:
    """What passes share. `values` are the accepted param values as plain data; passes propose others through `judge`.

    `train` is for searching, `val` for judging: a pass must not look at `val` except through `judge`.
    """

    bound: Bound
    objective: Objective
    train: tuple[Example, ...]
    val: tuple[Example, ...]
    meter: Meter
    journal: Journal
    acceptance: Acceptance
    seed: int = 0
    parallel: int = 16
    say: Say = lambda event, facts: None
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    rollouts: int = 0
    replayed: int = 0
    began: float = field(default_factory=time.monotonic)

    def with_values(self, values: Mapping[str, Any]) -> Bound:
        """The bound flow under these param values, given as plain data."""
        params = self.bound.flow.params()
        return self.bound.with_params({name: params[name].from_json(value).value for name, value in values.items()})

    async def rows(self, values: Mapping[str, Any], examples: Sequence[Example]) -> list[Row]:
        """The row of each example under `values`, in their order; only rows that the journal does not have are run.

        Raises `BudgetSpent` when the budget ends before all are there; the finished ones are in the journal.
        """
        prefix = digest(dict(values))
        kept = {row.id: row for row in self._kept(values, examples)}
        self.replayed += len(kept)
        missing = [example for example in examples if example.id not in kept]
        if missing:
            self.require()

            def keep(row: Row) -> None:
                if row.status not in ("skipped", "partial") or not self.meter.refused:
                    kept[row.id] = row
                    self.rollouts += 1
                    self.journal.put(f"{prefix}:{row.id}", row)

            await evaluate(
                self.with_values(values),
                missing,
                metrics=self.objective.metrics,
                parallel=self.parallel,
                seed=self.seed,
                meter=self.meter,
                on_row=keep,
            )
        if len(kept) < len(examples):
            raise BudgetSpent
        return [kept[example.id] for example in examples]

    def journaled(self, values: Mapping[str, Any], examples: Sequence[Example]) -> list[Row] | None:
        """The rows of `examples` under `values` if the journal has all of them."""
        kept = self._kept(values, examples)
        return kept if len(kept) == len(examples) else None

    def _kept(self, values: Mapping[str, Any], examples: Sequence[Example]) -> list[Row]:
        prefix = digest(dict(values))
        found = (self.journal.get(f"{prefix}:{example.id}") for example in examples)
        return [Row.model_validate(data) for data in found if data is not None]

    async def traces(self, values: Mapping[str, Any], examples: Sequence[Example]) -> list[tuple[Example, Trace]]:
        """Each example with the trace of its run under `values`: what fitting reads. Steps may come from the memo."""
        self.require()
        report = await evaluate(
            self.with_values(values),
            examples,
            metrics=self.objective.metrics,
            rewards=(),
            parallel=self.parallel,
            seed=self.seed,
            meter=self.meter,
            keep_traces=True,
        )
        self.rollouts += len(report.traces)
        if self.meter.refused:
            raise BudgetSpent
        return [(example, report.traces[example.id]) for example in examples if example.id in report.traces]

    async def judge(self, name: str, values: Mapping[str, Any]) -> bool:
        """Accept `values` in place of the current ones if the held-back rows say so; the change is recorded either way."""
        changed = {key: value for key, value in values.items() if self.values.get(key) != value}
        if not changed:
            self._record(Change(name, {}, False, note="found nothing better"))
            return False
        try:
            mine, theirs = await self.rows(values, self.val), await self.rows(self.values, self.val)
        except BudgetSpent:
            self._record(Change(name, changed, False, note="not judged: the budget ended"))
            raise
        accepted, comparison = self.acceptance(self.qualities(mine), self.qualities(theirs))
        self.candidates.append(self.candidate(name, values, mine))
        self._record(Change(name, changed, accepted, comparison))
        if accepted:
            self.values = dict(values)
        return accepted

    def _record(self, change: Change) -> None:
        self.changes.append(change)
        self.say("change", {"change": change})

    def qualities(self, rows: Sequence[Row]) -> list[float]:
        """The quality of each row."""
        return [self.objective.quality(row) for row in rows]

    def candidate(self, name: str, values: Mapping[str, Any], rows: Sequence[Row]) -> Candidate:
        """A candidate for the front, from its rows."""
        count = max(1, len(rows))
        paid = sum(row.spent("usd") for row in rows)
        asked = sum(row.spent("calls") + row.spent("searches") for row in rows)
        return Candidate(name, dict(values), sum(self.qualities(rows)) / count, (paid or asked) / count)

    def require(self) -> None:
        """Raise `BudgetSpent` where the budget allows nothing more."""
        if self.meter.refused or not self.affords(0):
            raise BudgetSpent

    def affords(self, rollouts: int) -> bool:
        """Whether this many more rollouts fit, at the mean cost of those that were run."""
        for line in LINES:
            limit = getattr(self.meter.budget, line)
            used = self.meter.seconds if line == "seconds" else getattr(self.meter.used, line)
            if limit is not None and (used >= limit or used + rollouts * used / max(1, self.rollouts) > limit):
                return False
        return True
