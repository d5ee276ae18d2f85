"""`seekgraph check` and `seekgraph draw`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.binding import Bindings
from seekgraph.cli.common import FAILED, Misuse, find_flow
from seekgraph.cli.output import say, show, writable, write_file, write_json
from seekgraph.cli.params import with_params

if TYPE_CHECKING:
    from seekgraph.cli.options import Models
    from seekgraph.core.record.trace import Trace

FORMS = ("mermaid", "svg")


def check_command(
    name: str, as_json: bool, params: Sequence[str] = (), bindings: Bindings | None = None, models: Models | None = None
) -> None:
    """Show everything that is wrong with a flow; exit code 1 where there are errors. What is bound is made, and has to fit.

    With models also which nodes go by rules in their place, and why.
    """
    from seekgraph.core.check import check
    from seekgraph.core.language.roles import all_by_rules

    flow = with_params(find_flow(name), params)
    findings = check(flow)
    errors = sum(finding.severity == "error" for finding in findings)
    readable = not any(finding.code == "contract" for finding in findings)
    asks = {name: needed for name, (_, _, needed) in flow.resources.items()} if readable else {}
    bound = sorted(bindings.open(flow)) if bindings is not None and bindings.pairs and readable else []
    by_rules = all_by_rules(flow, models.open(flow)) if models is not None and readable else {}
    if as_json:
        found = [asdict(finding) for finding in findings]
        write_json(
            {
                "ok": not errors,
                "params": sorted(flow.params()),
                "resources": asks,
                "bound": bound,
                "by_rules": by_rules,
                "findings": found,
            }
        )
    else:
        show(*(f"{finding}\n" for finding in findings))
        resources = ", ".join(f"{name}{'' if needed else ' (optional)'}" for name, needed in asks.items())
        verdict = "no errors" if not errors else "1 error" if errors == 1 else f"{errors} errors"
        size = f"{len(flow.sites)} places, {len(flow.params())} params"
        show(
            f"{flow.name or name}: {verdict}; {size}; asks for {resources or 'nothing'}"
            + (f"; bound: {', '.join(bound)}" if bound else "")
        )
        show(*(f"{path} goes by rules: {reason}" for path, reason in by_rules.items()))
    if errors:
        raise SystemExit(FAILED)


def draw_command(
    name: str,
    form: str | None,
    out: Path | None,
    trace: Path | None,
    as_json: bool,
    behind: str | None = None,
    params: Sequence[str] = (),
) -> None:
    """Write a drawing of a flow, or of a trace of it, to a file or to standard output.

    `behind` is a step of the trace, by its id: then only what it was built from is drawn. Without a form it is SVG for a file
    that is called so, else Mermaid.
    """
    from seekgraph.core.record.trace import Trace

    form = form or ("svg" if out is not None and out.suffix == ".svg" else "mermaid")
    if form not in FORMS:
        raise Misuse(f"--format is mermaid or svg, not {form!r}")
    writable(out, "--out")
    flow = with_params(find_flow(name), params)
    thing = flow if trace is None else Trace.load(trace, flow.channels)
    if isinstance(thing, Trace) and thing.fingerprint != flow.fingerprint:
        say(f"{trace} was made by {thing.flow or 'a flow without a name'!r}, and not by this flow as it is now")
    if behind is not None:
        thing = _behind(thing, behind)
    drawn = thing.draw(form)
    if out is not None:
        write_file(out, drawn)
        say(f"wrote {out}")
    if as_json:
        write_json({"format": form, "drawing": drawn})
    elif out is None:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        shown = drawn.encode(encoding, "xmlcharrefreplace").decode(encoding) if form == "svg" else drawn
        sys.stdout.write(shown.rstrip() + "\n")


def _behind(thing: Any, id: str) -> Trace:
    """What a step of a trace was built from."""
    from seekgraph.core.record.trace import Trace
    from seekgraph.diagnosis.graph import behind

    if not isinstance(thing, Trace):
        raise Misuse("--behind STEP needs --trace FILE: it draws what a step of a run was built from")
    try:
        return behind(thing, id)
    except KeyError:
        raise Misuse(
            f"--behind: there is no step {id!r} in the trace; it has {', '.join(step.id for step in thing.steps[:20])}"
        ) from None
