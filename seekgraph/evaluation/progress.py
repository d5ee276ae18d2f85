"""The progress of an evaluation, on standard error: how far it is, the running score, what it has cost, the time that is left."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from seekgraph.core.base.meter import Meter
from seekgraph.evaluation.row import Row


class Bar(AbstractContextManager["Bar"]):
    """A bar for `total` examples. The score is the running mean of `metric`; the cost is what `meter` has counted."""

    def __init__(self, total: int, metric: str, meter: Meter) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._metric, self._meter = metric, meter
        self._sum, self._count, self._errors = 0.0, 0, 0
        score, cost = TextColumn("{task.fields[score]}", markup=False), TextColumn("{task.fields[cost]}", markup=False)
        times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self._bars = Progress(BarColumn(), MofNCompleteColumn(), score, cost, *times, console=Console(stderr=True))
        self._task = self._bars.add_task("", total=total, score="", cost="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def add(self, row: Row) -> None:
        """Count one finished example."""
        value = row.metrics.get(self._metric)
        if value is not None:
            self._sum, self._count = self._sum + value, self._count + 1
        self._errors += row.failed
        self._bars.update(self._task, advance=1, score=self._score(), cost=self._cost())

    def _score(self) -> str:
        score = f"{self._metric} {self._sum / self._count:.3f}" if self._count else ""
        return f"{score} ({self._errors} errors)" if self._errors else score

    def _cost(self) -> str:
        used = self._meter.used
        parts = [f"{used.searches:,} searches", f"{used.calls:,} calls", f"{used.tokens:,} tokens", f"${used.usd:.2f}"]
        spent = (used.searches, used.calls, used.tokens, used.usd)
        return ", ".join(part for part, amount in zip(parts, spent, strict=True) if amount)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()
