"""`seekgraph diff`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import find_flow
from seekgraph.cli.output import show, write_json

if TYPE_CHECKING:
    from seekgraph.optimizers.report.changes import Difference


@dataclass(frozen=True)
class _Side:
    """A flow with the values of its params, and the scores that were saved with it."""

    name: str
    params: Mapping[str, Any]
    structure: Mapping[str, Any]
    scores: Mapping[str, Any]


def diff_command(a: str, b: str, as_json: bool) -> None:
    """Show what differs from one artifact, or flow, to another: params, texts word by word, structure, scores."""
    from seekgraph.core.artifact import structure_changes
    from seekgraph.optimizers.report.changes import differences

    before, after = _side(a), _side(b)
    found = differences(before.params, after.params)
    structure = structure_changes(before.structure, after.structure)
    if as_json:
        params = [{"name": each.name, "before": each.before, "after": each.after, "kind": each.kind} for each in found]
        scores = {"before": dict(before.scores), "after": dict(after.scores)}
        write_json({"before": before.name, "after": after.name, "params": params, "structure": structure, "scores": scores})
        return
    if structure:
        show("structure", *(f"  {line}" for line in structure))
    show(*_params(found)) if found else show(f"no param differs from {a} to {b}")
    show(*(f"{side}: {line}" for side, each in ((a, before), (b, after)) if (line := _scored(each))))


def _side(name: str) -> _Side:
    """An artifact, of which nothing is imported, or a flow as it is written."""
    from seekgraph.core.artifact import describe
    from seekgraph.core.artifact.file import lenient

    if name.endswith(".json"):
        saved = describe(name)
        return _Side(name, saved.params, saved.structure, saved.scores)
    flow = find_flow(name)
    params = {each: param.to_json() for each, param in flow.params().items()}
    return _Side(name, params, lenient(flow.structure, "structure", ordered=True), {})


def _params(found: list[Difference]) -> list[Any]:
    """A table of short values, then each text with its changes, demonstrations and fitted parts by their size."""
    from rich.table import Table
    from rich.text import Text

    short = [each for each in found if each.kind == "value"]
    table = Table(show_edge=False, pad_edge=False)
    for column in ("param", "before", "after"):
        table.add_column(column, overflow="fold")
    for each in short:
        table.add_row(Text(each.name), Text(_plain(each.before)), Text(_plain(each.after)))
    shown: list[Any] = [table] if short else []
    for each in found:
        if each.kind == "text":
            shown += ["", Text(each.name, style="bold"), _worded(each)]
        elif each.kind == "examples":
            shown += [f"{each.name}: {len(each.before or [])} demonstrations -> {len(each.after or [])}"]
        elif each.kind == "data":
            shown += [f"{each.name}: {_size(each.before)} -> {_size(each.after)}"]
    return shown


def _worded(change: Difference) -> Any:
    """A text with what is gone as [-so-] and what is new as {+so+}, also where no colours are shown."""
    from rich.text import Text

    from seekgraph.optimizers.report.changes import pieces

    said = Text()
    for each in pieces(str(change.before or ""), str(change.after or "")):
        if each.side == "both":
            said.append(each.text)
        else:
            left, right, style = ("[-", "-]", "red") if each.side == "before" else ("{+", "+}", "green")
            said.append(f"{left}{each.text}{right}", style=style)
    return said


def _scored(side: _Side) -> str:
    """What was saved of the scores, in one line."""
    means = {name: side.scores[name].get("mean") for name in ("before", "after") if isinstance(side.scores.get(name), dict)}
    known = [f"{mean:.3f}" for mean in means.values() if isinstance(mean, int | float)]
    return f"{side.scores.get('objective', 'score')} {' -> '.join(known)} when it was compiled" if known else ""


def _plain(value: Any) -> str:
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _size(value: Any) -> str:
    return "nothing" if value is None else f"{len(json.dumps(value)):,} characters of JSON"
