"""`seekflow check` and `seekflow draw`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from seekflow.cli.common import FAILED, Misuse, find_flow, show, write_json


def check_command(name: str, as_json: bool) -> None:
    """Show everything that is wrong with a flow; exit code 1 where there are errors."""
    from rich.text import Text

    from seekflow.core.check import check

    flow = find_flow(name)
    findings = check(flow)
    errors = sum(finding.severity == "error" for finding in findings)
    if as_json:
        write_json({"ok": not errors, "params": sorted(flow.params()), "findings": [asdict(finding) for finding in findings]})
    else:
        show(*(Text(f"{finding}\n") for finding in findings))
        resources = ", ".join(f"{name}{'' if needed else ' (optional)'}" for name, (_, _, needed) in flow.resources.items())
        verdict = "no errors" if not errors else f"{errors} errors"
        size = f"{len(flow.sites)} places, {len(flow.params())} params"
        show(Text(f"{flow.name or name}: {verdict}; {size}; asks for {resources or 'nothing'}"))
    if errors:
        raise SystemExit(FAILED)


def draw_command(name: str, form: str, out: Path | None, trace: Path | None, as_json: bool) -> None:
    """Write a drawing of a flow, or of a trace of it, to a file or to standard output."""
    import sys

    from seekflow.core.trace import Trace

    if form not in ("mermaid", "svg"):
        raise Misuse(f"--format is mermaid or svg, not {form!r}")
    flow = find_flow(name)
    drawn = (flow if trace is None else Trace.load(trace, flow.channels)).draw(form)
    if as_json:
        write_json({"format": form, "drawing": drawn})
    elif out is not None:
        out.write_text(drawn, encoding="utf-8")
    else:
        sys.stdout.write(drawn.rstrip() + "\n")
