"""Flows and traces as networkx graphs that hold what a drawing shows.

A flow's graph is its control flow: one node for each of its nodes, each decision of a loop or a route, each `skip`, the inputs
and the output. `graph.graph["boxes"]` has the combinators that stand around them, `graph.graph["tree"]` how all of it nests. A
trace's graph is its information dependency: one node for each step, with an edge from every step to those that read what it
wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from seekgraph.core.draw.text import caption, gifts, said, score_text, setting_lines
from seekgraph.core.language.combinators import Call, Each, Fan, Loop, Pick, Redo, Route, Seq
from seekgraph.core.language.expr import Channel, channels
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.reads import collected, written
from seekgraph.core.language.site import Site
from seekgraph.core.record.trace import Trace

if TYPE_CHECKING:
    import networkx as nx

INPUT, OUTPUT = "@input", "@output"
"""The nodes for a flow's inputs and its output; no path can be the same."""


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


def flow_graph(flow: Flow) -> nx.DiGraph:
    """The control flow of `flow`.

    Nodes are paths (and `@input`, `@output`) with the attributes `kind`, `title`, `lines` (settings to show), `reads` (channels),
    `inside` (paths of the boxes around it, outermost first) and `chosen` (false inside of an option that is not taken). Edges
    have `kind`, `label`, and `channels`: what their target reads of that which may have been written on the way to it.
    `graph.graph["tree"]` is the flow from its input to its output as nested `{kind, id, children}`, where `kind` is "node", "box"
    (a frame around its one child), "stack" (in sequence) or "row" (side by side).
    """
    return _Wiring(flow).wired()


def trace_graph(trace: Trace) -> nx.DiGraph:
    """The information dependency of `trace`.

    Nodes are ids of steps with the attributes `path`, `kind`, `round`, `visit`, `seconds`, `memo`, `decision` and `error` (its
    code, or ""). An edge leads from a step to one that read what it wrote; its `channels` say where.
    """
    import networkx as nx

    graph = nx.DiGraph(flow=trace.flow, status=trace.status, fingerprint=trace.fingerprint)
    for step in trace:
        error = "" if step.error is None else step.error.code
        graph.add_node(
            step.id, path=step.path, kind=step.kind, round=step.round, visit=step.visit, seconds=step.seconds, memo=step.memo,
            decision=step.decision, error=error,
        )  # fmt: skip
    for step in trace:
        for channel, sources in step.parents.items():
            for source in sources:
                if source in graph and source != step.id:
                    known = (graph.get_edge_data(source, step.id) or {}).get("channels", ())
                    graph.add_edge(source, step.id, channels=(*known, channel))
    return graph


class _Wiring:
    """Walks a flow's places and adds nodes and edges."""

    def __init__(self, flow: Flow) -> None:
        import networkx as nx

        self.flow = flow
        self.values = flow.params()
        self.boxes: dict[str, dict[str, Any]] = {}
        self.have: dict[tuple[str, str], frozenset[str]] = {}
        self.graph = nx.DiGraph(name=flow.name or "flow", boxes=self.boxes)

    def wired(self) -> nx.DiGraph:
        flow = self.flow
        spot = Spot((), True, frozenset(flow.inputs))
        self.node(INPUT, "input", ", ".join(flow.inputs), [], spot)
        part = self.part(flow.site, [Source(INPUT)], spot)
        self.node(OUTPUT, "output", flow.output, part.exits, spot._replace(have=part.have), (flow.output,))
        self.graph.graph["tree"] = [_part("node", INPUT), self.tree(flow.site), _part("node", OUTPUT)]
        for (source, target), have in self.have.items():
            reads = self.graph.nodes[target]["reads"]
            self.graph.edges[source, target]["channels"] = tuple(name for name in reads if name in have)
        return self.graph

    def part(self, site: Site, sources: list[Source], spot: Spot) -> Part:
        """Wire a place after `sources`."""
        element = site.element
        if label := caption(site, self.values, spot.have):
            self.boxes[site.path] = {"kind": element.kind, "label": label, "inside": spot.inside, "chosen": spot.chosen}
            spot = spot._replace(inside=(*spot.inside, site.path))
        if isinstance(element, Node):
            self.node(site.path, "node", site.path, sources, spot, _reads(element), setting_lines(site, self.values))
            return Part([site.path], [Source(site.path)], spot.have | set(written(element)))
        if isinstance(element, Seq):
            return self.sequence(site, sources, spot)
        if isinstance(element, Fan):
            return self.side_by_side([self.part(child, sources, spot) for child in site.children])
        if isinstance(element, Route):
            return self.route(site, element, sources, spot)
        if isinstance(element, Pick):
            return self.choice(site, element, sources, spot)
        child = site.children[0]
        if isinstance(element, Loop):
            return self.loop(site, element, sources, spot)
        if isinstance(element, Redo):
            return self.redo(site, element, sources, spot)
        if isinstance(element, Call):
            part = self.part(child, sources, spot._replace(have=frozenset(gifts(site, element, spot.have))))
            return part._replace(have=spot.have | {"digests"})
        item = {element.item} if isinstance(element, Each) else set()
        part = self.part(child, sources, spot._replace(have=spot.have | item))
        return part._replace(have=spot.have | set(collected(site)))

    def sequence(self, site: Site, sources: list[Source], spot: Spot) -> Part:
        if not site.children:
            self.node(site.path, "skip", "skip", sources, spot)
            return Part([site.path], [Source(site.path)], spot.have)
        first = part = self.part(site.children[0], sources, spot)
        for child in site.children[1:]:
            part = self.part(child, part.exits, spot._replace(have=part.have))
        return part._replace(entries=first.entries)

    def side_by_side(self, parts: list[Part]) -> Part:
        entries = [entry for part in parts for entry in part.entries]
        return Part(entries, [exit for part in parts for exit in part.exits], frozenset().union(*(part.have for part in parts)))

    def route(self, site: Site, element: Route, sources: list[Source], spot: Spot) -> Part:
        self.node(site.path, "route", f"route by {said(site, 'policy', self.values)}", sources, spot, channels(element.policy))
        forks = [
            Source(site.path, "branch", label + ("  (default)" if label == element.default else ""))
            for label, _ in element.branches
        ]
        parts = [self.part(child, [fork], spot) for child, fork in zip(site.children, forks, strict=True)]
        return self.side_by_side(parts)._replace(entries=[site.path])

    def choice(self, site: Site, element: Pick, sources: list[Source], spot: Spot) -> Part:
        taken = self.values[site.slots["choice"][0]].value
        parts = []
        for (label, _), child in zip(element.options, site.children, strict=True):
            options = [Source(source.node, "option", label) for source in sources]
            parts.append(self.part(child, options, spot._replace(chosen=spot.chosen and label == taken)))
        return self.side_by_side(parts)

    def loop(self, site: Site, element: Loop, sources: list[Source], spot: Spot) -> Part:
        outside = set(self.graph)
        part = self.part(site.children[0], sources, spot)
        until = f"until {said(site, 'until', self.values)}"
        self.node(site.path, "until", until, part.exits, spot._replace(have=part.have), channels(element.until))
        for entry in part.entries:
            self.connect(Source(site.path, "back", "again"), entry, part.have)
        for edge in [edge for edge in self.have if edge[0] not in outside and not self.in_call(edge[1], len(spot.inside))]:
            self.have[edge] |= part.have  # from the second round on, what the round before has written is there
        return Part(part.entries, [Source(site.path)], part.have)

    def redo(self, site: Site, element: Redo, sources: list[Source], spot: Spot) -> Part:
        outside = set(self.graph)
        part = self.part(site.children[0], sources, spot)
        self.node(site.path, "redo", score_text(site, self.values), part.exits, spot._replace(have=part.have))
        fed = spot.have | {element.channel}  # each attempt starts from the same state
        for entry in part.entries:
            self.connect(Source(site.path, "back", "again"), entry, fed)
        for edge in [edge for edge in self.have if edge[0] not in outside and not self.in_call(edge[1], len(spot.inside))]:
            self.have[edge] |= {element.channel}
        return Part(part.entries, [Source(site.path)], part.have)

    def tree(self, site: Site) -> dict[str, Any]:
        """How a place nests; a decision stands below a loop's body and above a route's branches."""
        inside = [self.tree(child) for child in site.children]
        if not inside:
            return _part("node", site.path)
        if isinstance(site.element, Route):
            made = _part("stack", "", _part("node", site.path), _part("row", "", *inside))
        elif isinstance(site.element, Loop | Redo):
            made = _part("stack", "", *inside, _part("node", site.path))
        else:
            made = _part("row" if isinstance(site.element, Fan | Pick) else "stack", "", *inside)
        return _part("box", site.path, made) if site.path in self.boxes else made

    def in_call(self, node: str, depth: int) -> bool:
        """Whether a call, which does not see what is outside, stands around a node within its boxes from `depth` on."""
        return any(self.boxes[box]["kind"] == Call.kind for box in self.graph.nodes[node]["inside"][depth:])

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
        attributes = {"kind": kind, "title": title, "lines": list(lines), "reads": tuple(dict.fromkeys(reads))}
        self.graph.add_node(id, **attributes, inside=spot.inside, chosen=spot.chosen)
        for source in sources:
            self.connect(source, id, spot.have)

    def connect(self, source: Source, target: str, have: frozenset[str]) -> None:
        self.graph.add_edge(source.node, target, kind=source.kind, label=source.label)
        self.have[source.node, target] = have


def _part(kind: str, id: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "id": id, "children": [*children]}


def _reads(node: Node) -> list[str]:
    """The channels that a node may read, after `using` and with `OrElse`."""
    found: list[str] = []
    for spec in node.contract().reads:
        expr = node.reading.get(spec.parameter)
        found += channels(Channel(spec.parameter) if expr is None else expr)
        found += [spec.or_else] if expr is None and spec.or_else else []
    return found
