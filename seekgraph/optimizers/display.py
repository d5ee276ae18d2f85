"""What compiling came to, as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.evaluation.comparisons import Comparison
    from seekgraph.optimizers.compiled import Compiled
    from seekgraph.optimizers.search import Change


def as_rich(compiled: Compiled) -> Any:
    """The changes, what moved beside the objective, and the front."""
    from rich.console import Group

    return Group(_changes(compiled), *([_beside(compiled)] if compiled.metrics else []), _front(compiled))


def verdict(change: Change) -> str:
    """What became of a change, in a few words."""
    if change.accepted:
        return "accepted"
    if change.harms:
        return f"not accepted: worse {', '.join(each.metric for each in change.harms)}"
    return "not accepted"


def gap(comparison: Comparison) -> str:
    """A difference with its interval."""
    found = comparison.difference
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def _changes(compiled: Compiled) -> Any:
    table = _table(f"compiled for {compiled.objective}", "pass", "params", "gain on other rows", "p", "")
    for change in compiled.changes:
        if change.comparison is None:
            table.add_row(change.name, "-", "-", "-", change.note)
        else:
            count, p_value = str(len(change.values)), f"{change.comparison.p_value:.3f}"
            table.add_row(change.name, count, gap(change.comparison), p_value, verdict(change))
    return table


def _beside(compiled: Compiled) -> Any:
    table = _table("what moved on the held-back rows", "metric", "change", "p", "")
    for name, comparison in compiled.metrics.items():
        if comparison.wins or comparison.losses:
            worse = "[red]worse[/red]" if name in compiled.worse else ""
            table.add_row(name, gap(comparison), f"{comparison.p_value:.3f}", worse)
    return table


def _front(compiled: Compiled) -> Any:
    table = _table("quality against cost", "candidate", "quality", "cost a question")
    for each in compiled.front:
        table.add_row(each.name, f"{each.quality:.3f}", f"{each.cost:.3g}")
    return table


def _table(title: str, *columns: str) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table
