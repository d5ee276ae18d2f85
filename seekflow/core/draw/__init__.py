"""Drawing flows and traces: Mermaid, SVG, HTML and a graph as data."""

from __future__ import annotations

from seekflow.core.draw.draw import MOST_STEPS as MOST_STEPS
from seekflow.core.draw.draw import drawn as drawn
from seekflow.core.draw.draw import graph as graph
from seekflow.core.draw.draw import graph_trace as graph_trace
from seekflow.core.draw.draw import html as html
from seekflow.core.draw.draw import html_result as html_result
from seekflow.core.draw.draw import html_trace as html_trace
from seekflow.core.draw.draw import mermaid as mermaid
from seekflow.core.draw.draw import mermaid_trace as mermaid_trace
from seekflow.core.draw.draw import svg as svg
from seekflow.core.draw.draw import svg_trace as svg_trace
