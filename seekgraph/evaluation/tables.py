"""A report for people: the same tables for a terminal and for a notebook. All text in them is data, and shown as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple, Protocol

from seekgraph.evaluation.intervals import Interval
from seekgraph.evaluation.row import Row

if TYPE_CHECKING:
    from rich.console import Group


class CostLine(Protocol):
    """A sum over all examples, what of it was paid now, and what the memo saved."""

    @property
    def total(self) -> float: ...
    @property
    def paid(self) -> float: ...
    @property
    def memo(self) -> float: ...


class Reported(Protocol):
    """What the tables show of a `Report`, which imports this module and is not imported by it."""

    @property
    def flow(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def errors(self) -> int: ...
    @property
    def partial(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def metrics(self) -> Mapping[str, Interval]: ...
    @property
    def rewards(self) -> Mapping[str, Mapping[str, Interval]]: ...
    @property
    def visits(self) -> Mapping[str, int]: ...
    @property
    def cost(self) -> Mapping[str, CostLine]: ...
    @property
    def step_errors(self) -> Mapping[str, int]: ...


class Table(NamedTuple):
    """A table as plain text. The first column is words, the others are numbers."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def headline(report: Reported) -> str:
    """One sentence: how many examples, and what became of them."""
    parts = [f"{report.errors} failed" if report.errors else "no errors"]
    parts += [f"{report.partial} cut short by a budget"] * bool(report.partial)
    parts += [f"{report.skipped} not started"] * bool(report.skipped)
    return f"{report.flow or 'flow'}: {report.n} examples in {report.seconds:.1f} s, {', '.join(parts)}"


def tables(report: Reported) -> list[Table]:
    """Metrics, rewards by node, cost, errors; what is empty is left out."""
    metrics = [(name, *_numbers(found)) for name, found in report.metrics.items()]
    rewards: list[tuple[str, ...]] = []
    for path, visits in report.visits.items():
        for name, found in report.rewards.get(path, {}).items():
            rewards.append((path, str(visits), name, *_numbers(found)))
    cost = [
        (line, _number(each.total), _number(each.paid), _number(each.memo)) for line, each in report.cost.items() if each.total
    ]
    errors = [(row.id, row.error.code, row.error.message) for row in report.rows if row.error is not None]
    if len(errors) > SHOWN:
        errors = [*errors[:SHOWN], (f"and {len(errors) - SHOWN} more", "", "")]
    steps = [(code, str(count)) for code, count in report.step_errors.items()]
    made = [
        Table(("metric", "mean", "95 % interval", "rows"), metrics),
        Table(("node", "visits", "reward", "mean", "95 % interval", "examples"), rewards),
        Table(("cost", "total", "paid", "from the memo"), cost),
        Table(("failed example", "code", "error"), errors),
        Table(("step error", "steps"), steps),
    ]
    return [table for table in made if table.rows]


SHOWN = 5


def as_rich(report: Reported) -> Group:
    """The report for a terminal."""
    from rich import box
    from rich.console import Group
    from rich.table import Table as RichTable
    from rich.text import Text

    from seekgraph.evaluation.terminal import Fitting

    drawn = []
    for table in tables(report):
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for number, head in enumerate(table.head):
            words = number == 0 or head in ("reward", "code", "error")
            shown.add_column(Text(head), justify="left" if words else "right", overflow="fold", no_wrap=not words)
        for row in table.rows:
            shown.add_row(*(Text(cell) for cell in row))
        drawn.append(Fitting(shown))
    return Group(Text(headline(report)), *(part for table in drawn for part in (Text(), table)))


def as_html(report: Reported) -> str:
    """The report for a notebook."""
    parts = [f"<p>{escape(headline(report))}</p>"]
    for table in tables(report):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "\n".join(parts)


def _numbers(found: Interval) -> tuple[str, str, str]:
    if found.mean is None or found.low is None or found.high is None:
        return "–", "–", "0"
    return _number(found.mean), f"{_number(found.low)} – {_number(found.high)}", str(found.n)


def _number(value: float) -> str:
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.1g}"
