"""How the elements of a flow are drawn: the wiring that they become a part of, and the table of their drawings.

A combinator of one's own is drawn as a box around its parts, side by side. To draw it otherwise, register a `Drawing` for its
class.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from seekgraph.core.draw.text import setting_lines
from seekgraph.core.language.element import Element
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.params import Param
from seekgraph.core.language.reads import collected, written
from seekgraph.core.language.site import Site

if TYPE_CHECKING:
    import networkx as nx


class Source(NamedTuple):
    """Where an edge comes from. `kind` is "next", "back" (another round), "branch" (of a route) or "option" (of a choice)."""

    node: str
    kind: str = "next"
    label: str = ""


class Spot(NamedTuple):
    """Where a part stands: the boxes around it, whether a run would go there, and what may be written when it gets there."""

    inside: tuple[str, ...]
    chosen: bool
    have: frozenset[str]


class Part(NamedTuple):
    """A wired part: the nodes that it begins with, where it ends, and what may be written by then."""

    entries: list[str]
    exits: list[Source]
    have: frozenset[str]


class Drawing:
    """How one kind of element is drawn. As it stands here: a box with its name around its parts, side by side.

    `row` says that its parts stand side by side, else one below the other. `node` says where a node of its own stands, which has
    the element's path as its id: before its parts, after them, or nowhere.
    """

    row: bool = True
    node: Literal["before", "after", ""] = ""

    def caption(self, site: Site, values: dict[str, Param], have: frozenset[str]) -> str:
        """What the box around it says, where the channels in `have` may be written; "" where there is none."""
        return called(site) if site.children else ""

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        """Add its nodes and edges, after `sources`."""
        if not site.children:
            return step(wiring, site, sources, spot)
        part = side_by_side([wiring.part(child, sources, spot) for child in site.children])
        return part._replace(have=part.have | set(collected(site)))


DRAWINGS: dict[type[Element], Drawing] = {}
"""The drawing of each kind of element, its subclasses included."""


def register(kind: type[Element], drawing: Drawing) -> None:
    """Draw all elements of this kind so."""
    DRAWINGS[kind] = drawing


def drawing_of(element: Element) -> Drawing:
    """The drawing of an element: of its class, or the nearest base that has one."""
    return next((DRAWINGS[kind] for kind in type(element).__mro__ if kind in DRAWINGS), _ANY)


_ANY = Drawing()


class Wiring:
    """Walks a flow's places and adds nodes and edges."""

    def __init__(self, flow: Flow, graph: nx.DiGraph) -> None:
        self.flow = flow
        self.values = flow.params()
        self.graph = graph
        self.boxes: dict[str, dict[str, Any]] = graph.graph["boxes"]
        self.have: dict[tuple[str, str], frozenset[str]] = {}

    def part(self, site: Site, sources: list[Source], spot: Spot) -> Part:
        """Wire a place after `sources`."""
        drawing = drawing_of(site.element)
        if label := drawing.caption(site, self.values, spot.have):
            box = {"kind": site.element.kind, "label": label, "inside": spot.inside, "chosen": spot.chosen}
            self.boxes[site.path] = {**box, "own_ledger": site.element.own_ledger}
            spot = spot._replace(inside=(*spot.inside, site.path))
        return drawing.wire(self, site, sources, spot)

    def again(self, site: Site, part: Part, before: set[str], spot: Spot, have: frozenset[str]) -> None:
        """Lead back from a place's own node to the beginning of its part, where another time `have` is there, too.

        `before` are the nodes that stood in the graph before the part was wired.
        """
        for entry in part.entries:
            self.connect(Source(site.path, "back", "again"), entry, have)
        for edge in [edge for edge in self.have if edge[0] not in before and not self._in_own_ledger(edge[1], len(spot.inside))]:
            self.have[edge] |= have

    def _in_own_ledger(self, node: str, depth: int) -> bool:
        """Whether a call, which does not see what is outside, stands around a node within its boxes from `depth` on."""
        return any(self.boxes[box]["own_ledger"] for box in self.graph.nodes[node]["inside"][depth:])

    def node(
        self,
        id: str,
        kind: str,
        title: str,
        sources: list[Source],
        spot: Spot,
        reads: Iterable[str] = (),
        lines: Iterable[str] = (),
    ) -> None:
        """Add a node, with an edge from each of `sources`."""
        attributes = {"kind": kind, "title": title, "lines": list(lines), "reads": tuple(dict.fromkeys(reads))}
        self.graph.add_node(id, **attributes, inside=spot.inside, chosen=spot.chosen)
        for source in sources:
            self.connect(source, id, spot.have)

    def connect(self, source: Source, target: str, have: frozenset[str]) -> None:
        """Add an edge along which the channels in `have` may be written."""
        self.graph.add_edge(source.node, target, kind=source.kind, label=source.label)
        self.have[source.node, target] = have

    def tree(self, site: Site) -> dict[str, Any]:
        """How a place nests."""
        drawing, inside = drawing_of(site.element), [self.tree(child) for child in site.children]
        if not inside:
            return branch("node", site.path)
        own = branch("node", site.path)
        parts = [branch("row", "", *inside)] if drawing.row and drawing.node else inside
        parts = [own, *parts] if drawing.node == "before" else [*parts, own] if drawing.node == "after" else parts
        made = branch("row" if drawing.row and not drawing.node else "stack", "", *parts)
        return branch("box", site.path, made) if site.path in self.boxes else made


def branch(kind: str, id: str, *children: dict[str, Any]) -> dict[str, Any]:
    """A part of the tree that says how all nests."""
    return {"kind": kind, "id": id, "children": [*children]}


def called(site: Site) -> str:
    """An element's kind, and the name that the user gave it."""
    element = site.element
    return f"{element.kind} {element.label}" if element.label else element.kind


def step(wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
    """A place as one node that reads and writes."""
    reads = [name for read in site.element.reads() for name in read.sources]
    wiring.node(site.path, "node", site.path, sources, spot, reads, setting_lines(site, wiring.values))
    return Part([site.path], [Source(site.path)], spot.have | set(written(site.element)))


def side_by_side(parts: list[Part]) -> Part:
    """Several parts as one."""
    entries = [entry for part in parts for entry in part.entries]
    exits = [exit for part in parts for exit in part.exits]
    return Part(entries, exits, frozenset().union(*(part.have for part in parts)))
