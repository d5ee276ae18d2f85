"""`seekflow memo`."""

from __future__ import annotations

from pathlib import Path

from seekflow.cli.common import Misuse, show, write_json

DAY = 86_400.0


def stats_command(path: Path, as_json: bool) -> None:
    """Show what a memo holds."""
    from rich.table import Table

    from seekflow.core.memo import Memo

    _there(path)
    with Memo(path) as memo:
        stats = memo.stats()
    if as_json:
        write_json(stats.model_dump(mode="json"))
        return
    table = Table(title=f"{stats.entries} steps, {stats.bytes / 1e6:.1f} MB", title_justify="left")
    for column in ("node", "steps", "MB"):
        table.add_column(column)
    for node, held in sorted(stats.nodes.items(), key=lambda item: -item[1].bytes):
        table.add_row(node, str(held.entries), f"{held.bytes / 1e6:.1f}")
    show(table)


def clear_command(path: Path, node: str | None, days: float | None, as_json: bool) -> None:
    """Forget steps and say how many."""
    from seekflow.core.memo import Memo

    _there(path)
    with Memo(path) as memo:
        gone = memo.clear(node=node, older_than=None if days is None else days * DAY)
    if as_json:
        write_json({"cleared": gone})
    else:
        show(f"{gone} steps forgotten")


def _there(path: Path) -> None:
    if not path.exists():
        raise Misuse(f"there is no memo at {path}")
