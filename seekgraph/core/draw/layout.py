"""Where the parts of a flow stand in a drawing: its tree laid out as nested boxes, top to bottom, with edges between them.

Parts in sequence stand below one another on one axis, parallel parts, branches and options side by side. So no two edges
cross, and going back to an earlier place (a loop) is the only line that leads up. What a card looks like, and so how large it
is, is up to the one who draws: the SVG of a flow and the page of a diagnosis share these places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from seekgraph.core.draw.paint import route

if TYPE_CHECKING:
    import networkx as nx


class Spacing(NamedTuple):
    """Room between things, in pixels."""

    gap: float = 40.0
    """Between what stands below one another: room for an edge and its label."""
    beside: float = 26.0
    """Between what stands side by side."""
    pad: float = 18.0
    """Around what a box holds."""
    header: float = 30.0
    """For a box's caption."""
    lane: float = 46.0
    """For a loop's way back, at either side of what it holds."""


class Size(NamedTuple):
    """How large a card is; `slot` is the width that it takes, where its label needs more than the card itself."""

    width: float
    height: float
    slot: float = 0.0


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
    slot: float = 0.0

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def walk(self) -> Iterator[Block]:
        """This block and all inside it, outermost first."""
        yield self
        for child in self.children:
            yield from child.walk()


class Layout:
    """The places of a flow's graph (see `draw.graph.flow_graph`), with its input on top and its output at the bottom.

    `card` gives the size of a node's card by its id, `caption` the width that a box's caption needs by its path. After making it,
    `whole` is the outermost block, at (`margin`, `margin`), and `cards` and `boxes` the blocks by id.
    """

    def __init__(
        self,
        graph: nx.DiGraph,
        card: Callable[[str], Size],
        caption: Callable[[str], float],
        *,
        spacing: Spacing | None = None,
        margin: float = 18.0,
    ) -> None:
        self.graph = graph
        self.captions: Mapping[str, dict[str, Any]] = graph.graph["boxes"]
        self.card_size, self.caption_width, self.spacing = card, caption, spacing or Spacing()
        self.cards: dict[str, Block] = {}
        self.around: dict[str, tuple[Block, ...]] = {}
        self.whole = self.stack([self.block(part) for part in graph.graph["tree"]])
        self.put(self.whole, margin, margin)
        self.boxes = {block.id: block for block in self.whole.walk() if block.kind == "box"}

    # sizes, from the inside out

    def block(self, part: Mapping[str, Any]) -> Block:
        """A part of the tree with all that is in it, sized."""
        inside = [self.block(child) for child in part["children"]]
        if part["kind"] == "node":
            return self.card(part["id"])
        made = self.row(inside) if part["kind"] == "row" else self.stack(inside)
        return self.framed(part, made) if part["kind"] == "box" else made

    def card(self, id: str) -> Block:
        width, height, slot = self.card_size(id)
        self.cards[id] = Block("card", id, width, height, slot=max(slot, width))
        return self.cards[id]

    def stack(self, children: Sequence[Block]) -> Block:
        height = sum(child.height for child in children) + self.spacing.gap * (len(children) - 1)
        return Block("stack", "", max(_slot(child) for child in children), height, [*children])

    def row(self, children: Sequence[Block]) -> Block:
        width = sum(_slot(child) for child in children) + self.spacing.beside * (len(children) - 1)
        return Block("row", "", width, max(child.height for child in children), [*children])

    def framed(self, part: Mapping[str, Any], inner: Block) -> Block:
        of, gap = self.captions[part["id"]]["kind"], self.spacing.gap
        sides = self.spacing.pad + (self.spacing.lane if of in ("loop", "redo") else 0)
        above = self.spacing.header + (gap - 12 if of in ("loop", "redo", "each", "choice", "fan") else gap - 22)
        width = max(_slot(inner) + 2 * sides, self.caption_width(part["id"]))
        return Block("box", part["id"], width, inner.height + above + self.spacing.pad, [inner], slot=width)

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
                x += _slot(child) + self.spacing.beside
            return
        y = block.bottom - self.spacing.pad - block.children[0].height if block.kind == "box" else y
        for child in block.children:
            self.put(child, block.middle - child.width / 2, y, inside)
            y += child.height + self.spacing.gap

    # ways between them

    def edge(self, source: str, target: str) -> str:
        """The way of an edge as SVG path data; it ends two pixels above the middle of its target's upper side."""
        one, other = self.cards[source], self.cards[target]
        if self.graph.edges[source, target]["kind"] == "back":
            lane = self.lane(source)
            y, turn = one.y + one.height / 2, other.y - self.spacing.gap * 0.55
            bend = ("M", one.x, y, "H", lane + 8, "Q", lane, y, lane, y - 8, "V", turn + 8, "Q", lane, turn, lane + 8, turn)
            return route(*bend, "H", other.middle - 8, "Q", other.middle, turn, other.middle, turn + 8, "V", other.y - 2)
        if abs(one.middle - other.middle) < 0.5:
            return route("M", one.middle, one.bottom, "V", other.y - 2)
        leave = self.leaving(source, target)
        curve = ("C", one.middle, leave + 16, other.middle, leave + 8, other.middle, leave + 24)
        return route("M", one.middle, one.bottom, "V", leave, *curve, "V", other.y - 2)

    def lane(self, id: str) -> float:
        """Where the way back of the loop around a card leads up."""
        return next(block for block in reversed(self.around[id]) if block.kind == "box").x + 22

    def leaving(self, source: str, target: str) -> float:
        """How far down an edge keeps to its own column: to the end of the outermost block that does not hold its target too."""
        shared = {id(block) for block in self.around[target]}
        return next(block.bottom for block in self.around[source] if id(block) not in shared)


def _slot(block: Block) -> float:
    return max(block.slot, block.width)
