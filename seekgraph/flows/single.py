"""One search, one answer: what every other flow has to beat."""

from __future__ import annotations

from seekgraph.flow import Flow
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.retrieve import Retrieve

flow = Flow(Retrieve("corpus") >> Answer(), name="single")
