"""A table for a terminal that may be narrow: where its columns do not fit, each row becomes a block of lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table


@dataclass(frozen=True)
class Fitting:
    """`table` where the terminal has room for it without breaking a word or a number, else a block a row.

    A block is the row's first cell, then a line for each other cell that is not empty, with the name of its column before it.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.measure import Measurement

        needed = Measurement.get(console, options.update(width=1_000), self.table).minimum
        if needed <= options.max_width:
            yield self.table
        else:
            yield from self._blocks()

    def _blocks(self) -> Iterator[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        if self.table.title:
            title = self.table.title
            yield Text(title if isinstance(title, str) else str(title), style="bold")
        heads = [str(column.header) for column in self.table.columns]
        for row in zip(*(column.cells for column in self.table.columns), strict=True):
            yield Text(str(row[0]), style="bold")
            for head, cell in zip(heads[1:], row[1:], strict=True):
                text = ", ".join(line for line in str(cell).splitlines() if line)
                if text:
                    yield Padding(Text.assemble((f"{head}: " if head else "", "dim"), text), (0, 0, 0, 2), expand=False)
        yield Text()
