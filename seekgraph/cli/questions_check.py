"""`seekgraph questions check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seekgraph.cli.common import FAILED, Misuse
from seekgraph.cli.output import show, write_json
from seekgraph.cli.wrapping import write

if TYPE_CHECKING:
    from seekgraph.cli.options import Documents

SHOWN = 8
"""Findings of one check that are shown; --json has them all."""


def check_command(paths: tuple[Path, ...], documents: Documents, as_json: bool) -> None:
    """Check dev sets against the documents and each other; exit code 1 where something makes results wrong."""
    from seekgraph.evaluation.examples import read_examples
    from seekgraph.synthesis.checking import check

    if len(set(paths)) < len(paths):
        raise Misuse("a file is named twice: give each dev set once")
    sets = {str(path): read_examples(path) for path in paths}
    checked = check(sets, documents.read().corpus)
    if as_json:
        write_json(checked.to_json())
    else:
        by_check: dict[str, list[tuple[str, str]]] = {}
        for each in checked.findings:
            by_check.setdefault(each.check, []).append((each.level, each.text))
        for found in by_check.values():
            for level, text in found[:SHOWN]:
                write(f"{level}: {text}")
            if len(found) > SHOWN:
                show(f"  ... and {len(found) - SHOWN} more of these (--json)")
        if not checked.findings:
            show("nothing wrong was found")
        show("")
        for name, rows, smallest in checked.gains:
            write(f"{name}: {rows} rows prove a gain of {min(smallest, 1):.2f} or more, in 4 of 5 cases")
        write(f"a gain of 0.05 takes about {checked.needed} rows (if a metric varies by .4 among questions)")
    if checked.errors:
        raise SystemExit(FAILED)
