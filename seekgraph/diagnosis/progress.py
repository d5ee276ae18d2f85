"""The progress of a diagnosis, on standard error: one bar for each of its phases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self


class Phases(AbstractContextManager["Phases"]):
    """Bars that come one after the other."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        words = TextColumn("{task.description}", markup=False)
        times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self._bars = Progress(words, BarColumn(), MofNCompleteColumn(), *times, console=Console(stderr=True))

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def phase(self, name: str, total: int) -> Callable[[], None]:
        """Begin a phase; what it gives is to be called once for each thing done."""
        task = self._bars.add_task(name, total=total)
        return lambda: self._bars.update(task, advance=1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()
