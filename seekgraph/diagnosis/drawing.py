"""The drawing of a flow in a diagnosis: its control flow as plain data, and where the parts of it stand on the page.

`places` works from the data alone, so that a page can be made from a diagnosis that was read back from a file.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from seekgraph.core.draw.graph import flow_graph
from seekgraph.core.draw.layout import Layout, Size, Spacing
from seekgraph.core.draw.text import clip
from seekgraph.core.language.flow import Flow

SPACING = Spacing(gap=28, beside=18, pad=12, header=20, lane=28)
MARGIN = 10.0
CARD = Size(188, 50)
WIDEST, CAPTION = 38, 44
"""Characters in the title of a card without figures, and in a box's caption."""

_LETTER = 6.3
"""How wide a letter of a caption is, in pixels."""


def drawing(flow: Flow) -> dict[str, Any]:
    """The control flow of a flow as plain data, `{nodes, edges, boxes, tree}`; see `draw.graph.flow_graph`."""
    graph = flow_graph(flow)
    return {
        "nodes": [{"id": id, **data, "reads": list(data["reads"]), "inside": list(data["inside"])} for id, data in _nodes(graph)],
        "edges": [
            {"source": source, "target": target, **data, "channels": list(data["channels"])}
            for source, target, data in graph.edges(data=True)
        ],
        "boxes": {path: {**box, "inside": list(box["inside"])} for path, box in graph.graph["boxes"].items()},
        "tree": graph.graph["tree"],
    }


def places(drawn: Mapping[str, Any], measured: Container[str]) -> dict[str, Any]:
    """Where everything in a `drawing` stands, in pixels: `{width, height, cards, boxes, edges}`, cards in the order of the flow.

    Cards of nodes that are `measured` have room for figures.
    """
    import networkx as nx

    graph = nx.DiGraph(boxes=drawn["boxes"], tree=drawn["tree"])
    graph.add_nodes_from((node["id"], node) for node in drawn["nodes"])
    graph.add_edges_from((edge["source"], edge["target"], edge) for edge in drawn["edges"])

    def size(id: str) -> Size:
        if id in measured:
            return CARD
        return Size(max(52, len(clip(graph.nodes[id]["title"], WIDEST)) * _LETTER + 24), 26)

    def caption(path: str) -> float:
        return len(clip(graph.graph["boxes"][path]["label"], CAPTION)) * _LETTER + 20

    layout = Layout(graph, size, caption, spacing=SPACING, margin=MARGIN)
    return {
        "width": layout.whole.width + 2 * MARGIN,
        "height": layout.whole.height + 2 * MARGIN,
        "cards": [
            {**{name: graph.nodes[id][name] for name in ("id", "kind", "title", "lines", "reads", "chosen")}, **_rectangle(block)}
            for id, block in layout.cards.items()
        ],
        "boxes": [
            {"id": path, "kind": box["kind"], "label": clip(box["label"], CAPTION), **_rectangle(layout.boxes[path])}
            for path, box in graph.graph["boxes"].items()
        ],
        "edges": [
            {
                **{name: data[name] for name in ("source", "target", "kind", "label")},
                "way": layout.edge(source, target),
                "tip": [round(layout.cards[target].middle, 1), round(layout.cards[target].y, 1)],
            }
            for source, target, data in graph.edges(data=True)
        ],
    }


def _nodes(graph: Any) -> list[tuple[str, dict[str, Any]]]:
    return list(graph.nodes(data=True))


def _rectangle(block: Any) -> dict[str, float]:
    return {name: round(getattr(block, name), 1) for name in ("x", "y", "width", "height")}
