"""Drawings of flows and traces: Mermaid text, SVG, fragments for notebooks, and the graphs behind them.

Everything that comes from outside (names, texts, passages) is escaped: it can be read in a drawing, and does nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from seekgraph.core.draw.graph import flow_graph, trace_graph
from seekgraph.core.draw.text import clip, seconds_text, step_class, step_lines
from seekgraph.core.language.flow import Flow
from seekgraph.core.record.trace import Trace

if TYPE_CHECKING:
    import networkx as nx

MOST_STEPS = 150
"""How many steps of a trace are drawn; a drawing of more could not be read. The graph always has all of them."""

WIDEST = 60
"""Characters in one line of a label."""

_PLAIN = frozenset(" _.,/:@+-=()!?'…→·×")
_SHAPES = {
    "input": ('(["', '"])'),
    "output": ('(["', '"])'),
    "until": ('{{"', '"}}'),
    "route": ('{{"', '"}}'),
    "redo": ('{{"', '"}}'),
    "decision": ('{{"', '"}}'),
    "skip": ('(["', '"])'),
}
_ARROWS = {"back": "-.->", "option": "-.->"}
_CLASSES = (
    "classDef error fill:#fde2e1,stroke:#c62f2b,color:#5c1210",
    "classDef decision fill:#fdf0d0,stroke:#b57b0d,color:#4d3400",
    "classDef hit fill:#dcf3ea,stroke:#1f8a62,color:#0d3d2b",
    "classDef outside fill:#e9ebef,stroke:#7a8291,color:#272b33",
    "classDef faded fill:#f6f6f7,stroke:#c3c6cc,color:#8a8f99,stroke-dasharray:4 3",
)


def graph(flow: Flow) -> nx.DiGraph:
    """The control flow of a flow as a networkx graph; see `draw.graph.flow_graph`."""
    return flow_graph(flow)


def graph_trace(trace: Trace) -> nx.DiGraph:
    """The information dependency of a trace as a networkx graph; see `draw.graph.trace_graph`."""
    return trace_graph(trace)


def mermaid(flow: Flow) -> str:
    """A flow as a Mermaid flowchart: combinators are subgraphs, edges say what their target reads."""
    drawn = flow_graph(flow)
    ids = {name: f"n{number}" for number, name in enumerate(drawn)}
    boxes = {path: f"b{number}" for number, path in enumerate(drawn.graph["boxes"])}
    lines = ["flowchart TD", *_nested(drawn, ids, boxes, ())]
    for source, target, edge in drawn.edges(data=True):
        words = [word for word in (edge["label"], ", ".join(edge["channels"])) if word]
        label = f'|"{" · ".join(map(_label, words))}"|' if words else ""
        lines.append(f"  {ids[source]} {_ARROWS.get(edge['kind'], '-->')}{label} {ids[target]}")
    classes = {"decision": ("until", "route", "redo", "decision"), "outside": ("input", "output", "skip")}
    for name, kinds in classes.items():
        lines += _classed(name, [ids[node] for node, data in drawn.nodes(data=True) if data["kind"] in kinds and data["chosen"]])
    lines += _classed("faded", [ids[node] for node, data in drawn.nodes(data=True) if not data["chosen"]])
    return "\n".join([*lines, *(f"  {line}" for line in _CLASSES)]) + "\n"


def mermaid_trace(trace: Trace) -> str:
    """A trace as a Mermaid flowchart: an edge leads from each step to those that read what it wrote."""
    drawn = trace_graph(trace)
    steps = trace.steps[:MOST_STEPS]
    ids = {step.id: f"n{number}" for number, step in enumerate(steps)}
    lines = ["flowchart TD"]
    for step in steps:
        left, right = ('{{"', '"}}') if step.decision is not None else ('(["', '"])') if step.kind == "input" else ('["', '"]')
        lines.append(f"  {ids[step.id]}{left}{_lines([step.id, *step_lines(step)])}{right}")
    if len(trace) > len(steps):
        lines.append(f'  more["and {len(trace) - len(steps)} more steps"]')
    for source, target, edge in drawn.edges(data=True):
        if source in ids and target in ids:
            lines.append(f'  {ids[source]} -->|"{_label(", ".join(edge["channels"]))}"| {ids[target]}')
    for name in ("error", "decision", "hit", "outside"):
        lines += _classed(name, [ids[step.id] for step in steps if step_class(step) == name])
    return "\n".join([*lines, *(f"  {line}" for line in _CLASSES)]) + "\n"


def svg(flow: Flow) -> str:
    """A flow as a self-contained SVG that follows the reader's light or dark scheme."""
    from seekgraph.core.draw.svg import flow_svg

    return flow_svg(flow)


def svg_trace(trace: Trace) -> str:
    """A trace as a self-contained SVG: steps in layers, each below those whose writes it read."""
    from seekgraph.core.draw.layers import trace_svg

    return trace_svg(trace, MOST_STEPS)


def html(flow: Flow) -> str:
    """A flow as an HTML fragment for a notebook."""
    heading = f"Flow {flow.name or ''}".rstrip()
    summary = f"{len(flow.params())} params · asks for {', '.join(sorted(flow.resources)) or 'nothing from outside'}"
    return _fragment(heading, summary, svg(flow))


def html_trace(trace: Trace) -> str:
    """A trace as an HTML fragment for a notebook."""
    seconds = max((step.started + step.seconds for step in trace), default=0.0)
    spent = [f"{line} {count:g}" for line, count in trace.usage().spent().items()]
    summary = [trace.status, f"steps {len(trace)}", f"errors {len(trace.errors)}", seconds_text(seconds), *spent]
    return _fragment(f"Trace of {trace.flow or 'a flow'}", " · ".join(summary), svg_trace(trace))


def drawn(thing: Flow | Trace, format: str) -> str:
    """`thing` in a format by its name; raises `ValueError` for one that there is not."""
    if format not in ("mermaid", "svg", "html"):
        raise ValueError(f"a drawing is 'mermaid', 'svg' or 'html', not {format!r}")
    if isinstance(thing, Trace):
        return {"mermaid": mermaid_trace, "svg": svg_trace, "html": html_trace}[format](thing)
    return {"mermaid": mermaid, "svg": svg, "html": html}[format](thing)


def _nested(drawn: nx.DiGraph, ids: dict[str, str], boxes: dict[str, str], inside: tuple[str, ...]) -> Iterator[str]:
    """The nodes and subgraphs that stand directly inside a box."""
    indent = "  " * (len(inside) + 1)
    for name, data in drawn.nodes(data=True):
        if data["inside"] == inside:
            left, right = _SHAPES.get(data["kind"], ('("', '")'))
            yield f"{indent}{ids[name]}{left}{_lines([data['title'], *data['lines']])}{right}"
    for path, box in drawn.graph["boxes"].items():
        if box["inside"] == inside:
            yield f'{indent}subgraph {boxes[path]}["{_label(box["label"])}"]'
            yield from _nested(drawn, ids, boxes, (*inside, path))
            yield f"{indent}end"


def _classed(name: str, nodes: list[str]) -> list[str]:
    return [f"  class {','.join(nodes)} {name}"] if nodes else []


def _lines(lines: Iterable[str]) -> str:
    return "<br/>".join(_label(line) for line in lines)


def _label(text: str) -> str:
    """`text` for a quoted Mermaid label: whatever could mean something there becomes a character code."""
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in clip(text, WIDEST))


def _fragment(heading: str, summary: str, picture: str) -> str:
    head = f"<div><strong>{escape(heading)}</strong> <span>{escape(summary)}</span></div>"
    return f'<div class="seekgraph" style="overflow-x:auto">{head}{picture}</div>'
