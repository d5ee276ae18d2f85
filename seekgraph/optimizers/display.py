"""What compiling came to, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from seekgraph.evaluation.comparisons import Comparison
from seekgraph.optimizers.front import Candidate
from seekgraph.optimizers.search import Change


def verdict(change: Change) -> str:
    """What became of a change, in a few words."""
    if change.accepted:
        return "accepted, proven" if change.proven else "accepted, likely"
    if change.harms:
        return f"not accepted: worse {', '.join(each.metric for each in change.harms)}"
    return "not accepted"


def gap(comparison: Comparison) -> str:
    """A difference with its interval."""
    found = comparison.difference
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def changes_table(objective: str, changes: Sequence[Change]) -> Any:
    """What was compared, and what became of it."""
    table = _table(f"compiled for {objective}", "pass", "params", "gain on other rows", "p", "")
    for change in changes:
        if change.comparison is None:
            table.add_row(change.name, "-", "-", "-", change.note)
        else:
            count, p_value = str(len(change.values)), f"{change.comparison.p_value:.3f}"
            table.add_row(change.name, count, gap(change.comparison), p_value, verdict(change))
    return table


def beside_table(metrics: Mapping[str, Comparison], worse: Collection[str]) -> Any:
    """What moved besides the objective."""
    table = _table("what moved on the held-back rows", "metric", "change", "p", "")
    for name, comparison in metrics.items():
        if comparison.wins or comparison.losses:
            mark = "[red]worse[/red]" if name in worse else ""
            table.add_row(name, gap(comparison), f"{comparison.p_value:.3f}", mark)
    return table


def front_table(front: Sequence[Candidate]) -> Any:
    """Quality against cost."""
    table = _table("quality against cost", "candidate", "quality", "cost a question")
    for each in front:
        table.add_row(each.name, f"{each.quality:.3f}", f"{each.cost:.3g}")
    return table


def _table(title: str, *columns: str) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table
