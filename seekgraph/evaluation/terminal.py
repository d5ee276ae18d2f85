"""A table for a terminal that may be narrow: where its columns do not fit, each row becomes a block of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table


@dataclass(frozen=True)
class Fitting:
    """`table` where the terminal has room for it without breaking a word or a number, else a block a row.

    A block is the row's first cell, where it is not that of the row before, then a line for each other cell that is not empty,
    with the name of its column before it.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.measure import Measurement

        plenty = options.update(width=1_000)
        needed, wanted, shortest = [], [], []
        for column in self.table.columns:
            cells = [Measurement.get(console, plenty, cell) for cell in (column.header, *column.cells)]
            shortest.append(max(column.min_width or 0, *(cell.minimum for cell in cells)))
            wanted.append(max(cell.maximum for cell in cells))
            needed.append(max(wanted[-1], shortest[-1]) if column.no_wrap else shortest[-1])
        frame = Measurement.get(console, plenty, self.table).minimum - sum(shortest)
        spare = options.max_width - frame - sum(needed)
        if spare < 0:
            yield from self._blocks()
            return
        widths = shared(spare, needed, wanted)
        fitted = copy(self.table)  # with the widths fixed: left to itself, rich breaks words while other columns have room
        fitted.columns = [replace(column, width=width) for column, width in zip(self.table.columns, widths, strict=True)]
        yield fitted

    def _blocks(self) -> Iterator[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        if self.table.title:
            title = self.table.title
            yield Text(title if isinstance(title, str) else str(title), style="bold")
        heads = [str(column.header) for column in self.table.columns]
        last = ""
        for row in zip(*(column.cells for column in self.table.columns), strict=True):
            if str(row[0]) != last:
                yield Text(str(row[0]), style="bold")
            last = str(row[0])
            for head, cell in zip(heads[1:], row[1:], strict=True):
                text = ", ".join(line for line in str(cell).splitlines() if line)
                if text:
                    yield Padding(Text.assemble((f"{head}: " if head else "", "dim"), text), (0, 0, 0, 2), expand=False)


def shared(spare: int, needed: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """The widths of columns: what each needs, and of `spare` cells as much as it wants, the one that lacks most first."""
    widths = list(needed)
    for _ in range(spare):
        lacking = max(range(len(widths)), key=lambda column: wanted[column] - widths[column])
        if wanted[lacking] <= widths[lacking]:
            break
        widths[lacking] += 1
    return widths
