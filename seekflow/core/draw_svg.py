"""A flow as SVG: its tree laid out as nested boxes, top to bottom, with the edges of its graph between them.

Parts in sequence stand below one another on one axis, parallel parts, branches and options side by side. So no two edges
cross, and going back to an earlier place (a loop) is the only line that leads up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seekflow.core import draw_paint as paint
from seekflow.core.combinators import Each, Fan, Loop, Pick, Redo, Route, Seq
from seekflow.core.draw_graph import INPUT, OUTPUT, flow_graph
from seekflow.core.draw_text import clip
from seekflow.core.flow import Flow
from seekflow.core.node import Node
from seekflow.core.site import Site

if TYPE_CHECKING:
    import networkx as nx

GAP = 40.0
"""Between what stands below one another: room for an edge and its label."""

BESIDE = 26.0
"""Between what stands side by side."""

MARGIN, PAD, HEADER, LANE = 18.0, 18.0, 30.0, 46.0
"""Around the page; around what a box holds; for a box's caption; for a loop's way back."""

WIDEST = 46
"""Characters in one line of a card or label."""


@dataclass
class Block:
    """A laid out rectangle: a card (a node of the graph), a box, or an invisible group. `id` is a node or box of the graph."""

    kind: str
    id: str = ""
    width: float = 0.0
    height: float = 0.0
    children: list[Block] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    slot: float = 0.0  # the width that it takes, where its label needs more than its card

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


def flow_svg(flow: Flow) -> str:
    """The SVG of a flow."""
    graph = flow_graph(flow)
    layout = _Layout(graph)
    whole = layout.stack([layout.card(INPUT), layout.block(flow.site), layout.card(OUTPUT)])
    layout.put(whole, MARGIN, MARGIN)
    parts = [*layout.frames(whole), *layout.edges(), *layout.cards(whole), *layout.labels()]
    return paint.page(whole.width + 2 * MARGIN, whole.height + 2 * MARGIN, f"flow {flow.name or ''}".strip(), parts)


class _Layout:
    def __init__(self, graph: nx.DiGraph) -> None:
        self.graph = graph
        self.boxes: dict[str, dict[str, Any]] = graph.graph["boxes"]
        self.found: dict[str, Block] = {}
        self.around: dict[str, tuple[Block, ...]] = {}

    # sizes, from the inside out

    def block(self, site: Site) -> Block:
        """A place with all that is in it, sized."""
        element = site.element
        if isinstance(element, Node) or (isinstance(element, Seq) and not site.children):
            made = self.card(site.path)
        elif isinstance(element, Route):
            made = self.stack([self.card(site.path), self.row([self.block(child) for child in site.children])])
        elif isinstance(element, Fan | Pick):
            made = self.row([self.block(child) for child in site.children])
        elif isinstance(element, Loop | Redo):
            made = self.stack([self.block(site.children[0]), self.card(site.path)])
        else:
            made = self.stack([self.block(child) for child in site.children])
        return self.framed(site, made) if site.path in self.boxes else made

    def card(self, id: str) -> Block:
        data = self.graph.nodes[id]
        sides = 22 if data["kind"] in ("until", "route", "redo") else 16
        width, height = paint.card_size(clip(data["title"], WIDEST), self.lines(id), sides=sides)
        if data["kind"] == "skip":
            width, height = 56, 32
        reach = paint.text_width(self.label(id))
        self.found[id] = Block("card", id, width, height, slot=max(width, 2 * (reach + 14)))
        return self.found[id]

    def stack(self, children: Sequence[Block]) -> Block:
        height = sum(child.height for child in children) + GAP * (len(children) - 1)
        return Block("stack", "", max(_slot(child) for child in children), height, [*children])

    def row(self, children: Sequence[Block]) -> Block:
        width = sum(_slot(child) for child in children) + BESIDE * (len(children) - 1)
        return Block("row", "", width, max(child.height for child in children), [*children])

    def framed(self, site: Site, inner: Block) -> Block:
        sides = PAD + (LANE if isinstance(site.element, Loop | Redo) else 0)
        above = HEADER + (GAP - 12 if isinstance(site.element, Loop | Redo | Each | Pick | Fan) else GAP - 22)
        caption = paint.text_width(clip(self.boxes[site.path]["label"], 2 * WIDEST)) * 1.02 + 28
        width = max(_slot(inner) + 2 * sides, caption)
        return Block("box", site.path, width, inner.height + above + PAD, [inner], slot=width)

    # places, from the outside in

    def put(self, block: Block, x: float, y: float, around: tuple[Block, ...] = ()) -> None:
        """Give `block` and all in it their places."""
        block.x, block.y = x, y
        if block.kind == "card":
            self.around[block.id] = (*around, block)
        inside = (*around, block)
        if block.kind == "row":
            for child in block.children:
                self.put(child, x + (_slot(child) - child.width) / 2, y, inside)
                x += _slot(child) + BESIDE
            return
        y = block.bottom - PAD - block.children[0].height if block.kind == "box" else y
        for child in block.children:
            self.put(child, block.middle - child.width / 2, y, inside)
            y += child.height + GAP

    # what is painted

    def frames(self, block: Block) -> list[str]:
        own = []
        if block.kind == "box":
            data = self.boxes[block.id]
            look = "" if data["chosen"] else "sf-faded"
            caption = clip(data["label"], 2 * WIDEST)
            own = [paint.box(block.x, block.y, block.width, block.height, caption, data["kind"], look)]
        return own + [part for child in block.children for part in self.frames(child)]

    def cards(self, block: Block) -> list[str]:
        if block.kind != "card":
            return [part for child in block.children for part in self.cards(child)]
        data = self.graph.nodes[block.id]
        looks = {"until": "sf-decision", "redo": "sf-decision", "route": "sf-decision", "node": "sf-node"}
        look = looks.get(data["kind"], "sf-outside sf-pill") + ("" if data["chosen"] else " sf-faded")
        hint = "\n".join([data["title"], *data["lines"]])
        title = clip(data["title"], WIDEST)
        return [paint.card(block.x, block.y, block.width, block.height, title, self.lines(block.id), look, hint=hint)]

    def edges(self) -> list[str]:
        return [self.edge(source, target, data) for source, target, data in self.graph.edges(data=True)]

    def labels(self) -> list[str]:
        """At each card what comes into it; beside a loop's way back, what it is."""
        made = []
        for id, block in self.found.items():
            made.append(paint.label(block.middle + 8, block.y - 9, text) if (text := self.label(id)) else "")
            back = self.back_label(id)
            made.append(paint.label(self.lane(id) + 6, block.y + block.height / 2 - 6, back) if back else "")
        return made

    def edge(self, source: str, target: str, data: dict[str, Any]) -> str:
        one, other = self.found[source], self.found[target]
        look = "" if self.graph.nodes[target]["chosen"] and self.graph.nodes[source]["chosen"] else "sf-faded"
        tip = (other.middle, other.y)
        if data["kind"] == "back":
            lane = self.lane(source)
            y, turn = one.y + one.height / 2, other.y - 22
            bend = ("M", one.x, y, "H", lane + 8, "Q", lane, y, lane, y - 8, "V", turn + 8, "Q", lane, turn, lane + 8, turn)
            ahead = ("H", other.middle - 8, "Q", other.middle, turn, other.middle, turn + 8, "V", other.y - 2)
            return paint.edge(paint.route(*bend, *ahead), tip, look, back=True)
        if abs(one.middle - other.middle) < 0.5:
            return paint.edge(paint.route("M", one.middle, one.bottom, "V", other.y - 2), tip, look)
        leave = self.leaving(source, target)
        curve = ("C", one.middle, leave + 16, other.middle, leave + 8, other.middle, leave + 24)
        return paint.edge(paint.route("M", one.middle, one.bottom, "V", leave, *curve, "V", other.y - 2), tip, look)

    def lane(self, id: str) -> float:
        """Where the way back of the loop around a card leads up."""
        return next(block for block in reversed(self.around[id]) if block.kind == "box").x + 22

    def leaving(self, source: str, target: str) -> float:
        """How far down an edge keeps to its own column: to the end of the outermost block that does not hold its target too."""
        shared = {id(block) for block in self.around[target]}
        return next(block.bottom for block in self.around[source] if id(block) not in shared)

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


def _slot(block: Block) -> float:
    return max(block.slot, block.width)
