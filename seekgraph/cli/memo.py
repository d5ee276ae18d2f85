"""`seekgraph memo`."""

from __future__ import annotations

from pathlib import Path

from seekgraph.cli.options import require_memo
from seekgraph.cli.output import show, write_json

DAY = 86_400.0


def stats_command(path: Path, as_json: bool) -> None:
    """Show what a memo holds."""
    from rich.box import SIMPLE
    from rich.table import Table

    from seekgraph.core.memo import Memo
    from seekgraph.evaluation.terminal import Fitting

    require_memo(path)
    with Memo(path) as memo:
        stats = memo.stats()
    if as_json:
        write_json(stats.model_dump(mode="json"))
        return
    table = Table(box=SIMPLE)
    table.add_column("node", overflow="fold")
    for column in ("steps", "hits", "kB"):
        table.add_column(column, justify="right")
    for node, held in sorted(stats.nodes.items(), key=lambda item: -item[1].bytes):
        table.add_row(node, f"{held.entries:,}", f"{held.hits:,}", f"{held.bytes / 1e3:,.1f}")
    show(*([Fitting(table)] if stats.entries else []), f"{path}: {stats.entries:,} steps, {stats.bytes / 1e6:,.1f} MB")


def clear_command(path: Path, node: str | None, days: float | None, as_json: bool) -> None:
    """Forget steps and say how many."""
    from seekgraph.core.memo import Memo

    require_memo(path)
    with Memo(path) as memo:
        gone = memo.clear(node=node, older_than=None if days is None else days * DAY)
        known = sorted(memo.stats().nodes) if node is not None and not gone else []
    if as_json:
        write_json({"cleared": gone})
    else:
        show(f"{gone:,} steps forgotten" + (f"; the memo has steps of {', '.join(known)}" if known else ""))
