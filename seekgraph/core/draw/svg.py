"""A flow as SVG: the cards of its graph in the places that `draw_layout` finds, painted with what each asks for and reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seekgraph.core.draw import paint
from seekgraph.core.draw.graph import flow_graph
from seekgraph.core.draw.layout import Block, Layout, Size
from seekgraph.core.draw.text import clip
from seekgraph.core.language.flow import Flow

if TYPE_CHECKING:
    import networkx as nx

DECISIONS = ("until", "route", "redo", "decision")
"""The kinds of nodes that decide where a run goes."""

MARGIN = 18.0
"""Around the page."""

WIDEST = 46
"""Characters in one line of a card or label."""


def flow_svg(flow: Flow) -> str:
    """The SVG of a flow."""
    drawing = _Drawing(flow_graph(flow))
    whole = drawing.layout.whole
    parts = [*drawing.frames(), *drawing.edges(), *drawing.cards(), *drawing.labels()]
    return paint.page(whole.width + 2 * MARGIN, whole.height + 2 * MARGIN, f"flow {flow.name or ''}".strip(), parts)


class _Drawing:
    def __init__(self, graph: nx.DiGraph) -> None:
        self.graph = graph
        self.layout = Layout(graph, self.size, self.caption, margin=MARGIN)

    def size(self, id: str) -> Size:
        data = self.graph.nodes[id]
        sides = 22 if data["kind"] in DECISIONS else 16
        width, height = paint.card_size(clip(data["title"], WIDEST), self.lines(id), sides=sides)
        if data["kind"] == "skip":
            width, height = 56, 32
        return Size(width, height, slot=2 * (paint.text_width(self.label(id)) + 14))

    def caption(self, path: str) -> float:
        return paint.text_width(clip(self.graph.graph["boxes"][path]["label"], 2 * WIDEST)) * 1.02 + 28

    def frames(self) -> list[str]:
        return [self.frame(path, block) for path, block in self.layout.boxes.items()]

    def frame(self, path: str, block: Block) -> str:
        data = self.graph.graph["boxes"][path]
        look = "" if data["chosen"] else "sg-faded"
        return paint.box(block.x, block.y, block.width, block.height, clip(data["label"], 2 * WIDEST), data["kind"], look)

    def cards(self) -> list[str]:
        return [self.card(id, block) for id, block in self.layout.cards.items()]

    def card(self, id: str, block: Block) -> str:
        data = self.graph.nodes[id]
        looks = {**dict.fromkeys(DECISIONS, "sg-decision"), "node": "sg-node"}
        look = looks.get(data["kind"], "sg-outside sg-pill") + ("" if data["chosen"] else " sg-faded")
        hint = "\n".join([data["title"], *data["lines"]])
        title = clip(data["title"], WIDEST)
        return paint.card(block.x, block.y, block.width, block.height, title, self.lines(id), look, hint=hint)

    def edges(self) -> list[str]:
        return [self.edge(source, target, data) for source, target, data in self.graph.edges(data=True)]

    def edge(self, source: str, target: str, data: dict[str, Any]) -> str:
        other = self.layout.cards[target]
        look = "" if self.graph.nodes[target]["chosen"] and self.graph.nodes[source]["chosen"] else "sg-faded"
        return paint.edge(self.layout.edge(source, target), (other.middle, other.y), look, back=data["kind"] == "back")

    def labels(self) -> list[str]:
        """At each card what comes into it; beside a loop's way back, what it is."""
        made = []
        for id, block in self.layout.cards.items():
            made.append(paint.label(block.middle + 8, block.y - 9, text) if (text := self.label(id)) else "")
            back = self.back_label(id)
            made.append(paint.label(self.layout.lane(id) + 6, block.y + block.height / 2 - 6, back) if back else "")
        return made

    def lines(self, id: str) -> list[str]:
        return [clip(line, WIDEST) for line in self.graph.nodes[id]["lines"]]

    def label(self, id: str) -> str:
        """What comes into a card: the branch or option that leads to it, and the channels that it reads."""
        into = [data for _, _, data in self.graph.in_edges(id, data=True) if data["kind"] != "back"]
        branch = [data["label"] for data in into if data["label"]]
        read = ", ".join(dict.fromkeys(name for data in into for name in data["channels"]))
        return clip(" · ".join([*dict.fromkeys(branch), *([read] if read else [])]), WIDEST)

    def back_label(self, id: str) -> str:
        again = [data for _, _, data in self.graph.out_edges(id, data=True) if data["kind"] == "back"]
        return str(again[0]["label"]) if again else ""
