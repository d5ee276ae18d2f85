"""`seekgraph demo`."""

from __future__ import annotations

from pathlib import Path

from seekgraph.cli.output import say, show, writable, write_json
from seekgraph.demo.run import run_demo


def demo_command(out: Path, seed: int, as_json: bool) -> None:
    """Run the demo; with JSON its tables go to standard error."""
    writable(out, "--out")
    figures = run_demo(out, seed=seed, show=say if as_json else show, say=say)
    if as_json:
        write_json(figures)
