"""`seekgraph models try NAME`: what a model can do."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from seekgraph.cli.common import FAILED
from seekgraph.cli.config import use_hosts
from seekgraph.cli.models import options_for
from seekgraph.cli.output import say, show, write_json

if TYPE_CHECKING:
    from seekgraph.lms.abilities import Abilities

WHAT = {
    "tools": "a type by a forced tool",
    "json_schema": "a type by a JSON schema",
    "json_object": "any JSON object",
    "words": "a type in words",
    "schema": "a type by a grammar",
    "streaming": "streaming",
    "log-probabilities": "log-probabilities",
}


def try_command(name: str, folder: Path | None, key: str | None, as_json: bool) -> None:
    """Show what a model can do and how long it took; exit code 1 where it does not answer."""
    from seekgraph.lms.abilities import abilities

    use_hosts()
    if not as_json:
        say(f"asking {name} up to seven short things")
    found = asyncio.run(abilities(name, **options_for(name, folder, key)))
    if as_json:
        write_json({**asdict(found), "answers": _answers(found)})
    else:
        _show(found)
    if not _answers(found):
        raise SystemExit(FAILED)


def _answers(found: Abilities) -> bool:
    return any(each.outcome == "yes" for each in found.tried)


def _show(found: Abilities) -> None:
    from rich.table import Table

    from seekgraph.evaluation.terminal import Fitting

    table = Table(title=found.model, title_justify="left")
    for column in ("what", "can it", "seconds", "note"):
        table.add_column(column, no_wrap=column in ("can it", "seconds"), overflow="fold")
    for each in found.tried:
        table.add_row(WHAT.get(each.name, each.name), each.outcome, f"{each.seconds:.2f}" if each.seconds else "-", each.note)
    limits = ", ".join(f"{what} {tokens} tokens" for what, tokens in found.limits.items())
    show(Fitting(table), f"limits: {limits or 'not known'}")
    if found.refuses:
        show(f"it refuses: {', '.join(found.refuses)} (Seekgraph does without)")
    show(f"asking cost {found.usd:.6f} US dollars")
