"""A trace as SVG: its steps in layers, each below all steps whose writes it read.

The layers are the graph's topological generations. Within a layer steps are ordered by where their neighbours stand (the
barycentre heuristic of Sugiyama, Tagawa and Toda, 1981), which keeps most edges short. An edge that only repeats what a way
over other steps says (its ends are connected without it) is drawn faintly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from seekgraph.core.draw import paint
from seekgraph.core.draw.graph import trace_graph
from seekgraph.core.draw.text import clip, seconds_text, step_class, step_lines
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace

if TYPE_CHECKING:
    import networkx as nx

GAP, BESIDE, MARGIN, HEAD = 46.0, 22.0, 18.0, 34.0
"""Between layers; between steps of one layer; around the page; for the line above the drawing."""

WIDEST, MOST_LINES, SWEEPS = 34, 4, 6


class Card(NamedTuple):
    """A step with its place."""

    step: Step
    lines: list[str]
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def trace_svg(trace: Trace, most: int) -> str:
    """The SVG of a trace's first `most` steps."""
    import networkx as nx

    steps = trace.steps[:most]
    graph = trace_graph(trace).subgraph([step.id for step in steps]).copy()
    order = {step.id: number for number, step in enumerate(steps)}
    layers = ordered([sorted(layer, key=order.__getitem__) for layer in nx.topological_generations(graph)], graph)
    cards, width, height = placed(layers, {step.id: step for step in steps}, graph)
    shown = set(nx.transitive_reduction(graph).edges)
    lines = [_edge(cards[one], cards[other], implied=(one, other) not in shown) for one, other in graph.edges]
    labels = [_label(cards[id], graph, shown) for id in graph]
    boxes = [_card(card) for card in cards.values()]
    heading = _heading(trace, len(trace) - len(steps))
    width = max(width, paint.text_width(heading) * 1.05 + 2 * MARGIN)
    return paint.page(width, height, heading, [paint.label(MARGIN, 24, heading, "sg-caption"), *lines, *boxes, *labels])


def ordered(layers: list[list[str]], graph: nx.DiGraph) -> list[list[str]]:
    """The layers with neighbours brought near one another; the order of the trace decides where that is equal."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        position = {id: (number + 0.5) / len(layer) for layer in layers for number, id in enumerate(layer)}
        for layer in layers if down else reversed(layers):
            pull = {id: [position[other] for other in (graph.predecessors(id) if down else graph.successors(id))] for id in layer}
            layer.sort(key=lambda id: sum(pull[id]) / len(pull[id]) if pull[id] else position[id])
            position |= {id: (number + 0.5) / len(layer) for number, id in enumerate(layer)}
    return layers


def placed(layers: Sequence[Sequence[str]], steps: Mapping[str, Step], graph: nx.DiGraph) -> tuple[dict[str, Card], float, float]:
    """Cards in their places, each layer centred; and the size of the page."""
    rows: list[list[tuple[Step, list[str], float, float]]] = []
    for layer in layers:
        row = []
        for id in layer:
            lines = [clip(line, WIDEST) for line in step_lines(steps[id])]
            if len(lines) > MOST_LINES:
                lines = [*lines[: MOST_LINES - 2], f"and {len(lines) - MOST_LINES + 1} more channels", lines[-1]]
            row.append((steps[id], lines, *paint.card_size(clip(id, WIDEST), lines)))
        rows.append(row)
    widths = [sum(item[2] for item in row) + BESIDE * (len(row) - 1) for row in rows]
    whole = max(widths, default=0.0)
    cards: dict[str, Card] = {}
    y = MARGIN + HEAD
    for row, wide in zip(rows, widths, strict=True):
        x, tallest = MARGIN + (whole - wide) / 2, max(item[3] for item in row)
        for step, lines, width, height in row:
            cards[step.id] = Card(step, lines, x, y, width, height)
            x += width + BESIDE
        y += tallest + GAP
    return cards, whole + 2 * MARGIN, y - GAP + MARGIN if rows else 2 * MARGIN + HEAD


def _edge(one: Card, other: Card, *, implied: bool) -> str:
    start, end = one.y + one.height, other.y - 2
    bend = min((end - start) / 2, 60)
    path = paint.route("M", one.middle, start, "C", one.middle, start + bend, other.middle, end - bend, other.middle, end)
    return paint.edge(path, (other.middle, other.y), "sg-implied" if implied else "")


def _label(card: Card, graph: nx.DiGraph, shown: set[tuple[str, str]]) -> str:
    """Above a card the channels that come in along the edges that are drawn in full."""
    into = [data["channels"] for source, target, data in graph.in_edges(card.step.id, data=True) if (source, target) in shown]
    text = ", ".join(dict.fromkeys(name for names in into for name in names))
    return paint.label(card.middle + 8, card.y - 9, clip(text, max(8, int(card.width / 2 / 6.8)))) if text else ""


def _card(card: Card) -> str:
    look = {"outside": "sg-outside sg-pill"}.get(step_class(card.step), f"sg-{step_class(card.step)}")
    look = look.replace(" sg-pill", "") if len(card.lines) > 1 else look
    hint = "\n".join([card.step.id, *(clip(line, 400) for line in step_lines(card.step))])
    return paint.card(card.x, card.y, card.width, card.height, clip(card.step.id, WIDEST), card.lines, look, hint=hint)


def _heading(trace: Trace, left: int) -> str:
    seconds = max((step.started + step.seconds for step in trace), default=0.0)
    hits = sum(step.memo == "hit" for step in trace)
    counts = [
        f"{trace.flow or 'trace'}: {trace.status}",
        f"steps {len(trace)}",
        f"errors {len(trace.errors)}",
        f"memo hits {hits}",
    ]
    return " · ".join([*counts, seconds_text(seconds), *([f"{left} steps not drawn"] if left else [])])
