"""Flows and traces as networkx graphs that hold what a drawing shows.

A flow's graph is its control flow: one node for each of its nodes, each decision of a loop or a route, each `skip`, the inputs
and the output. `graph.graph["boxes"]` has the combinators that stand around them, `graph.graph["tree"]` how all of it nests. A
trace's graph is its information dependency: one node for each step, with an edge from every step to those that read what it
wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import seekgraph.core.draw.combinators  # noqa: F401 (fills the table of drawings)
from seekgraph.core.draw.drawing import Source, Spot, Wiring, branch
from seekgraph.core.language.flow import Flow
from seekgraph.core.record.trace import Trace

if TYPE_CHECKING:
    import networkx as nx

INPUT, OUTPUT = "@input", "@output"
"""The nodes for a flow's inputs and its output; no path can be the same."""


def flow_graph(flow: Flow) -> nx.DiGraph:
    """The control flow of `flow`.

    Nodes are paths (and `@input`, `@output`) with the attributes `kind`, `title`, `lines` (settings to show), `reads` (channels),
    `inside` (paths of the boxes around it, outermost first) and `chosen` (false inside of an option that is not taken). Edges
    have `kind`, `label`, and `channels`: what their target reads of that which may have been written on the way to it.
    `graph.graph["tree"]` is the flow from its input to its output as nested `{kind, id, children}`, where `kind` is "node", "box"
    (a frame around its one child), "stack" (in sequence) or "row" (side by side).
    """
    import networkx as nx

    graph = nx.DiGraph(name=flow.name or "flow", boxes={})
    wiring = Wiring(flow, graph)
    spot = Spot((), True, frozenset(flow.inputs))
    wiring.node(INPUT, "input", ", ".join(flow.inputs), [], spot)
    part = wiring.part(flow.site, [Source(INPUT)], spot)
    wiring.node(OUTPUT, "output", flow.output, part.exits, spot._replace(have=part.have), (flow.output,))
    graph.graph["tree"] = [branch("node", INPUT), wiring.tree(flow.site), branch("node", OUTPUT)]
    for (source, target), have in wiring.have.items():
        reads = graph.nodes[target]["reads"]
        graph.edges[source, target]["channels"] = tuple(name for name in reads if name in have)
    return graph


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
