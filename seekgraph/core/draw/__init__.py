"""Drawing flows and traces: Mermaid, SVG, HTML and a graph as data."""

from __future__ import annotations

from seekgraph.core.draw.draw import MOST_STEPS as MOST_STEPS
from seekgraph.core.draw.draw import drawn as drawn
from seekgraph.core.draw.draw import graph as graph
from seekgraph.core.draw.draw import graph_trace as graph_trace
from seekgraph.core.draw.draw import html as html
from seekgraph.core.draw.draw import html_trace as html_trace
from seekgraph.core.draw.draw import mermaid as mermaid
from seekgraph.core.draw.draw import mermaid_trace as mermaid_trace
from seekgraph.core.draw.draw import svg as svg
from seekgraph.core.draw.draw import svg_trace as svg_trace
